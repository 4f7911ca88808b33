"""What a worker tells of its cameras: states once each, facts with gaps and causes, take-over from a dead worker."""

from __future__ import annotations

import pytest

from services.ingest.camera_ledger import CameraLedger
from services.ingest.conditions import ONLINE, STARTING, Finding
from services.ingest.fleet import StreamRef
from services.ingest.stream_figures import StreamFigures
from shared.media.formats import StreamFormat, VideoFormat
from shared.messages.cameras import CameraState
from shared.messages.ingest import CameraCameOnline, CameraChangedFormat, CameraDrifted, CameraWentOffline
from shared.subjects import CameraRef

CAMERA = CameraRef("school-1", "cook-1")
MAIN = StreamRef(CAMERA, "main")
FROZEN = Finding("stalled", "frozen", "No picture.")
SMALL = StreamFormat(VideoFormat("h264", 640, 360, 25.0, "avc1.42C01E", (b"s", b"p")))
LARGE = StreamFormat(VideoFormat("h264", 1280, 720, 25.0, "avc1.64001F", (b"S", b"P")))


@pytest.fixture
def ledger() -> CameraLedger:
    return CameraLedger("me", 2_000_000)


def test_first_time_online_has_no_gap(ledger: CameraLedger) -> None:
    ledger.found(MAIN, STARTING, 10)
    ledger.run_began(MAIN, "a" * 16, SMALL, "started", 20)
    ledger.found(MAIN, ONLINE, 20)
    (fact,) = ledger.facts
    assert isinstance(fact, CameraCameOnline)
    assert (fact.gap_from_us, fact.gap_cause) == (None, "first")
    ((_, state),) = ledger.take_unwritten()
    assert (state.condition, state.since_us, state.width, state.run) == ("online", 20, 640, "a" * 16)
    assert ledger.take_unwritten() == []


def test_outage_is_two_facts_with_its_cause(ledger: CameraLedger) -> None:
    ledger.found(MAIN, ONLINE, 100)
    ledger.found(MAIN, FROZEN, 200)
    ledger.found(MAIN, FROZEN, 300)
    ledger.found(MAIN, ONLINE, 400)
    _, offline, online = ledger.facts
    assert isinstance(offline, CameraWentOffline)
    assert isinstance(online, CameraCameOnline)
    assert (offline.at_us, offline.reason_code) == (200, "frozen")
    assert (online.gap_from_us, online.gap_to_us, online.gap_cause) == (200, 400, "frozen")


def test_same_condition_keeps_its_beginning(ledger: CameraLedger) -> None:
    ledger.found(MAIN, FROZEN, 200)
    ledger.found(MAIN, FROZEN, 300)
    state = ledger.state(CAMERA)
    assert state is not None
    assert state.since_us == 200


def test_worker_that_died_leaves_a_gap(ledger: CameraLedger) -> None:
    before = CameraState(
        site="school-1", camera="cook-1", condition="online", reason="", reason_code="ok", since_us=1, worker="dead"
    )
    ledger.take_over(before, CAMERA, 5_000)
    ledger.found(MAIN, STARTING, 8_000)
    ledger.found(MAIN, ONLINE, 9_000)
    (fact,) = ledger.facts
    assert isinstance(fact, CameraCameOnline)
    assert (fact.gap_from_us, fact.gap_to_us, fact.gap_cause) == (5_000, 9_000, "worker_lost")


def test_changed_format_is_a_fact(ledger: CameraLedger) -> None:
    ledger.found(MAIN, STARTING, 1)
    ledger.run_began(MAIN, "a" * 16, SMALL, "started", 2)
    ledger.found(MAIN, ONLINE, 2)
    ledger.run_began(MAIN, "b" * 16, LARGE, "format", 3)
    fact = ledger.facts[-1]
    assert isinstance(fact, CameraChangedFormat)
    assert (fact.codecs_before, fact.codecs, fact.width) == ("avc1.42C01E", "avc1.64001F", 1280)


def test_drift_is_said_once(ledger: CameraLedger) -> None:
    ledger.found(MAIN, ONLINE, 1)
    figures = StreamFigures()
    for at_us in (10, 20):
        ledger.measured(CAMERA, figures, -3_600_000_000, at_us)
    drifts = [fact for fact in ledger.facts if isinstance(fact, CameraDrifted)]
    assert [fact.drift_s for fact in drifts] == [-3600.0]


def test_figures_are_told_when_they_differ_enough(ledger: CameraLedger) -> None:
    ledger.found(MAIN, ONLINE, 1)
    ledger.take_unwritten()
    figures = StreamFigures()
    ledger.measured(CAMERA, figures, None, 2)
    assert ledger.take_unwritten() == []

    def told(kbps: float, fps: float, gop_s: float, drift_us: int | None) -> bool:
        figures.bitrate_kbps, figures.frame_rate, figures.gop_seconds = kbps, fps, gop_s
        ledger.measured(CAMERA, figures, drift_us, 3)
        return bool(ledger.take_unwritten())

    assert told(4000.0, 25.0, 2.0, None)
    assert not told(4100.0, 24.9, 2.0, None)
    assert told(4250.0, 25.0, 2.0, None)
    assert told(4250.0, 24.0, 2.0, None)
    assert told(4250.0, 24.0, 4.0, None)
    assert told(4250.0, 24.0, 4.0, 50_000)
    assert not told(4250.0, 24.0, 4.0, 200_000)
    assert told(4250.0, 24.0, 4.0, 300_000)
    # Small steps add up: what was told is what they are measured from.
    assert [told(4250.0 + 100 * step, 24.0, 4.0, 300_000) for step in range(1, 4)] == [False, False, True]
    state = ledger.state(CAMERA)
    assert state is not None
    assert (state.bitrate_kbps, state.frame_rate, state.clock_drift_s) == (4550.0, 24.0, 0.3)


def test_sub_streams_decide_nothing(ledger: CameraLedger) -> None:
    ledger.found(StreamRef(CAMERA, "sub"), FROZEN, 1)
    assert ledger.state(CAMERA) is None


def test_what_could_not_be_written_waits(ledger: CameraLedger) -> None:
    ledger.found(MAIN, ONLINE, 1)
    ((camera, _),) = ledger.take_unwritten()
    ledger.put_back(camera)
    assert [camera for camera, _ in ledger.take_unwritten()] == [CAMERA]
    ledger.forget(CAMERA)
    ledger.put_back(CAMERA)
    assert ledger.take_unwritten() == []
