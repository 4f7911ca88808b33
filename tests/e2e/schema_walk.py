"""Every operation of the OpenAPI document, asked by every role with what fits its schema and with what does not.

schemathesis makes the requests out of the document and checks the answers against it; ids of things that exist, in the
asker's schools and in a foreign one, are put where ids stand, so that requests get past the first "not there". A
finding is: a status that is not 503 as documented and above 499, an answer outside the schema (status, media type,
headers, body), or an answer to somebody of one school that names what is of another and that they did not name first.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.embedded.ports import HOST
from tests.e2e.live_client import Api

OWN, FOREIGN = "walk-own", "walk-zz"
_PASSWORD = "a long enough password"
_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Endless by nature; what they say is proved by others (test_api_events, test_api_live).
_ENDLESS = {"GET /api/v1/events"}
# After all others: they end the login that asks, or count as guessing, which locks this address out.
_LAST = ("DELETE /api/v1/sessions/current", "POST /api/v1/sessions", "POST /api/v1/guest-sessions")
_NOWHERE = f"rtsp://{HOST}:9/nobody"
_LIMIT_S = 30.0
# Who may most, and who may much of one school.
_FEW = ("admin", "supervisor-of-one", "school")
# For the gateway that is asked: everybody is one address here, and in a hurry.
UNLIMITED = {"BK_REQUESTS_OF_ADDRESS": "0", "BK_REQUESTS_OF_ACCOUNT": "0"}


@schemathesis.serializer(
    "application/sdp",
    "application/trickle-ice-sdpfrag",
    "text/calendar",
    *(f"image/{kind}" for kind in ("jpeg", "png", "webp")),
    *(f"audio/{kind}" for kind in ("mpeg", "mp4", "ogg", "wav", "flac")),
)
def _as_it_is(context: Any, value: Any) -> bytes:
    """Of files: what was made up, which is no such file."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass(slots=True)
class Finding:
    """One thing that must not be; `count`: how often it was seen."""

    who: str
    operation: str
    what: str
    count: int = 1


@dataclass(slots=True)
class Walk:
    """What was asked and found. `statuses`: how often each was answered."""

    requests: int = 0
    operations: int = 0
    left_out: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def note(self, who: str, operation: str, what: str) -> None:
        known = self.findings.get((operation, what))
        if known is None:
            self.findings[operation, what] = Finding(who, operation, what)
        else:
            known.count += 1

    def told(self) -> dict[str, Any]:
        return {
            "operations": self.operations,
            "left_out_for_time": self.left_out,
            "requests": self.requests,
            "seconds": round(self.seconds, 1),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "findings": [f"{one.who}: {one.operation}: {one.what} ({one.count})" for one in self.findings.values()],
        }


@dataclass(frozen=True, slots=True)
class World:
    """Things that exist. `tokens`: by who asks; `is_scoped`: those of one school; `foreign`: ids they must not see."""

    url: str
    tokens: Mapping[str, str | None]
    scoped: frozenset[str]
    own: Mapping[str, str]
    foreign: Mapping[str, str]


def make_world(api: Api) -> World:
    """Two schools with cameras, cases, orders, silences, rooms; somebody of each role."""
    own, foreign = _school(api, OWN), _school(api, FOREIGN)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    people: dict[str, dict[str, Any]] = {
        "chief": {"roles": ["chief"]},
        "supervisor": {"roles": ["supervisor"]},
        "supervisor-of-one": {"roles": ["supervisor"], "sites": [OWN]},
        "inspector": {"roles": ["inspector"], "sites": [OWN]},
        "viewer": {"roles": ["viewer"], "sites": [OWN]},
        "school": {"roles": ["school"], "sites": [OWN]},
        "guest": {"roles": ["guest"], "sites": [OWN], "ends_at": tomorrow},
        "auditor": {"roles": ["auditor"]},
        "sre": {"roles": ["sre"]},
    }
    tokens: dict[str, str | None] = {"nobody": None, "admin": api.token}
    for name, body in people.items():
        _made(api, "/accounts", {"name": f"walk-{name}", "password": _PASSWORD, **body})
        tokens[name] = Api(api.url, _PASSWORD, f"walk-{name}").token
    _made(api, "/accounts", {"name": "walk-zz-person", "password": _PASSWORD, "roles": ["viewer"], "sites": [FOREIGN]})
    scoped = frozenset(name for name, body in people.items() if "sites" in body)
    return World(api.url, tokens, scoped, own, foreign)


def _school(api: Api, site: str) -> dict[str, str]:
    """Ids of what is of one school, by the name of their path parameter or field."""
    _made(api, "/sites", {"id": site, "name": site, "kind": "school"})
    camera = f"{site}-1"
    _made(api, "/cameras", {"id": camera, "site": site, "name": camera, "main": {"url": _NOWHERE}})
    case = _made(api, "/cases", {"site": site, "source": "report", "title": site, "risk": 3, "cameras": [camera]})["id"]
    order = _made(api, f"/cases/{case}/orders", {"kind": "opinion", "title": site, "text": site})["id"]
    end = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
    silence = _made(api, "/silences", {"sites": [site], "reason": site, "end": end})["id"]
    room = _made(api, "/rooms", {"title": site, "cameras": [camera]})["id"]
    return {"sites": site, "cameras": camera, "cases": case, "orders": order, "silences": silence, "rooms": room}


