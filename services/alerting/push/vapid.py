"""Who sends: Voluntary Application Server Identification (RFC 8292), a signed token for each push service."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from services.alerting.push.base64url import decoded, encoded
from services.alerting.push.encryption import point_of

# RFC 8292 2: at most 24 hours; half of it leaves room for clocks that are wrong.
_VALID_S = 12 * 3600
_SCALAR_BYTES = 32


class VapidKey:
    """The key of this installation: a subscription is bound to it, and nobody else can send to it."""

    def __init__(self, private: ec.EllipticCurvePrivateKey):
        self._private = private
        self.public = encoded(point_of(private.public_key()))

    @classmethod
    def parse(cls, text: str) -> VapidKey:
        """From the 32 bytes of the private key in base64url. Raises ValueError."""
        try:
            raw = decoded(text.strip())
        except ValueError:
            raw = b""
        if len(raw) != _SCALAR_BYTES:
            raise ValueError("a private key is 32 bytes in base64url")
        return cls(ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()))

    @property
    def text(self) -> str:
        """The private key, as `parse` reads it."""
        number = self._private.private_numbers().private_value
        return encoded(number.to_bytes(_SCALAR_BYTES, "big"))

    def authorization(self, origin: str, contact: str, now_s: int) -> str:
        """Value of the header. Args: origin: of the push service; contact: mailto: or https:, empty: none is named."""
        claims: dict[str, object] = {"aud": origin, "exp": now_s + _VALID_S}
        if contact:
            claims["sub"] = contact
        signed = f"{_part({'typ': 'JWT', 'alg': 'ES256'})}.{_part(claims)}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), ec.ECDSA(SHA256())))
        # RFC 7518 3.4: both numbers, 32 bytes each, and not DER.
        signature = r.to_bytes(_SCALAR_BYTES, "big") + s.to_bytes(_SCALAR_BYTES, "big")
        return f"vapid t={signed}.{encoded(signature)}, k={self.public}"


def _part(value: object) -> str:
    return encoded(json.dumps(value, separators=(",", ":")).encode())
