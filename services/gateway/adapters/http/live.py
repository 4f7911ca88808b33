"""Route: live view over a WebSocket."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.problems import close_with
from services.gateway.adapters.http.purposes import WatchedFor
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.live_desk import LiveDesk
from services.gateway.live_view import LiveView
from services.gateway.stream_choice import AskedPictures, AskedStream, decodable_of

router = APIRouter(prefix="/api/v1/cameras", tags=["live"])


@router.websocket("/{id}/live")
async def live(
    websocket: WebSocket,
    id: str,
    stream: AskedStream = "main",
    pictures: AskedPictures = "each",
    codecs: Annotated[str | None, Query(max_length=200)] = None,
    purpose: WatchedFor = None,
    token: Annotated[str | None, Query()] = None,
) -> None:
    """Fragments as they are on the bus (binary), each after a text message about it."""
    rooms = rooms_of(websocket)
    camera = await rooms.registry.camera(id)
    wakeup = asyncio.Event()
    opening = rooms.live.view(by_of(websocket), camera, stream, decodable_of(codecs), wakeup.set, pictures, purpose)
    async with opening as view:
        await websocket.accept()
        gone = asyncio.create_task(_until_gone(websocket, view), name="live view: until gone")
        try:
            await _send_all(websocket, rooms.live, view, wakeup)
        except WebSocketDisconnect:
            return
        finally:
            gone.cancel()


async def _send_all(websocket: WebSocket, desk: LiveDesk, view: LiveView, wakeup: asyncio.Event) -> None:
    viewer, send = view.viewer, websocket.send
    while viewer.ending is None:
        if view.must_fall_back():
            desk.fall_back(view)
        messages = viewer.take()
        if messages is None:
            await wakeup.wait()
            wakeup.clear()
            continue
        for message in messages:
            # Past starlette's send_bytes: the same dictionary, without another coroutine for each message.
            await send({"type": "websocket.send", "bytes" if isinstance(message, bytes) else "text": message})
    await close_with(websocket, viewer.ending.code, viewer.ending.reason)


async def _until_gone(websocket: WebSocket, view: LiveView) -> None:
    # What a viewer sends means nothing yet; it is read so that its leaving and its pongs are noticed.
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    view.viewer.end(1000, "The viewer left.")
