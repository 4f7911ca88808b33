"""Who may do what: roles, verbs, and the table that joins them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Role = Literal["admin", "chief", "supervisor", "inspector", "viewer", "school", "guest", "auditor", "sre"]
Verb = Literal[
    "stay_logged_in",
    "manage_self",
    "be_told",
    "list",
    "view",
    "snapshot",
    "playback",
    "export",
    "seal_evidence",
    "teach",
    "talk",
    "invite",
    "review",
    "answer",
    "order",
    "inspect",
    "configure",
    "see_storage",
    "change_registry",
    "manage_accounts",
    "see_watching",
    "read_audit",
]

ALL_VERBS: tuple[Verb, ...] = get_args(Verb)

# Names and states of schools and cameras, and how the system is: no picture of anybody.
_LIST: frozenset[Verb] = frozenset(("stay_logged_in", "manage_self", "be_told", "list"))

_SEE: frozenset[Verb] = _LIST | {"view", "snapshot", "playback"}

_SUPERVISE: frozenset[Verb] = _SEE | {
    "export",
    "seal_evidence",
    "teach",
    "talk",
    "invite",
    "review",
    "order",
    "inspect",
}

# A viewer looks; a supervisor also takes recordings with him, and says what analysis is to believe. They part ways
# further with alerts and orders.
VERBS_OF_ROLE: dict[Role, frozenset[Verb]] = {
    "viewer": _SEE,
    # A school's own people: they see their kitchens, are told what is wrong, and answer.
    "school": _SEE | {"answer", "see_watching"},
    # Of another department, until a day: what is theirs, and the cases that somebody shows them.
    "guest": _SEE,
    # Reads who did what, and looks at no kitchen.
    "auditor": frozenset(("stay_logged_in", "manage_self", "see_watching", "read_audit")),
    # Keeps it running: cameras, schools, health. Looks at nobody.
    "sre": _LIST | {"see_storage", "change_registry"},
    # Goes to kitchens: looks, finds, and brings evidence along; whoever orders is somebody else.
    "inspector": _SEE | {"inspect", "export", "seal_evidence"},
    "supervisor": _SUPERVISE,
    # Also says by which rules is judged, when, and who is told; answers for how long is kept what.
    "chief": _SUPERVISE | {"configure", "see_storage", "see_watching"},
    "admin": _SUPERVISE
    | {"configure", "see_storage", "change_registry", "manage_accounts", "see_watching", "read_audit"},
}


def verbs_of(roles: Iterable[Role]) -> frozenset[Verb]:
    """What somebody with these roles may do."""
    return frozenset().union(*(VERBS_OF_ROLE[role] for role in roles))
