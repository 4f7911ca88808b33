"""What people ask about alerts, and what they make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.errors import RequestRefused
from shared.messages.alerting import Alert, AlertAcknowledgement, AlertList, AlertRef, AlertReview, AlertsWanted


class AlertDeskStore(Protocol):
    """Where alerts are kept. All raise PeerError while it is away, RequestRefused for an alert that is not there."""

    async def list(self, wanted: AlertsWanted) -> list[Alert]: ...

    async def get(self, id: str) -> Alert | None: ...

    async def acknowledge(self, wanted: AlertAcknowledgement, now_us: int) -> Alert: ...

    async def review(self, wanted: AlertReview, now_us: int) -> Alert: ...


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """One function for each request."""

    store: AlertDeskStore
    now_us: Callable[[], int]

    async def alerts(self, request: bytes) -> AlertList:
        return AlertList(items=tuple(await self.store.list(AlertsWanted.decode(request))))

    async def alert(self, request: bytes) -> Alert:
        wanted = AlertRef.decode(request)
        found = await self.store.get(wanted.alert)
        if found is None:
            raise RequestRefused("no_such_alert", f"There is no alert {wanted.alert[:80]!r}.", status=404)
        return found

    async def acknowledge(self, request: bytes) -> Alert:
        return await self.store.acknowledge(AlertAcknowledgement.decode(request), self.now_us())

    async def review(self, request: bytes) -> Alert:
        return await self.store.review(AlertReview.decode(request), self.now_us())
