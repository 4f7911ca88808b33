"""The hub: one channel for many viewers, leases, limits, warmth."""

from __future__ import annotations

import json

import pytest

from services.gateway.live_hub import ChannelKey, HubLimit, LiveHub
from services.gateway.live_viewer import LiveViewer, ViewerLimit
from shared.errors import ResourceExhausted
from shared.media.fragment import Fragment, FragmentHeader
from shared.messages.cameras import CameraState
from shared.subjects import CameraRef

CAMERA = CameraRef("school-2", "cook-1")
MAIN = ChannelKey(CAMERA, "main")


def a_viewer() -> LiveViewer:
    return LiveViewer(ViewerLimit(), lambda: None)


def unhurried() -> LiveViewer:
    return LiveViewer(ViewerLimit(), lambda: None, wants_each_picture=False)


def test_many_viewers_open_one_channel() -> None:
    hub, viewers = LiveHub(HubLimit()), [a_viewer() for _ in range(20)]
    assert [hub.join(MAIN, viewer, 0.0, 0) for viewer in viewers] == [True] + [False] * 19
    assert hub.watched() == {MAIN: True}
    header = FragmentHeader("aa", 0, 0, 3600, 0, 0, True, 0, "avc1.64002A", "")
    payload = b"picture"
    hub.on_fragment(MAIN, Fragment(header, payload), 0.0)
    for viewer in viewers:
        messages = viewer.take()
        assert messages is not None
        assert list(messages)[-1] is payload, "the very same bytes, not a copy"


def test_only_who_wants_each_picture_hurries_ingest() -> None:
    hub, patient, hurried = LiveHub(HubLimit()), unhurried(), a_viewer()
    hub.join(MAIN, patient, 0.0, 0)
    assert hub.watched() == {MAIN: False}
    hub.join(MAIN, hurried, 0.0, 0)
    assert hub.watched() == {MAIN: True}
    hub.leave(MAIN, hurried, 1.0)
    assert hub.watched() == {MAIN: False}
    hub.leave(MAIN, patient, 1.0)
    sub = ChannelKey(CAMERA, "sub")
    hub.join(sub, patient, 1.0, 0)
    assert hub.watched() == {sub: False}


def test_a_channel_stays_warm_and_then_goes() -> None:
    hub, viewer = LiveHub(HubLimit(warm_s=30.0)), a_viewer()
    hub.join(MAIN, viewer, 0.0, 0)
    assert hub.close_idle(1000.0) == []
    hub.leave(MAIN, viewer, 1000.0)
    assert hub.watched() == {}
    assert hub.close_idle(1029.9) == []
    assert not hub.join(MAIN, viewer, 1029.9, 0), "still open: nothing to subscribe"
    hub.leave(MAIN, viewer, 1040.0)
    assert hub.close_idle(1069.9) == []
    assert hub.close_idle(1070.0) == [MAIN]
    assert hub.join(MAIN, viewer, 1071.0, 0)


@pytest.mark.parametrize(
    ("limit", "people", "refused"),
    [
        (HubLimit(viewers=2), ["a", "b", "c"], "room for more"),
        (HubLimit(viewers_of_person=2), ["a", "b", "a", "a"], "close some"),
    ],
)
def test_too_many_viewers_are_refused_by_name(limit: HubLimit, people: list[str], refused: str) -> None:
    hub = LiveHub(limit)
    for person in people[:-1]:
        hub.admit(a_viewer(), person)
    with pytest.raises(ResourceExhausted, match=refused):
        hub.admit(a_viewer(), people[-1])


def test_who_leaves_makes_room() -> None:
    hub, first = LiveHub(HubLimit(viewers=1)), a_viewer()
    hub.admit(first, "a")
    hub.dismiss(first)
    hub.admit(a_viewer(), "b")
    assert hub.viewer_count == 1


def test_a_change_of_state_reaches_every_stream_of_the_camera() -> None:
    hub = LiveHub(HubLimit())
    main, sub, other = a_viewer(), a_viewer(), a_viewer()
    hub.join(MAIN, main, 0.0, 0)
    hub.join(ChannelKey(CAMERA, "sub"), sub, 0.0, 0)
    hub.join(ChannelKey(CameraRef("school-2", "store-1"), "main"), other, 0.0, 0)
    state = CameraState(
        site="school-2",
        camera="cook-1",
        condition="stalled",
        reason="Nothing comes.",
        reason_code="frozen",
        since_us=7,
        worker="w",
    )
    hub.on_state(CAMERA, state)
    for viewer in (main, sub):
        messages = viewer.take()
        assert messages is not None
        assert json.loads(next(iter(messages))) == {
            "type": "state",
            "condition": "stalled",
            "reason": "Nothing comes.",
            "reason_code": "frozen",
            "since_us": 7,
        }
    assert other.take() is None


def test_a_removed_camera_ends_its_views() -> None:
    hub, viewer = LiveHub(HubLimit()), a_viewer()
    hub.join(MAIN, viewer, 0.0, 0)
    hub.end_camera(CAMERA, 4404, "removed")
    assert viewer.ending is not None
    assert viewer.ending.code == 4404


def test_a_channel_that_could_not_be_opened_sends_its_viewers_away() -> None:
    hub, viewer = LiveHub(HubLimit()), a_viewer()
    hub.join(MAIN, viewer, 0.0, 0)
    hub.fail(MAIN, 1013, "bus away")
    assert viewer.ending is not None
    assert viewer.ending.code == 1013
    assert hub.join(MAIN, a_viewer(), 0.0, 0), "the next one tries again"
