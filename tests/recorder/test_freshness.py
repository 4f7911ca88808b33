"""What makes a recording stale or at risk; and that each is said once."""

from __future__ import annotations

import pytest

from services.recorder.freshness import MediaState, Observed, Staleness, is_at_risk, staleness
from services.recorder.outage_ledger import OutageLedger
from services.recorder.segment import StreamRef
from shared.subjects import CameraRef

OF = StreamRef(CameraRef("school", "wok"), "main")
NOW = 1_700_000_000_000_000
LONG_AGO = NOW - 3_600_000_000


def ago(seconds: float) -> int:
    return NOW - round(seconds * 1e6)


@pytest.mark.parametrize(
    ("is_online", "newest_us", "stored_until_us", "watched_since_us", "cause"),
    [
        (True, ago(1), ago(25), LONG_AGO, None),
        (True, ago(1), ago(39), LONG_AGO, None),
        (True, ago(1), ago(45), LONG_AGO, "lagging"),
        (True, ago(1), None, LONG_AGO, "lagging"),
        (True, ago(1), None, ago(20), None),  # it has just begun
        (True, ago(1), ago(4000), ago(20), None),  # taken over from a worker that died: given time
        (True, ago(16), ago(20), LONG_AGO, "nothing_arrives"),
        (True, None, None, LONG_AGO, "nothing_arrives"),
        (True, None, None, ago(10), None),
        (False, ago(16), ago(20), LONG_AGO, None),  # the camera is away: ingest says so
        (False, None, None, LONG_AGO, None),
    ],
)
def test_stale_is_what_is_filmed_and_not_stored(
    is_online: bool, newest_us: int | None, stored_until_us: int | None, watched_since_us: int, cause: str | None
) -> None:
    found = staleness(Observed(OF, is_online, newest_us, stored_until_us, 1), NOW, 20.0, watched_since_us)
    assert (None if found is None else found.cause) == cause


@pytest.mark.parametrize(
    ("used", "stored_seq", "newest_us", "stored_until_us", "is_risky"),
    [
        (0.9, 110, ago(1), ago(3000), True),
        (0.9, 10, ago(1), None, True),
        (0.8, 110, ago(1), ago(3000), False),  # there is room
        (0.9, 500, ago(1), ago(3000), False),  # far from the oldest
        (0.9, 110, ago(3000), ago(3001), False),  # away for an hour: all that came is stored
        (0.9, 110, None, ago(3000), False),
    ],
)
def test_at_risk_is_what_media_drops_next(
    used: float, stored_seq: int, newest_us: int | None, stored_until_us: int | None, is_risky: bool
) -> None:
    seen = Observed(OF, True, newest_us, stored_until_us, stored_seq)
    assert is_at_risk(seen, MediaState(100, 1100, used)) is is_risky


def test_each_is_said_once_and_its_end_too() -> None:
    ledger = OutageLedger()
    lagging = Staleness("lagging", "It waits.", NOW)
    for _ in range(3):
        ledger.looked(OF, lagging, NOW)
        ledger.risk(OF, True, 0.9, NOW)
    assert ledger.stale == 1
    ledger.looked(OF, None, NOW + 5_000_000)
    ledger.risk(OF, False, 0.5, NOW)
    ledger.risk(OF, True, 0.9, NOW)
    assert [type(fact).__name__ for fact in ledger.facts] == [
        "RecordingStale",
        "RecordingAtRisk",
        "RecordingResumed",
        "RecordingAtRisk",
    ]
    assert ledger.stale == 0


def test_what_a_failed_round_said_is_not_said_again() -> None:
    ledger = OutageLedger()
    ledger.failed(OF, NOW - 20_000_000, NOW - 30_000_000, "objects_away", "S3 does not answer.", NOW)
    ledger.looked(OF, Staleness("lagging", "It waits.", NOW), NOW)
    assert [type(fact).__name__ for fact in ledger.facts] == ["RecordingStale"]
