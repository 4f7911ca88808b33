"""The life of a draw, as one table. Pure.

Frozen and published when it is called; departments commit to their seeds; when all have, or their time is over, those
that committed reveal; then it is drawn. Nobody can call it off once a seed is known: that would be a second try.
"""

from __future__ import annotations

from shared.errors import RequestRefused
from shared.messages.inspections import DrawAction, DrawState

# "revealing or void" and the like are decided by what is there: see `after`.
TABLE: dict[tuple[DrawState, DrawAction], tuple[DrawState, ...]] = {
    ("committing", "commit"): ("committing", "revealing"),
    ("committing", "commit_time_over"): ("revealing", "void"),
    ("committing", "cancel"): ("cancelled",),
    ("revealing", "reveal"): ("revealing", "drawn"),
    ("revealing", "reveal_time_over"): ("drawn", "void"),
    ("revealing", "cancel"): ("cancelled",),
}

_WORDS: dict[DrawState, str] = {
    "committing": "departments commit to their seeds, nothing can be revealed before all have or their time is over",
    "revealing": "the time to commit is over, departments reveal",
    "drawn": "it was drawn",
    "void": "it is void",
    "cancelled": "it was called off",
}


def require(state: DrawState, action: DrawAction) -> None:
    """Raises RequestRefused (409) in words where that cannot be."""
    if (state, action) not in TABLE:
        can = [name.replace("_", " ") for name in may(state)]
        way = f" Possible now: {', '.join(can)}." if can else " Call another draw."
        raise RequestRefused("draw_state", f"That cannot be done with this draw: {_WORDS[state]}.{way}", status=409)


def after(
    state: DrawState, action: DrawAction, *, committed: int, revealed: int, departments: int, goes_on: bool
) -> DrawState:
    """What the draw is after that, where so many have committed and revealed, this one included."""
    require(state, action)
    found: DrawState = state
    if action == "cancel":
        if revealed:
            raise RequestRefused(
                "seed_known", "A seed is known already: calling the draw off would be a second try.", status=409
            )
        found = "cancelled"
    elif action == "commit":
        found = "revealing" if committed == departments else "committing"
    elif action == "commit_time_over":
        found = "revealing" if committed else "void"
    elif action == "reveal":
        found = "drawn" if revealed == committed else "revealing"
    else:
        found = "drawn" if revealed and (goes_on or revealed == committed) else "void"
    if found not in TABLE[(state, action)]:
        raise RequestRefused("draw_state", f"A draw that is {state} cannot become {found}.", status=409)
    return found


def may(state: DrawState) -> tuple[DrawAction, ...]:
    """What people can do with it now."""
    return tuple(name for at, name in TABLE if at == state and not name.endswith("_over"))
