"""The bucket `camera_states`, followed into memory."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError

from services.gateway.camera_states import CameraStates
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.messages.cameras import CameraState
from shared.subjects import CameraRef
from shared.telemetry import log


class BusCameraStates:
    """A supervised task."""

    def __init__(self, bucket: KvBucket, states: CameraStates):
        self._bucket = bucket
        self._states = states

    async def run_once(self) -> None:
        """Follow until cancelled."""
        watch = await self._bucket.watch(self._told)
        try:
            await asyncio.Event().wait()
        finally:
            await watch.close()

    def _told(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._states.forget(CameraRef.from_key(entry.key))
            return
        try:
            self._states.note(CameraState.decode(entry.value))
        except ValidationError as error:
            log().warning("camera state not readable", key=entry.key, detail=str(error))
