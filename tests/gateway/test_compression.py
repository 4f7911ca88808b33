"""Long answers are smaller for who takes that, and only those: no media, no stream, no secret, nothing small."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.adapters.http.answers_again import TaggedLists
from services.gateway.adapters.http.compression import Compressed, encodings_taken
from services.gateway.openapi import CONTRACT_FILE
from services.gateway.secret_paths import shows_secrets
from tests.gateway.running_gateway import Gateway, register_school

LONG = json.dumps({"items": ["第一实验小学"] * 500}).encode()
TAKES = {"Accept-Encoding": "gzip, br"}
# Fields that hold a secret; `is_`, `has_` and public keys are none.
_SECRET = re.compile(r"(^|_)(token|secret|password|credential|link|recovery_codes|sdp)$")


def answering(response: Response) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return Compressed(TaggedLists(app))


async def asked(app: ASGIApp, path: str = "/api/v1/sites", method: str = "GET", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        return await http.request(method, path, headers=TAKES | headers)


def long_json(**headers: str) -> Response:
    return Response(LONG, media_type="application/json", headers=headers)


async def test_a_long_list_is_a_tenth_of_itself_and_keeps_its_tag() -> None:
    answer = await asked(answering(long_json()))
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert int(answer.headers["Content-Length"]) == answer.num_bytes_downloaded < len(LONG) / 10
    assert answer.content == LONG
    plain = await asked(answering(long_json()), **{"Accept-Encoding": "identity"})
    assert (plain.headers.get("Content-Encoding"), plain.headers["Vary"]) == (None, "Accept-Encoding")
    assert plain.headers["ETag"] == answer.headers["ETag"]
    assert answer.headers["ETag"].startswith("W/"), "one tag for both forms can only be a weak one"
    known = await asked(answering(long_json()), **{"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.content, known.headers["Vary"]) == (304, b"", "Accept-Encoding")


@pytest.mark.parametrize(
    ("response", "path", "method"),
    [
        (Response(LONG, media_type="image/jpeg"), "/api/v1/cameras/a/snapshot.jpg", "GET"),
        (Response(LONG, media_type="video/mp4"), "/api/v1/clips/a/file.mp4", "GET"),
        (Response(LONG, media_type="application/pdf"), "/api/v1/orders/a/document.pdf", "GET"),
        (Response(LONG, media_type="application/vnd.apple.mpegurl"), "/api/v1/cameras/a/playback.m3u8", "GET"),
        (
            Response(LONG, 206, {"Content-Range": "bytes 0-9/99"}, "application/json"),
            "/api/v1/draws/a/file.json",
            "GET",
        ),
        (Response(LONG, 404, media_type="application/problem+json"), "/api/v1/sites/a", "GET"),
        (Response(b'{"items":[]}', media_type="application/json"), "/api/v1/sites", "GET"),
        (long_json(ETag='"7"'), "/api/v1/sites/a", "GET"),
        (long_json(**{"Set-Cookie": "bk_session=x"}), "/api/v1/sites", "GET"),
        (long_json(**{"Cache-Control": "no-transform"}), "/api/v1/sites", "GET"),
        (long_json(**{"Content-Encoding": "br"}), "/api/v1/sites", "GET"),
        (long_json(), "/api/v1/sites", "POST"),
        (long_json(), "/api/v1/ice-servers", "GET"),
        (long_json(), "/api/v1/sessions", "GET"),
        (long_json(), "/healthz", "GET"),
    ],
)
async def test_what_goes_as_it_is(response: Response, path: str, method: str) -> None:
    encoding = response.headers.get("Content-Encoding")
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip")],
    }

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    await answering(response)(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert headers.get("content-encoding") == encoding
    assert b"".join(each.get("body", b"") for each in sent[1:]) == response.body


async def test_an_event_stream_is_not_held_back() -> None:
    gone = asyncio.Event()
    told: list[bytes] = []

    async def events() -> Any:
        yield b"event: hello\n\n"
        await asyncio.wait_for(gone.wait(), 10)  # which comes only after the first event was sent on

    async def send(message: Any) -> None:
        told.append(message.get("body", b""))
        if told[-1]:
            gone.set()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/events",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip")],
    }
    app = answering(StreamingResponse(events(), media_type="text/event-stream"))
    await asyncio.wait_for(app({**scope, "asgi": {"spec_version": "2.4"}}, receive, send), 15)
    assert b"".join(told) == b"event: hello\n\n"


async def test_an_export_is_compressed_as_it_comes() -> None:
    rows = [f"{n},第一实验小学\n".encode() * 3000 for n in range(5)]

    async def pieces() -> Any:
        for each in rows:
            yield each

    answer = await asked(answering(StreamingResponse(pieces(), media_type="text/csv; charset=utf-8")))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Content-Length" not in answer.headers
    assert answer.content == b"".join(rows)


async def test_where_too_many_wait_an_answer_goes_as_it_is() -> None:
    body = json.dumps(list(range(40_000))).encode()
    app = answering(Response(body, media_type="application/json"))
    answers = await asyncio.gather(*(asked(app) for _ in range(40)))
    assert {answer.content for answer in answers} == {body}
    encodings = {answer.headers.get("Content-Encoding") for answer in answers}
    assert encodings == {"gzip", None}


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("gzip;q=0, br", {"br"}),
        ("GZIP ; q=0.5", {"gzip"}),
        ("gzip;q=0.000", set()),
        ("deflate, gzip;q=1.0", {"deflate", "gzip"}),
    ],
)
def test_what_a_client_takes(said: str, takes: set[str]) -> None:
    assert encodings_taken(said) == takes


def properties_of(document: dict[str, Any], node: Any, seen: set[str]) -> Iterator[str]:
    """Names of all fields that an answer may have, however deep."""
    if isinstance(node, list):
        for each in node:
            yield from properties_of(document, each, seen)
    elif isinstance(node, dict):
        yield from node.get("properties", {})
        name = str(node.get("$ref", "")).rpartition("/schemas/")[2]
        if name and name not in seen:
            seen.add(name)
            yield from properties_of(document, document["components"]["schemas"][name], seen)
        for each in node.values():
            yield from properties_of(document, each, seen)


def test_every_answer_with_a_secret_is_at_a_path_that_says_so() -> None:
    document = json.loads(CONTRACT_FILE.read_text())
    found = set()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            fields = {name for name in properties_of(document, good, set()) if _SECRET.search(name)}
            fields -= {"has_password", "must_change_password"}
            if fields:
                found.add(path)
                assert shows_secrets(path), f"{path} answers with {fields}: add it to secret_paths.py"
    assert {"/api/v1/sessions", "/api/v1/ice-servers", "/api/v1/media-tokens"} <= found, (
        "the search finds what is known"
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_the_gateway_sends_its_lists_so(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    for number in range(4):
        await register_school(admin, f"pressed-{number}")
    first = await admin.get("/cameras", headers=TAKES)
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.num_bytes_downloaded < len(first.content) / 2
    known = {"If-None-Match": first.headers["ETag"]}
    assert (await admin.get("/cameras", headers=TAKES | known)).status_code == 304
    one = await admin.get("/cameras/pressed-0-1", headers=TAKES)
    assert ("Content-Encoding" in one.headers, one.headers["ETag"]) == (False, '"1"')
    assert "Content-Encoding" not in (await admin.get("/ice-servers", headers=TAKES)).headers
    contract_answer = await gateway.client().get("/openapi.json", headers=TAKES)
    assert contract_answer.headers["Content-Encoding"] == "gzip"
