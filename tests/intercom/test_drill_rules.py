"""What a drill showed, who is next, when it comes by itself, who can be reached: tables of values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.intercom.drills.quiet_hours import due, is_quiet
from services.intercom.drills.reach import reachability
from services.intercom.drills.recogniser import Found
from services.intercom.drills.turns import Turns
from services.intercom.drills.verdict import Ear, heard_elsewhere, is_worth_another_try, judged, not_played
from shared.messages.cameras import RecordingWindow
from shared.messages.drills import DrillOutcome, DrillResult, DrillSchedule
from shared.subjects import CameraRef

COOK, WASH, OTHER = CameraRef("school", "cook"), CameraRef("school", "wash"), CameraRef("other", "cook")
FOUND = Found(1.0, 96.0, 8, 3.0, -30.0)
HEARS = Ear(has_pictures=True, has_sound_track=True, sound_s=6.0, level_dbfs=-35.0)
HOUR_US = 3_600_000_000


@pytest.mark.parametrize(
    ("own", "neighbours", "is_delivered", "outcome", "cause"),
    [
        (Ear(True, True, 6.0, -30.0, FOUND, 410.04), {}, None, "passed", "heard"),
        (Ear(True, True, 6.0, -30.0, FOUND, 410.04), {WASH: FOUND}, False, "passed", "heard"),
        (HEARS, {WASH: FOUND}, None, "wrong_room", "heard_elsewhere"),
        (Ear(True, True, 6.0, -30.0, others=(OTHER,)), {}, True, "wrong_room", "another_heard_here"),
        (HEARS, {}, None, "not_heard", "tone_not_found"),
        (HEARS, {}, True, "not_heard", "tone_not_found"),
        (HEARS, {}, False, "not_heard", "not_delivered"),
        (Ear(True, True, 6.0, -99.0), {}, None, "not_heard", "microphone_silent"),
        (Ear(True, True, 0.2, -40.0), {}, None, "not_heard", "microphone_silent"),
        (Ear(True, False), {}, True, "not_heard", "no_sound_track"),
        (Ear(True, False), {WASH: FOUND}, True, "wrong_room", "heard_elsewhere"),
        (Ear(), {}, None, "not_heard", "no_picture"),
    ],
)
def test_verdicts(
    own: Ear, neighbours: dict[CameraRef, Found], is_delivered: bool | None, outcome: str, cause: str
) -> None:
    result = judged(COOK, 7, own, neighbours, is_delivered)
    assert (result.outcome, result.cause) == (outcome, cause)
    assert (result.site, result.camera, result.at_us) == ("school", "cook", 7)
    assert bool(result.detail) == (outcome != "passed"), "what did not pass says what to look at"
    if outcome == "passed":
        assert (result.delay_ms, result.snr_db, result.level_dbfs) == (410.0, 3.0, -30.0)
    if cause == "heard_elsewhere":
        assert result.other == "school/wash"
    if cause == "another_heard_here":
        assert result.other == "other/cook"
    assert is_worth_another_try(result) == (cause in ("tone_not_found", "not_delivered"))


def test_another_try_is_for_what_may_be_otherwise() -> None:
    outcomes = {
        cause: is_worth_another_try(not_played(COOK, 0, "could_not_speak", cause, ""))
        for cause in ("camera_unreachable", "camera_gone", "floor_taken", "preempted", "no_backchannel", "disabled")
    }
    assert [cause for cause, is_worth in outcomes.items() if is_worth] == ["camera_unreachable", "camera_gone"]


def test_a_tone_heard_elsewhere_later_changes_the_verdict() -> None:
    result = heard_elsewhere(judged(COOK, 7, HEARS, {}, None), OTHER)
    assert (result.outcome, result.cause, result.other) == ("wrong_room", "heard_elsewhere", "other/cook")
    assert "other/cook" in result.detail


def test_no_two_of_a_kitchen_at_once_and_kitchens_take_turns() -> None:
    cameras = [CameraRef(site, f"cook-{n}") for site in ("a", "b") for n in (1, 2, 3)]
    turns = Turns.of([*cameras, *cameras])
    first, second = turns.next(), turns.next()
    assert [str(first), str(second)] == ["a/cook-1", "b/cook-1"]
    assert turns.next() is None
    assert second is not None
    turns.done(second)
    assert str(turns.next()) == "b/cook-2", "the other kitchen is busy"
    assert not turns.is_empty
    assert [str(camera) for camera in turns.rest()] == ["a/cook-2", "a/cook-3", "b/cook-3"]
    assert turns.is_empty


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


def schedule(site: str = "", begin: int = 150, end: int = 240, **more: object) -> DrillSchedule:
    window = RecordingWindow(days=(1, 2, 3, 4, 5, 6, 7), from_minute=begin, to_minute=end)
    return DrillSchedule.model_validate({"site": site, "window": window, "time_zone": "Asia/Shanghai", **more})


@pytest.mark.parametrize(
    ("at", "schedules", "days"),
    [
        ("2026-11-24 18:29:59", {"": schedule()}, {}),
        ("2026-11-24 18:30:00", {"": schedule()}, {"a": "2026-11-25", "b": "2026-11-25"}),
        ("2026-11-24 19:59:59", {"": schedule()}, {"a": "2026-11-25", "b": "2026-11-25"}),
        ("2026-11-24 20:00:00", {"": schedule()}, {}),
        ("2026-11-24 18:30:00", {}, {}),
        ("2026-11-24 18:30:00", {"a": schedule("a")}, {"a": "2026-11-25"}),
        ("2026-11-24 18:30:00", {"": schedule(), "b": schedule("b", is_enabled=False)}, {"a": "2026-11-25"}),
        # Over midnight: one quiet hour, one date, that of its beginning.
        ("2026-11-24 15:50:00", {"": schedule(begin=1430, end=30)}, {"a": "2026-11-24", "b": "2026-11-24"}),
        ("2026-11-24 16:20:00", {"": schedule(begin=1430, end=30)}, {"a": "2026-11-24", "b": "2026-11-24"}),
    ],
)
def test_quiet_hours(at: str, schedules: dict[str, DrillSchedule], days: dict[str, str]) -> None:
    assert {one.site: one.day for one in due(["a", "b"], schedules, us(at))} == days


def test_an_unknown_time_zone_is_read_as_utc() -> None:
    assert is_quiet(schedule(time_zone="Mars/Olympus"), us("2026-11-25 02:30:00"))


def last(camera: CameraRef, outcome: DrillOutcome, at_us: int) -> DrillResult:
    return DrillResult(site=camera.site, camera=camera.camera, outcome=outcome, at_us=at_us)


def test_a_kitchen_is_reachable_where_one_of_its_cameras_is() -> None:
    now_us = us("2026-11-25 08:00:00")
    cameras = [CameraRef(site, name) for site, name in (("a", "x"), ("a", "y"), ("b", "x"), ("c", "x"), ("d", "x"))]
    passed, old = now_us - HOUR_US, now_us - 50 * HOUR_US
    results = {
        cameras[0]: last(cameras[0], "passed", passed),
        cameras[1]: last(cameras[1], "not_heard", passed),
        cameras[2]: last(cameras[2], "passed", old),
        cameras[3]: last(cameras[3], "passed", passed),
    }
    online = [camera for camera in cameras if camera.site != "c"]
    reach = reachability(cameras, results, online, now_us, fresh_h=48)
    states = [(each.site, each.camera, each.state) for each in reach.cameras]
    assert states == [
        ("a", "x", "reachable"),
        ("a", "y", "failed"),
        ("b", "x", "stale"),
        ("c", "x", "offline"),
        ("d", "x", "never"),
    ]
    assert [(site.site, site.is_reachable, site.reachable, site.cameras) for site in reach.sites] == [
        ("a", True, 1, 2),
        ("b", False, 0, 1),
        ("c", False, 0, 1),
        ("d", False, 0, 1),
    ]
    assert (reach.camera_ratio, reach.site_ratio) == (0.2, 0.25)
    nothing = reachability([], {}, [], now_us, 48)
    assert (nothing.camera_ratio, nothing.site_ratio, nothing.cameras) == (None, None, ())
