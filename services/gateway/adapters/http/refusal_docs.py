"""How the OpenAPI document shows what can be refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from services.gateway.adapters.http.problem_bodies import FieldProblem, Problem
from services.gateway.faults import fault

_EXAMPLES: dict[int, tuple[str, str]] = {
    400: ("bad_cursor", "Take `cursor` from `next_cursor` of the page before."),
    401: ("not_logged_in", "Log in first: POST /api/v1/sessions, then send the token as 'Authorization: Bearer'."),
    403: ("not_allowed", "Your roles do not allow: change registry. Ask an administrator."),
    404: ("no_such_camera", "There is no camera 'cook-9'."),
    406: ("not_h264", "cook-1 sends hvc1.1.6.L120, and browsers take H.264 alone by WebRTC: use the live view."),
    408: ("body_too_slow", "The body came too slowly: send it within 120 s, without pauses."),
    409: ("camera_exists", "There is a camera 'cook-1' already: choose another id."),
    412: ("changed_meanwhile", "Somebody changed it since you read it. Read it again, then send the change."),
    413: ("body_too_large", "The body is larger than 1000 kB: send less at once."),
    415: ("not_a_fragment", "Send candidates as application/trickle-ice-sdpfrag."),
    416: ("no_such_bytes", "The file is shorter than the range asked for."),
    422: ("invalid_fields", "1 field is wrong; it is listed with what to change."),
    428: ("if_match_missing", "Send If-Match with the ETag of the answer."),
    429: ("too_many_requests", "Too many requests. Try again in 4 s."),
    503: ("camera_unreachable", "The camera is unreachable. No route to 192.168.1.64: check power and network cable."),
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: these statuses, each a problem document with an example."""
    shown: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 503}):
        code, detail = _EXAMPLES[status]
        example: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
        }
        if status == 422:
            example["errors"] = [FieldProblem.of(fault("main.url", "scheme_unknown", scheme="ftp")).model_dump()]
        shown[status] = {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": f"#/components/schemas/{Problem.__name__}"},
                    "example": example,
                }
            },
        }
    return shown
