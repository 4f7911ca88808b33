"""The talks of one worker, put together: who answers, who has which floor, what dead workers left at cameras."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from services.intercom.adapters.camera_access import CameraAccess
from services.intercom.adapters.floor_store import FloorStore
from services.intercom.adapters.left_behind import LeftBehind
from services.intercom.adapters.libopus import Libopus
from services.intercom.adapters.paced_speaker import PacedSpeaker
from services.intercom.adapters.running import talk_tasks
from services.intercom.adapters.sent_media import SentMedia
from services.intercom.adapters.talk import Talk
from services.intercom.adapters.talk_recording import TalkRecording
from services.intercom.adapters.webrtc_caller import WebRtcCaller
from services.intercom.adapters.webrtc_peer import Ice
from services.intercom.handlers.talks import Handlers
from services.intercom.legs import TalkLimits
from services.intercom.settings import Settings
from shared.bus.kv import KvBucket
from shared.bus.requests import RequestHandler
from shared.messages.cameras import DesiredCamera, StreamName
from shared.messages.intercom import FloorHeld, FloorWanted, TalkWanted
from shared.service import Context
from shared.subjects import CameraRef

OpenMedia = Callable[[CameraRef, StreamName], Awaitable[SentMedia]]


class TalkOffice:
    """
    Attributes:
        handlers: what is asked and heard; floors: for everybody who speaks; tasks: of the talks that run.
        pinned: answered by the worker that holds the talk.
    """

    def __init__(
        self,
        context: Context[Settings],
        floors: KvBucket,
        waits: KvBucket,
        access: CameraAccess,
        recording: TalkRecording,
        ice: Ice,
        open_media: OpenMedia,
    ):
        settings, self._clock = context.settings, context.clock
        self._access = access
        self._recording = recording
        self._ice = ice
        self._open_media = open_media
        self._limits = TalkLimits(press_s=settings.talk_max_s, idle_s=settings.talk_idle_s)
        self.floors = FloorStore(floors, waits, self._waits)
        self.tasks = talk_tasks()
        self.handlers = Handlers(settings.worker_id, self._new_talk, settings.talks_max, self._clock)
        self.left_behind = LeftBehind(settings.worker_id, floors, self._end_session, self._clock)
        self.pinned: dict[str, RequestHandler] = {
            name: getattr(self.handlers, name) for name in ("talk", "talk_change", "talk_end", "talk_trickle")
        }

    async def floor_changed(self, camera: CameraRef, held: FloorHeld | None) -> None:
        """KV `floors`."""
        self.left_behind.floor_changed(camera, held)
        await self.handlers.floor_changed(camera, held)

    def _new_talk(self, id: str, wanted: TalkWanted, desired: DesiredCamera) -> Talk:
        leg, say = self._recording.of(id, wanted, self._access.leg(desired))
        speaker = PacedSpeaker(leg.send, Libopus(), self._clock)
        camera = CameraRef(wanted.site, wanted.camera)
        caller = WebRtcCaller(speaker.hear, self._ice, lambda: self._open_media(camera, "main"))
        position = partial(self.handlers.position, camera, id)
        return Talk(
            id, wanted, caller, leg, speaker, self.floors, position, say, self._clock, self._limits, self.tasks.start
        )

    def _waits(self, camera: CameraRef, wanted: FloorWanted) -> None:
        self.handlers.wait_changed(camera, wanted.talk, wanted)

    async def _end_session(self, camera: CameraRef, session: str) -> None:
        if (desired := self.handlers.cameras.get(camera)) is not None:
            await self._access.end_left_behind(desired, session)
