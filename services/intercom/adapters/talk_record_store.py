"""Makes standard files of talks that are over, stores them, and puts them on record; a talk never waits for it.

A journal leaves the disk only when all of it is stored: S3 or PostgreSQL may be away for as long as the spool has room.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from services.intercom.adapters.journal_spool import JournalSpool
from services.intercom.adapters.listening_copy import listening_copy
from services.intercom.adapters.records import Records
from services.intercom.adapters.talk_record_table import TalkRecordTable
from services.intercom.talk_journal import Told, read
from services.intercom.talk_sound_file import microphone_of, sound_file
from shared.clock import Clock
from shared.errors import ProtocolViolation
from shared.messages.base import Fact
from shared.messages.talk_records import SoundForm, TalkRecord, TalkRecorded
from shared.telemetry import counter, log

# = how soon what a dead worker left is found
_LOOK_AGAIN_S = 15.0
_SUFFIX: dict[SoundForm, str] = {"matroska": ".mka", "wav": ".wav"}
_TYPE: dict[SoundForm, str] = {"matroska": "audio/x-matroska", "wav": "audio/wav"}

_stored = counter("intercom_talks_recorded_total", "talks put on record", ["sound"])


class TalkRecordStore:
    """Supervised. Args: say: facts."""

    def __init__(
        self, records: Records, table: TalkRecordTable, spool: JournalSpool, say: Callable[[Fact], None], clock: Clock
    ):
        self._records = records
        self._table = table
        self._spool = spool
        self._say = say
        self._clock = clock

    async def run_once(self) -> None:
        """Raises PeerError while S3 or PostgreSQL is away."""
        await self._records.made.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_S):
                await self._spool.news.wait()
        self._spool.news.clear()
        try:
            await self.store_all()
        except BaseException:
            self._spool.news.set()
            raise

    async def store_all(self) -> None:
        """What is complete now."""
        for path in await asyncio.to_thread(self._spool.complete):
            await self._store(path)

    async def close(self) -> None:
        """What can still be stored is; the rest is found by whoever has this folder next."""
        if self._records.made.is_set():
            await self.store_all()

    async def _store(self, path: Path) -> None:
        data = await asyncio.to_thread(path.read_bytes)
        try:
            told = read(data)
        except ProtocolViolation as error:
            log().error("a talk's journal cannot be read", journal=path.name, detail=str(error))
            self._spool.set_aside(path)
            return
        name = object_name(told) if told.has_sound else None
        size_bytes, sha256 = None, None
        if name is not None:
            evidence, copy = await asyncio.to_thread(lambda: (sound_file(told), listening_copy(told)))
            size_bytes, sha256 = len(evidence), hashlib.sha256(evidence).hexdigest()
            objects = self._records.objects
            await objects.put(name + _SUFFIX["matroska"], evidence, _TYPE["matroska"])
            await objects.put(name + _SUFFIX["wav"], copy, _TYPE["wav"])
        record = _record(told, size_bytes, sha256)
        await self._table.add(record, name)
        self._say(_fact(record, self._clock.now_us()))
        _stored.labels(sound="no" if name is None else "yes").inc()
        log().info("talk on record", record=record.record, camera=f"{record.site}/{record.camera}", bytes=size_bytes)
        await asyncio.to_thread(path.unlink)


class TalkSounds:
    """Implements `SoundPlaces`: signed URLs of stored files."""

    def __init__(self, records: Records):
        self._records = records

    def url(self, object_name: str, form: SoundForm, lasts_s: int) -> str:
        return self._records.objects.url(object_name + _SUFFIX[form], lasts_s=lasts_s)


def files_of(object_name: str) -> list[str]:
    return [object_name + suffix for suffix in _SUFFIX.values()]


def object_name(told: Told) -> str:
    """By day and camera; without its suffix."""
    day = datetime.fromtimestamp(told.from_us / 1e6, UTC)
    about = told.about
    return f"talks/{about.site}/{about.camera}/{day:%Y/%m/%d}/{about.record}"


def _record(told: Told, size_bytes: int | None, sha256: str | None) -> TalkRecord:
    about = told.about
    return TalkRecord(
        record=about.record,
        talk=about.talk,
        site=about.site,
        camera=about.camera,
        case=about.case,
        talker=about.talker,
        priority=about.priority,
        from_us=told.from_us,
        to_us=told.to_us,
        presses=len(told.presses),
        spoken_s=round(told.spoken_s, 3),
        ending=told.ending,
        codec=about.codec,
        has_microphone=microphone_of(told) is not None,
        size_bytes=size_bytes,
        sha256=sha256,
    )


def _fact(record: TalkRecord, at_us: int) -> TalkRecorded:
    return TalkRecorded(
        site=record.site,
        camera=record.camera,
        at_us=at_us,
        talk=record.talk,
        talker=record.talker,
        priority=record.priority,
        record=record.record,
        case=record.case,
        from_us=record.from_us,
        to_us=record.to_us,
        sha256=record.sha256,
        size_bytes=record.size_bytes,
        has_microphone=record.has_microphone,
    )
