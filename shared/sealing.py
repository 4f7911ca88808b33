"""Sealed secrets: AES-256-GCM, bound to what they belong to, with keys that can be changed."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import BrightKitchenError
from shared.settings import SealingSettings

_FORMAT = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12  # NIST SP 800-38D, 5.2.1.1: 96 bits is the size GCM is made for
_TAG_BYTES = 16


class SealBroken(BrightKitchenError):
    """A sealed text cannot be opened: unknown key, other context, or somebody changed it."""


class Sealer:
    """Seals with the first key, opens with any.

    A sealed text is base64 of: format (1 byte), key id (4), nonce (12), ciphertext with tag (16).
    The `context` ("camera:<site>/<camera>") is authenticated, not stored: a password copied to another
    camera's row does not open there.
    """

    def __init__(self, keys: Sequence[bytes]):
        if not keys or any(len(key) != 32 for key in keys):
            raise ValueError("a sealing key is 32 bytes, and at least one is needed")
        self._keys = {_key_id(key): AESGCM(key) for key in keys}
        self._current_id = _key_id(keys[0])

    @classmethod
    def from_settings(cls, settings: SealingSettings) -> Sealer:
        texts = [settings.secret_key.get_secret_value()]
        texts += [text for text in settings.secret_keys_old.get_secret_value().split(",") if text.strip()]
        made = cls([decode_key(text) for text in texts])
        # Tried once: what cannot seal here says so at the start, and not with the first camera.
        made.open(made.seal("", "start"), "start")
        return made

    def seal(self, secret: str, context: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self._current_id].encrypt(nonce, secret.encode(), _FORMAT + context.encode())
        return base64.b64encode(_FORMAT + self._current_id + nonce + sealed).decode()

    def open(self, sealed: str, context: str) -> str:
        """Raises SealBroken, without saying which byte was wrong."""
        try:
            raw = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise SealBroken("not a sealed text") from error
        key_id = raw[1 : 1 + _KEY_ID_BYTES]
        box = raw[1 + _KEY_ID_BYTES :]
        if raw[:1] != _FORMAT or len(box) < _NONCE_BYTES + _TAG_BYTES:
            raise SealBroken("not a sealed text of this version")
        if key_id not in self._keys:
            raise SealBroken(f"sealed with key {key_id.hex()}, which BK_SECRET_KEY and BK_SECRET_KEYS_OLD do not hold")
        try:
            opened = self._keys[key_id].decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _FORMAT + context.encode())
        except InvalidTag as error:
            raise SealBroken("sealed for something else, or changed since") from error
        return opened.decode()

    def is_current(self, sealed: str) -> bool:
        """Whether the newest key sealed it; where not, seal it again when it is next written."""
        try:
            return base64.b64decode(sealed)[1 : 1 + _KEY_ID_BYTES] == self._current_id
        except (binascii.Error, ValueError):
            return False


def new_key() -> str:
    """A fresh BK_SECRET_KEY."""
    return base64.b64encode(os.urandom(32)).decode()


def decode_key(text: str) -> bytes:
    """32 bytes from BK_SECRET_KEY; raises ValueError that names the variable."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("BK_SECRET_KEY is not base64") from error
    if len(key) != 32:
        raise ValueError(f"BK_SECRET_KEY holds {len(key)} bytes, not 32")
    return key


def _key_id(key: bytes) -> bytes:
    return sha256(b"bright-kitchen key id" + key).digest()[:_KEY_ID_BYTES]
