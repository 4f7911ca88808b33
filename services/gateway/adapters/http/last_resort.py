"""What nobody expected: our bug, answered like every other error, and found in the log by the id of the request."""

from __future__ import annotations

import secrets

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from services.gateway.adapters.http.problems import path_without_link, problem
from shared.telemetry import log

HEADER = "X-Request-Id"


class LastResort:
    """ASGI middleware around all that may fail; what was raised is logged here, whole."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def told(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, told)
        except (ClientDisconnect, WebSocketDisconnect):
            return  # nobody is there to be answered
        except Exception as error:  # any bug of any route: one request fails, and the others go on
            if scope["type"] not in ("http", "websocket"):
                raise
            id = secrets.token_hex(8)
            # Critical: the same twice in a second are two requests, whose ids somebody may ask about.
            log().critical(
                "request failed: a bug",
                request=id,
                method=scope.get("method", "WS"),
                path=path_without_link(scope["path"]),
                error=type(error).__name__,
                exc_info=error,
            )
            if has_begun or scope["type"] == "websocket":
                raise  # half an answer must not look like a whole one: the connection breaks
            await _say(id)(scope, receive, send)


def _say(id: str) -> ASGIApp:
    words = (
        "This is a bug of the gateway. Try again; if it stays, give whoever runs the system this request's id: it"
        f" stands in the gateway's log. Id: {id}"
    )
    return problem(500, "bug", words, request_id=id, headers={HEADER: id})
