"""Roles, lock-out, pages and stream choice: small rules, in tables."""

from __future__ import annotations

from typing import get_args

import pytest

from services.gateway.cameras import Camera, StreamSource
from services.gateway.lockout import ONE_ACCOUNT
from services.gateway.pages import PageRequest, page_of
from services.gateway.roles import Role, Verb, verbs_of
from services.gateway.stream_choice import AskedStream, can_play, candidates, decodable_of, first_choice
from shared.errors import RequestRefused
from shared.messages.cameras import StreamName


@pytest.mark.parametrize(
    ("roles", "verb", "may"),
    [
        (("viewer",), "view", True),
        (("viewer",), "change_registry", False),
        (("supervisor",), "change_registry", False),
        (("supervisor",), "read_audit", False),
        (("viewer", "admin"), "manage_accounts", True),
        (("guest",), "view", True),
        (("guest",), "answer", False),
        (("auditor",), "read_audit", True),
        (("auditor",), "view", False),
        (("auditor",), "be_told", False),
        (("auditor",), "list", False),
        (("sre",), "list", True),
        (("sre",), "change_registry", True),
        (("sre",), "view", False),
        (("sre",), "playback", False),
        (("sre",), "configure", False),
        (("inspector",), "inspect", True),
        (("inspector",), "order", False),
        (("inspector",), "talk", False),
        (("chief",), "configure", True),
        (("chief",), "order", True),
        (("chief",), "manage_accounts", False),
        (("chief",), "change_registry", False),
        *(((role,), "see_storage", role in ("chief", "sre", "admin")) for role in get_args(Role)),
        ((), "view", False),
    ],
)
def test_what_roles_allow(roles: tuple[Role, ...], verb: Verb, may: bool) -> None:
    assert (verb in verbs_of(roles)) is may


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (12, 256), (14, 900), (1000, 900)]
)
def test_guessing_has_to_wait_longer_and_longer(failures: int, wait_s: float) -> None:
    assert ONE_ACCOUNT.wait_s(failures) == wait_s


def test_pages_lead_to_each_other() -> None:
    everything = [f"cam-{n}" for n in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        request = PageRequest.of(2, cursor)
        found = [each for each in everything if request.after is None or each > request.after][: request.limit + 1]
        page = page_of(found, request, str)
        seen += page.items
        cursor = page.next_cursor
    assert seen == everything
    assert cursor is None


def test_a_cursor_that_is_none_is_refused() -> None:
    with pytest.raises(RequestRefused, match="next_cursor"):
        PageRequest.of(2, "!!!")


WITH_SUB = Camera("c", "s", "n", "hygiene", StreamSource("rtsp://h/1"), StreamSource("rtsp://h/2"))
WITHOUT_SUB = Camera("c", "s", "n", "hygiene", StreamSource("rtsp://h/1"))
AVC, HEVC = "avc1.64002A,mp4a.40.2", "hvc1.1.6.L120.90"


@pytest.mark.parametrize(
    ("asked", "camera", "client", "known", "chosen"),
    [
        ("main", WITH_SUB, "avc1", {"main": HEVC}, "main"),  # asked for by name: given
        ("auto", WITH_SUB, None, {"main": HEVC}, "main"),
        ("auto", WITH_SUB, "avc1", {"main": AVC}, "main"),
        ("auto", WITH_SUB, "avc1,hvc1", {"main": HEVC}, "main"),
        ("auto", WITH_SUB, "avc1", {"main": HEVC}, "sub"),
        ("auto", WITH_SUB, "avc1", {"main": HEVC, "sub": HEVC}, "h264"),
        ("auto", WITHOUT_SUB, "avc1", {"main": HEVC}, "h264"),
        ("auto", WITHOUT_SUB, "avc1", {}, "main"),  # not known yet: tried, then left
        ("sub", WITH_SUB, "avc1", {}, "sub"),
    ],
)
def test_the_stream_that_the_client_can_decode(
    asked: AskedStream, camera: Camera, client: str | None, known: dict[StreamName, str], chosen: StreamName
) -> None:
    streams = candidates(asked, camera)
    assert streams[first_choice(streams, decodable_of(client), known)] == chosen


def test_no_sub_stream_is_said() -> None:
    with pytest.raises(RequestRefused, match="no sub stream"):
        candidates("sub", WITHOUT_SUB)


@pytest.mark.parametrize(
    ("codecs", "client", "can"),
    [(AVC, "avc1", True), (HEVC, "avc1", False), (HEVC, "", True), (HEVC, "avc1.42E01E, hvc1.1.6.L93", True)],
)
def test_what_a_client_can_play(codecs: str, client: str, can: bool) -> None:
    assert can_play(codecs, decodable_of(client)) is can
