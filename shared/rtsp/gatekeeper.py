"""The server side of Basic and Digest authentication: nonces that need no memory, and uses counted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from enum import Enum, auto

from shared.clock import Clock
from shared.rtsp.digest import Challenge, digest_response, parse_parameters
from shared.rtsp.messages import Request

_NONCE_LIFETIME_S = 60
_REMEMBERED_NONCES = 1024


class Verdict(Enum):
    GRANTED = auto()
    DENIED = auto()
    STALE = auto()


class Gatekeeper:
    """Asks for one user's password.

    A nonce is its time of issue and a MAC over it, so that nothing is kept for those who never come back; of the last
    1024 that were used the highest count is kept, and a repeated count is stale (RFC 7616 3.4, nc).
    """

    def __init__(
        self,
        username: str,
        password: str,
        clock: Clock,
        realm: str = "camera",
        algorithms: tuple[str, ...] = ("MD5",),
        uses_qop: bool = True,
        allows_basic: bool = False,
    ):
        self._username = username
        self._password = password
        self._clock = clock
        self._realm = realm
        self._algorithms = algorithms
        self._qop = "auth" if uses_qop else ""
        self._allows_basic = allows_basic
        self._key = secrets.token_bytes(32)
        self._opaque = secrets.token_hex(8)
        self._counts: OrderedDict[str, int] = OrderedDict()

    def challenges(self, is_stale: bool = False) -> list[tuple[str, str]]:
        """The WWW-Authenticate fields of a 401."""
        fields = []
        for algorithm in self._algorithms:
            value = f'Digest realm="{self._realm}", nonce="{self._new_nonce()}", opaque="{self._opaque}"'
            value += f", algorithm={algorithm}"
            value += f', qop="{self._qop}"' if self._qop else ""
            value += ", stale=true" if is_stale else ""
            fields.append(("WWW-Authenticate", value))
        if self._allows_basic:
            fields.append(("WWW-Authenticate", f'Basic realm="{self._realm}"'))
        return fields

    def check(self, request: Request) -> Verdict:
        scheme, _, rest = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() == "basic" and self._allows_basic:
            return self._check_basic(rest)
        if scheme.lower() == "digest":
            return self._check_digest(request.method, parse_parameters(rest))
        return Verdict.DENIED

    def _check_basic(self, encoded: str) -> Verdict:
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return Verdict.DENIED
        return _granted(hmac.compare_digest(given, f"{self._username}:{self._password}".encode()))

    def _check_digest(self, method: str, given: dict[str, str]) -> Verdict:
        challenge = Challenge("digest", {**given, "realm": self._realm})
        if challenge.algorithm not in self._algorithms or given.get("opaque") != self._opaque:
            return Verdict.DENIED
        if (given.get("qop", "") == "auth") != bool(self._qop):
            return Verdict.DENIED
        expected = digest_response(
            challenge,
            self._username,
            self._password,
            method,
            given.get("uri", ""),
            given.get("cnonce", ""),
            given.get("nc", "") if self._qop else "",
        )
        is_right = hmac.compare_digest(expected.encode(), given.get("response", "").encode())
        if not is_right or given.get("username") != self._username:
            return Verdict.DENIED
        return Verdict.GRANTED if self._is_fresh(given) else Verdict.STALE

    def _new_nonce(self) -> str:
        issued = f"{int(self._clock.monotonic() * 1000):x}-{secrets.token_hex(4)}"
        return f"{issued}-{self._mac(issued)}"

    def _mac(self, issued: str) -> str:
        return hmac.new(self._key, issued.encode(), hashlib.sha256).hexdigest()[:16]

    def _is_fresh(self, given: dict[str, str]) -> bool:
        nonce = given.get("nonce", "")
        issued, _, mac = nonce.rpartition("-")
        if not hmac.compare_digest(mac.encode(), self._mac(issued).encode()):
            return False
        age_s = self._clock.monotonic() - int(issued.partition("-")[0], 16) / 1000
        if age_s > _NONCE_LIFETIME_S:
            return False
        if not self._qop:
            return True
        try:
            count = int(given.get("nc", ""), 16)
        except ValueError:
            return False
        if count <= self._counts.get(nonce, 0):
            return False
        self._counts[nonce] = count
        self._counts.move_to_end(nonce)
        if len(self._counts) > _REMEMBERED_NONCES:
            self._counts.popitem(last=False)
        return True


def _granted(is_right: bool) -> Verdict:
    return Verdict.GRANTED if is_right else Verdict.DENIED
