"""Routes: rules, as JSON and as one YAML file of the same schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.recordings import moment_of, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from services.gateway.adapters.http.validation_faults import fault_of
from services.gateway.faults import fault
from services.gateway.refusals import InvalidFields
from shared.errors import RequestRefused
from shared.messages.rules import Rule, RuleVersion

router = APIRouter(prefix="/api/v1", tags=["rules"])

YAML = "application/yaml"
_BYTES_MAX = 1_000_000
_RULES: dict[str, Any] = {
    "type": "object",
    "properties": {"rules": {"type": "array", "items": {"$ref": "#/components/schemas/Rule"}}},
    "required": ["rules"],
}
_FILE: dict[str, Any] = {"content": {YAML: {"schema": _RULES}}, "description": "All rules, one document"}
_AS_FILE: dict[int | str, dict[str, Any]] = {200: _FILE}
_DAYS_MAX = 30


class RuleAnswer(Answer):
    """One version of a rule."""

    rule: Rule
    changed_by: str
    changed_at: datetime


class DryRunBody(Body):
    """A rule as it would be, and since when."""

    rule: Rule
    start: Moment
    sites: list[str] = Field([], max_length=1000, description="of these alone; empty: all that it is about")


class DryRunItem(Answer):
    """One alert that it would have raised."""

    site: str
    camera: str
    first_at: datetime
    last_at: datetime
    broken: int


class DryRunAnswer(Answer):
    """What the rule would have raised."""

    count: int
    items: list[DryRunItem] = Field(description="the newest 200")
    facts: int = Field(description="read for it")
    start: datetime = Field(description="the oldest that is still known: facts are not kept for ever")
    end: datetime
    is_whole: bool = Field(description="false: there were more facts than one question may read")


@router.get("/rules", responses=refusals(401, 403))
async def list_rules(request: Request) -> Page[RuleAnswer]:
    """What is in force."""
    return Page(items=[_answer(each) for each in await rooms_of(request).rules.in_force()])


@router.get("/rules/{id}/versions", responses=refusals(401, 403, 404))
async def list_rule_versions(id: str, request: Request) -> Page[RuleAnswer]:
    """Every version of one rule, newest first."""
    return Page(items=[_answer(each) for each in await rooms_of(request).rules.versions(id)])


@router.put("/rules/{id}", responses=refusals(401, 403, 412, 422))
async def put_rule(id: str, body: Rule, request: Request) -> RuleAnswer:
    """Change a rule, or make one: in force at once, as the next version. `version` is the one you changed."""
    if body.rule != id:
        raise InvalidFields([fault("rule", "id_differs", id=id)])
    return _answer(await rooms_of(request).rules.put(by_of(request), body))


@router.post("/rules/dry-run", responses=refusals(401, 403, 422))
async def dry_run_rule(body: DryRunBody, request: Request) -> DryRunAnswer:
    """What this rule would have raised, out of what was seen. Nothing is stored and nobody is told."""
    age_s = (datetime.now(UTC) - body.start).total_seconds()
    if not 0 < age_s <= _DAYS_MAX * 86_400:
        raise InvalidFields([fault("start", "start_too_old", days=_DAYS_MAX)])
    found = await rooms_of(request).rules.dry_run(body.rule, us_of(body.start), tuple(body.sites))
    items = [
        DryRunItem(
            site=each.site,
            camera=each.camera,
            first_at=moment_of(each.first_us),
            last_at=moment_of(each.last_us),
            broken=each.broken,
        )
        for each in found.items
    ]
    return DryRunAnswer(
        count=found.count,
        items=items,
        facts=found.facts,
        start=moment_of(found.from_us),
        end=moment_of(found.to_us),
        is_whole=found.is_whole,
    )


@router.get("/rules.yaml", response_class=Response, responses=_AS_FILE | refusals(401, 403))
async def rules_as_yaml(request: Request) -> Response:
    """All rules in force as one file, to keep, to compare, to put elsewhere."""
    rules = [each.rule.model_dump(mode="json") for each in await rooms_of(request).rules.in_force()]
    text = yaml.safe_dump({"rules": rules}, allow_unicode=True, sort_keys=False, width=110)
    return Response(text, media_type=YAML)


@router.put(
    "/rules.yaml",
    responses=refusals(401, 403, 412, 413, 422),
    openapi_extra={"requestBody": {"required": True, **_FILE}},
)
async def put_rules_as_yaml(request: Request) -> Page[RuleAnswer]:
    """Put a file of rules in force: those that differ become the next version; the answer names them."""
    rules = _read(await _text(request))
    return Page(items=[_answer(each) for each in await rooms_of(request).rules.put_all(by_of(request), rules)])


async def _text(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BYTES_MAX:
            raise RequestRefused("body_too_large", "A file of rules is at most 1 MB.", status=413)
    return bytes(body)


def _read(text: bytes) -> tuple[Rule, ...]:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise RequestRefused("not_yaml", f"This is no YAML: {str(error).splitlines()[0]}", status=422) from error
    if not isinstance(document, dict) or not isinstance(document.get("rules"), list):
        raise RequestRefused("not_yaml", "Begin the file with `rules:` and list them below it.", status=422)
    rules = []
    for number, each in enumerate(document["rules"]):
        try:
            rules.append(Rule.model_validate(each))
        except ValidationError as error:
            raise InvalidFields([fault_of(one, ("rules", number, *one["loc"])) for one in error.errors()]) from error
    return tuple(rules)


def _answer(version: RuleVersion) -> RuleAnswer:
    return RuleAnswer(rule=version.rule, changed_by=version.changed_by, changed_at=moment_of(version.changed_us))
