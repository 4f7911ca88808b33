"""Guests of an emergency room: whom a link lets in, to which cameras, to do what, until when."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from services.gateway.roles import Verb
from shared.errors import RequestRefused
from shared.messages.intercom import TalkPriority
from shared.messages.rooms import GuestPass, OpenRoom

_PREFIX = "g1."
_LOGIN = "guest:"
_URGENCY: dict[TalkPriority, int] = {"routine": 0, "order": 1, "emergency": 2}


@dataclass(frozen=True, slots=True)
class GuestScope:
    """All that a guest may do: these verbs, with these cameras, and be in this room."""

    room: str
    guest: str
    cameras: frozenset[str]
    verbs: frozenset[Verb]
    priority: TalkPriority

    def may(self, verb: Verb) -> bool:
        return verb in self.verbs or verb == "stay_logged_in"

    def require_priority(self, wanted: TalkPriority) -> None:
        """Raises RequestRefused where they may not speak with that urgency."""
        if _URGENCY[wanted] > _URGENCY[self.priority]:
            raise RequestRefused(
                "priority_not_allowed", f"Your invitation lets you speak as {self.priority} at most.", status=403
            )

    @classmethod
    def of(cls, room: OpenRoom, granted: GuestPass) -> GuestScope:
        cameras = frozenset(each.camera for each in room.cameras)
        return cls(room.room, granted.guest, cameras, frozenset(granted.verbs), granted.priority)


class OpenRooms(Protocol):
    """What the intercom says of rooms that are open."""

    async def find(self, room: str) -> OpenRoom | None: ...


class GuestTokens:
    """Makes and reads what a guest's link carries: `g1.<payload>.<HMAC-SHA256 of it>`, base64url.

    It names room and guest and nothing else: what they may do, and until when, is what the room says now.
    """

    def __init__(self, secret: bytes):
        # A key of its own, derived: a link can never pass for anything else made with the same secret.
        self._key = hmac.digest(secret, b"bright-kitchen guest links 1", "sha256")

    def issue(self, room: str, guest: str) -> str:
        payload = _encode(json.dumps([room, guest], separators=(",", ":")).encode())
        return f"{_PREFIX}{payload}.{_encode(self._mac(payload))}"

    def read(self, token: str) -> tuple[str, str]:
        """Room and guest. Raises RequestRefused (401) where it proves nothing."""
        payload, _, mac = token.removeprefix(_PREFIX).partition(".")
        try:
            is_ours = hmac.compare_digest(self._mac(payload), _decode(mac))
        except (binascii.Error, ValueError, UnicodeError):
            is_ours = False
        if not is_ours:
            raise RequestRefused("bad_token", "This guest link is not valid: ask for a new one.", status=401)
        room, guest = json.loads(_decode(payload))
        return room, guest

    def _mac(self, payload: str) -> bytes:
        return hmac.digest(self._key, payload.encode(), sha256)


def is_guest_token(token: str) -> bool:
    return token.startswith(_PREFIX)


def guest_login(room: str, guest: str) -> str:
    """In place of a login's id."""
    return f"{_LOGIN}{room}:{guest}"


def guest_of_login(id: str) -> tuple[str, str] | None:
    """Room and guest; None where it is somebody's with an account."""
    if not id.startswith(_LOGIN):
        return None
    room, _, guest = id.removeprefix(_LOGIN).partition(":")
    return room, guest


def guest_over() -> RequestRefused:
    return RequestRefused(
        "guest_over", "Your time as a guest of this room is over: ask who invited you for a new link.", status=401
    )


def guests_not_here() -> RequestRefused:
    return RequestRefused(
        "guests_not_here", "Guests of a room see and speak to its cameras, and nothing else.", status=403
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
