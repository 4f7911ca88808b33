"""Who may speak to a kitchen: one at a time, an emergency before an order before routine. Pure."""

from __future__ import annotations

from shared.errors import RequestRefused
from shared.messages.intercom import FloorHeld, TalkPriority

_RANK: dict[TalkPriority, int] = {"routine": 0, "order": 1, "emergency": 2}
_WORDS: dict[TalkPriority, str] = {"routine": "", "order": " (an order)", "emergency": " (an emergency)"}


class FloorTaken(RequestRefused):
    """Somebody else speaks, and not less urgently."""

    def __init__(self, held: FloorHeld):
        super().__init__(
            "floor_taken",
            f"{held.talker} is speaking to this kitchen{_WORDS[held.priority]}. Wait, or speak with a higher priority.",
            status=409,
        )
        self.held = held


def may_take(wanted: FloorHeld, held: FloorHeld | None) -> bool:
    """Whether the floor is the wanter's now: it is free, its own, or held less urgently."""
    return held is None or held.talk == wanted.talk or _RANK[wanted.priority] > _RANK[held.priority]
