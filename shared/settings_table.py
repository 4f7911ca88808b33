"""Writes the one table of every `BK_*` variable from the settings classes: `python -m shared.settings_table`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shared.settings import PREFIX, ServiceSettings

_ROOT = Path(__file__).resolve().parents[1]
TABLE_PATH = _ROOT / "shared" / "design" / "settings.md"
_HEAD = """# Settings

Every service is told what it needs by environment variables. This table is generated from the code
(`python -m shared.settings_table`); a test keeps it current. `bk up` sets all that have no default.

| variable | services | default | what it is | when it is wrong |
|---|---|---|---|---|
"""


def settings_classes() -> dict[str, type[ServiceSettings]]:
    """The settings class of every service in the tree, by the service's name.

    Found by looking, as the architecture test does: shared code depends on no service.
    """
    found = {}
    for path in sorted(_ROOT.glob("services/*/settings.py")):
        module = import_module(f"services.{path.parent.name}.settings")
        found[path.parent.name] = _settings_of(vars(module).values(), module.__name__)
    return found


def _settings_of(things: Iterable[object], module_name: str) -> type[ServiceSettings]:
    for thing in things:
        if isinstance(thing, type) and issubclass(thing, ServiceSettings) and thing.__module__ == module_name:
            return thing
    raise LookupError(f"{module_name} defines no ServiceSettings")


def table(classes: dict[str, type[ServiceSettings]]) -> str:
    """The document: what all services share first, then by service."""
    fields: dict[str, FieldInfo] = {}
    users: dict[str, list[str]] = {}
    for service, settings in classes.items():
        for name, field in settings.model_fields.items():
            fields.setdefault(name, field)
            users.setdefault(name, []).append(service)
    order = sorted(fields, key=lambda name: (-len(users[name]), users[name], name))
    lines = [_line(name, fields[name], _who(users[name], len(classes))) for name in order]
    return _HEAD + "\n".join(lines) + "\n"


def _who(services: Iterable[str], count: int) -> str:
    named = list(services)
    return "all" if len(named) == count else ", ".join(named)


def _line(name: str, field: FieldInfo, who: str) -> str:
    extra: Any = field.json_schema_extra
    when_wrong = extra.get("when_wrong", "") if isinstance(extra, dict) else ""
    cells = (f"`{PREFIX}{name.upper()}`", who, _default(field), field.description or "", str(when_wrong))
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "made at start"
    if field.default is PydanticUndefined:
        return "must be set"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "empty" if value in ("", None) else f"`{value}`"


if __name__ == "__main__":
    TABLE_PATH.write_text(table(settings_classes()))
    sys.stdout.write(f"wrote {TABLE_PATH.relative_to(_ROOT)}\n")
