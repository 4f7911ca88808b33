"""Alerting, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.alerting import Alert, AlertAcknowledgement, AlertList, AlertRef, AlertReview, AlertsWanted

_LIMIT_S = 10.0


class BusAlerting:
    """Implements `Alerting`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def alerts(self, wanted: AlertsWanted) -> AlertList:
        return AlertList.decode(await self._bus.request("alerting", "alerts", wanted, timeout_s=_LIMIT_S))

    async def alert(self, wanted: AlertRef) -> Alert:
        return Alert.decode(await self._bus.request("alerting", "alert", wanted, timeout_s=_LIMIT_S))

    async def acknowledge(self, wanted: AlertAcknowledgement) -> Alert:
        return Alert.decode(await self._bus.request("alerting", "alert_acknowledge", wanted, timeout_s=_LIMIT_S))

    async def review(self, wanted: AlertReview) -> Alert:
        return Alert.decode(await self._bus.request("alerting", "alert_review", wanted, timeout_s=_LIMIT_S))
