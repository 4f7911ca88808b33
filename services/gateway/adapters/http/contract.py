"""The OpenAPI document: what FastAPI knows, and what it cannot know (WebSocket, security, media types)."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.gateway.adapters.http.access import COOKIE, RULES
from services.gateway.adapters.http.problem_bodies import Problem
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.idempotency import counts_for

API_VERSION = "1.0.0"
WRITTEN = Path(__file__).parents[2] / "openapi.json"
"""The document as it is kept beside the code and served: to make it anew at each start took a seventh of the start."""
SUMMARY = """\
Everything a browser, a phone, a wall screen or another program may ask of Bright Kitchen.

Log in with `POST /api/v1/sessions`; API clients then send `Authorization: Bearer <token>`, browsers their cookie (and,
with methods that change something, an `Origin` or `Sec-Fetch-Site` of this site). Media URLs and WebSockets take a
media token as `?token=`. Lists carry an `ETag`; with `If-None-Match` an unchanged one is 304. POSTs that make something
take an `Idempotency-Key`. Too many requests are 429 with `Retry-After`, bodies that are too large 413. Every error is a
problem document (RFC 9457): `code` is stable, `detail` says what to change; with 422
`errors` does so for each field, as sentences and as a `code` with `facts`.
"""
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "a new UUID for each thing to be made: sent again within 24 h with the same body, the first answer"
    " comes again and nothing is made twice; with another body 422",
}
_LIVE = """\
Upgrade to a WebSocket (101); a plain GET is refused. `GET` stands here because OpenAPI has no word for WebSockets.

First the GOP so far, at once; then each fragment as it comes. Every binary message is one fragment exactly as on the
bus: `moof`+`mdat`, before an IDR also the init segment; append it to a MediaSource. Text messages are JSON:

- `{"type":"stream","codecs","mime","width","height","run","gop_seconds"}` before the first fragment of each run
- `{"type":"fragment","seq","pts_90k","duration_90k","captured_us","received_us","is_idr","run"}` before each binary
- `{"type":"gap","missing","reason"}` fragments never came
- `{"type":"skipped","gops"}` this viewer was too slow and lost so many GOPs; the next fragment begins with an IDR
- `{"type":"state","condition","reason","reason_code","since_us"}` the camera's condition changed, or is not `online`

Close codes: 4401 not logged in (any more), 4403 not allowed, 4404 no such camera or stream, 1013 try again later; the
reason says what to do. `stream=auto` with `codecs=avc1` avoids H.265: the sub stream, else a transcode.
"""


def complete(app: FastAPI) -> dict[str, Any]:
    """The whole document."""
    contract = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = contract.setdefault("components", {})
    _, problem_schemas = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    components["schemas"].update(problem_schemas["$defs"])
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "media_token": {"type": "apiKey", "in": "query", "name": "token"},
    }
    contract["paths"]["/api/v1/cameras/{id}/live"] = {"get": _live_operation()}
    for path, operations in contract["paths"].items():
        for method, operation in operations.items():
            _secure(operation, path, method)
    _say_refusals_once(contract)
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    return contract


def _secure(operation: dict[str, Any], path: str, method: str) -> None:
    needs = RULES[("WS" if path.endswith("/live") else method.upper(), path)]
    _refuse(operation, is_open=needs.verb is None)
    if needs.verb is None:
        operation["security"] = []
        return
    ways = ["bearer", "cookie"] + (["media_token"] if needs.token is not None else [])
    operation["security"] = [{way: []} for way in ways]
    operation["x-verb"] = needs.verb
    if counts_for(method.upper(), path) and "201" in operation["responses"]:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _refuse(operation: dict[str, Any], *, is_open: bool) -> None:
    """What any route like this one may answer before it is reached itself: its guard, its bounds, its parameters."""
    responses = operation["responses"]
    # FastAPI's own 422 says where one is possible, in another form than ours.
    can_be_invalid = "HTTPValidationError" in str(responses.get("422", ""))
    if can_be_invalid:
        del responses["422"]
    statuses = [429]
    statuses += [] if is_open else [401, 403]
    statuses += [408, 413] if "requestBody" in operation else []
    statuses += [400] if operation.get("parameters") or "requestBody" in operation else []
    statuses += [422] if can_be_invalid else []
    for status in statuses:
        responses.setdefault(str(status), refusals(status)[status])
    operation["responses"] = dict(sorted(responses.items()))


def _say_refusals_once(contract: dict[str, Any]) -> None:
    """The same few refusals stand at nearly every route: each is written once, and named there."""
    said = contract["components"]["responses"] = {}
    for operations in contract["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= HTTPStatus.BAD_REQUEST and answer == refusals(int(status))[int(status)]:
                    name = f"Problem{status}"
                    said[name] = answer
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _live_operation() -> dict[str, Any]:
    def query(name: str, schema: dict[str, Any], says: str) -> dict[str, Any]:
        return {"name": name, "in": "query", "required": False, "schema": schema, "description": says}

    streams = {"type": "string", "enum": ["main", "sub", "h264", "auto"], "default": "main"}
    return {
        "tags": ["live"],
        "summary": "Live",
        "description": _LIVE,
        "operationId": "live",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            query("stream", streams, "auto: main, or what the client can decode"),
            query(
                "pictures",
                {"type": "string", "enum": ["each", "grouped"], "default": "each"},
                "each: a message for every picture; grouped: one for 200 ms of pictures, for walls of many",
            ),
            query(
                "codecs", {"type": "string"}, "what the client can decode, e.g. `avc1` or `avc1,hvc1`; with stream=auto"
            ),
            query(
                "purpose",
                {"type": "string", "enum": ["patrol", "draw", "case", "drill"]},
                "why one looks; kept with the audit row",
            ),
            query("token", {"type": "string"}, "a media token with the verb `view`, instead of a login"),
        ],
        "responses": {
            "101": {"description": "Switching Protocols"},
            **{str(k): v for k, v in refusals(401, 403, 404).items()},
        },
    }
