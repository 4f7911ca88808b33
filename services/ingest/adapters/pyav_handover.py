"""From libav's thread to the event loop: a bounded queue, emptied in batches."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from services.ingest.adapters.pyav_audio import AacEncoder
from services.ingest.normaliser import Tracks
from shared.media.access_unit import AccessUnit, AudioUnit

Unit = AccessUnit | AudioUnit | None
"""None stands for a damaged picture that was left out."""

# How far libav may run ahead of the event loop: about 10 s of pictures and sound. Then its thread waits.
_LONGEST_QUEUE = 800


class Handover:
    """The thread calls `described`, `deliver` and `ended`; the callbacks run on the event loop, in the same order."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_described: Callable[[Tracks, AacEncoder | None], None],
        on_units: Callable[[list[Unit]], None],
        on_ended: Callable[[BaseException | None], None],
    ):
        self._loop = loop
        self._on_described = on_described
        self._on_units = on_units
        self._on_ended = on_ended
        self._units: list[Unit] = []
        self._changed = threading.Condition()
        self._is_drain_due = False
        self._is_closed = False

    def described(self, tracks: Tracks, encoder: AacEncoder | None) -> None:
        self._on_loop(lambda: self._on_described(tracks, encoder))

    def deliver(self, unit: Unit) -> None:
        """Waits while the event loop is far behind; drops once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or len(self._units) < _LONGEST_QUEUE)
            if self._is_closed:
                return
            self._units.append(unit)
            if self._is_drain_due:
                return
            self._is_drain_due = True
        self._on_loop(self.drain)

    def ended(self, reason: BaseException | None) -> None:
        self._on_loop(lambda: self._on_ended(reason))

    def drain(self) -> None:
        """Hand on what waits. On the event loop."""
        with self._changed:
            units, self._units = self._units, []
            self._is_drain_due = False
            self._changed.notify_all()
        if units:
            self._on_units(units)

    def close(self) -> None:
        """Nobody listens any more; a thread that waits goes on."""
        with self._changed:
            self._is_closed = True
            self._units = []
            self._changed.notify_all()

    def _on_loop(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            # The loop is closed: the process ends, and an abandoned thread with it.
            return
