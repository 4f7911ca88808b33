"""Routes: figures of alerts and orders, and how risky each kitchen is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.recordings import Start, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.sites import SiteKind
from shared.messages.figures import FigureGroup, FigureRow, FiguresWanted, KitchenRisk
from shared.messages.rules import RiskClass

router = APIRouter(prefix="/api/v1/figures", tags=["figures"])


class FiguresAnswer(Answer):
    """One row a group."""

    by: FigureGroup
    items: list[FigureRow]


class KitchenRisksAnswer(Answer):
    """Riskiest first."""

    items: list[KitchenRisk]


@router.get("", responses=refusals(400, 401, 403, 422))
async def figures(
    request: Request,
    start: Start,
    end: Start,
    by: Annotated[FigureGroup, Query(description="day and week by the clock of the kitchens")] = "total",
    site: Annotated[list[str] | None, Query(description="of these sites")] = None,
    kind: Annotated[list[SiteKind] | None, Query(description="of sites of these kinds")] = None,
    classification: Annotated[list[str] | None, Query(alias="class", description="class of violation")] = None,
    rule: Annotated[list[str] | None, Query()] = None,
    risk: Annotated[list[RiskClass] | None, Query()] = None,
) -> FiguresAnswer:
    """Alerts that began in the range and orders served in it: how many, how right, how fast, how well corrected."""
    wanted = FiguresWanted(
        from_us=us_of(start),
        to_us=us_of(end),
        by=by,
        sites=tuple(site or ()),
        classes=tuple(classification or ()),
        rules=tuple(rule or ()),
        risks=tuple(risk or ()),
    )
    return FiguresAnswer(
        by=by, items=list(await rooms_of(request).figures.figures(by_of(request), wanted, tuple(kind or ())))
    )


@router.get("/kitchens", responses=refusals(400, 401, 403, 422))
async def kitchen_risks(request: Request, start: Start, end: Start) -> KitchenRisksAnswer:
    """How risky each kitchen is, every term shown; the formula is in shared/design/figures.md."""
    found = await rooms_of(request).figures.risks(by_of(request), us_of(start), us_of(end))
    return KitchenRisksAnswer(items=list(found))
