"""Routes: random draws that anyone can replay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.recordings import moment_of, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Id, Page
from shared.messages.inspections import (
    Draw,
    DrawAction,
    DrawDepartment,
    Drawn,
    DrawOpen,
    DrawRule,
    DrawState,
    DrawsWanted,
    Hex,
    IfMissing,
)

router = APIRouter(prefix="/api/v1/draws", tags=["inspections"])

_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"schema": {"type": "object"}}},
        "description": "Canonical JSON: roster, rule, commitments, seeds and result",
    }
}


class NewDraw(Body):
    """Freeze a roster and a rule. Risk and time since the last look are added and frozen with it."""

    title: str = Field(min_length=1, max_length=200, examples=["2026 春季随机抽查"])
    sites: list[Id] = Field([], max_length=100_000, description="left out: all there are")
    rule: DrawRule
    departments: list[DrawDepartment] = Field(min_length=1, max_length=20)
    supervisors: list[str] = Field(min_length=1, max_length=1000, description="accounts among which looks are shared")
    commit_until: Moment
    reveal_until: Moment
    look_until: Moment = Field(description="until when the kitchens are looked at")
    if_missing: IfMissing = Field("go_on", description="what happens where a department does not reveal in time")


class NewCommitment(Body):
    """SHA-256 of `bright-kitchen seed 1`, department, seed and nonce, a line each, as 64 hexadecimal digits."""

    department: str = Field(max_length=100)
    commitment: Hex


class NewSeed(Body):
    """What was committed to: 32 random bytes each, as 64 hexadecimal digits."""

    department: str = Field(max_length=100)
    seed: Hex
    nonce: Hex


class Cancellation(Body):
    """Why it is called off."""

    why: str = Field(min_length=1, max_length=500)


class SeedAnswer(Answer):
    """What a department brought so far; seeds are shown when all are known."""

    department: str
    account: str
    commitment: str | None
    committed_at: datetime | None
    seed: str | None
    nonce: str | None
    revealed_at: datetime | None


class DrawAnswer(Answer):
    """A draw. Its roster is in its file."""

    id: str
    title: str
    state: DrawState
    opened_by: str
    opened_at: datetime
    frozen_sha256: str = Field(description="the commitment to roster and rule")
    published_sha256: str | None = Field(description="of that and all commitments, since the time to commit was over")
    kitchens: int = Field(description="on the roster")
    rule: DrawRule
    departments: list[SeedAnswer]
    supervisors: list[str]
    commit_until: datetime
    reveal_until: datetime
    look_until: datetime
    if_missing: IfMissing
    late: list[str] = Field(description="departments that did not commit or did not reveal in time")
    why: str
    drawn_at: datetime | None
    chosen: list[Drawn]
    may: list[DrawAction]


@router.get("", responses=refusals(400, 401, 403))
async def list_draws(
    request: Request, paging: Paging, state: Annotated[list[DrawState] | None, Query()] = None
) -> Page[DrawAnswer]:
    """Newest first; a guest sees those that they have a part in."""
    wanted = DrawsWanted(states=tuple(state or ()))
    found = await rooms_of(request).inspections.draws(by_of(request), wanted, paging)
    return Page(items=[_draw(draw) for draw in found.items], next_cursor=found.next_cursor)


@router.post("", status_code=201, responses=refusals(401, 403, 422))
async def call_draw(body: NewDraw, request: Request, response: Response) -> DrawAnswer:
    """Freeze roster and rule, and publish their hash. Departments commit, then reveal; the last seed makes the draw."""
    desk = rooms_of(request).inspections
    wanted = DrawOpen(
        by="",
        title=body.title,
        kitchens=await desk.kitchens(by_of(request), body.sites),
        rule=body.rule,
        departments=tuple(each.model_copy(update={"account": each.account.casefold()}) for each in body.departments),
        supervisors=tuple(name.casefold() for name in body.supervisors),
        commit_until_us=us_of(body.commit_until),
        reveal_until_us=us_of(body.reveal_until),
        look_until_us=us_of(body.look_until),
        if_missing=body.if_missing,
    )
    draw = await desk.call(by_of(request), wanted)
    response.headers["Location"] = f"{router.prefix}/{draw.draw}"
    return _draw(draw)


@router.get("/{id}", responses=refusals(401, 403, 404))
async def get_draw(id: str, request: Request) -> DrawAnswer:
    """One draw, with who is late and what was drawn."""
    return _draw(await rooms_of(request).inspections.draw(by_of(request), id))


@router.get("/{id}/file.json", response_class=Response, responses=_FILE | refusals(401, 403, 404))
async def draw_file(id: str, request: Request) -> Response:
    """All it takes to replay the draw with `shared/design/replay_draw.py`, byte for byte the same each time."""
    text = await rooms_of(request).inspections.file(by_of(request), id)
    headers = {"Content-Disposition": 'attachment; filename="draw.json"', "Cache-Control": "no-store"}
    return Response(text.encode(), media_type="application/json", headers=headers)


@router.post("/{id}/commitments", responses=refusals(401, 403, 404, 409, 422))
async def commit_to_seed(id: str, body: NewCommitment, request: Request) -> DrawAnswer:
    """A department says the hash of its seed. It stays."""
    desk = rooms_of(request).inspections
    return _draw(await desk.commit(by_of(request), id, body.department, body.commitment))


@router.post("/{id}/seeds", responses=refusals(401, 403, 404, 409, 422))
async def reveal_seed(id: str, body: NewSeed, request: Request) -> DrawAnswer:
    """A department shows its seed. The last one makes the draw."""
    desk = rooms_of(request).inspections
    return _draw(await desk.reveal(by_of(request), id, body.department, body.seed, body.nonce))


@router.post("/{id}/cancellation", responses=refusals(401, 403, 404, 409, 422))
async def cancel_draw(id: str, body: Cancellation, request: Request) -> DrawAnswer:
    """Call it off; refused once a seed is known."""
    return _draw(await rooms_of(request).inspections.cancel(by_of(request), id, body.why))


def _draw(draw: Draw) -> DrawAnswer:
    return DrawAnswer(
        id=draw.draw,
        title=draw.title,
        state=draw.state,
        opened_by=draw.opened_by,
        opened_at=moment_of(draw.opened_us),
        frozen_sha256=draw.frozen_sha256,
        published_sha256=draw.published_sha256,
        kitchens=draw.kitchens,
        rule=draw.rule,
        departments=[
            SeedAnswer(
                department=one.department,
                account=one.account,
                commitment=one.commitment,
                committed_at=_when(one.committed_us),
                seed=one.seed,
                nonce=one.nonce,
                revealed_at=_when(one.revealed_us),
            )
            for one in draw.seeds
        ],
        supervisors=list(draw.supervisors),
        commit_until=moment_of(draw.commit_until_us),
        reveal_until=moment_of(draw.reveal_until_us),
        look_until=moment_of(draw.look_until_us),
        if_missing=draw.if_missing,
        late=list(draw.late),
        why=draw.why,
        drawn_at=_when(draw.drawn_us),
        chosen=list(draw.chosen),
        may=list(draw.may),
    )


def _when(us: int | None) -> datetime | None:
    return None if us is None else moment_of(us)