def _made(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.http.post(path, json=body)
    assert answer.status_code == 201, f"{path}: {answer.text}"
    return dict(answer.json())


def walk(world: World, *, examples: int, limit_s: float, is_quick: bool = False) -> Walk:
    """Ask everything.

    Args:
        examples: of each kind for each operation: that fit the document, by turns with own and foreign ids, and that
            do not. Each is sent by everybody.
        limit_s: of the whole; operations after that are left out.
        is_quick: sent by three of the roles alone; what does not fit once, and by the administrator.
    """
    contract = httpx.get(f"{world.url}/api/v1/openapi.json", trust_env=False).json()
    schema = schemathesis.openapi.from_dict(contract)
    done, began = Walk(), time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        for operation in _in_order(schema):
            if time.monotonic() - began > limit_s:
                done.left_out += 1
                continue
            done.operations += 1
            everybody = list(world.tokens)
            _ask_all(
                world, done, session, operation, GenerationMode.POSITIVE, examples, _FEW if is_quick else everybody
            )
            few = (1, ["admin"]) if is_quick else (examples, everybody)
            _ask_all(world, done, session, operation, GenerationMode.NEGATIVE, *few)
    done.seconds = time.monotonic() - began
    return done


def _in_order(schema: Any) -> list[Any]:
    found = [result.ok() for result in schema.get_all_operations()]
    kept = [each for each in found if each.label not in _ENDLESS]
    return sorted(kept, key=lambda each: 2 + _LAST.index(each.label) if each.label in _LAST else _removes(each.label))


def _removes(label: str) -> bool:
    """What takes away what others ask about comes after them."""
    return label.startswith("DELETE ") or label.endswith(("/close", "/closing"))


def _ask_all(
    world: World,
    done: Walk,
    session: requests.Session,
    operation: Any,
    mode: GenerationMode,
    examples: int,
    people: Sequence[str],
) -> None:
    ids = _ids(world)

    # The same requests on every run: a finding is found again.
    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _use_ids(case, next(ids))
        for who in people:
            _ask(world, done, session, case, who, world.tokens[who])

    try:
        ask()
    except Unsatisfiable:
        return  # nothing about it can be wrong


def _ids(world: World) -> Iterator[Mapping[str, str]]:
    while True:
        yield world.own
        yield world.foreign


def _use_ids(case: Any, ids: Mapping[str, str]) -> None:
    """Ids of things that exist in place of made-up ones."""
    parts = case.operation.path.split("/")
    for name in case.path_parameters or {}:
        holder = parts[parts.index("{" + name + "}") - 1] if "{" + name + "}" in parts else ""
        if name == "id" and holder in ids:
            case.path_parameters[name] = ids[holder]
        elif name == "name" and holder == "accounts":
            case.path_parameters[name] = "walk-zz-person"
    for name, value in (("site", ids["sites"]), ("camera", ids["cameras"])):
        if case.query and name in case.query:
            case.query[name] = [value] if isinstance(case.query[name], list) else value
    if isinstance(case.body, dict):
        case.body = _with_ids(case.body, ids)


def _with_ids(node: Any, ids: Mapping[str, str]) -> Any:
    fixed: dict[str, Any] = {
        "site": ids["sites"],
        "camera": ids["cameras"],
        "sites": [ids["sites"]],
        "cameras": [ids["cameras"]],
        "case": ids["cases"],
        # Nothing shall be looked for on this machine's networks, and nobody told of it.
        "url": _NOWHERE,
        "address": f"http://{HOST}:9/nobody",
    }
    if isinstance(node, dict):
        return {
            key: fixed[key] if key in fixed and value is not None else _with_ids(value, ids)
            for key, value in node.items()
        }
    return [_with_ids(each, ids) for each in node] if isinstance(node, list) else node


def _ask(world: World, done: Walk, session: requests.Session, case: Any, who: str, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    label = case.operation.label
    try:
        answer = case.call(base_url=world.url, session=session, headers=headers, timeout=_LIMIT_S)
    except requests.RequestException as error:
        done.note(who, label, f"no answer: {type(error).__name__}")
        return
    done.requests += 1
    done.statuses[answer.status_code] += 1
    session.cookies.clear()
    for what in _wrong(world, case, answer, who):
        done.note(who, label, what)


def _wrong(world: World, case: Any, answer: Any, who: str) -> Iterator[str]:
    status = answer.status_code
    if status >= 500 and status != 503:
        yield f"{status}: {answer.text[:200]}"
    elif status == 503:
        yield from _odd_503(answer)
    try:
        case.validate_response(answer, checks=_CHECKS)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield f"{status} {type(failure).__name__}: {_short(failure)}"
    if who in world.scoped:
        sent = f"{answer.request.url} {answer.request.body!r}"
        for what, id in world.foreign.items():
            if id in answer.text_lossy() and id not in sent:
                yield f"{status} names foreign {what}: {id}"


def _odd_503(answer: Any) -> Iterator[str]:
    """Something is away, and says so: a problem document that says when to try again, or what is unreachable."""
    try:
        said = json.loads(answer.content)
    except ValueError:
        said = {}
    if not said.get("code"):
        yield f"503 without a code: {answer.text[:200]}"


def _short(failure: Any) -> str:
    return " ".join(str(part) for part in (getattr(failure, "title", ""), getattr(failure, "message", failure)))[:400]
