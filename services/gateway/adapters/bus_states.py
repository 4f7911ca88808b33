"""Buckets followed into memory: what ingest and the intercom say about cameras, and which cameras are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pydantic import ValidationError

from services.gateway.camera_states import CameraStates
from services.gateway.speakers import FoundSpeakers
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.messages.cameras import CameraState
from shared.messages.speakers import SpeakerFound
from shared.subjects import CameraRef
from shared.telemetry import log


class BusCameraStates:
    """A supervised task that follows `camera_states`."""

    def __init__(self, bucket: KvBucket, states: CameraStates):
        self._bucket = bucket
        self._states = states

    async def run_once(self) -> None:
        """Follow until cancelled."""
        await _follow(self._bucket, self._told)

    def _told(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._states.forget(CameraRef.from_key(entry.key))
            return
        try:
            self._states.note(CameraState.decode(entry.value))
        except ValidationError as error:
            log().warning("camera state not readable", key=entry.key, detail=str(error))


class BusSpeakers:
    """A supervised task that follows `speakers`."""

    def __init__(self, bucket: KvBucket, speakers: FoundSpeakers):
        self._bucket = bucket
        self._speakers = speakers

    async def run_once(self) -> None:
        """Follow until cancelled."""
        await _follow(self._bucket, self._told)

    def _told(self, entry: KvEntry) -> None:
        camera = CameraRef.from_key(entry.key)
        if entry.value is None:
            self._speakers.forget(camera)
            return
        try:
            self._speakers.note(camera, SpeakerFound.decode(entry.value))
        except ValidationError as error:
            log().warning("what was found of a speaker is not readable", key=entry.key, detail=str(error))


class BusRemovedCameras:
    """A supervised task that follows `cameras`, which another gateway may have written."""

    def __init__(self, bucket: KvBucket, on_removed: Callable[[CameraRef], None]):
        self._bucket = bucket
        self._on_removed = on_removed

    async def run_once(self) -> None:
        """Follow until cancelled."""
        await _follow(self._bucket, self._told)

    def _told(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._on_removed(CameraRef.from_key(entry.key))


async def _follow(bucket: KvBucket, told: Callable[[KvEntry], None]) -> None:
    watch = await bucket.watch(told)
    try:
        await asyncio.Event().wait()
    finally:
        await watch.close()
