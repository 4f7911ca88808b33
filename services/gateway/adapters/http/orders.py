"""Routes: cases, orders, and what schools answer."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import address_of, by_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.paging import Paging, Words
from services.gateway.adapters.http.recordings import moment_of, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.request_keys import RequestKey
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from shared.errors import RequestRefused
from shared.messages.alerting import BestFrame
from shared.messages.orders import (
    Attachment,
    Card,
    Case,
    CaseSource,
    CaseState,
    CasesWanted,
    CheckResult,
    Order,
    OrderAction,
    OrderKind,
    OrderState,
    OrderStep,
    OrdersWanted,
)
from shared.messages.rules import RiskClass

router = APIRouter(prefix="/api/v1", tags=["cases"])

_PHOTO_BYTES_MAX = 12_000_000
_NAME = re.compile(r"[0-9a-f]{32}\.(jpg|pdf)")
_PHOTO: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One photo; at most 12 MB. It is made smaller, and place and camera in it are removed.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/jpeg", "image/png", "image/webp")
        },
    }
}
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}, "description": "The photo"}
}


class PhotoAnswer(Answer):
    """A photo of an answer: /orders/{order}/photos/{name}."""

    name: str
    sha256: str
    size_bytes: int


class CheckAnswer(Answer):
    """What the machine saw after the answer: the same camera, the same rule."""

    camera: str
    rule: str
    result: CheckResult
    start: datetime
    end: datetime
    looked: int
    broken: int
    before: BestFrame | None = None
    after: BestFrame | None = None
    alert: str | None = Field(None, description="raised since, where it failed")
    evidence: list[str] = Field(description="files in which both pictures are sealed with the order: /evidence/{id}")


class StepAnswer(Answer):
    """One thing that happened to an order."""

    number: int
    action: str
    by: str
    at: datetime
    text: str
    photos: list[PhotoAnswer]
    state: OrderState
    due_at: datetime | None = None
    card: Card | None = None
    check: CheckAnswer | None = None


class OrderAnswer(Answer):
    """What a school must do."""

    id: str
    case: str
    site: str
    kind: OrderKind
    state: OrderState
    title: str
    text: str
    risk: RiskClass
    made_by: str
    served_at: datetime
    due_at: datetime
    card: Card | None = None
    is_overdue: bool
    steps: list[StepAnswer]
    may: list[OrderAction] = Field(description="what can be done with it now, by one side or the other")


class NoteAnswer(Answer):
    """What somebody wrote down."""

    by: str
    at: datetime
    text: str
    is_closing: bool = Field(description="the reason why nothing is left to do")


class DeadlineAnswer(Answer):
    """Until when an order of that class would be due, were it served now."""

    risk: RiskClass
    working_hours: float
    due_at: datetime


class CaseAnswer(Answer):
    """What is followed up."""

    id: str
    site: str
    cameras: list[str]
    source: CaseSource
    title: str
    text: str
    risk: RiskClass
    state: CaseState
    opened_by: str
    opened_at: datetime
    closed_by: str | None = None
    closed_at: datetime | None = None
    alerts: list[str]
    shared_with: list[str] = Field(description="accounts of other departments that may see it now")
    orders: list[OrderAnswer]
    notes: list[NoteAnswer]


class NewCase(Body):
    """Out of an alert that was confirmed, a picture, an inspection, or a school's own report."""

    site: str
    source: CaseSource
    title: str = Field(min_length=1, max_length=200)
    text: str = Field("", max_length=5000)
    risk: RiskClass
    cameras: list[str] = Field([], max_length=64)
    alerts: list[str] = Field([], max_length=64)


class CaseClosing(Body):
    """Nothing is left to do."""

    text: str = Field("", max_length=2000)


class NewShare(Body):
    """Show a case to somebody of another department."""

    account: str = Field(max_length=64)
    until: Moment = Field(description="at most a year ahead, and no later than the account ends")


class NewNote(Body):
    """Something about a case that others should know."""

    text: str = Field(min_length=1, max_length=5000)


class NewOrder(Body):
    """What the school must do, and until when."""

    kind: OrderKind
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=10_000)
    due_at: Moment | None = Field(None, description="left out: by the class of risk, in working time")


class NewStep(Body):
    """The next step: a school reads, answers, appeals; the bureau closes, reopens, withdraws, extends, decides."""

    action: OrderAction
    text: str = Field("", max_length=10_000)
    photos: list[PhotoAnswer] = Field([], max_length=20, description="as POST …/photos answered them")
    due_at: Moment | None = None


