"""What the intercom is asked of talks that are over: a list, and where the sound of one lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.errors import RequestRefused
from shared.messages.talk_records import (
    SoundForm,
    TalkRecord,
    TalkRecordList,
    TalkRecordsWanted,
    TalkSound,
    TalkSoundWanted,
)

# = how long a download may take to begin
_URL_LASTS_S = 300


class KeptTalks(Protocol):
    """Talks on record. Raises PeerError while they cannot be read."""

    async def find(self, record: str) -> tuple[TalkRecord, str | None] | None: ...

    async def newest(self, wanted: TalkRecordsWanted) -> list[TalkRecord]: ...


class SoundPlaces(Protocol):
    """Where sound lies."""

    def url(self, object_name: str, form: SoundForm, lasts_s: int) -> str: ...


@dataclass(frozen=True, slots=True)
class TalkRecordHandlers:
    """Args: is_made: whether there are tables yet."""

    talks: KeptTalks
    sounds: SoundPlaces
    is_made: Callable[[], bool]

    async def talk_records(self, request: bytes) -> TalkRecordList:
        wanted = TalkRecordsWanted.decode(request)
        self._require_made()
        return TalkRecordList(items=tuple(await self.talks.newest(wanted)))

    async def talk_sound(self, request: bytes) -> TalkSound:
        wanted = TalkSoundWanted.decode(request)
        self._require_made()
        found = await self.talks.find(wanted.record)
        if found is None:
            raise RequestRefused(
                "no_such_talk",
                f"There is no talk {wanted.record[:160]!r} on record: it may be too old, or not stored yet.",
                status=404,
            )
        record, object_name = found
        if object_name is None:
            raise RequestRefused("no_sound", "Of this talk no sound was kept: the spool was full then.", status=404)
        url = self.sounds.url(object_name, wanted.form, _URL_LASTS_S)
        return TalkSound(record=record, url=url, lasts_s=_URL_LASTS_S)

    def _require_made(self) -> None:
        if not self.is_made():
            raise RequestRefused(
                "records_away", "The intercom's database or store has not answered yet: try again.", status=503
            )
