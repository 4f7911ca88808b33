"""Alerting's own desks on its own schema, answering on the bus: what stands behind the gateway in tests of its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.draws import PostgresDraws
from services.alerting.adapters.postgres.figures import PostgresFigures
from services.alerting.adapters.postgres.inspections import PostgresInspections
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.alerting.handlers.alerts import AlertDesk
from services.alerting.handlers.case_shares import ShareDesk
from services.alerting.handlers.draws import DrawDesk
from services.alerting.handlers.figures import FigureDesk
from services.alerting.handlers.inspections import InspectionDesk
from services.alerting.handlers.orders import LoopDesk, new_case
from services.alerting.loop.deadlines import DeadlinePolicy
from services.alerting.loop.working_time import weekdays
from services.alerting.wiring import _MIGRATIONS
from shared.bus.requests import RequestHandler
from shared.clock import SystemClock
from shared.database import Database
from tests.alerting.folding import never_folded
from tests.gateway.running_gateway import Gateway


class Ahead:
    """The clock of alerting, that can be set ahead."""

    def __init__(self) -> None:
        self.by_us = 0
        self._clock = SystemClock()

    def now_us(self) -> int:
        return self._clock.now_us() + self.by_us


@dataclass(frozen=True)
class Behind:
    """What a test may reach behind the gateway."""

    database: Database
    draws: DrawDesk
    clock: Ahead


@asynccontextmanager
async def alerting_behind(gateway: Gateway) -> AsyncIterator[Behind]:
    """All of it but the watching of cameras."""
    database = Database(gateway.peers.postgres.url("alerting"), "alerting")
    await database.migrate(_MIGRATIONS)
    clock = Ahead()

    def told() -> None:
        """Nobody listens."""

    alerts = PostgresAlerts(database, told, never_folded())
    loop = PostgresLoop(database, alerts, clock.now_us, told)
    desk, shares = LoopDesk(loop, DeadlinePolicy(), weekdays, clock.now_us), ShareDesk(loop, clock.now_us)
    seen = AlertDesk(alerts, clock.now_us)
    figures = FigureDesk(PostgresFigures(database, clock.now_us), ZoneInfo("Asia/Shanghai"))
    draws = DrawDesk(PostgresDraws(database, told), figures, clock.now_us)
    looks = InspectionDesk(
        PostgresInspections(database, clock.now_us, told),
        lambda wanted: new_case(wanted, wanted.cameras, clock.now_us()),
        clock.now_us,
    )
    answers: dict[str, RequestHandler] = {
        "alert": seen.alert,
        "alerts": seen.alerts,
        "alert_acknowledge": seen.acknowledge,
        "alert_review": seen.review,
        "case_open": desk.open,
        "case": desk.case,
        "cases": desk.cases,
        "case_close": desk.close,
        "case_share": shares.share,
        "case_unshare": shares.unshare,
        "case_note": desk.note,
        "order_serve": desk.serve,
        "order": desk.order,
        "orders": desk.orders,
        "order_change": desk.change,
        "draw_open": draws.open,
        "draw": draws.draw,
        "draws": draws.list,
        "draw_file": draws.file,
        "draw_commit": draws.commit,
        "draw_reveal": draws.reveal,
        "draw_cancel": draws.cancel,
        "inspection": looks.inspection,
        "inspections": looks.list,
        "inspection_change": looks.change,
        "looks": looks.looks,
        "figures": figures.figures,
        "kitchen_risks": figures.risks,
    }
    bus = await gateway.peers.bus("alerting")
    stop = await bus.serve("alerting", answers)
    try:
        yield Behind(database, draws, clock)
    finally:
        await stop()
        await bus.close()
        await database.close()
