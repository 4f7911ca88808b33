"""Errors as RFC 9457 problem documents that say what to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketState

from services.gateway.adapters.http.problem_bodies import FieldProblem, Problem
from services.gateway.adapters.http.validation_faults import fault_of
from services.gateway.refusals import InvalidFields, TryLater
from shared.errors import PeerError, RequestRefused, ResourceExhausted
from shared.field_faults import FieldFault
from shared.telemetry import log

MEDIA_TYPE = "application/problem+json"

_LONGEST_REASON_BYTES = 123  # RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldFault] = (),
    retry_after_s: int | None = None,
    headers: Mapping[str, str] | None = None,
    request_id: str | None = None,
) -> Response:
    """One problem document."""
    body = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=[FieldProblem.of(each) for each in errors] or None,
        retry_after_s=retry_after_s,
        request_id=request_id,
    )
    sent = dict(headers or {})
    if retry_after_s is not None:
        sent["Retry-After"] = str(retry_after_s)
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = 'Bearer realm="bright-kitchen"'  # RFC 9110, 11.6.1: a 401 must name a scheme
    return JSONResponse(body.model_dump(exclude_none=True), status, sent, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    handlers: Mapping[type[Exception], Any] = {
        RequestRefused: _refused,
        RequestValidationError: _invalid,
        HTTPException: _http,
        PeerError: _peer,
        ResourceExhausted: _exhausted,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, handler)


def problem_of(error: RequestRefused) -> Response:
    """The document for a refusal."""
    retry_after_s = error.retry_after_s if isinstance(error, TryLater) else None
    return problem(error.status, error.code, str(error), errors=error.faults, retry_after_s=retry_after_s)


# RFC 6455, 7.4.2: 4000-4999 are for applications; ours are 4000 + the HTTP status.
_CLOSE_CODE_BASE = 4000
_CLOSE_TRY_LATER = 1013  # IANA WebSocket close codes


async def _refused(connection: Request | WebSocket, error: Exception) -> Response | None:
    assert isinstance(error, RequestRefused)
    if isinstance(connection, WebSocket):
        await close_with(connection, _CLOSE_CODE_BASE + error.status, str(error))
        return None
    return problem_of(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # The first part says whether it is of the body, the query or the path: who sent it knows.
    faults = [fault_of(each, each["loc"][1:] or each["loc"]) for each in error.errors()]
    return problem_of(InvalidFields(faults))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, RequestRefused):
        return problem_of(error.__cause__)  # the body ended the reading of itself; FastAPI calls any such end a 400
    words = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    detail = words.get(error.status_code, str(error.detail))
    code = HTTPStatus(error.status_code).name.lower()
    return problem(error.status_code, code, detail, headers=error.headers)


async def _peer(connection: Request | WebSocket, error: Exception) -> Response | None:
    path = path_without_link(connection.url.path)
    log().warning("request needs a peer that is away", path=path, error=type(error).__name__, detail=str(error))
    words = "Something this request needs (database or bus) is away. Try again shortly."
    if isinstance(connection, WebSocket):
        await close_with(connection, _CLOSE_TRY_LATER, words)
        return None
    return problem(503, "peer_away", words, retry_after_s=2)


def path_without_link(path: str) -> str:
    """A public screen's address holds its secret: no log does."""
    return "/api/v1/public/…" if path.startswith("/api/v1/public/") else path


async def _exhausted(connection: Request | WebSocket, error: Exception) -> Response | None:
    if isinstance(connection, WebSocket):
        await close_with(connection, _CLOSE_TRY_LATER, str(error))
        return None
    return problem(503, "exhausted", str(error), retry_after_s=2)


async def close_with(websocket: WebSocket, code: int, reason: str) -> None:
    """End a WebSocket so that the browser's page gets to know why; before the upgrade it could only see "failed"."""
    if websocket.client_state is WebSocketState.CONNECTING:
        await websocket.accept()
    await websocket.close(code, reason.encode()[:_LONGEST_REASON_BYTES].decode(errors="ignore"))
