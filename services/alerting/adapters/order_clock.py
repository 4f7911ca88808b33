"""What time does to orders: reminders, overdue, cards; and the look of the machine after an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from services.alerting.adapters.check_looks import CheckLooks
from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.alerting.handlers.orders import KeptOrder, NextOf
from services.alerting.handlers.rules import FactHistory, Rules
from services.alerting.loop.check_evidence import files, sealed_as
from services.alerting.loop.deadlines import DeadlinePolicy, Said, card_of, next_said
from services.alerting.loop.machine_check import CheckPolicy, Observation
from services.alerting.loop.working_time import IsWorkday
from shared.clock import Clock
from shared.messages.alerting import Alert, AlertsWanted
from shared.messages.cameras import DesiredCamera
from shared.messages.evidence import EvidenceWanted
from shared.messages.orders import MachineCheck, Order, OrderState, OrderStep
from shared.subjects import CameraRef

MACHINE = "machine"

Seal = Callable[[str, Sequence[EvidenceWanted], int], Awaitable[None]]
"""Has files sealed: order, what, now."""


class OrderClock:
    """Supervised. Args: look_s: seconds between looks."""

    def __init__(
        self,
        loop: PostgresLoop,
        alerts: PostgresAlerts,
        rules: Rules,
        history: FactHistory,
        policy: DeadlinePolicy,
        is_workday: IsWorkday,
        clock: Clock,
        camera: Callable[[CameraRef], DesiredCamera | None],
        checks: CheckPolicy,
        look_s: float,
        seal: Seal,
        sealed_days: int,
    ):
        self._loop = loop
        self._alerts = alerts
        self._rules = rules
        self._looks = CheckLooks(history, checks)
        self._policy = policy
        self._is_workday = is_workday
        self._clock = clock
        self._camera = camera
        self._look_s = look_s
        self._seal = seal
        self._sealed_us = sealed_days * 24 * 3600 * 1_000_000

    async def run_once(self) -> None:
        await self._clock.sleep(self._look_s)
        await self.look()

    async def look(self) -> None:
        """Everything that is due now. Two workers may look at once: a row is locked, and nothing is said twice."""
        for kept in await self._loop.ticking():
            order = kept.order
            moments = self._policy.moments(order.risk, order.due_us, self._is_workday)
            now = next_said(moments, kept.clock, self._clock.now_us())
            if now is not None:
                await self._loop.change(order.order, self._saying(now, kept.clock))
        to_check = await self._loop.to_check()
        self._looks.keep_only([order.order for order, _ in to_check])
        for order, answered_us in to_check:
            check = await self._checked(order, answered_us)
            if check is not None:
                check = await self._sealed(order, answered_us, check)
                await self._loop.change(order.order, self._checking(check))

    async def _sealed(self, order: Order, answered_us: int, check: MachineCheck) -> MachineCheck:
        """Asked for before the step says so: the same files, should we die in between and come to it again."""
        alert = await self._alert_of(order)
        if alert is None:
            return check
        check, now_us = sealed_as(order, answered_us, check), self._clock.now_us()
        await self._seal(order.order, files(order, answered_us, check, alert, now_us + self._sealed_us), now_us)
        return check

    def _saying(self, now: Said, said: str) -> NextOf:
        def next_of(kept: KeptOrder) -> tuple[OrderStep, OrderState | None] | None:
            if kept.clock != said or kept.order.state not in ("served", "read"):
                return None  # another worker was faster, or the school was
            card = card_of(now)
            told = self._step(kept.order, "card" if card else now)
            return told.model_copy(update={"card": card}), kept.before

        return next_of

    def _checking(self, check: MachineCheck) -> NextOf:
        def next_of(kept: KeptOrder) -> tuple[OrderStep, OrderState | None] | None:
            if kept.is_checked or kept.order.state != "answered":
                return None
            return self._step(kept.order, "check").model_copy(update={"check": check}), kept.before

        return next_of

    def _step(self, order: Order, action: str) -> OrderStep:
        told = {"number": len(order.steps) + 1, "action": action, "by": MACHINE}
        return OrderStep.model_validate(told | {"at_us": self._clock.now_us(), "state": order.state})

    async def _checked(self, order: Order, answered_us: int) -> MachineCheck | None:
        """None while it is too early, or where there is no rule to look by: then a person looks alone."""
        alert = await self._alert_of(order)
        if alert is None:
            return None
        seen = await self._observed(order, alert, answered_us)
        if seen is None:
            return None
        since = AlertsWanted(
            sites=(alert.site,), cameras=(alert.camera,), rules=(alert.rule,), from_us=answered_us, limit=1
        )
        raised = await self._alerts.list(since)
        return seen.judged(raised[0].alert if raised else None, self._clock.now_us())

    async def _alert_of(self, order: Order) -> Alert | None:
        """The first of its case."""
        case = await self._loop.case(order.case)
        alerts = [] if case is None else [await self._alerts.get(id) for id in case.alerts]
        return next((alert for alert in alerts if alert is not None), None)

    async def _observed(self, order: Order, alert: Alert, answered_us: int) -> Observation | None:
        desired = self._camera(CameraRef(alert.site, alert.camera))
        versions = await self._rules.versions(alert.rule)
        if desired is None or not versions:
            return None
        return await self._looks.seen(order.order, alert, versions[0].rule, desired, answered_us)
