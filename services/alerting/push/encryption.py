"""Message Encryption for Web Push (RFC 8291) in one record of aes128gcm (RFC 8188): only the device can read it.

Our own, with the primitives of `cryptography`: pywebpush brings aiohttp and requests with it, which would connect
wherever an endpoint leads; what is needed of it is the two derivations below.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.alerting.push.base64url import decoded, encoded

AUTH_BYTES = 16
POINT_BYTES = 65
SALT_BYTES = 16
# RFC 8030 7.2: every push service takes 4096 bytes of body.
BODY_BYTES_MAX = 4096
_TAG_BYTES = 16
_RECORD_BYTES = 4096
_HEADER_BYTES = SALT_BYTES + 4 + 1 + POINT_BYTES
# RFC 8188 2: the delimiter of the last record.
_LAST = b"\x02"
PLAIN_BYTES_MAX = BODY_BYTES_MAX - _HEADER_BYTES - len(_LAST) - _TAG_BYTES


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """What a browser gives with its subscription: a point on P-256, and a secret shared with us alone."""

    point: bytes
    auth: bytes

    @classmethod
    def parse(cls, p256dh: str, auth: str) -> DeviceKeys:
        """Raises ValueError: not a point of the curve, or not 16 bytes."""
        point, secret = decoded(p256dh), decoded(auth)
        if len(point) != POINT_BYTES or len(secret) != AUTH_BYTES:
            raise ValueError("a point is 65 bytes and a secret 16")
        _public(point)
        return cls(point, secret)

    @classmethod
    def from_secret(cls, secret: str) -> DeviceKeys:
        """From `text`. Raises ValueError."""
        p256dh, _, auth = secret.partition(".")
        return cls.parse(p256dh, auth)

    @property
    def text(self) -> str:
        """As it is sealed: `<point>.<secret>`."""
        return f"{encoded(self.point)}.{encoded(self.auth)}"


def encrypt(plain: bytes, device: DeviceKeys, ours: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body of a push message.

    Args:
        ours: made for this message alone. salt: 16 random bytes.

    Raises:
        ValueError: more than PLAIN_BYTES_MAX.
    """
    if len(plain) > PLAIN_BYTES_MAX:
        raise ValueError(f"{len(plain)} bytes are too many for one push message")
    our_point = point_of(ours.public_key())
    shared = ours.exchange(ec.ECDH(), _public(device.point))
    # RFC 8291 3.3 and 3.4: the secret of the subscription goes into the key material of RFC 8188.
    material = _derived(shared, device.auth, b"WebPush: info\0" + device.point + our_point, 32)
    key = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes((POINT_BYTES,)) + our_point
    return header + AESGCM(key).encrypt(nonce, plain + _LAST, None)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Uncompressed, as RFC 8291 4 and RFC 8292 3.2 write keys."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _public(point: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def _derived(material: bytes, salt: bytes, info: bytes, size_bytes: int) -> bytes:
    return HKDF(SHA256(), size_bytes, salt, info).derive(material)
