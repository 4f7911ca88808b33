"""The intercom, asked over the bus: any worker for a new talk, the worker that holds it for the rest."""

from __future__ import annotations

from shared.bus import Bus
from shared.bus.errors import NobodyAnswers
from shared.errors import RequestRefused
from shared.messages.base import Message
from shared.messages.intercom import TalkChange, TalkOpened, TalkRef, TalkStatus, TalkTrickle, TalkWanted
from shared.messages.speakers import SpeakerFound, SpeakerWanted
from shared.messages.talk_records import TalkRecordList, TalkRecordsWanted, TalkSound, TalkSoundWanted

_OPEN_LIMIT_S = 10.0
# A press waits for a camera that is being prepared.
_CHANGE_LIMIT_S = 15.0
# = how long a page that asks once a second knows nothing of a worker that died while it was asked
_STATUS_LIMIT_S = 3.0
# Each way has its own limit, and they are tried one after the other.
_PROBE_LIMIT_S = 20.0


class BusIntercom:
    """Implements `Intercom`, `SpeakerProber` and `TalkArchive`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def open(self, wanted: TalkWanted) -> TalkOpened:
        return TalkOpened.decode(await self._bus.request("intercom", "talk_open", wanted, timeout_s=_OPEN_LIMIT_S))

    async def status(self, talk: TalkRef) -> TalkStatus:
        return await self._pinned("talk", talk.talk, talk, _STATUS_LIMIT_S)

    async def change(self, change: TalkChange) -> TalkStatus:
        return await self._pinned("talk_change", change.talk, change)

    async def trickle(self, candidates: TalkTrickle) -> TalkStatus:
        return await self._pinned("talk_trickle", candidates.talk, candidates)

    async def end(self, talk: TalkRef) -> TalkStatus:
        return await self._pinned("talk_end", talk.talk, talk)

    async def probe_speaker(self, wanted: SpeakerWanted) -> SpeakerFound:
        return SpeakerFound.decode(
            await self._bus.request("intercom", "speaker_probe", wanted, timeout_s=_PROBE_LIMIT_S)
        )

    async def records(self, wanted: TalkRecordsWanted) -> TalkRecordList:
        return TalkRecordList.decode(
            await self._bus.request("intercom", "talk_records", wanted, timeout_s=_OPEN_LIMIT_S)
        )

    async def sound(self, wanted: TalkSoundWanted) -> TalkSound:
        return TalkSound.decode(await self._bus.request("intercom", "talk_sound", wanted, timeout_s=_OPEN_LIMIT_S))

    async def _pinned(self, name: str, talk: str, message: Message, limit_s: float = _CHANGE_LIMIT_S) -> TalkStatus:
        worker = talk.rpartition(".")[0]
        try:
            answer = await self._bus.request("intercom", name, message, timeout_s=limit_s, instance=worker)
        except NobodyAnswers as error:
            raise RequestRefused("no_such_talk", "What held this talk is gone. Open a new one.", status=404) from error
        return TalkStatus.decode(answer)
