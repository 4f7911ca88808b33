"""Media tokens: short-lived proof in a URL, for one camera, one verb and one person."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from services.gateway.roles import Role
from shared.errors import RequestRefused

MediaVerb = Literal["view", "snapshot", "playback"]
# A view and a snapshot are opened once; each piece of a playback is asked for with the token, as long as one looks.
LIFETIME_S: dict[MediaVerb, int] = {"view": 60, "snapshot": 60, "playback": 4 * 3600}


@dataclass(frozen=True, slots=True)
class MediaGrant:
    """What a token says. `login` is the id of the login that asked for it: when that ends, so does the token."""

    camera: str
    verb: MediaVerb
    user: str
    roles: tuple[Role, ...]
    login: str
    expires_us: int


class MediaTokens:
    """Makes and reads tokens: `<payload>.<HMAC-SHA256 of it>`, both base64url, so that every replica can check them."""

    def __init__(self, secret: bytes):
        # A key of its own, derived: a token can never pass for anything else made with the same secret.
        self._key = hmac.digest(secret, b"bright-kitchen media tokens 1", "sha256")

    def issue(self, grant: MediaGrant) -> str:
        fields = [grant.camera, grant.verb, grant.user, list(grant.roles), grant.login, grant.expires_us]
        payload = _encode(json.dumps(fields, separators=(",", ":")).encode())
        return f"{payload}.{_encode(self._mac(payload))}"

    def read(self, token: str, camera: str, verb: MediaVerb, now_us: int) -> MediaGrant:
        """Raises RequestRefused: 401 where it proves nothing (any more), 403 where it proves something else."""
        payload, _, mac = token.partition(".")
        try:
            is_ours = hmac.compare_digest(self._mac(payload), _decode(mac))
        except (binascii.Error, ValueError, UnicodeError):
            is_ours = False
        if not is_ours:
            raise RequestRefused("bad_token", "This media token is not valid: ask for a new one.", status=401)
        found_camera, found_verb, user, roles, login, expires_us = json.loads(_decode(payload))
        if expires_us <= now_us:
            raise RequestRefused("token_expired", "This media token has expired: ask for a new one.", status=401)
        if (found_camera, found_verb) != (camera, verb):
            raise RequestRefused(
                "token_for_something_else",
                f"This media token allows to {found_verb} camera {found_camera}, nothing else: ask for another.",
                status=403,
            )
        return MediaGrant(found_camera, found_verb, user, tuple(roles), login, expires_us)

    def _mac(self, payload: str) -> bytes:
        return hmac.digest(self._key, payload.encode(), sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
