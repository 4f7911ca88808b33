"""Routes: who is told what, on which channel, and what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Moment
from services.gateway.adapters.http.notice_bodies import (
    ChainAnswer,
    ChainBody,
    ChannelAnswer,
    ChannelChangeBody,
    ChannelTestAnswer,
    DeliveryAnswer,
    DutyAnswer,
    NewChannel,
    PersonAnswer,
    PreviewAnswer,
    PreviewBody,
    RotaAnswer,
    RotaBody,
    WishesAnswer,
    WishesBody,
    chain_answer,
    chain_of,
    channel_answer,
    delivery_answer,
    duty_answer,
    preview_answer,
    preview_of,
    rota_answer,
    rota_of,
    wish_of,
    wishes_answer,
)
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.recordings import us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Id, Page
from services.gateway.handlers.notices import ChannelChange
from shared.messages.notices import DeliveryState, NoticeDeliveriesWanted

router = APIRouter(prefix="/api/v1/notices", tags=["notices"])

_WEEK_US = 7 * 86_400_000_000
_Person = Annotated[str, Path(max_length=64, description="name of the account; `me`: your own")]


@router.get("/channels", responses=refusals(401, 403, 404))
async def list_notice_channels(
    request: Request,
    person: Annotated[str | None, Query(max_length=64, description="whose; left out: your own")] = None,
) -> Page[ChannelAnswer]:
    """The ways to reach one person. Everybody has the console."""
    found = await rooms_of(request).notices.channels(by_of(request), person)
    return Page(items=[channel_answer(each) for each in found])


@router.post("/channels", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def add_notice_channel(body: NewChannel, request: Request, response: Response) -> ChannelAnswer:
    """Add a way to reach somebody; it works at once. Webhooks and services of apprise ask for the verb configure."""
    made = await rooms_of(request).notices.add_channel(
        by_of(request), body.person, body.kind, body.title, body.address, body.secret
    )
    response.headers["Location"] = f"{router.prefix}/channels/{made.channel}"
    return channel_answer(made)


@router.patch("/channels/{id}", responses=refusals(401, 403, 404, 409, 422))
async def change_notice_channel(id: str, body: ChannelChangeBody, request: Request) -> ChannelAnswer:
    """Change it, or switch it off: what waits for it then is told to nobody on it."""
    change = ChannelChange(body.title, body.is_enabled, body.address, body.secret)
    return channel_answer(await rooms_of(request).notices.change_channel(by_of(request), id, change))


@router.delete("/channels/{id}", status_code=204, responses=refusals(401, 403, 404, 409))
async def remove_notice_channel(id: str, request: Request) -> None:
    """Remove it. The console stays."""
    await rooms_of(request).notices.remove_channel(by_of(request), id)


@router.post("/channels/{id}/test", responses=refusals(401, 403, 404, 429))
async def test_notice_channel(id: str, request: Request) -> ChannelTestAnswer:
    """Send a test now, and hear what the channel said. At most once in 10 s."""
    told = await rooms_of(request).notices.test_channel(by_of(request), id)
    return ChannelTestAnswer(is_ok=told.is_ok, said=told.said, took_ms=told.took_ms)


@router.get("/people", responses=refusals(401, 403))
async def list_people_to_be_told(request: Request) -> Page[PersonAnswer]:
    """Whom rotas and chains may name: everybody who can log in. Nothing of their account but what names them."""
    accounts = await rooms_of(request).people.accounts.all()
    return Page(items=[PersonAnswer(name=one.name, roles=list(one.roles)) for one in accounts if one.is_enabled])


@router.get("/people/{id}", responses=refusals(401, 403, 404))
async def get_notice_wishes(id: _Person, request: Request) -> WishesAnswer:
    """What somebody wants to be told: your own, with the verb configure anybody's."""
    by = by_of(request)
    return wishes_answer(await rooms_of(request).notices.person(by, by.identity.name if id == "me" else id))


@router.put("/people/{id}", responses=refusals(401, 403, 404, 422))
async def put_notice_wishes(id: _Person, body: WishesBody, request: Request) -> WishesAnswer:
    """Say what; it holds for whatever happens from now on."""
    by = by_of(request)
    wish = wish_of(by.identity.name if id == "me" else id, body)
    return wishes_answer(await rooms_of(request).notices.put_person(by, wish))


