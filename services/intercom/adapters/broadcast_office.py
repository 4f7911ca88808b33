"""The broadcasts and announcements of one worker, put together: who answers, what is remembered, what comes due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from services.intercom.adapters.broadcast_maker import BroadcastMaker
from services.intercom.adapters.broadcast_writer import BroadcastWriter
from services.intercom.adapters.heard_store import HeardStore
from services.intercom.adapters.postgres.announcements import PostgresAnnouncements, PostgresSchedules
from services.intercom.adapters.postgres.broadcasts import PostgresBroadcasts
from services.intercom.adapters.records import Records
from services.intercom.adapters.running import broadcast_tasks
from services.intercom.adapters.schedule_keeper import ScheduleKeeper
from services.intercom.adapters.sound_maker import SoundMaker
from services.intercom.adapters.sound_store import S3Sounds
from services.intercom.adapters.webrtc_peer import Ice
from services.intercom.broadcast_parts import BroadcastLimits
from services.intercom.handlers.announcements import AnnouncementDesk
from services.intercom.handlers.broadcasts import BroadcastDesk
from services.intercom.legs import CameraLeg, Floors
from services.intercom.settings import Settings
from shared.bus.kv import KvBucket
from shared.bus.requests import RequestHandler
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.service import Context
from shared.subjects import CameraRef
from shared.supervise import Supervised


class BroadcastOffice:
    """Made by `open`.

    Attributes:
        answers: of any worker; pinned: of the one that holds the broadcast; supervised: long-lived tasks.
    """

    def __init__(
        self,
        context: Context[Settings],
        cameras: Mapping[CameraRef, DesiredCamera],
        leg: Callable[[DesiredCamera], CameraLeg],
        floors: Floors,
        ice: Ice,
        records: Records,
        heard: KvBucket,
        members: KvBucket,
        say: Callable[[Fact], None],
    ):
        settings, clock, worker = context.settings, context.clock, context.settings.worker_id
        history, times = PostgresBroadcasts(records.database), PostgresSchedules(records.database)
        sounds = SoundMaker(settings.announcement_lufs, settings.announcement_max_s)
        self.tasks = broadcast_tasks()
        self.writer = BroadcastWriter(history, records.made)
        maker = BroadcastMaker(leg, ice, floors, self.writer, say, clock, _limits(settings), self.tasks.start)
        self.kept = AnnouncementDesk(
            rows=PostgresAnnouncements(records.database),
            times=times,
            store=S3Sounds(records.objects, sounds),
            voice=sounds,
            files=sounds,
            narrowing=sounds,
            open_broadcast=lambda wanted: self.desk.open(wanted),
            times_changed=lambda: keeper.times_changed(),
            clock=clock,
        )

        async def living() -> set[str]:
            return set(await members.keys())

        self.desk = BroadcastDesk(
            worker=worker,
            cameras=cameras,
            new_broadcast=maker.make,
            sounds=self.kept.sound_of,
            history=history,
            politeness=HeardStore(heard, clock, settings.announcements_per_hour),
            living=living,
            broadcasts_max=settings.broadcasts_max,
            cameras_max=settings.broadcast_cameras_max,
        )
        late_s = settings.announcement_late_s
        keeper = ScheduleKeeper(
            times, records.made, self.kept.play, worker, clock, late_s, lambda: not self.desk.is_draining
        )
        self.supervised: Sequence[tuple[str, Supervised]] = (("receipts", self.writer), ("schedules", keeper))
        self.answers, self.pinned = self._answers(), self._pinned()

    @classmethod
    async def open(
        cls,
        context: Context[Settings],
        cameras: Mapping[CameraRef, DesiredCamera],
        leg: Callable[[DesiredCamera], CameraLeg],
        floors: Floors,
        ice: Ice,
        records: Records,
        say: Callable[[Fact], None],
    ) -> BroadcastOffice:
        """Args: leg: raises RequestRefused where the camera cannot be spoken to; say: facts."""
        heard, members = await context.bus.kv("announcements_heard"), await context.bus.kv("members_intercom")
        return cls(context, cameras, leg, floors, ice, records, heard, members, say)

    def _answers(self) -> dict[str, RequestHandler]:
        desk, kept = self.desk, self.kept
        return {
            "broadcast_open": desk.broadcast_open,
            "broadcast_past": desk.broadcast_past,
            "broadcasts": desk.broadcasts_of,
            "announcement_add": kept.announcement_add,
            "announcement": kept.announcement,
            "announcements": kept.announcements,
            "announcement_remove": kept.announcement_remove,
            "announcement_sound": kept.announcement_sound,
            "announcement_preview": kept.announcement_preview,
            "announcement_play": kept.announcement_play,
            "schedule_add": kept.schedule_add,
            "schedules": kept.schedules,
            "schedule_remove": kept.schedule_remove,
        }

    def _pinned(self) -> dict[str, RequestHandler]:
        desk = self.desk
        return {
            "broadcast": desk.broadcast,
            "broadcast_change": desk.broadcast_change,
            "broadcast_end": desk.broadcast_end,
        }


def _limits(settings: Settings) -> BroadcastLimits:
    return BroadcastLimits(
        start_s=settings.broadcast_start_s,
        press_s=settings.talk_max_s,
        idle_s=settings.talk_idle_s,
        retry_s=settings.broadcast_retry_s,
    )
