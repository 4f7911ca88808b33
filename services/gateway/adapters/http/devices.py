"""Routes: this person's devices, told by Web Push while no console is open."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.notice_bodies import ChannelAnswer, ChannelTestAnswer, channel_answer
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from services.gateway.handlers.devices import Subscription

router = APIRouter(prefix="/api/v1/notices", tags=["notices"])

_SECRET: dict[str, Any] = {"writeOnly": True, "format": "password"}
_Device = Annotated[
    str, Path(max_length=64, description="`w` and the first 24 hexadecimal digits of the SHA-256 of its endpoint")
]


class PushAnswer(Answer):
    """What a browser needs to subscribe."""

    is_on: bool = Field(description="false: no device can be told here; the console works all the same")
    why_off: Literal["no_hosts", "seal_broken"] | None = Field(
        None, description="no_hosts: BK_NOTICE_PUSH_HOSTS is empty; seal_broken: BK_SECRET_KEY is another one"
    )
    public_key: str = Field(description="for PushManager.subscribe, applicationServerKey; empty where it is off")
    devices_max: int = Field(description="of one person")


class DeviceKeysBody(Body):
    """The keys of a subscription, base64url."""

    p256dh: str = Field(min_length=1, max_length=200)
    auth: str = Field(min_length=1, max_length=100, json_schema_extra=_SECRET)


class NewDevice(Body):
    """A browser's PushSubscription, and how its person will know it in a list."""

    endpoint: str = Field(min_length=1, max_length=2000, json_schema_extra=_SECRET)
    keys: DeviceKeysBody
    title: str = Field("", max_length=100, examples=["Chrome · Android"])


@router.get("/push", responses=refusals(401, 403))
async def get_push(request: Request) -> PushAnswer:
    """Whether devices can be told here, and the key to subscribe with."""
    told = await rooms_of(request).devices.push()
    return PushAnswer(
        is_on=told.why_off is None, why_off=told.why_off, public_key=told.public_key, devices_max=told.devices_max
    )


@router.get("/devices", responses=refusals(401, 403))
async def list_devices(request: Request) -> Page[ChannelAnswer]:
    """Your own devices. One whose subscription its push service calls over is not among them any more."""
    return Page(items=[channel_answer(each) for each in await rooms_of(request).devices.devices(by_of(request))])


@router.post("/devices", status_code=201, responses=refusals(401, 403, 409, 422))
async def add_device(body: NewDevice, request: Request, response: Response) -> ChannelAnswer:
    """This device is told from now on. Sent again by the same browser it stays one."""
    given = Subscription(body.endpoint, body.keys.p256dh, body.keys.auth)
    made = await rooms_of(request).devices.add(by_of(request), given, body.title)
    response.headers["Location"] = f"{router.prefix}/devices/{made.channel}"
    return channel_answer(made)


@router.delete("/devices/{id}", status_code=204, responses=refusals(401, 403, 404))
async def remove_device(id: _Device, request: Request) -> None:
    """It is told nothing any more."""
    await rooms_of(request).devices.remove(by_of(request), id)


@router.post("/devices/{id}/test", responses=refusals(401, 403, 404, 429))
async def test_device(id: _Device, request: Request) -> ChannelTestAnswer:
    """Send a test now, and hear what its push service said. At most once in 10 s."""
    told = await rooms_of(request).devices.test(by_of(request), id)
    return ChannelTestAnswer(is_ok=told.is_ok, said=told.said, took_ms=told.took_ms)