@router.get("/rotas", responses=refusals(401, 403))
async def list_rotas(request: Request) -> Page[RotaAnswer]:
    """Who is on duty when."""
    return Page(items=[rota_answer(each) for each in await rooms_of(request).notices.rotas()])


@router.put("/rotas/{id}", responses=refusals(401, 403, 422))
async def put_rota(id: Id, body: RotaBody, request: Request) -> RotaAnswer:
    """Make a rota, or change it: whoever it names is on duty from now on."""
    return rota_answer(await rooms_of(request).notices.put_rota(by_of(request), rota_of(id, body)))


@router.delete("/rotas/{id}", status_code=204, responses=refusals(401, 403, 404, 409))
async def remove_rota(id: str, request: Request) -> None:
    """Remove it. One that a chain calls stays."""
    await rooms_of(request).notices.remove_rota(by_of(request), id)


@router.get("/chains", responses=refusals(401, 403))
async def list_chains(request: Request) -> Page[ChainAnswer]:
    """Who is told next while nobody takes it."""
    return Page(items=[chain_answer(each) for each in await rooms_of(request).notices.chains()])


@router.put("/chains/{id}", responses=refusals(401, 403, 422))
async def put_chain(id: Id, body: ChainBody, request: Request) -> ChainAnswer:
    """Make a chain, or change it; one that has begun goes on with the steps that are left."""
    return chain_answer(await rooms_of(request).notices.put_chain(by_of(request), chain_of(id, body)))


@router.delete("/chains/{id}", status_code=204, responses=refusals(401, 403, 404))
async def remove_chain(id: str, request: Request) -> None:
    """Remove it: it calls nobody any more."""
    await rooms_of(request).notices.remove_chain(by_of(request), id)


@router.get("/duty", responses=refusals(400, 401, 403, 422))
async def list_duty(
    request: Request,
    start: Annotated[Moment | None, Query(description="left out: now")] = None,
    end: Annotated[Moment | None, Query(description="32 days later at most; left out: a week later")] = None,
) -> Page[DutyAnswer]:
    """Who is on duty, rota by rota, exceptions and all: without holes, a line wherever the people change."""
    notices = rooms_of(request).notices
    from_us = notices.clock.now_us() if start is None else us_of(start)
    to_us = from_us + _WEEK_US if end is None else us_of(end)
    return Page(items=[duty_answer(each) for each in await notices.duty(from_us, to_us)])


@router.post("/preview", responses=refusals(401, 403, 404, 422))
async def preview_notices(body: PreviewBody, request: Request) -> PreviewAnswer:
    """Whom an alert at a school would be told to, and who after them while nobody takes it. Nobody is told."""
    rooms = rooms_of(request)
    wanted = preview_of(body, rooms.notices.clock.now_us())
    await rooms.registry.site(body.site)
    return preview_answer(wanted, await rooms.notices.preview(by_of(request), wanted))


@router.get("/deliveries", responses=refusals(400, 401, 403, 422))
async def list_deliveries(
    request: Request,
    paging: Paging,
    person: Annotated[list[str] | None, Query(description="of these people; without configure: yourself")] = None,
    state: Annotated[list[DeliveryState] | None, Query()] = None,
    channel: Annotated[str | None, Query(max_length=64)] = None,
    subject: Annotated[str | None, Query(max_length=100, description="alert:<id> or order:<id>")] = None,
    site: Annotated[list[str] | None, Query(description="about these sites")] = None,
) -> Page[DeliveryAnswer]:
    """Who was told what, when, how often it was tried, and what the channel said. Newest first."""
    wanted = NoticeDeliveriesWanted(
        people=tuple(person or ()),
        states=tuple(state or ()),
        channel=channel,
        subject=subject,
        sites=tuple(site or ()),
    )
    found = await rooms_of(request).notices.deliveries(by_of(request), wanted, paging)
    return Page(items=[delivery_answer(each) for each in found.items], next_cursor=found.next_cursor)


@router.post("/messages/{id}/receipt", responses=refusals(401, 403, 404))
async def receipt_message(id: str, request: Request) -> Page[DeliveryAnswer]:
    """Your console has shown you this message (event notice_told), or your device has: it is delivered."""
    found = await rooms_of(request).notices.receipt(by_of(request), id)
    return Page(items=[delivery_answer(each) for each in found])
