"""Time-based one-time passwords (RFC 6238) as every authenticator app makes them: SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import hmac
import struct
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226, 4, R6: 160 bits are recommended
# RFC 6238, 5.2: at most one step for the network, and as much again for a clock that is off.
_SKEWS = (0, -1, 1)
_ISSUER = "Bright Kitchen"


def code_at(secret: bytes, step: int) -> str:
    """The code of one step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: bytes, code: str, now_s: float, last_step: int) -> int | None:
    """The step whose code this is; None where none is near, or it was used already (RFC 6238, 5.2: only once)."""
    now_step = int(now_s) // STEP_S
    found = None
    for skew in _SKEWS:
        step = now_step + skew
        if step > last_step and hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def as_text(secret: bytes) -> str:
    """As people type it where they cannot scan."""
    return base64.b32encode(secret).decode()


def of_text(text: str) -> bytes:
    return base64.b32decode(text)


def setup_uri(secret: bytes, account: str) -> str:
    """What the QR code says (the apps' key URI format)."""
    label = f"{quote(_ISSUER)}:{quote(account, safe='')}"
    asked = urlencode({"secret": as_text(secret), "issuer": _ISSUER}, quote_via=quote)
    return f"otpauth://totp/{label}?{asked}"
