"""In which way a camera is spoken to: found, remembered, looked for again, and tried in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from services.intercom.adapters.first_leg import Candidate, FirstLeg, looked_for
from services.intercom.speakers import Speakers, finding, finding_of, registration_of
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.messages.cameras import DesiredCamera, DesiredStream
from shared.messages.speakers import FoundWay
from shared.subjects import CameraRef

DAY_US = 86_400 * 1_000_000
DESIRED = DesiredCamera(site="school", camera="cook", name="n", main=DesiredStream(url="rtsp://10.0.0.1/1"))
REF = CameraRef("school", "cook")
NONE = CameraRefused("no sound toward itself", code="no_speaker")


@pytest.mark.parametrize(
    ("error", "way", "code"),
    [
        (NONE, "none", "no_speaker"),
        (CameraRefused("takes G.729 only", code="codec"), "none", "codec"),
        (CameraRefused("no", status=401, is_credentials=True), None, "wrong_password"),
        (CameraRefused("no", status=453), None, "busy"),
        (CameraRefused("no", status=500), None, "refused"),
        (CameraUnreachable("away", code="port_closed"), None, "port_closed"),
        (ProtocolViolation("nonsense"), None, "protocol"),
    ],
)
def test_what_is_not_found_has_a_name(error: PeerError, way: FoundWay | None, code: str) -> None:
    found = finding_of(error, 1)
    assert (found.way, found.reason_code) == (way, code)
    assert found.reason


def test_it_is_looked_for_when_it_is_new_changed_old_or_was_away() -> None:
    speakers = Speakers()
    assert speakers.is_due(DESIRED, DAY_US)
    assert not speakers.is_due(DESIRED.model_copy(update={"is_enabled": False}), DAY_US)
    found = finding("isapi", "pcmu", DAY_US).model_copy(update={"registration": registration_of(DESIRED)})
    speakers.note(REF, found)
    assert speakers.way_of(DESIRED) == "isapi"
    assert not speakers.is_due(DESIRED, DAY_US + DAY_US // 2)
    assert speakers.is_due(DESIRED, 3 * DAY_US)
    for change in (
        {"main": DesiredStream(url="rtsp://10.0.0.2/1")},
        {"talk_port": 81},
        {"sealed_password": "x"},
        {"talk": "onvif"},
    ):
        changed = DESIRED.model_copy(update=change)
        assert speakers.is_due(changed, DAY_US), change
        assert speakers.way_of(changed) is None, change
    renamed = DESIRED.model_copy(update={"name": "another"})
    assert not speakers.is_due(renamed, DAY_US), "what it is called has nothing to do with it"
    away = finding_of(CameraUnreachable("away"), DAY_US).model_copy(update={"registration": registration_of(DESIRED)})
    speakers.note(REF, away)
    assert not speakers.is_due(DESIRED, DAY_US + 1)
    assert speakers.is_due(DESIRED, DAY_US + 600_000_000)
    locked = finding_of(CameraRefused("no", is_credentials=True), DAY_US)
    speakers.note(REF, locked.model_copy(update={"registration": registration_of(DESIRED)}))
    assert not speakers.is_due(DESIRED, 30 * DAY_US), "a wrong password is tried once: cameras lock accounts"
    speakers.note(REF, None)
    assert speakers.way_of(DESIRED) is None


class FakeLeg:
    """Prepares as told."""

    is_heard = None

    def __init__(self, codec: str | PeerError):
        self._codec = codec
        self.sent: list[bytes] = []
        self.is_closed = False
        self.plays = 0
        self.ended = asyncio.Event()

    async def prepare(self) -> str:
        if isinstance(self._codec, PeerError):
            raise self._codec
        return self._codec

    async def play(self) -> None:
        self.plays += 1

    def send(self, payload: bytes, samples: int) -> None:
        self.sent.append(payload)

    async def stop(self) -> None: ...

    async def leave(self) -> None: ...

    async def wait_closed(self) -> None:
        await self.ended.wait()
        raise CameraUnreachable("gone")

    async def close(self) -> None:
        self.is_closed = True


def candidates(*made: tuple[FoundWay, FakeLeg]) -> list[Candidate]:
    def candidate(way: FoundWay, leg: FakeLeg) -> Candidate:
        new: Callable[[], FakeLeg] = lambda: leg  # noqa: E731 - typed as what it is used for
        return Candidate(way, new, leg.prepare)

    return [candidate(way, leg) for way, leg in made]


async def test_the_first_way_that_works_is_used_for_everything() -> None:
    onvif, isapi, dahua = FakeLeg(NONE), FakeLeg("pcma"), FakeLeg("pcmu")
    ways = candidates(("onvif", onvif), ("isapi", isapi), ("dahua", dahua))
    assert await looked_for(ways) == ("pcma", "isapi")
    leg = FirstLeg(ways)
    closed = asyncio.create_task(leg.wait_closed())
    leg.send(b"before", 160)
    assert await leg.prepare() == "pcma"
    await leg.play()
    leg.send(b"sound", 160)
    assert (isapi.sent, isapi.plays, dahua.sent, onvif.is_closed) == ([b"sound"], 1, [], True)
    isapi.ended.set()
    with pytest.raises(CameraUnreachable, match="gone"):
        await asyncio.wait_for(closed, 5)
    await leg.close()
    assert isapi.is_closed


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        # A password that is wrong, or a camera that is busy or away, says nothing about its speaker.
        ((CameraRefused("no", is_credentials=True), NONE, NONE), "credentials"),
        ((CameraRefused("no", status=453), NONE, NONE), "busy"),
        ((CameraUnreachable("away", code="timed_out"), NONE, NONE), "timed_out"),
        ((NONE, CameraRefused("no", status=503), NONE), "busy"),
        # Another maker's camera may answer whatever it likes where it does not know the question.
        ((NONE, CameraUnreachable("closed", code="port_closed"), ProtocolViolation("nonsense")), "no_speaker"),
        ((NONE, CameraRefused("no", status=401), CameraRefused("no", status=500)), "no_speaker"),
    ],
)
async def test_why_there_is_none(errors: tuple[PeerError, ...], code: str) -> None:
    ways: tuple[FoundWay, ...] = ("onvif", "isapi", "dahua")
    with pytest.raises(PeerError) as refused:
        await looked_for(candidates(*zip(ways, map(FakeLeg, errors), strict=True)))
    assert getattr(refused.value, "code", None) == code
    if code == "no_speaker":
        assert str(refused.value).startswith("no sound toward itself"), "what people look at first"
