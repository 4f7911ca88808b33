"""What the intercom is asked about announcements: a library, sounds of it, their times, one to be played now."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from services.intercom.announcement_times import next_due, require_times
from services.intercom.announcements import (
    LIBRARY_MAX,
    SCHEDULES_MAX,
    AnnouncementRows,
    MadeSound,
    Narrowing,
    ScheduleRows,
    SoundFiles,
    SoundStore,
    Voice,
)
from services.intercom.g711 import Sound
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.announcements import (
    AnnouncementList,
    AnnouncementPlay,
    AnnouncementRef,
    AnnouncementsOf,
    AnnouncementStatus,
    AnnouncementWanted,
    ScheduleList,
    ScheduleRef,
    SchedulesOf,
    ScheduleStatus,
    ScheduleWanted,
    SpeechMade,
    SpeechWanted,
)
from shared.messages.broadcasts import BroadcastOpened, BroadcastStatus, BroadcastWanted
from shared.messages.playback import ObjectPlace


@dataclass(frozen=True, slots=True)
class AnnouncementDesk:
    """One function for each request.

    Args:
        open_broadcast: what plays.
        times_changed: told when a schedule came or went.
    """

    rows: AnnouncementRows
    times: ScheduleRows
    store: SoundStore
    voice: Voice
    files: SoundFiles
    narrowing: Narrowing
    open_broadcast: Callable[[BroadcastWanted], Awaitable[BroadcastOpened]]
    times_changed: Callable[[], None]
    clock: Clock

    async def announcement_add(self, request: bytes) -> AnnouncementStatus:
        wanted = AnnouncementWanted.decode(request)
        if (wanted.text is None) == (wanted.sound is None):
            raise RequestRefused("one_source", "Give a text or a sound, one of them.", status=422)
        if await self.rows.count() >= LIBRARY_MAX:
            raise RequestRefused("library_full", f"There are {LIBRARY_MAX} announcements: remove some.", status=409)
        made = await self._made(wanted)
        data = made.wav()
        kept = AnnouncementStatus(
            announcement=f"ann-{secrets.token_hex(6)}",
            name=wanted.name,
            kind="file" if wanted.text is None else "text",
            language=wanted.language,
            text=wanted.text,
            voice=made.voice,
            duration_s=round(made.duration_s, 3),
            loudness_lufs=made.loudness_lufs,
            peak_dbfs=made.peak_dbfs,
            size_bytes=len(data),
            sha256=sha256(data).hexdigest(),
            made_by=wanted.made_by,
            made_us=self.clock.now_us(),
        )
        # The sound first: a row without its sound would be an announcement that cannot be played.
        await self.store.put(kept.announcement, made)
        await self.rows.add(kept)
        return kept

    async def announcement(self, request: bytes) -> AnnouncementStatus:
        return await self._one(AnnouncementRef.decode(request).announcement)

    async def announcements(self, request: bytes) -> AnnouncementList:
        return AnnouncementList(items=tuple(await self.rows.newest(AnnouncementsOf.decode(request).limit)))

    async def announcement_remove(self, request: bytes) -> AnnouncementStatus:
        found = await self._one(AnnouncementRef.decode(request).announcement)
        if not await self.rows.remove(found.announcement, self.clock.now_us()):
            raise RequestRefused(
                "announcement_scheduled", "A schedule plays it: remove the schedule first.", status=409
            )
        await self.store.remove(found.announcement)
        return found

    async def announcement_sound(self, request: bytes) -> ObjectPlace:
        found = await self._one(AnnouncementRef.decode(request).announcement)
        url, lasts_s = self.store.url(found.announcement)
        return ObjectPlace(url=url, lasts_s=lasts_s)

    async def announcement_preview(self, request: bytes) -> SpeechMade:
        wanted = SpeechWanted.decode(request)
        made = await self.voice.say(wanted.text, wanted.language)
        return SpeechMade(
            sound=base64.b64encode(made.wav()).decode(),
            duration_s=round(made.duration_s, 3),
            loudness_lufs=made.loudness_lufs,
        )

    async def announcement_play(self, request: bytes) -> BroadcastStatus:
        return await self.play(AnnouncementPlay.decode(request))

    async def play(self, wanted: AnnouncementPlay) -> BroadcastStatus:
        opened = await self.open_broadcast(
            BroadcastWanted(
                to=wanted.to,
                talker=wanted.asked_by,
                priority=wanted.priority,
                reason=wanted.reason,
                announcement=wanted.announcement,
                text=wanted.text,
                language=wanted.language,
            )
        )
        return opened.status

    async def sound_of(self, wanted: BroadcastWanted) -> Sound | None:
        """What a broadcast is to play; None for a microphone."""
        if wanted.announcement is not None:
            with suppress(PeerError):  # without the database what is kept is played
                await self._one(wanted.announcement)
            return await self.store.sound(wanted.announcement)
        if wanted.text is not None:
            made = await self.voice.say(wanted.text, wanted.language)
            return await self.narrowing.narrowed(made.pcm)
        return None

    async def schedule_add(self, request: bytes) -> ScheduleStatus:
        wanted = ScheduleWanted.decode(request)
        require_times(wanted)
        if not (wanted.to.cameras or wanted.to.sites or wanted.to.is_everyone):
            raise RequestRefused("nobody_addressed", "No camera is meant: name cameras or sites.", status=422)
        await self._one(wanted.announcement)
        if len(await self.times.all(SCHEDULES_MAX)) >= SCHEDULES_MAX:
            raise RequestRefused("too_many_schedules", f"There are {SCHEDULES_MAX} schedules: remove some.", status=409)
        made = ScheduleStatus(
            schedule=f"sch-{secrets.token_hex(6)}",
            announcement=wanted.announcement,
            to=wanted.to,
            days=tuple(sorted(set(wanted.days))),
            minutes=tuple(sorted(set(wanted.minutes))),
            time_zone=wanted.time_zone,
            priority=wanted.priority,
            made_by=wanted.made_by,
            made_us=self.clock.now_us(),
        )
        await self.times.add(made)
        self.times_changed()
        return self._with_next(made)

    async def schedules(self, request: bytes) -> ScheduleList:
        found = await self.times.all(SchedulesOf.decode(request).limit)
        return ScheduleList(items=tuple(self._with_next(each) for each in found))

    async def schedule_remove(self, request: bytes) -> ScheduleStatus:
        wanted = ScheduleRef.decode(request).schedule
        found = [each for each in await self.times.all(SCHEDULES_MAX) if each.schedule == wanted]
        if not found or not await self.times.remove(wanted):
            raise RequestRefused("no_such_schedule", f"There is no schedule {wanted[:80]!r}.", status=404)
        self.times_changed()
        return found[0]

    async def _one(self, id: str) -> AnnouncementStatus:
        found = await self.rows.one(id)
        if found is None:
            raise RequestRefused("no_such_announcement", f"There is no announcement {id[:80]!r}.", status=404)
        return found

    async def _made(self, wanted: AnnouncementWanted) -> MadeSound:
        if wanted.text is not None:
            return await self.voice.say(wanted.text, wanted.language)
        try:
            data = base64.b64decode(wanted.sound or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise RequestRefused("not_a_sound", "The sound is not base64.", status=422) from error
        return await self.files.read(data)

    def _with_next(self, schedule: ScheduleStatus) -> ScheduleStatus:
        now_us = self.clock.now_us()
        due_us = next_due(schedule.days, schedule.minutes, schedule.time_zone, now_us)
        return schedule.model_copy(update={"next_us": due_us})
