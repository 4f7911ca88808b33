"""Looks every ten seconds whether each stream that should be recorded is; what is not becomes a fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from services.recorder.freshness import MediaState, Observed, is_at_risk, staleness
from services.recorder.outage_ledger import OutageLedger
from services.recorder.segment import StreamRef
from shared import subjects
from shared.bus import Bus
from shared.clock import Clock
from shared.subjects import CameraRef
from shared.telemetry import gauge

ROUND_S = 10.0

_used = gauge("recorder_media_used_ratio", "share of MEDIA's bound (bytes or age) that is taken; 1: it drops")
_at_risk = gauge("recorder_streams_at_risk", "streams of which MEDIA will soon drop what is not stored")


class Recorded(Protocol):
    """What is recorded by this worker."""

    def ends(self) -> Mapping[StreamRef, tuple[int | None, int]]:
        """Of each stream: end of its newest segment (UTC microseconds), and the bus's number of its last fragment."""
        ...


class RecordingWatch:
    """Supervised: one look a round.

    Args:
        is_wanted: whether what is filmed of a stream now is to be kept.
        is_online: whether ingest has pictures of a camera.
    """

    def __init__(
        self,
        bus: Bus,
        recorded: Recorded,
        ledger: OutageLedger,
        clock: Clock,
        segment_s: float,
        is_wanted: Callable[[StreamRef], bool],
        is_online: Callable[[CameraRef], bool],
    ):
        self._bus = bus
        self._recorded = recorded
        self._ledger = ledger
        self._clock = clock
        self._segment_s = segment_s
        self._is_wanted = is_wanted
        self._is_online = is_online
        self._since: dict[StreamRef, int] = {}

    async def run_once(self) -> None:
        await self._clock.sleep(ROUND_S)
        state = await self._bus.media_state()
        media = MediaState(state.first_seq, state.last_seq, state.used)
        _used.set(media.used)
        ends = self._recorded.ends()
        wanted = {of for of in ends if self._is_wanted(of)}
        self._since = {of: self._since.get(of, self._clock.now_us()) for of in wanted}
        at_risk = 0
        for of in wanted:
            newest = await self._bus.last_media(subjects.media(of.camera, of.stream))
            stored_until_us, stored_seq = ends[of]
            seen = Observed(
                of,
                self._is_online(of.camera),
                None if newest is None else newest.header.received_us,
                stored_until_us,
                stored_seq,
            )
            now_us = self._clock.now_us()
            self._ledger.looked(of, staleness(seen, now_us, self._segment_s, self._since[of]), now_us)
            is_risky = is_at_risk(seen, media)
            self._ledger.risk(of, is_risky, media.used, now_us)
            at_risk += is_risky
        _at_risk.set(at_risk)
