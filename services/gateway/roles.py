"""Who may do what: roles, verbs, and the table that joins them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Role = Literal["admin", "supervisor", "viewer", "school", "guest", "auditor"]
Verb = Literal[
    "stay_logged_in",
    "manage_self",
    "be_told",
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
    "change_registry",
    "manage_accounts",
    "see_watching",
    "read_audit",
]

ALL_VERBS: tuple[Verb, ...] = get_args(Verb)

_SEE: frozenset[Verb] = frozenset(("stay_logged_in", "manage_self", "be_told", "view", "snapshot", "playback"))

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
    "supervisor": _SUPERVISE,
    "admin": _SUPERVISE | {"change_registry", "manage_accounts", "see_watching", "read_audit", "configure"},
}


def verbs_of(roles: Iterable[Role]) -> frozenset[Verb]:
    """What somebody with these roles may do."""
    return frozenset().union(*(VERBS_OF_ROLE[role] for role in roles))
