"""Ed25519 signatures over canonical JSON (RFC 8032), and the key that makes them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_BYTES = 32


class SigningKey:
    """The private key of an installation; `key_id` names its public half everywhere it is mentioned."""

    def __init__(self, seed: bytes):
        if len(seed) != KEY_BYTES:
            raise ValueError(f"an evidence key is {KEY_BYTES} bytes, this one {len(seed)}")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key()
        self.key_id = hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]
        self.public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @classmethod
    def from_base64(cls, text: str) -> SigningKey:
        """The setting's text. Raises ValueError that says what is wrong with it and not what it was."""
        try:
            seed = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            raise ValueError("an evidence key is 32 bytes in base64") from None
        return cls(seed)

    def sign(self, what: Mapping[str, Any]) -> str:
        """Base64 of the signature over its canonical form."""
        return base64.b64encode(self._private.sign(canonical(what))).decode()


def canonical(what: Mapping[str, Any]) -> bytes:
    """The one way to write it: keys in order, no blanks, UTF-8. Only text, whole numbers, lists and objects.

    That is RFC 8785 for what we sign: its rules for fractions are not needed, because there are none.
    """
    return json.dumps(what, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
