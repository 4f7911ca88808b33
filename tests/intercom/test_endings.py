"""Every failure of a camera has its name."""

from __future__ import annotations

import pytest

from services.intercom.endings import ending_of, ending_of_refusal, is_busy
from services.intercom.floor import FloorTaken
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation, RequestRefused
from shared.messages.intercom import FloorHeld
from shared.rtsp.backchannel import chosen
from shared.rtsp.tracks import Track


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (CameraRefused("no", status=401, is_credentials=True), "camera_refused"),
        (CameraRefused("no", status=404), "camera_refused"),
        (CameraRefused("no", status=453), "camera_busy"),
        (CameraRefused("no", status=503), "camera_busy"),
        (CameraRefused("no", status=551, code="no_speaker"), "no_backchannel"),
        (CameraUnreachable("gone"), "camera_unreachable"),
        (ProtocolViolation("what"), "camera_unreachable"),
    ],
)
def test_a_cameras_failure_is_named(error: PeerError, ending: str) -> None:
    assert ending_of(error) == ending
    assert is_busy(error) is (ending == "camera_busy")


def track(media: str, direction: str, encoding: str = "PCMU", rate: int = 8000) -> Track:
    codec = {"PCMU": "pcmu", "PCMA": "pcma"}.get(encoding)
    return Track(media, codec, encoding, 0, rate, 1, "rtsp://c/1", {}, direction=direction)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tracks", "ending"),
    [
        ((), "no_backchannel"),
        ((track("audio", "recvonly"),), "no_backchannel"),
        ((track("audio", "sendonly", "G726-16"), track("audio", "sendonly", "OPUS", 48000)), "codec"),
    ],
)
def test_no_speaker_is_told_from_a_speaker_of_another_codec(tracks: tuple[Track, ...], ending: str) -> None:
    with pytest.raises(CameraRefused) as caught:
        chosen(tracks)
    assert ending_of(caught.value) == ending


def test_refusals_keep_their_names() -> None:
    holder = FloorHeld(talk="a", talker="li", priority="order", since_us=0)
    assert ending_of_refusal(FloorTaken(holder)) == "floor_taken"
    assert ending_of_refusal(RequestRefused("camera_busy", "x")) == "camera_busy"
    assert ending_of_refusal(RequestRefused("something else", "x")) == "camera_refused"
