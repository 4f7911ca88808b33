"""Answers that need not be made, or sent, again: Idempotency-Key on POST, If-None-Match on lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.adapters.http.access import bearer_or_cookie
from services.gateway.adapters.http.problems import problem
from services.gateway.idempotency import (
    RENEWED_EACH_S,
    Claim,
    IdempotencyKeys,
    KeptAnswer,
    counts_for,
    fingerprint_of,
    is_final,
    is_key,
)
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.telemetry import log

# = what is kept of one answer; longer ones are not kept, and a key does nothing for them
_KEPT_BYTES_MAX = 256 * 1024
_KEPT_HEADERS = ("content-type", "location", "etag")


class OncePerKey:
    """ASGI middleware: draft-ietf-httpapi-idempotency-key-header."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" else None
        if key is None or not counts_for(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        if not is_key(key):
            words = "Idempotency-Key has 1 to 200 visible ASCII characters: take a UUID."
            await problem(400, "bad_idempotency_key", words)(scope, receive, send)
            return
        account = await _account(HTTPConnection(scope))
        if account is None:
            await self._app(scope, receive, send)  # which says why
            return
        try:
            body = await _body(receive)
        except RequestRefused as refusal:
            await problem(refusal.status, refusal.code, str(refusal), headers={"Connection": "close"})(
                scope, receive, send
            )
            return
        await self._once(scope, body, receive, send, account, key)

    async def _once(self, scope: Scope, body: bytes, receive: Receive, send: Send, account: str, key: str) -> None:
        rooms = scope["app"].state.rooms
        hold = _Hold(rooms.doors.keys, rooms.people.clock, account, key)
        try:
            claim = await hold.claim(fingerprint_of(scope["path"], scope["query_string"], body))
        except PeerError:
            await problem(503, "peer_away", "The database is away. Try again shortly.", retry_after_s=2)(
                scope, receive, send
            )
            return
        if claim[0] != "first":
            await _again(claim)(scope, receive, send)
            return
        async with hold.renewed():
            try:
                await self._app(scope, _replay(body, receive), _Kept(send, hold).send)
            finally:
                await hold.settle(None)


class _Hold:
    """A key while its request is being done: renewed, then settled once."""

    def __init__(self, keys: IdempotencyKeys, clock: Clock, account: str, key: str):
        self._keys = keys
        self._clock = clock
        self._of = (account, key)
        self._held = clock.now()
        self._lock = asyncio.Lock()
        self._is_settled = False

    async def claim(self, fingerprint: str) -> Claim:
        return await self._keys.claim(*self._of, fingerprint, self._held)

    @asynccontextmanager
    async def renewed(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._renew(), name="idempotency-key")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep(RENEWED_EACH_S)
            # Not while it is being settled: the moment by which the key is held would be another one.
            async with self._lock:
                if self._is_settled:
                    return
                now = self._clock.now()
                try:
                    if not await self._keys.renew(*self._of, self._held, now):
                        log().warning("request took so long that its key was taken for lost")
                        return
                    self._held = now
                except PeerError as error:
                    log().warning("key not renewed", detail=str(error))

    async def settle(self, answer: KeptAnswer | None) -> None:
        """None, or an answer that is not final: the next one with this key may do it."""
        async with self._lock:
            if self._is_settled:
                return
            self._is_settled = True
            try:
                if answer is not None and is_final(answer.status):
                    await self._keys.answered(*self._of, self._held, answer)
                else:
                    await self._keys.forget(*self._of, self._held)
            except PeerError as error:
                # It is answered all the same; the key is free again after a minute.
                log().warning("answer not kept for its key", detail=str(error))


class TaggedLists:
    """ASGI middleware: an answer of JSON carries an ETag, and is not sent to who has it already (RFC 9110, 13.1.2)."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match")
        start: Message | None = None

        async def tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_list(message):
                start = message  # held back until its body is seen, which comes in one piece
                return
            if start is not None and message["type"] == "http.response.body":
                headers, body = MutableHeaders(scope=start), message.get("body", b"")
                if not message.get("more_body", False):
                    tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
                    headers["etag"] = tag
                    if known is not None and _matches(known, tag):
                        start = {**start, "status": 304}
                        del headers["content-length"], headers["content-type"]
                        message = {**message, "body": b""}
                await send({**start, "headers": headers.raw})
                start = None
            await send(message)

        await self._app(scope, receive, tagged)


class _Kept:
    """Passes an answer on and keeps it, as long as it is not too long; kept before its end is sent, so that whoever has
    it and asks again finds it."""

    def __init__(self, send: Send, hold: _Hold):
        self._send = send
        self._hold = hold
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = Headers(raw=message["headers"])
            self._headers = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        elif message["type"] == "http.response.body":
            if len(self._body) <= _KEPT_BYTES_MAX:
                self._body += message.get("body", b"")
            if not message.get("more_body", False):
                is_kept = len(self._body) <= _KEPT_BYTES_MAX
                await self._hold.settle(KeptAnswer(self._status, self._headers, self._body) if is_kept else None)
        await self._send(message)


def _again(claim: Claim) -> Response:
    if claim[0] == "same":
        kept = claim[1]
        assert kept is not None
        return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})
    if claim[0] == "other":
        words = "This Idempotency-Key was sent with another request: take a new key for each."
        return problem(422, "idempotency_key_taken", words)
    words = "A request with this Idempotency-Key is being done: ask again in a moment."
    return problem(409, "idempotency_key_busy", words, headers={"Retry-After": "1"})


async def _account(connection: HTTPConnection) -> str | None:
    token, is_cookie = bearer_or_cookie(connection)
    if not token:
        return None
    try:
        return str((await connection.app.state.rooms.people.identity(token, is_cookie=is_cookie)).name)
    except (RequestRefused, PeerError):
        return None


async def _body(receive: Receive) -> bytes:
    """Raises ClientDisconnect where it does not come to its end: half a request is none, and its key stays free."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        body += piece
        if not message.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _is_list(message: Any) -> bool:
    headers = Headers(raw=message["headers"])
    is_json = headers.get("content-type", "").startswith("application/json")
    return message["status"] == 200 and is_json and "etag" not in headers and "set-cookie" not in headers


def _matches(known: str, tag: str) -> bool:
    # RFC 9110, 13.1.2: compared weakly.
    tags = {each.strip().removeprefix("W/") for each in known.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags
