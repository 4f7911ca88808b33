"""Everything that pydantic can find wrong with a request: each part of each body and query, given what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic_core import SchemaValidator, ValidationError

from services.gateway.adapters.http.app import ROUTERS
from shared.messages.rules import Rule

Schema = dict[str, Any]

# What wraps or leads to other parts; their own errors are those of the parts, or of validators of ours.
_AROUND = {
    "default", "definition-ref", "definitions", "function-after", "function-before", "model-field", "model-fields",
    "no-info", "nullable",
}  # fmt: skip
_PARTS = {"bool", "date", "datetime", "dict", "float", "int", "list", "literal", "model", "str", "tuple"}
# What a constraint refuses, and the error that must come of it: otherwise these values have missed it.
_BROKEN = {
    "ge": "greater_than_equal", "gt": "greater_than", "le": "less_than_equal", "pattern": "string_pattern_mismatch",
    ("str", "min_length"): "string_too_short", ("str", "max_length"): "string_too_long",
    "min_length": "too_short", "max_length": "too_long", "tz_constraint": "timezone_aware",
    "expected": "literal_error",
}  # fmt: skip
# Those of texts alone, and of how a part is read: they refuse nothing.
_READING = {
    "cls", "config", "custom_init", "items_schema", "keys_schema", "microseconds_precision", "ref", "root_model",
    "schema", "strip_whitespace", "type", "values_schema", "variadic_item_index", "metadata", "serialization",
}  # fmt: skip
_ANYTHING: tuple[Any, ...] = (
    None, True, {}, {"no_such_field": 1}, {1: 1}, [], "", " ", "x", "\n", "\ud800", "2", "1.5", "9" * 5000, "2026-13-01",
    "2026-09-01", "2026-09-01T06:30", "2026-09-01T06:30:00+08:00", 1.5, float("inf"), date(2026, 9, 1),
    datetime(2026, 9, 1, 6, tzinfo=UTC), b"\xff",
)  # fmt: skip


@cache
def errors() -> tuple[dict[str, Any], ...]:
    """Everything that may be said to any of them."""
    found: list[dict[str, Any]] = []
    met = set()
    for schema in requests():
        for part, config in parts(schema):
            alike = repr((part["cls"] if part["type"] == "model" else _alone(part), config))
            if alike not in met:
                met.add(alike)
                found += errors_of(part, config)
    return tuple(found)


@cache
def requests() -> tuple[Schema, ...]:
    """The core schema of every body and parameter, and of a rule in a file."""
    fields = [field for route in _routes() for field in _fields(route)]
    return (*(field._type_adapter.core_schema for field in fields), TypeAdapter(Rule).core_schema)


def parts(schema: Any, config: Schema | None = None) -> Iterator[tuple[Schema, Schema]]:
    """Every part that checks a value itself, with the settings of the model that it stands in."""
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from parts(each, config)
    if not isinstance(schema, dict):
        return
    config = schema.get("config", config)
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _PARTS:
        yield schema, config or {}
    elif isinstance(kind, str):
        assert kind in _AROUND, f"a part of a kind that nothing here knows how to get wrong: {kind}"
    for name, inner in schema.items():
        if name not in ("metadata", "serialization", "config"):
            yield from parts(inner, config)


def errors_of(part: Schema, config: Schema) -> list[Any]:
    """What pydantic says to values of all kinds, and to those just beyond the bounds of this part."""
    found = []
    validator = SchemaValidator(_alone(part), config)  # type: ignore[arg-type]
    for value in (*_ANYTHING, *_beyond(part)):
        for is_body in (True, False):
            try:
                validator.validate_python(value, from_attributes=is_body)
            except ValidationError as wrong:
                found += wrong.errors(include_url=False)
    kinds = {error["type"] for error in found}
    for name in part.keys() - _READING:
        broken = _BROKEN.get((part["type"], name)) or _BROKEN[name]
        assert broken in kinds, f"nothing here breaks {name} of {part['type']}"
    return found


def patterns() -> set[str]:
    return {part["pattern"] for schema in requests() for part, _ in parts(schema) if "pattern" in part}


def _routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route


def _fields(route: APIRoute) -> Iterator[Any]:
    yield from _parameters(route.dependant)
    if route.body_field is not None:
        yield route.body_field


def _parameters(needed: Dependant) -> Iterator[Any]:
    yield from (*needed.path_params, *needed.query_params, *needed.header_params, *needed.cookie_params)
    for deeper in needed.dependencies:
        yield from _parameters(deeper)


def _alone(part: Schema) -> Schema:
    """Without what stands in it, which is a part of its own; a model needs its fields, to miss them."""
    anything = {"type": "any"}
    inner = {name: anything for name in ("items_schema", "keys_schema", "values_schema") if name in part}
    if part["type"] == "tuple":
        inner["items_schema"] = [anything] * len(part["items_schema"])
    if part["type"] == "model":
        return TypeAdapter(part["cls"]).core_schema
    return {**part, **inner}


def _beyond(part: Schema) -> Iterator[Any]:
    for name in ("ge", "gt", "le"):
        if name in part:
            yield part[name] + {"ge": -1, "gt": 0, "le": 1}[name]
    for length in (part.get("min_length", 0) - 1, part.get("max_length", -2) + 1):
        if length >= 0:
            yield "x" * length if part["type"] == "str" else [None] * length
