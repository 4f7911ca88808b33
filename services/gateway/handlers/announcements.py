"""Announcements: a library, how they sound, when they are played; every change on record before it happens."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.handlers.recordings import RecordedBytes
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.recordings import ByteRange, Passage
from shared.clock import Clock
from shared.messages.announcements import (
    AnnouncementRef,
    AnnouncementStatus,
    AnnouncementWanted,
    ScheduleRef,
    ScheduleStatus,
    ScheduleWanted,
    SpeechMade,
    SpeechWanted,
)
from shared.messages.broadcasts import Addressed, CameraOf, Language
from shared.messages.intercom import TalkPriority
from shared.messages.playback import ObjectPlace


class AnnouncementLibrary(Protocol):
    """The intercom. All raise RequestRefused as it refused, PeerError where none answers."""

    async def add(self, wanted: AnnouncementWanted) -> AnnouncementStatus: ...

    async def one(self, wanted: AnnouncementRef) -> AnnouncementStatus: ...

    async def newest(self) -> Sequence[AnnouncementStatus]: ...

    async def remove(self, wanted: AnnouncementRef) -> AnnouncementStatus: ...

    async def sound(self, wanted: AnnouncementRef) -> ObjectPlace: ...

    async def preview(self, wanted: SpeechWanted) -> SpeechMade: ...

    async def add_schedule(self, wanted: ScheduleWanted) -> ScheduleStatus: ...

    async def schedules(self) -> Sequence[ScheduleStatus]: ...

    async def remove_schedule(self, wanted: ScheduleRef) -> ScheduleStatus: ...


@dataclass(frozen=True, slots=True)
class AnnouncementDesk:
    """What people may ask about announcements."""

    registry: RegistryDesk
    library: AnnouncementLibrary
    source: RecordedBytes
    trail: AuditTrail
    clock: Clock

    async def add_text(self, by: By, name: str, text: str, language: Language) -> AnnouncementStatus:
        await self._record(by, "announcement_added", name=name, text=text)
        return await self.library.add(
            AnnouncementWanted(name=name, language=language, text=text, made_by=by.identity.name)
        )

    async def add_file(self, by: By, name: str, sound: bytes, language: Language) -> AnnouncementStatus:
        await self._record(by, "announcement_added", name=name, bytes=str(len(sound)))
        coded = base64.b64encode(sound).decode()
        return await self.library.add(
            AnnouncementWanted(name=name, language=language, sound=coded, made_by=by.identity.name)
        )

    async def one(self, id: str) -> AnnouncementStatus:
        return await self.library.one(AnnouncementRef(announcement=id))

    async def newest(self) -> Sequence[AnnouncementStatus]:
        return await self.library.newest()

    async def remove(self, by: By, id: str) -> None:
        found = await self.library.one(AnnouncementRef(announcement=id))
        await self._record(by, "announcement_removed", announcement=id, name=found.name)
        await self.library.remove(AnnouncementRef(announcement=id))

    async def sound(self, id: str, wanted: ByteRange | None) -> Passage:
        place = await self.library.sound(AnnouncementRef(announcement=id))
        return await self.source.of_object(place.url, wanted)

    async def preview(self, text: str, language: Language) -> bytes:
        """WAV."""
        made = await self.library.preview(SpeechWanted(text=text, language=language))
        return base64.b64decode(made.sound)

    async def add_schedule(
        self,
        by: By,
        announcement: str,
        cameras: Sequence[str],
        sites: Sequence[str],
        days: Sequence[int],
        minutes: Sequence[int],
        *,
        is_everyone: bool,
        time_zone: str,
        priority: TalkPriority,
    ) -> ScheduleStatus:
        """Sites stay sites: a camera that is added to one later is told too."""
        found = [await self.registry.camera(id) for id in dict.fromkeys(cameras)]
        for site in sites:
            await self.registry.site(site)
        named = tuple(CameraOf(site=camera.site, camera=camera.id) for camera in found)
        to = Addressed(cameras=named, sites=tuple(dict.fromkeys(sites)), is_everyone=is_everyone)
        addressed = "all" if is_everyone else ",".join([*sites, *cameras])
        times = ",".join(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)
        await self._record(
            by,
            "schedule_added",
            announcement=announcement,
            to=addressed[:8000],
            days=",".join(map(str, days)),
            times=times,
        )
        return await self.library.add_schedule(
            ScheduleWanted(
                announcement=announcement,
                to=to,
                days=tuple(days),
                minutes=tuple(minutes),
                time_zone=time_zone,
                priority=priority,
                made_by=by.identity.name,
            )
        )

    async def schedules(self) -> Sequence[ScheduleStatus]:
        return await self.library.schedules()

    async def remove_schedule(self, by: By, id: str) -> None:
        await self._record(by, "schedule_removed", schedule=id)
        await self.library.remove_schedule(ScheduleRef(schedule=id))

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))
