"""A camera's microphone during a drill: its sound taken from the media plane, its pictures left aside."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from services.intercom.adapters.sound_decoder import SoundUnit, decoded
from services.intercom.drills.tone import Sound
from shared.errors import ProtocolViolation
from shared.media.fragment import Fragment
from shared.media.init_segment import AUDIO_TRACK
from shared.media.samples import samples_of
from shared.media.sound_setup import SoundSetup, sound_setup

# = half a minute of sound in units of 21 ms and more
_UNITS_MAX = 1500
AAC_UNIT = 1024


class Subscription(Protocol):
    async def close(self) -> None: ...


Subscribe = Callable[[Callable[[Fragment], None]], Awaitable[Subscription]]


class Microphone:
    """Open it, wait until it hears, let it hear; then ask for the sound.

    Attributes:
        has_pictures: whether anything came. has_sound_track: whether what came says that it has sound.
    """

    def __init__(self, subscribe: Subscribe):
        self._subscribe = subscribe
        self._subscription: Subscription | None = None
        self._run = ""
        self._setup: SoundSetup | None = None
        self._units: deque[SoundUnit] = deque(maxlen=_UNITS_MAX)
        # For each fragment with sound: where its sound ends, in ticks, and when the fragment was there.
        self._arrivals: deque[tuple[int, int]] = deque(maxlen=_UNITS_MAX)
        self._first_pts = 0
        self._is_known = asyncio.Event()
        self.has_pictures = False
        self.has_sound_track = False

    async def open(self) -> None:
        """Raises PeerError."""
        self._subscription = await self._subscribe(self._hear)

    async def until_hearing(self, limit_s: float) -> bool:
        """Until a whole GOP's beginning said what there is; False where none came."""
        try:
            async with asyncio.timeout(limit_s):
                await self._is_known.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await subscription.close()

    async def sound(self) -> Sound | None:
        """Everything heard so far; None where there is nothing that can be decoded."""
        setup, units = self._setup, list(self._units)
        if setup is None or not units:
            return None
        self._first_pts = units[0].pts
        try:
            return await asyncio.to_thread(decoded, units, setup)
        except ProtocolViolation:
            return None

    def arrived_us(self, at_s: float) -> float | None:
        """When the moment `at_s` of the last `sound` was there, UTC microseconds: had each sample come by itself.

        The fragment that waited least says how long sound takes: others waited for the rest of their fragment.
        """
        if self._setup is None or not self._arrivals:
            return None
        rate = self._setup.sample_rate
        least = min(received_us - end * 1e6 / rate for end, received_us in self._arrivals)
        return self._first_pts * 1e6 / rate + at_s * 1e6 + least

    def _hear(self, fragment: Fragment) -> None:
        header = fragment.header
        self.has_pictures = True
        if header.run != self._run:
            # Another run has another clock.
            self._run, self._setup = header.run, None
            self._units.clear()
            self._arrivals.clear()
        try:
            if header.init_bytes:
                self._setup = sound_setup(fragment.payload[: header.init_bytes])
                self.has_sound_track = self._setup is not None
                self._is_known.set()
            samples = samples_of(fragment.payload, header.init_bytes, AUDIO_TRACK)
        except ProtocolViolation:
            return
        for each in samples:
            self._units.append(SoundUnit(each.dts_90k, fragment.payload[each.begin : each.end]))
        if samples:
            self._arrivals.append((samples[-1].dts_90k + AAC_UNIT, header.received_us))