@router.get("/cases", responses=refusals(400, 401, 403, 422))
async def list_cases(
    request: Request,
    paging: Paging,
    words: Words,
    site: Annotated[list[str] | None, Query(description="of these sites")] = None,
    state: Annotated[list[CaseState] | None, Query()] = None,
    overdue: Annotated[bool | None, Query(description="with an order that is overdue; false: with none")] = None,
) -> Page[CaseAnswer]:
    """Newest first. A school sees its own."""
    wanted = CasesWanted(sites=tuple(site or ()), states=tuple(state or ()), is_overdue=overdue, words=words)
    found = await rooms_of(request).orders.page(by_of(request), wanted, paging)
    return Page(items=[_case(case) for case in found.items], next_cursor=found.next_cursor)


@router.post("/cases", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def open_case(body: NewCase, request: Request, response: Response, key: RequestKey) -> CaseAnswer:
    """Follow something up. An alert must be confirmed by a person first."""
    case = await rooms_of(request).orders.open(
        by_of(request), body.site, body.source, body.title, body.text, body.risk, body.cameras, body.alerts, key
    )
    response.headers["Location"] = f"{router.prefix}/cases/{case.case}"
    return _case(case)


@router.get("/cases/{id}", responses=refusals(401, 403, 404))
async def get_case(id: str, request: Request) -> CaseAnswer:
    """One case with its orders and every step of them."""
    return _case(await rooms_of(request).orders.case(by_of(request), id))


@router.post("/cases/{id}/closing", responses=refusals(401, 403, 404, 409, 422))
async def close_case(id: str, body: CaseClosing, request: Request) -> CaseAnswer:
    """A person says that nothing is left to do."""
    return _case(await rooms_of(request).orders.close(by_of(request), id, body.text))


@router.post("/cases/{id}/shares", status_code=201, responses=refusals(401, 403, 404, 422))
async def share_case(id: str, body: NewShare, request: Request) -> CaseAnswer:
    """Let a guest see this case, its alerts and orders and nothing else, until then. Again: the new moment holds."""
    return _case(await rooms_of(request).orders.share(by_of(request), id, body.account.casefold(), us_of(body.until)))


@router.delete("/cases/{id}/shares/{account}", responses=refusals(401, 403, 404))
async def unshare_case(id: str, account: str, request: Request) -> CaseAnswer:
    """Not any more, at once."""
    return _case(await rooms_of(request).orders.unshare(by_of(request), id, account.casefold()))


@router.post("/cases/{id}/notes", status_code=201, responses=refusals(401, 403, 404, 422))
async def add_case_note(id: str, body: NewNote, request: Request, key: RequestKey) -> CaseAnswer:
    """Write something down. Notes are added and never changed."""
    return _case(await rooms_of(request).orders.note(by_of(request), id, body.text, key))


@router.get("/deadlines", responses=refusals(401, 403))
async def deadlines(request: Request) -> list[DeadlineAnswer]:
    """Until when orders would be due that are served now, by class of risk, in working time."""
    found = await rooms_of(request).orders.deadlines()
    return [
        DeadlineAnswer(risk=one.risk, working_hours=one.working_hours, due_at=moment_of(one.due_us))
        for one in found.items
    ]


@router.post("/cases/{id}/orders", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def serve_order(id: str, body: NewOrder, request: Request, response: Response, key: RequestKey) -> OrderAnswer:
    """Order a correction; the school's people see it at once."""
    due_us = None if body.due_at is None else us_of(body.due_at)
    order = await rooms_of(request).orders.serve(by_of(request), id, body.kind, body.title, body.text, due_us, key)
    response.headers["Location"] = f"{router.prefix}/orders/{order.order}"
    return _order(order)


@router.get("/orders", responses=refusals(400, 401, 403, 422))
async def list_orders(
    request: Request,
    paging: Paging,
    words: Words,
    site: Annotated[list[str] | None, Query(description="of these sites")] = None,
    state: Annotated[list[OrderState] | None, Query(description="answered: waiting for verification")] = None,
    mine: Annotated[bool, Query(description="only those that I served")] = False,
    overdue: Annotated[bool | None, Query(description="only those that are overdue; false: that are not")] = None,
) -> Page[OrderAnswer]:
    """Newest first. A school sees its own."""
    by = by_of(request)
    wanted = OrdersWanted(
        sites=tuple(site or ()),
        states=tuple(state or ()),
        made_by=by.identity.name if mine else None,
        is_overdue=overdue,
        words=words,
    )
    found = await rooms_of(request).orders.orders(by, wanted, paging)
    return Page(items=[_order(order) for order in found.items], next_cursor=found.next_cursor)


@router.get("/orders/{id}", responses=refusals(401, 403, 404))
async def get_order(id: str, request: Request) -> OrderAnswer:
    """One order with every step."""
    return _order(await rooms_of(request).orders.order(by_of(request), id))


@router.post("/orders/{id}/steps", responses=refusals(401, 403, 404, 409, 422))
async def change_order(
    id: str,
    body: NewStep,
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(max_length=80, description="sent again after a broken answer, it makes no second step")
    ] = None,
) -> OrderAnswer:
    """The next step. What cannot be now is refused with what can."""
    photos = [
        Attachment(
            object_name=_object_name(id, each.name),
            kind="image/jpeg",
            sha256=each.sha256,
            size_bytes=each.size_bytes,
        )
        for each in body.photos
    ]
    due_us = None if body.due_at is None else us_of(body.due_at)
    orders = rooms_of(request).orders
    return _order(
        await orders.change(by_of(request), id, body.action, body.text, photos, due_us, idempotency_key or None)
    )


@router.post("/orders/{id}/photos", status_code=201, responses=refusals(401, 403, 404, 413, 422), openapi_extra=_PHOTO)
async def add_order_photo(id: str, request: Request) -> PhotoAnswer:
    """Keep a photo for an answer; name it in the step that it belongs to."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _PHOTO_BYTES_MAX:
            raise RequestRefused("body_too_large", "The body is larger than 12 MB: send a smaller photo.", status=413)
    return _photo(await rooms_of(request).orders.add_photo(by_of(request), id, bytes(body)))


@router.get("/orders/{id}/photos/{name}", response_class=Response, responses=_JPEG | refusals(401, 403, 404))
async def order_photo(id: str, name: str, request: Request) -> Response:
    """A photo of an answer."""
    jpeg = await rooms_of(request).orders.photo(by_of(request), id, _object_name(id, name))
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@router.get(
    "/orders/{id}/checks/{number}/{side}.jpg",
    response_class=Response,
    responses=_JPEG | refusals(401, 403, 404, 422),
)
async def check_picture(
    id: str,
    number: Annotated[int, Path(ge=1, le=10_000, description="of the step")],
    side: Literal["before", "after"],
    request: Request,
    width: Annotated[int | None, Query(ge=16, le=7680, description="pixels; never enlarged")] = None,
) -> Response:
    """What the machine compared: the picture before the order, or after the answer, made from the recorded bytes."""
    rooms = rooms_of(request)
    check = await rooms.orders.check(by_of(request), id, number)
    best = check.before if side == "before" else check.after
    if best is None:
        raise RequestRefused("no_picture", "The machine's look rests on no such picture.", status=404)
    camera = await rooms.registry.camera(best.camera)
    stream: Literal["main", "sub"] = "sub" if best.stream == "sub" else "main"
    made = await rooms.recordings.still(
        identity_of(request), address_of(request), camera, stream, best.at_us, "jpeg", width
    )
    headers = {"Cache-Control": "private, max-age=3600", "X-Captured-Us": str(made.captured_us)}
    return Response(base64.b64decode(made.data_base64), media_type="image/jpeg", headers=headers)


def _object_name(order: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise RequestRefused("no_such_file", "This order has no such file.", status=404)
    return f"orders/{order}/{name}"


def _case(case: Case) -> CaseAnswer:
    return CaseAnswer(
        id=case.case,
        site=case.site,
        cameras=list(case.cameras),
        source=case.source,
        title=case.title,
        text=case.text,
        risk=case.risk,
        state=case.state,
        opened_by=case.opened_by,
        opened_at=moment_of(case.opened_us),
        closed_by=case.closed_by,
        closed_at=None if case.closed_us is None else moment_of(case.closed_us),
        alerts=list(case.alerts),
        shared_with=list(case.shared_with),
        orders=[_order(order) for order in case.orders],
        notes=[
            NoteAnswer(by=note.by, at=moment_of(note.at_us), text=note.text, is_closing=note.is_closing)
            for note in case.notes
        ],
    )


def _order(order: Order) -> OrderAnswer:
    return OrderAnswer(
        id=order.order,
        case=order.case,
        site=order.site,
        kind=order.kind,
        state=order.state,
        title=order.title,
        text=order.text,
        risk=order.risk,
        made_by=order.made_by,
        served_at=moment_of(order.served_us),
        due_at=moment_of(order.due_us),
        card=order.card,
        is_overdue=order.is_overdue,
        steps=[_step(step) for step in order.steps],
        may=list(order.may),
    )


def _step(step: OrderStep) -> StepAnswer:
    check = step.check
    return StepAnswer(
        number=step.number,
        action=step.action,
        by=step.by,
        at=moment_of(step.at_us),
        text=step.text,
        photos=[_photo(each) for each in step.attachments],
        state=step.state,
        due_at=None if step.due_us is None else moment_of(step.due_us),
        card=step.card,
        check=None
        if check is None
        else CheckAnswer(
            camera=check.camera,
            rule=check.rule,
            result=check.result,
            start=moment_of(check.from_us),
            end=moment_of(check.to_us),
            looked=check.looked,
            broken=check.broken,
            before=check.before,
            after=check.after,
            alert=check.alert,
            evidence=list(check.evidence),
        ),
    )


def _photo(each: Attachment) -> PhotoAnswer:
    return PhotoAnswer(name=each.object_name.rpartition("/")[2], sha256=each.sha256, size_bytes=each.size_bytes)
