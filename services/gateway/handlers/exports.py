"""Lists to take along: alerts, orders, inspections, figures, kitchens; page by page, so that any length fits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.figures import FigureDesk
from services.gateway.handlers.registry import By
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.alerting import Alert, AlertList, AlertsWanted
from shared.messages.figures import FigureGroup, FiguresWanted
from shared.messages.inspections import Inspection, InspectionList, InspectionsWanted
from shared.messages.orders import Case, CaseList, CasesWanted

What = Literal["alerts", "orders", "inspections", "figures", "kitchens"]
Cell = str | int | float | datetime | None
Rows = Sequence[Sequence[Cell]]
_PAGE = 500
_DAYS_MAX = 3 * 366

_ALERT = (
    "alert",
    "site",
    "camera",
    "rule",
    "rule_version",
    "class",
    "risk",
    "first_at",
    "last_at",
    "acknowledged_by",
    "acknowledged_at",
    "verdict",
    "reviewed_by",
    "reviewed_at",
    "note",
    "case",
)
_ORDER = (
    "order",
    "case",
    "site",
    "source",
    "kind",
    "title",
    "risk",
    "state",
    "made_by",
    "served_at",
    "due_at",
    "is_overdue",
    "card",
    "steps",
    "last_step_at",
)
_INSPECTION = (
    "inspection",
    "draw",
    "site",
    "supervisor",
    "stratum",
    "state",
    "due_at",
    "looked_by",
    "way",
    "started_at",
    "finished_at",
    "seconds",
    "found",
    "text",
    "case",
)
_FIGURE = (
    "key",
    "alerts",
    "confirmed",
    "false",
    "unclear",
    "unreviewed",
    "precision",
    "false_alarm_rate",
    "unseen",
    "eye_median_s",
    "eye_p95_s",
    "order_median_s",
    "order_p95_s",
    "orders",
    "corrected",
    "correction_rate",
    "overdue",
    "answered_late",
)


class AlertBook(Protocol):
    """Alerting's lists."""

    async def alerts(self, wanted: AlertsWanted) -> AlertList: ...

    async def cases(self, wanted: CasesWanted) -> CaseList: ...


