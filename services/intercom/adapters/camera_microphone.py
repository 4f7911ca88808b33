"""What a camera's microphone hears, out of its live fragments: AAC as ingest made it, each unit with its moment.

Taken live, from the bus, and not asked of the recorder afterwards: it is there without the recorder, its database and
its store, also for a camera that is not recorded, and a talk's sound is one file as soon as the talk is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from services.intercom.talk_journal import Entry
from shared import subjects
from shared.bus import Bus
from shared.bus.media_subscription import MediaSubscription
from shared.errors import PeerError, ProtocolViolation
from shared.media.fragment import Fragment
from shared.media.samples import sound_samples, sound_setup
from shared.subjects import CameraRef
from shared.telemetry import log

# Until the first IDR says what the sound is: a camera with long GOPs and rich sound.
_MOST_WAITING = 64


class CameraMicrophone:
    """Hears from `open` to `close`. Args: on_entry: `microphone` once, then `heard`."""

    def __init__(self, bus: Bus, camera: CameraRef, on_entry: Callable[[Entry], None]):
        self._bus = bus
        self._camera = camera
        self._on_entry = on_entry
        self._opening: asyncio.Task[MediaSubscription] | None = None
        self._waiting: list[Fragment] = []
        self._config: bytes | None = None
        self._rate = 0
        self._run = ""

    def open(self) -> None:
        """Begins by itself; without the bus there is nothing to hear."""
        subject = subjects.media(self._camera, "main")
        self._opening = asyncio.create_task(self._bus.subscribe_media(subject, self.hear))

    async def close(self) -> None:
        opening, self._opening = self._opening, None
        if opening is None:
            return
        with suppress(PeerError):
            await (await opening).close()

    def hear(self, fragment: Fragment) -> None:
        try:
            self._note_format(fragment)
            if self._config is None:
                self._waiting = [*self._waiting, fragment][-_MOST_WAITING:]
                return
            waiting, self._waiting = self._waiting, []
            for each in (*waiting, fragment):
                self._tell(each)
        except ProtocolViolation as error:
            log().warning("a fragment's sound cannot be read", camera=str(self._camera), detail=str(error))

    def _note_format(self, fragment: Fragment) -> None:
        header = fragment.header
        if header.run != self._run:
            # Another run may have another format; what waits belongs to the one before.
            self._run, self._config, self._waiting = header.run, None, []
        if self._config is not None or not header.init_bytes:
            return
        setup = sound_setup(fragment.payload[: header.init_bytes])
        if setup is not None:
            self._config, self._rate = setup.config, setup.sample_rate
            self._on_entry(Entry("microphone", header.captured_us, setup.config))

    def _tell(self, fragment: Fragment) -> None:
        header = fragment.header
        for sample in sound_samples(fragment.payload, header.init_bytes):
            # captured_us is the moment of the fragment's first presentation time.
            after_us = round((sample.at / self._rate - header.pts_90k / 90_000) * 1e6)
            data = bytes(fragment.payload[sample.begin : sample.end])
            self._on_entry(Entry("heard", header.captured_us + after_us, data))
