"""Routes: kitchens to be looked at, who looked, for how long, what was found; and what a term covered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.recordings import Start, moment_of, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from shared.messages.inspections import (
    Found,
    Inspection,
    InspectionChange,
    InspectionsWanted,
    LookAction,
    LookState,
    LookWay,
)
from shared.messages.rules import RiskClass

router = APIRouter(prefix="/api/v1", tags=["inspections"])


class LookStepAnswer(Answer):
    """One thing that happened to an inspection."""

    number: int
    action: str
    by: str
    at: datetime
    state: LookState
    text: str
    supervisor: str | None


class InspectionAnswer(Answer):
    """One kitchen to be looked at by one supervisor."""

    id: str
    draw: str
    site: str
    supervisor: str
    stratum: str
    state: LookState
    due_at: datetime
    is_overdue: bool
    looked_by: str | None
    way: LookWay | None
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None = Field(description="how long somebody looked")
    found: Found | None
    text: str
    case: str | None = Field(description="opened for what was found")
    steps: list[LookStepAnswer]
    may: list[LookAction]


class NewLookStep(Body):
    """The next step. `start` says how, `finish` what was found; a violation becomes a case."""

    action: LookAction
    text: str = Field("", max_length=5000)
    way: LookWay | None = None
    found: Found | None = None
    risk: RiskClass | None = Field(None, description="of the case")
    title: str = Field("", max_length=200, description="of the case")
    cameras: list[str] = Field([], max_length=64)
    supervisor: str | None = Field(None, max_length=64, description="with `hand_over`: to whom")


class KitchenLooksAnswer(Answer):
    """Of one kitchen in a term."""

    site: str
    looks: int
    violations: int
    seconds: float
    last_at: datetime | None = Field(description="the newest look of all, in the term or before")


class InspectionCoverage(Answer):
    """What a term covered."""

    kitchens: int
    looked_at: int
    never: list[str] = Field(description="kitchens that nobody looked at in the term")
    items: list[KitchenLooksAnswer]


@router.get("/inspections", responses=refusals(400, 401, 403))
async def list_inspections(
    request: Request,
    paging: Paging,
    site: Annotated[list[str] | None, Query(description="of these sites")] = None,
    draw: Annotated[list[str] | None, Query()] = None,
    supervisor: Annotated[list[str] | None, Query()] = None,
    state: Annotated[list[LookState] | None, Query()] = None,
) -> Page[InspectionAnswer]:
    """Those due first, first. Schools do not see them: a look is not announced."""
    wanted = InspectionsWanted(
        sites=tuple(site or ()),
        draws=tuple(draw or ()),
        supervisors=tuple(supervisor or ()),
        states=tuple(state or ()),
    )
    found = await rooms_of(request).inspections.page(by_of(request), wanted, paging)
    return Page(items=[_inspection(one) for one in found.items], next_cursor=found.next_cursor)


@router.get("/inspections/{id}", responses=refusals(401, 403, 404))
async def get_inspection(id: str, request: Request) -> InspectionAnswer:
    """One inspection with every step."""
    return _inspection(await rooms_of(request).inspections.one(by_of(request), id))


@router.post("/inspections/{id}/steps", responses=refusals(401, 403, 404, 409, 422))
async def change_inspection(id: str, body: NewLookStep, request: Request) -> InspectionAnswer:
    """The next step. What cannot be now is refused with what can."""
    supervisor = None if body.supervisor is None else body.supervisor.casefold()
    wanted = InspectionChange(
        inspection=id,
        by="",
        action=body.action,
        text=body.text,
        way=body.way,
        found=body.found,
        risk=body.risk,
        title=body.title,
        cameras=tuple(body.cameras),
        supervisor=supervisor,
    )
    return _inspection(await rooms_of(request).inspections.change(by_of(request), wanted))


@router.get("/inspection-coverage", responses=refusals(401, 403, 422))
async def inspection_coverage(request: Request, start: Start, end: Start) -> InspectionCoverage:
    """How often each kitchen was looked at in a term, and which never."""
    found = await rooms_of(request).inspections.coverage(by_of(request), us_of(start), us_of(end))
    never = [one.kitchen for one in found.items if not one.looks]
    return InspectionCoverage(
        kitchens=len(found.items),
        looked_at=len(found.items) - len(never),
        never=never,
        items=[
            KitchenLooksAnswer(
                site=one.kitchen,
                looks=one.looks,
                violations=one.violations,
                seconds=one.seconds,
                last_at=_when(one.last_us),
            )
            for one in found.items
        ],
    )


def _inspection(one: Inspection) -> InspectionAnswer:
    seconds = None
    if one.started_us is not None and one.finished_us is not None:
        seconds = (one.finished_us - one.started_us) / 1e6
    return InspectionAnswer(
        id=one.inspection,
        draw=one.draw,
        site=one.site,
        supervisor=one.supervisor,
        stratum=one.stratum,
        state=one.state,
        due_at=moment_of(one.due_us),
        is_overdue=one.is_overdue,
        looked_by=one.looked_by,
        way=one.way,
        started_at=_when(one.started_us),
        finished_at=_when(one.finished_us),
        seconds=seconds,
        found=one.found,
        text=one.text,
        case=one.case,
        steps=[
            LookStepAnswer(
                number=step.number,
                action=step.action,
                by=step.by,
                at=moment_of(step.at_us),
                state=step.state,
                text=step.text,
                supervisor=step.supervisor,
            )
            for step in one.steps
        ],
        may=list(one.may),
    )


def _when(us: int | None) -> datetime | None:
    return None if us is None else moment_of(us)