class InspectionBook(Protocol):
    """Alerting's inspections."""

    async def inspections(self, wanted: InspectionsWanted) -> InspectionList: ...


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """What people may take along, of the schools that they may see."""

    alerting: AlertBook
    inspections: InspectionBook
    figures: FigureDesk
    trail: AuditTrail
    clock: Clock

    async def rows(
        self, by: By, what: What, kind: str, from_us: int, to_us: int, group: FigureGroup, asked: tuple[str, ...] = ()
    ) -> AsyncIterator[Rows]:
        """Pages of rows, the header first. On record before, and the first is there before anything is sent.

        Args: asked: of these schools alone; (): of all that may be seen.
        """
        if not 0 < to_us - from_us <= _DAYS_MAX * 86_400_000_000:
            raise RequestRefused("range_wrong", f"The range ends after it begins, at most {_DAYS_MAX} days later.")
        detail = {"what": what, "kind": kind, "start": _at(from_us).isoformat(), "end": _at(to_us).isoformat()}
        await self.trail.add(Deed("exported", by.identity.name, by.address, self.clock.now(), detail=detail))
        if asked:
            detail["sites"] = ",".join(asked)
        sites = by.identity.seen_sites(asked)
        if what == "alerts":
            pages = self._alerts(sites, from_us, to_us)
        elif what == "orders":
            pages = self._orders(sites, from_us, to_us)
        elif what == "inspections":
            pages = self._inspections(sites, from_us, to_us)
        elif what == "figures":
            pages = self._figures(by, from_us, to_us, group, asked)
        else:
            pages = self._kitchens(by, from_us, to_us, asked)
        header = await anext(pages)
        # Not (): what is a tuple, Python 3.11 unpacks as the arguments of the exception that carries it.
        return _begun((header, await anext(pages, [])), pages)

    async def _alerts(self, sites: tuple[str, ...] | None, from_us: int, to_us: int) -> AsyncIterator[Rows]:
        yield (_ALERT,)
        before = None
        while sites != ():
            wanted = AlertsWanted(sites=sites or (), from_us=from_us, to_us=to_us, before=before, limit=_PAGE)
            found = (await self.alerting.alerts(wanted)).items
            yield [_alert(each) for each in found]
            if len(found) < _PAGE:
                return
            before = f"{found[-1].first_us}.{found[-1].alert}"

    async def _orders(self, sites: tuple[str, ...] | None, from_us: int, to_us: int) -> AsyncIterator[Rows]:
        yield (_ORDER,)
        before = None
        while sites != ():
            served = {"served_from_us": from_us, "served_to_us": to_us}
            wanted = CasesWanted(sites=sites or (), before=before, limit=_PAGE, **served)
            found = (await self.alerting.cases(wanted)).items
            yield [row for case in found for row in _orders(case, from_us, to_us)]
            if len(found) < _PAGE:
                return
            before = f"{found[-1].opened_us}.{found[-1].case}"

    async def _inspections(self, sites: tuple[str, ...] | None, from_us: int, to_us: int) -> AsyncIterator[Rows]:
        yield (_INSPECTION,)
        after = None
        while sites != ():
            wanted = InspectionsWanted(sites=sites or (), from_us=from_us, to_us=to_us, after=after, limit=_PAGE)
            found = (await self.inspections.inspections(wanted)).items
            yield [_inspection(each) for each in found]
            if len(found) < _PAGE:
                return
            after = f"{found[-1].due_us}.{found[-1].inspection}"

    async def _figures(
        self, by: By, from_us: int, to_us: int, group: FigureGroup, asked: tuple[str, ...]
    ) -> AsyncIterator[Rows]:
        rows = await self.figures.figures(by, FiguresWanted(from_us=from_us, to_us=to_us, by=group, sites=asked))
        yield (_FIGURE,)
        yield [tuple(getattr(row, name) for name in _FIGURE) for row in rows]

    async def _kitchens(self, by: By, from_us: int, to_us: int, asked: tuple[str, ...]) -> AsyncIterator[Rows]:
        found = [one for one in await self.figures.risks(by, from_us, to_us) if not asked or one.kitchen in asked]
        terms = [term.name for term in found[0].terms] if found else []
        yield (("site", "score", "risk", *(f"{name}_{part}" for name in terms for part in ("amount", "points"))),)
        yield [
            (one.kitchen, one.score, one.risk, *(part for term in one.terms for part in (term.amount, term.points)))
            for one in found
        ]


async def _begun(first: Sequence[Rows], rest: AsyncIterator[Rows]) -> AsyncIterator[Rows]:
    for page in first:
        yield page
    async for page in rest:
        yield page


def _alert(alert: Alert) -> Sequence[Cell]:
    review = alert.review
    judged = (None, None, None, None) if review is None else (review.verdict, review.by, _at(review.at_us), review.note)
    what = (alert.alert, alert.site, alert.camera, alert.rule, alert.rule_version, alert.about, alert.risk)
    seen = (_at(alert.first_us), _at(alert.last_us), alert.acknowledged_by, _when(alert.acknowledged_us))
    return (*what, *seen, *judged, alert.case)


def _orders(case: Case, from_us: int, to_us: int) -> list[Sequence[Cell]]:
    return [
        (
            order.order,
            order.case,
            order.site,
            case.source,
            order.kind,
            order.title,
            order.risk,
            order.state,
            order.made_by,
            _at(order.served_us),
            _at(order.due_us),
            "yes" if order.is_overdue else "no",
            order.card,
            len(order.steps),
            _at(order.steps[-1].at_us) if order.steps else None,
        )
        for order in case.orders
        if from_us <= order.served_us < to_us
    ]


def _inspection(one: Inspection) -> Sequence[Cell]:
    what = (one.inspection, one.draw, one.site, one.supervisor, one.stratum, one.state, _at(one.due_us))
    seconds = None
    if one.started_us is not None and one.finished_us is not None:
        seconds = round((one.finished_us - one.started_us) / 1e6, 1)
    looked = (one.looked_by, one.way, _when(one.started_us), _when(one.finished_us), seconds)
    return (*what, *looked, one.found, one.text, one.case)


def _at(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def _when(us: int | None) -> datetime | None:
    return None if us is None else _at(us)
