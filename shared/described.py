"""Models whose fields are described by the string below each, read only when a schema is asked for.

Pydantic's own `use_attribute_docstrings` reads the source of every class when it is made: a fifth of what it took the
gateway to start, for words that only the written contracts need.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue


class Described(BaseModel):
    """The base of what stands in a contract."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in _descriptions(cls).items():
            if name in properties:
                properties[name].setdefault("description", text)
        return schema


def _descriptions(model: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, Described):
            found |= _in_module(each.__module__).get(each.__qualname__.partition("[")[0], {})
    return found


@functools.cache
def _in_module(name: str) -> dict[str, dict[str, str]]:
    """Class -> field -> the string below it."""
    written = ast.parse(inspect.getsource(sys.modules[name]))
    return {node.name: dict(_strings_below(node)) for node in written.body if isinstance(node, ast.ClassDef)}


def _strings_below(model: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(model.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
