"""The life of an inspection, as one table. Pure."""

from __future__ import annotations

from shared.errors import RequestRefused
from shared.messages.inspections import LookAction, LookState

# None: it stays what it is.
TABLE: dict[tuple[LookState, LookAction], LookState | None] = {
    ("to_do", "start"): "looking",
    ("to_do", "give_up"): "not_possible",
    ("to_do", "hand_over"): None,
    ("looking", "finish"): "done",
    ("looking", "give_up"): "not_possible",
    ("looking", "hand_over"): "to_do",
    ("not_possible", "reopen"): "to_do",
}

_WORDS: dict[LookState, str] = {
    "to_do": "nobody has begun to look",
    "looking": "somebody is looking",
    "done": "the look is finished, and what was found stays",
    "not_possible": "it was given up",
}


def look_after(state: LookState, action: LookAction, *, by: str, looked_by: str | None) -> LookState:
    """What it is after that. Raises RequestRefused (409) in words where it cannot be."""
    if (state, action) not in TABLE:
        can = may(state)
        way = f" Possible now: {', '.join(can)}." if can else ""
        raise RequestRefused("inspection_state", f"That cannot be done: {_WORDS[state]}.{way}", status=409)
    if action == "finish" and by != looked_by:
        raise RequestRefused("another_looks", f"{looked_by} began this look and says what was found.", status=409)
    return TABLE[(state, action)] or state


def may(state: LookState) -> tuple[LookAction, ...]:
    """What can be done with it now."""
    return tuple(name for at, name in TABLE if at == state)
