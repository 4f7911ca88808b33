"""Logs: one JSON object a line, repeats counted, the standard library's included."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
import structlog

from shared.clock import FakeClock
from shared.telemetry import before_scrape, configure_logging, gauge, log, metrics_page


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def written(clock: FakeClock) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("ingest", "w-1", clock=clock, stream=stream)
    yield stream
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()


def _lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_json_with_service_worker_level_and_fields(written: io.StringIO) -> None:
    log().info("camera online", camera="a/b", codecs="avc1")
    (line,) = _lines(written)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "camera online",
        "level": "info",
        "service": "ingest",
        "worker": "w-1",
        "camera": "a/b",
        "codecs": "avc1",
    }


def test_debug_is_left_out(written: io.StringIO) -> None:
    log().debug("packet")
    assert written.getvalue() == ""


async def test_a_repeated_warning_is_written_once_a_second_and_counted(clock: FakeClock, written: io.StringIO) -> None:
    for _ in range(10):
        log().warning("packet lost", camera="a/b")
    await clock.advance(1.0)
    log().warning("packet lost", camera="a/b")
    assert [line.get("suppressed") for line in _lines(written)] == [None, 9]


def test_another_camera_is_another_line(written: io.StringIO) -> None:
    for camera in ("a/b", "a/c"):
        log().warning("packet lost", camera=camera)
    assert [line["camera"] for line in _lines(written)] == ["a/b", "a/c"]


def test_what_happens_is_never_left_out_only_warnings_are(written: io.StringIO) -> None:
    for _ in range(3):
        log().info("started")
    assert len(_lines(written)) == 3


def test_the_standard_library_writes_json_too(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error("port %d is busy", 80)
    (line,) = _lines(written)
    assert (line["event"], line["service"]) == ("port 80 is busy", "ingest")


def test_an_exception_is_in_the_line(written: io.StringIO) -> None:
    try:
        raise KeyError("ours")
    except KeyError:
        log().critical("our bug", exc_info=True)
    (line,) = _lines(written)
    assert "KeyError: 'ours'" in line["exception"]


async def test_figures_are_brought_up_to_date_when_they_are_read() -> None:
    figure, reads = gauge("test_read_when_looked_at", "for this test"), iter((1.0, 2.0))
    before_scrape("test", lambda: pytest.fail("another one took its place"))
    before_scrape("test", lambda: figure.set(next(reads)))
    for expected in ("1.0", "2.0"):
        page = await metrics_page(MagicMock())
        assert f"bk_test_read_when_looked_at {expected}" in bytes(page.body).decode()
    before_scrape("test", lambda: None)
