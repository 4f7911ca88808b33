"""Alerting, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.alerting import Alert, AlertAcknowledgement, AlertList, AlertRef, AlertReview, AlertsWanted
from shared.messages.rules import DryRun, DryRunWanted, RuleList, RulePut, RulesWanted

_LIMIT_S = 10.0
# It reads what the bus holds.
_DRY_RUN_LIMIT_S = 60.0


class BusAlerting:
    """Implements `Alerting` and `RuleKeeper`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def alerts(self, wanted: AlertsWanted) -> AlertList:
        return AlertList.decode(await self._bus.request("alerting", "alerts", wanted, timeout_s=_LIMIT_S))

    async def alert(self, wanted: AlertRef) -> Alert:
        return Alert.decode(await self._bus.request("alerting", "alert", wanted, timeout_s=_LIMIT_S))

    async def acknowledge(self, wanted: AlertAcknowledgement) -> Alert:
        return Alert.decode(await self._bus.request("alerting", "alert_acknowledge", wanted, timeout_s=_LIMIT_S))

    async def rules(self, wanted: RulesWanted) -> RuleList:
        return RuleList.decode(await self._bus.request("alerting", "rules", wanted, timeout_s=_LIMIT_S))

    async def put_rule(self, wanted: RulePut) -> RuleList:
        return RuleList.decode(await self._bus.request("alerting", "rule_put", wanted, timeout_s=_LIMIT_S))

    async def dry_run(self, wanted: DryRunWanted) -> DryRun:
        return DryRun.decode(await self._bus.request("alerting", "rule_dry_run", wanted, timeout_s=_DRY_RUN_LIMIT_S))

    async def review(self, wanted: AlertReview) -> Alert:
        return Alert.decode(await self._bus.request("alerting", "alert_review", wanted, timeout_s=_LIMIT_S))
