"""Talks that are over: who spoke to which kitchen, and the sound of it. Every listening leaves a trace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.recordings import RecordedBytes
from services.gateway.handlers.registry import By
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.recordings import ByteRange, Passage
from services.gateway.refusals import bad_cursor
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.talk_records import (
    SoundForm,
    TalkRecord,
    TalkRecordList,
    TalkRecordsWanted,
    TalkSound,
    TalkSoundWanted,
)

_RECORD = re.compile(r"[a-zA-Z0-9_-]{1,128}\.[0-9a-f]{16}-[0-9]{1,6}")


class TalkArchive(Protocol):
    """The intercom. Raises RequestRefused as it refused, PeerError where none answers."""

    async def records(self, wanted: TalkRecordsWanted) -> TalkRecordList: ...

    async def sound(self, wanted: TalkSoundWanted) -> TalkSound: ...


@dataclass(frozen=True, slots=True)
class TalkFilter:
    """Which talks are asked for; None: whichever."""

    sites: Sequence[str] | None
    camera: str | None
    case: str | None
    from_us: int | None
    to_us: int | None


@dataclass(frozen=True, slots=True)
class TalkRecordDesk:
    """What people may ask of talks on record."""

    archive: TalkArchive
    source: RecordedBytes
    trail: AuditTrail
    clock: Clock

    async def records(self, wanted: TalkFilter, page: PageRequest) -> PageOf[TalkRecord]:
        """Newest first."""
        if page.after is not None and not _RECORD.fullmatch(page.after):
            raise bad_cursor()
        found = await self.archive.records(
            TalkRecordsWanted(
                sites=None if wanted.sites is None else tuple(wanted.sites),
                camera=wanted.camera,
                case=wanted.case,
                from_us=wanted.from_us,
                to_us=wanted.to_us,
                before=page.after,
                limit=page.limit + 1,
            )
        )
        return page_of(found.items, page, lambda record: record.record)

    async def sound(self, by: By, record: str, form: SoundForm, wanted: ByteRange | None) -> Passage:
        """On record before the first byte. A talk of another school is as good as none."""
        if not _RECORD.fullmatch(record):
            raise _no_such_talk(record)
        found = await self.archive.sound(TalkSoundWanted(record=record, form=form))
        if not by.identity.sees(found.record.site):
            raise _no_such_talk(record)
        if wanted is None or not wanted.first:
            detail = {"record": record, "talker": found.record.talker, "form": form}
            deed = Deed(
                "talk_heard",
                by.identity.name,
                by.address,
                self.clock.now(),
                camera=found.record.camera,
                detail=detail,
            )
            await self.trail.add(deed)
        return await self.source.of_object(found.url, wanted)


def _no_such_talk(record: str) -> RequestRefused:
    return RequestRefused("no_such_talk", f"There is no talk {record[:160]!r} on record.", status=404)
