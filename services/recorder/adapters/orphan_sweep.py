"""Removes objects that no row names, a page of the bucket at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from services.recorder.orphans import MOST_AT_ONCE, PREFIX, DayOfStream, Found, day_of, orphans
from shared.clock import Clock
from shared.objects import ObjectStore
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

ROUND_S = 600.0
# = 1.4 million objects a day with the default round: four million, 30 days of 31 cameras, in three days
PAGE = 10_000

_removed = counter("recorder_orphans_removed", "objects removed because no row names them")
_kept = gauge("recorder_orphans_kept", "objects of the last page without a row, too many to be what a crash left")


class DayIndex(Protocol):
    """Raises PeerError where the database is away."""

    async def named(self, day: DayOfStream) -> set[str]: ...

    async def head_us(self, day: DayOfStream) -> int | None: ...


class OrphanSweep:
    """Supervised: looks at a page of names, goes on behind it in the next round, and begins again at the end.

    Retention removes objects before their rows, so a deletion that is under way is still named here.

    Args:
        is_ours: whether this worker leases a camera's shard; what is not ours is listed and left.
        page: names a round, at least 1.
    """

    def __init__(
        self,
        index: DayIndex,
        objects: ObjectStore,
        clock: Clock,
        is_ours: Callable[[CameraRef], bool],
        round_s: float = ROUND_S,
        page: int = PAGE,
    ):
        self._index = index
        self._objects = objects
        self._clock = clock
        self._is_ours = is_ours
        self._round_s = round_s
        self._page = page
        self._after = ""

    async def run_once(self) -> None:
        await self.round()
        await self._clock.sleep(self._round_s)

    async def round(self) -> int:
        """How many were removed. Raises PeerError; the same page is then looked at again."""
        listed = await self._objects.page(PREFIX, after=self._after, limit=self._page)
        days: defaultdict[DayOfStream, list[Found]] = defaultdict(list)
        for item in listed:
            day = day_of(item.name)
            if day is not None and item.modified_at is not None and self._is_ours(day.of.camera):
                modified_us = int(item.modified_at.timestamp() * 1e6)
                days[day].append(Found(item.name, modified_us, item.size_bytes))
        waste: list[Found] = []
        for day, found in days.items():
            waste += await self._orphans_of(day, found)
        removed = await self._remove(waste)
        self._after = listed[-1].name if len(listed) == self._page else ""
        return removed

    async def _orphans_of(self, day: DayOfStream, found: list[Found]) -> list[Found]:
        named = await self._index.named(day)
        if all(each.name in named for each in found):
            return []
        return orphans(found, day, named, await self._index.head_us(day), self._clock.now_us())

    async def _remove(self, waste: list[Found]) -> int:
        if len(waste) > MOST_AT_ONCE:
            _kept.set(len(waste))
            log().error("many objects without a row: was an old index restored? none removed", objects=len(waste))
            return 0
        _kept.set(0)
        await self._objects.remove_many([each.name for each in waste])
        _removed.inc(len(waste))
        for each in waste:
            log().info("object without a row removed", object=each.name, size_bytes=each.size_bytes)
        return len(waste)
