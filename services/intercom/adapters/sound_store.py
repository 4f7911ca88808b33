"""Sounds of the library in S3, and those played lately in memory: they are played while S3 is away."""

from __future__ import annotations

import io
import wave
from collections import OrderedDict

from services.intercom.announcements import MadeSound, Narrowing
from services.intercom.g711 import Sound
from shared.errors import RequestRefused
from shared.objects import ObjectMissing, ObjectStore

# = what sounds may take in memory, half an hour of them
_KEPT_BYTES_MAX = 30 * 60 * 16_000
_URL_S = 600


class S3Sounds:
    """Implements `SoundStore`."""

    def __init__(self, objects: ObjectStore, narrowing: Narrowing):
        self._objects = objects
        self._narrowing = narrowing
        self._kept: OrderedDict[str, Sound] = OrderedDict()

    async def put(self, id: str, sound: MadeSound) -> None:
        await self._objects.put(_name(id), sound.wav(), "audio/wav")

    async def remove(self, id: str) -> None:
        self._kept.pop(id, None)
        await self._objects.remove(_name(id))

    async def sound(self, id: str) -> Sound:
        found = self._kept.get(id)
        if found is None:
            try:
                data = await self._objects.get(_name(id))
            except ObjectMissing as error:
                raise RequestRefused("no_such_announcement", f"There is no announcement {id!r}.", status=404) from error
            with wave.open(io.BytesIO(data)) as reader:
                pcm = reader.readframes(reader.getnframes())
            found = self._kept[id] = await self._narrowing.narrowed(pcm)
            while sum(each.nbytes for each in self._kept.values()) > _KEPT_BYTES_MAX:
                self._kept.popitem(last=False)
        self._kept.move_to_end(id)
        return found

    def url(self, id: str) -> tuple[str, int]:
        return self._objects.url(_name(id), lasts_s=_URL_S), _URL_S


def _name(id: str) -> str:
    return f"announcements/{id}.wav"
