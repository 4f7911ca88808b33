"""The life of an order, as one table: who may do what to it, and what it is then. Pure.

An order is served to a school, read, answered with photos, looked at again by the same camera and rule, and closed by a
person; or it is appealed against, and another person than the one who made it decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.errors import RequestRefused
from shared.messages.orders import OrderAction, OrderState

Side = Literal["bureau", "school"]


@dataclass(frozen=True, slots=True)
class Step:
    """One way on. `to` None: it stays what it is; "before": what it was before the appeal."""

    to: OrderState | Literal["before"] | None
    side: Side
    needs_other: bool = False


TABLE: dict[tuple[OrderState, OrderAction], Step] = {
    ("served", "read"): Step("read", "school"),
    ("read", "read"): Step(None, "school"),
    ("served", "answer"): Step("answered", "school"),
    ("read", "answer"): Step("answered", "school"),
    ("answered", "answer"): Step("answered", "school"),
    ("answered", "close"): Step("closed", "bureau"),
    ("answered", "reopen"): Step("served", "bureau"),
    ("closed", "reopen"): Step("served", "bureau"),
    ("served", "withdraw"): Step("withdrawn", "bureau"),
    ("read", "withdraw"): Step("withdrawn", "bureau"),
    ("answered", "withdraw"): Step("withdrawn", "bureau"),
    ("served", "extend"): Step(None, "bureau"),
    ("read", "extend"): Step(None, "bureau"),
    ("served", "appeal"): Step("appealed", "school"),
    ("read", "appeal"): Step("appealed", "school"),
    ("answered", "appeal"): Step("appealed", "school"),
    ("appealed", "uphold"): Step("withdrawn", "bureau", needs_other=True),
    ("appealed", "reject"): Step("before", "bureau", needs_other=True),
}

_WORDS: dict[OrderState, str] = {
    "served": "it was served and nobody has read it yet",
    "read": "it was read and not answered yet",
    "answered": "it was answered and waits to be closed",
    "appealed": "an appeal against it is not decided yet",
    "closed": "it is closed",
    "withdrawn": "it was withdrawn",
}


def step(state: OrderState, action: OrderAction, *, by: str, made_by: str, before: OrderState | None) -> OrderState:
    """What the order is after that. Raises RequestRefused (409) in words where it cannot be.

    Args:
        made_by: who served it; before: what it was when it was appealed against.
    """
    found = TABLE.get((state, action))
    if found is None:
        can = sorted({name for at, name in TABLE if at == state})
        way = f" Possible now: {', '.join(can)}." if can else ""
        raise RequestRefused("order_state", f"This order cannot be changed so: {_WORDS[state]}.{way}", status=409)
    if found.needs_other and by == made_by:
        raise RequestRefused("four_eyes", "Another person than the one who served the order decides.", status=409)
    if found.to == "before":
        return before or "served"
    return found.to or state


def side_of(action: OrderAction) -> Side:
    """Whose doing it is."""
    return next(each.side for (_, name), each in TABLE.items() if name == action)


def may(state: OrderState) -> tuple[OrderAction, ...]:
    """What can be done with it now."""
    return tuple(sorted(name for at, name in TABLE if at == state))
