"""Removes photos that were taken in and never became part of an answer: a draft that was given up, a retry."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from shared.clock import Clock
from shared.messages.orders import Order
from shared.objects import ObjectStore, StoredObject
from shared.telemetry import counter, log

PREFIX = "orders/"
# = how long a draft on a phone may wait for its network after its photos arrived
KEPT = timedelta(days=1)
ROUND_S = 3600.0
_PAGE = 500

_removed = counter("alerting_unused_photos_removed_total", "photos that no answer ever named, removed after a day")


class OrderBook(Protocol):
    """Where orders are found."""

    async def order(self, id: str) -> Order | None: ...


class UnusedFiles:
    """Supervised: once an hour one page of objects further, so that a large store is never read at once."""

    def __init__(self, objects: ObjectStore, orders: OrderBook, clock: Clock):
        self._objects = objects
        self._orders = orders
        self._clock = clock
        self._after = ""

    async def run_once(self) -> None:
        await self._clock.doze(ROUND_S)
        await self.look()

    async def look(self) -> int:
        """One page; returns how many were removed. Raises PeerError; the same page is looked at again then."""
        page = await self._objects.page(PREFIX, after=self._after, limit=_PAGE)
        unused = await self._unused(page)
        await self._objects.remove_many(unused)
        if unused:
            _removed.inc(len(unused))
            log().info("photos that no answer named were removed", count=len(unused))
        self._after = page[-1].name if len(page) == _PAGE else ""
        return len(unused)

    async def _unused(self, page: list[StoredObject]) -> list[str]:
        too_old = self._clock.now() - KEPT
        by_order: dict[str, list[str]] = {}
        for each in page:
            if each.modified_at is not None and each.modified_at < too_old:
                by_order.setdefault(each.name.removeprefix(PREFIX).partition("/")[0], []).append(each.name)
        unused: list[str] = []
        for id, names in by_order.items():
            order = await self._orders.order(id)
            if order is None:
                continue  # not ours to judge: an order is never removed
            used = {one.object_name for step in order.steps for one in step.attachments}
            unused += [name for name in names if name not in used]
        return unused
