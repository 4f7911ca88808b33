"""What pydantic finds wrong with a body or a query, as one of our faults: where, a code, facts, what to change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from services.gateway.faults import WrongValue, fault
from shared.field_faults import Fact, FieldFault

# By pydantic's error type, in words that say what to do. {..} are pydantic's context.
CHANGES = {
    "bool_parsing": "Send true or false.",
    "bool_type": "Send true or false.",
    "date_from_datetime_inexact": "Send a day without a time, such as 2026-09-01.",
    "date_from_datetime_parsing": "Send a day, such as 2026-09-01.",
    "date_type": "Send a day, such as 2026-09-01.",
    "datetime_from_date_parsing": "Send a moment with its offset, such as 2026-09-01T06:30:00+08:00.",
    "datetime_parsing": "Send a moment with its offset, such as 2026-09-01T06:30:00+08:00.",
    "datetime_type": "Send a moment with its offset, such as 2026-09-01T06:30:00+08:00.",
    "dict_type": "Send a JSON object.",
    "extra_forbidden": "Leave this field out; nothing here has that name.",
    "finite_number": "Send a number that is not infinite.",
    "float_parsing": "Send a number.",
    "float_type": "Send a number.",
    "greater_than": "Use more than {gt}.",
    "greater_than_equal": "Use {ge} or more.",
    "int_from_float": "Send a whole number.",
    "int_parsing": "Send a whole number.",
    "int_parsing_size": "Send a smaller number.",
    "int_type": "Send a whole number.",
    "invalid_key": "Use texts as names.",
    "json_invalid": "Send a JSON document.",
    "less_than_equal": "Use {le} or less.",
    "list_type": "Send a list.",
    "literal_error": "Use one of: {expected}.",
    "missing": "Add this field.",
    "model_attributes_type": "Send a JSON object.",
    "model_type": "Send a JSON object.",
    "string_too_long": "Make it at most {max_length} characters long.",
    "string_too_short": "Make it at least {min_length} characters long.",
    "string_type": "Send a text.",
    "string_unicode": "Send whole characters.",
    "timezone_aware": "Add the offset from UTC, such as +08:00.",
    "too_long": "Give at most {max_length}.",
    "too_short": "Give at least {min_length}.",
    "tuple_type": "Send a list.",
}
# A pattern says nothing to people, and may be written otherwise tomorrow: each form has a code of ours.
PATTERNS = {
    r"^[a-z0-9][a-z0-9_-]{0,62}$": "form_of_id",
    r"^[a-z0-9][a-z0-9-]{0,62}$": "form_of_pack",
    r"^[\w.@-]{1,64}$": "form_of_login_name",
    r"^([01]\d|2[0-3]):[0-5]\d$": "form_of_time",
    r"^[0-9a-f]{64}$": "form_of_hash",
    r"^[^\r\n]+$": "form_of_line",
}


def fault_of(error: Mapping[str, Any], where: Sequence[str | int]) -> FieldFault:
    """Args: error: one of pydantic's; where: the path to the field."""
    code, context = error["type"], error.get("ctx", {})
    field = _carried(".".join(map(str, where)))
    wrong = context.get("error")
    if isinstance(wrong, WrongValue):
        return fault(field, wrong.code, **wrong.facts)
    if code == "string_pattern_mismatch" and context["pattern"] in PATTERNS:
        return fault(field, PATTERNS[context["pattern"]])
    facts = {name: _fact(value) for name, value in context.items() if _is_fact(value)}
    change = CHANGES.get(code, "Use the form that the documentation shows.").format(**context)
    return FieldFault(field, code, facts, _carried(f"{error['msg']}."), _carried(change))


def _is_fact(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, str) or is_number


def _fact(value: Fact) -> Fact:
    return _carried(value) if isinstance(value, str) else value


def _carried(text: str) -> str:
    """What somebody made up may hold halves of characters, which no answer can carry."""
    return text.encode(errors="replace").decode()
