"""Follows the live streams of our cameras, and gives what is due to the decoding lanes."""

from __future__ import annotations

from collections.abc import Callable

from services.detector.camera_feed import CameraFeed
from shared import subjects
from shared.bus import Bus
from shared.bus.media_subscription import MediaSubscription
from shared.clock import Clock
from shared.media.fragment import Fragment
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.detector import SiteNights
from shared.subjects import CameraRef
from shared.telemetry import gauge

# = how soon a camera that became ours is looked at
ROUND_S = 0.2
_TICK_US = 1_000_000

_cameras = gauge("detector_cameras", "cameras this worker looks at")
_nightless = gauge("detector_cameras_without_nights", "of them: nobody says when it is night, the night watch is off")


class CameraFeeds:
    """Supervised: one round compares what is wanted with what is followed."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        new_feed: Callable[[DesiredCamera], CameraFeed],
        is_due: Callable[[CameraFeed], None],
        gone: Callable[[CameraFeed], None],
        say: Callable[[Fact], None],
    ):
        self._bus = bus
        self._clock = clock
        self._new_feed = new_feed
        self._is_due = is_due
        self._gone = gone
        self._say = say
        self._wanted: dict[CameraRef, DesiredCamera] = {}
        self._feeds: dict[CameraRef, tuple[CameraFeed, MediaSubscription]] = {}
        self._ticked_us = 0

    def keep(self, wanted: dict[CameraRef, DesiredCamera]) -> None:
        """From now on exactly these are followed."""
        self._wanted = dict(wanted)

    def feeds(self) -> list[CameraFeed]:
        return [feed for feed, _ in self._feeds.values()]

    def nights(self) -> tuple[SiteNights, ...]:
        """Of each kitchen with cameras here: whether its nights are watched."""
        now_us = self._clock.now_us()
        found: dict[str, list[bool]] = {}
        for feed in self.feeds():
            found.setdefault(feed.camera.site, []).append(feed.plan.has_nights(now_us))
        return tuple(SiteNights(site=site, cameras=len(each), watched=sum(each)) for site, each in found.items())

    def find(self, camera: CameraRef) -> CameraFeed | None:
        """None where it is not followed here."""
        found = self._feeds.get(camera)
        return None if found is None else found[0]

    async def run_once(self) -> None:
        for camera in [camera for camera in self._feeds if not self._is_as_wanted(camera)]:
            await self._end(camera)
        for camera, desired in list(self._wanted.items()):
            if camera not in self._feeds:
                await self._begin(camera, desired)
        now_us = self._clock.now_us()
        if now_us - self._ticked_us >= _TICK_US:
            self._ticked_us = now_us
            for feed in self.feeds():
                minutes, facts = feed.tick(now_us)
                for fact in (*minutes, *facts):
                    self._say(fact)
            _nightless.set(sum(one.cameras - one.watched for one in self.nights()))
        _cameras.set(len(self._feeds))
        await self._clock.sleep(ROUND_S)

    async def close(self) -> None:
        for camera in list(self._feeds):
            await self._end(camera)

    def _is_as_wanted(self, camera: CameraRef) -> bool:
        desired = self._wanted.get(camera)
        return desired is not None and desired.analysis == self._feeds[camera][0].policy

    async def _begin(self, camera: CameraRef, desired: DesiredCamera) -> None:
        feed = self._new_feed(desired)

        def on_fragment(fragment: Fragment) -> None:
            if feed.take(fragment, self._clock.now_us()):
                self._is_due(feed)

        subject = subjects.media(camera, desired.analysis.stream)
        try:
            subscription = await self._bus.subscribe_media(subject, on_fragment)
        except BaseException:
            self._gone(feed)  # its decoder and its share of a device, which the next try takes anew
            raise
        self._feeds[camera] = feed, subscription

    async def _end(self, camera: CameraRef) -> None:
        feed, subscription = self._feeds.pop(camera)
        await subscription.close()
        self._gone(feed)
