"""The detector's pictures with hidden faces: asked for once a second a camera, however many look."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from shared.bus import Bus
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.public_pictures import BlurredPicture, BlurredPictureWanted
from shared.subjects import CameraRef
from shared.telemetry import counter

_EACH_S = 1.0
_LIMIT_S = 5.0
# Of cameras nobody has looked at for so long nothing is kept.
_FORGOTTEN_S = 30.0

_refused = counter("gateway_public_refused", "pictures for public screens that could not be had", ["reason"])


@dataclass(slots=True)
class _Asked:
    at_s: float
    answer: asyncio.Task[BlurredPicture]


class PublicPictures:
    """Implements `HiddenFaces`. What was refused counts for its second too: a camera that is away costs no more."""

    def __init__(self, bus: Bus, clock: Clock):
        self._bus = bus
        self._clock = clock
        self._asked: dict[CameraRef, _Asked] = {}

    async def newest(self, camera: CameraRef) -> BlurredPicture:
        now_s = self._clock.monotonic()
        asked = self._asked.get(camera)
        if asked is None or (asked.answer.done() and now_s - asked.at_s >= _EACH_S):
            self._forget(now_s)
            asked = self._asked[camera] = _Asked(now_s, asyncio.create_task(self._ask(camera)))
            asked.answer.add_done_callback(_told)
        # Shielded: one viewer who goes does not take the answer from the others.
        return await asyncio.shield(asked.answer)

    async def close(self) -> None:
        for asked in self._asked.values():
            asked.answer.cancel()
        self._asked.clear()

    async def _ask(self, camera: CameraRef) -> BlurredPicture:
        try:
            owner = await (await self._bus.kv("shards_detector")).get(str(camera.shard))
            if owner is None or owner.value is None:
                raise RequestRefused("not_analysed", "No detector looks at this camera.", status=503)
            wanted = BlurredPictureWanted(site=camera.site, camera=camera.camera)
            worker = owner.value.decode()
            answer = await self._bus.request("detector", "blurred_picture", wanted, timeout_s=_LIMIT_S, instance=worker)
        except RequestRefused as refusal:
            _refused.labels(refusal.code).inc()
            raise
        except PeerError as error:
            _refused.labels("detector_away").inc()
            raise RequestRefused("detector_away", f"The detector does not answer: {error}", status=503) from error
        return BlurredPicture.decode(answer)

    def _forget(self, now_s: float) -> None:
        for camera in [each for each, asked in self._asked.items() if now_s - asked.at_s > _FORGOTTEN_S]:
            del self._asked[camera]


def _told(answer: asyncio.Task[BlurredPicture]) -> None:
    """Whoever waits gets the refusal; that nobody waits any more is no failure of ours."""
    if not answer.cancelled():
        answer.exception()
