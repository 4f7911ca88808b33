"""What the library of announcements is made of: voices, sounds at one loudness, where they are kept. Pure."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.intercom.g711 import Sound
from shared.messages.announcements import AnnouncementStatus, ScheduleOutcome, ScheduleStatus
from shared.messages.broadcasts import Language

RATE = 16_000
# = how many announcements a library holds
LIBRARY_MAX = 1000
SCHEDULES_MAX = 500


@dataclass(frozen=True, slots=True)
class MadeSound:
    """Mono, 16 bits, RATE; at the loudness that is stated."""

    pcm: bytes
    loudness_lufs: float
    peak_dbfs: float
    voice: str | None = None

    @property
    def duration_s(self) -> float:
        return len(self.pcm) / 2 / RATE

    def wav(self) -> bytes:
        """As browsers play it."""
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(RATE)
            writer.writeframes(self.pcm)
        return file.getvalue()


class Voice(Protocol):
    """Speaks a text. A neural voice takes the place of the one that is built in by implementing this."""

    @property
    def name(self) -> str: ...

    async def say(self, text: str, language: Language) -> MadeSound:
        """Raises RequestRefused where the text cannot be said, ResourceExhausted where too many are being said."""
        ...


class SoundFiles(Protocol):
    """Reads sound files of strangers."""

    async def read(self, data: bytes) -> MadeSound:
        """Raises RequestRefused with what is wrong with it."""
        ...


class SoundStore(Protocol):
    """The sounds themselves."""

    async def put(self, id: str, sound: MadeSound) -> None: ...

    async def remove(self, id: str) -> None: ...

    async def sound(self, id: str) -> Sound:
        """At 8 kHz, to be played. Raises RequestRefused where there is none, PeerError."""
        ...

    def url(self, id: str) -> tuple[str, int]:
        """Where a browser's gateway reads it, and for how many seconds."""
        ...


class Narrowing(Protocol):
    """From RATE to the 8 kHz of a camera."""

    async def narrowed(self, pcm: bytes) -> Sound: ...


class AnnouncementRows(Protocol):
    """The library."""

    async def add(self, announcement: AnnouncementStatus) -> None: ...

    async def one(self, id: str) -> AnnouncementStatus | None: ...

    async def newest(self, limit: int) -> Sequence[AnnouncementStatus]: ...

    async def count(self) -> int: ...

    async def remove(self, id: str, now_us: int) -> bool:
        """False where a schedule still plays it."""
        ...


class ScheduleRows(Protocol):
    """Times, and each time that came due."""

    async def add(self, schedule: ScheduleStatus) -> None: ...

    async def all(self, limit: int) -> Sequence[ScheduleStatus]: ...

    async def remove(self, id: str) -> bool: ...

    async def claim(self, id: str, due_us: int, worker: str) -> bool: ...

    async def miss(self, id: str, due_us: int, worker: str, detail: str) -> bool: ...

    async def settle(
        self, id: str, due_us: int, outcome: ScheduleOutcome, broadcast: str | None, detail: str
    ) -> None: ...
