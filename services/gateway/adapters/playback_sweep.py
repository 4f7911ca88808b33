"""Playbacks that nobody asks of any more are ended on record."""

from __future__ import annotations

from services.gateway.handlers.playbacks import PlaybackRecord
from shared.clock import Clock

_EVERY_S = 15.0


class PlaybackSweep:
    """A supervised task."""

    def __init__(self, record: PlaybackRecord, clock: Clock):
        self._record = record
        self._clock = clock

    async def run_once(self) -> None:
        await self._clock.sleep(_EVERY_S)
        await self._record.end_round()
