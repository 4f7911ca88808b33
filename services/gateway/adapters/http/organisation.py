"""Routes: the organisation's tree."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import by_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.etags import IfMatch, etag, revision_of
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Id, Name, Page
from services.gateway.handlers.organisation import PlacedUnit
from services.gateway.units import Unit, UnitKind

router = APIRouter(prefix="/api/v1/units", tags=["organisation"])


class NewUnit(Body):
    """A part of the organisation: whoever is limited to it sees the schools of it and of all below it."""

    id: Id
    name: Name = Field(examples=["阳泉高新区"])
    name_en: Name | None = Field(None, examples=["Yangquan High-Tech Zone"])
    kind: UnitKind = Field(description="`operator`: a company or authority that runs several schools' canteens")
    parent: Id | None = Field(None, description="the unit it lies below; null: at the top")


class UnitChange(Body):
    """What to change; what is left out stays. `parent` null: to the top; `name_en` null: none."""

    name: Name | None = None
    name_en: Name | None = None
    kind: UnitKind | None = None
    parent: Id | None = None


class UnitAnswer(Answer):
    """A unit."""

    id: str
    name: str
    name_en: str | None
    kind: UnitKind
    parent: str | None
    path: list[str] = Field(description="ids from the top to this one")


@router.get("", responses=refusals(400, 401, 403))
async def list_units(request: Request, page: Paging) -> Page[UnitAnswer]:
    """Units by id. Who may see some schools only sees what these lie under."""
    found = await rooms_of(request).organisation.list_units(identity_of(request), page)
    return Page(items=[_answer(each) for each in found.items], next_cursor=found.next_cursor)


@router.post("", status_code=201, responses=refusals(401, 403, 409, 422))
async def add_unit(body: NewUnit, request: Request, response: Response) -> UnitAnswer:
    """Add a unit."""
    unit = Unit(body.id, body.name, body.kind, body.parent, body.name_en)
    placed = await rooms_of(request).organisation.add(by_of(request), unit)
    response.headers["Location"] = f"{router.prefix}/{unit.id}"
    response.headers["ETag"] = etag(placed.unit.revision)
    return _answer(placed)


@router.get("/{id}", responses=refusals(401, 403, 404))
async def get_unit(id: str, request: Request, response: Response) -> UnitAnswer:
    """One unit."""
    placed = await rooms_of(request).organisation.unit(identity_of(request), id)
    response.headers["ETag"] = etag(placed.unit.revision)
    return _answer(placed)


@router.patch("/{id}", responses=refusals(401, 403, 404, 412, 422))
async def change_unit(
    id: str, body: UnitChange, request: Request, response: Response, if_match: IfMatch = None
) -> UnitAnswer:
    """Rename a unit or move it, with all that is below it: from the next request on its schools are others' to see."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in ("parent", "name_en")}
    placed = await rooms_of(request).organisation.change(by_of(request), id, changes, revision_of(if_match))
    response.headers["ETag"] = etag(placed.unit.revision)
    return _answer(placed)


@router.delete("/{id}", status_code=204, responses=refusals(401, 403, 404, 409))
async def remove_unit(id: str, request: Request) -> None:
    """Remove a unit that nothing belongs to any more."""
    await rooms_of(request).organisation.remove(by_of(request), id)


def _answer(placed: PlacedUnit) -> UnitAnswer:
    unit = placed.unit
    return UnitAnswer(
        id=unit.id, name=unit.name, name_en=unit.name_en, kind=unit.kind, parent=unit.parent, path=list(placed.path)
    )
