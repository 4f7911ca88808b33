"""A push service and a browser, for tests: what comes by TLS is checked and decrypted as RFC 8291 and 8292 say.

Written from the receiver's side, with primitives alone: nothing of what it checks is imported.
"""

from __future__ import annotations

import asyncio
import base64
import datetime
import hashlib
import hmac
import json
import os
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from shared.embedded.ports import HOST

CURVE = ec.SECP256R1()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """A subscription as a browser holds it."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def p256dh(self) -> str:
        return b64(point(self.private.public_key()))

    @property
    def secret(self) -> str:
        return f"{self.p256dh}.{b64(self.auth)}"

    def read(self, body: bytes) -> bytes:
        """RFC 8188 2.1 and RFC 8291 3.4, receiving. Raises InvalidTag where it is for somebody else."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert length == 65
        assert 17 < len(record) <= size, "one record, and no longer than it says"
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
        info = b"WebPush: info\0" + point(self.private.public_key()) + sender + b"\x01"
        material = mac(mac(self.auth, shared), info)
        pseudo = mac(salt, material)
        key = mac(pseudo, b"Content-Encoding: aes128gcm\0\x01")[:16]
        nonce = mac(pseudo, b"Content-Encoding: nonce\0\x01")[:12]
        padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        assert padded[-1:] == b"\x02", "the last record"
        return padded[:-1]


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def checked_token(header: str, origin: str, now_s: float) -> dict[str, Any]:
    """The claims. AssertionError where a push service would say 401 or 403."""
    scheme, _, rest = header.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    signed, _, signature = parts["t"].rpartition(".")
    head, claims = (json.loads(unb64(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    raw = unb64(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(parts["k"]))
    public.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    assert claims["aud"] == origin
    assert now_s < claims["exp"] <= now_s + 24 * 3600
    return dict(claims) | {"k": parts["k"]}


@dataclass
class Pushed:
    """One message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Answers with `answer`; while it is None it takes the message and says nothing."""

    answer: Callable[[Pushed], tuple[int, str]] | None = lambda _: (201, "")
    pushed: list[Pushed] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    trusted: Path = Path()

    @property
    def origin(self) -> str:
        return f"https://{HOST}:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        first, *lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers["Content-Length"]))
        came = Pushed(first.split(" ")[1], headers, body)
        self.pushed.append(came)
        self.news.set()
        if self.answer is None:
            await reader.read()
        else:
            status, more = self.answer(came)
            writer.write(f"HTTP/1.1 {status} X\r\n{more}Content-Length: 4\r\n\r\nsaid".encode())
            await writer.drain()
        writer.close()

    async def until(self, count: int, limit_s: float) -> None:
        async with asyncio.timeout(limit_s):
            while len(self.pushed) < count:
                self.news.clear()
                await self.news.wait()


def certificate(folder: Path) -> tuple[Path, Path]:
    """For 127.0.0.1 and localhost, signed by itself: certificate and key."""
    key = ec.generate_private_key(CURVE)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push service of a test")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST)), x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, hidden = folder / "push.pem", folder / "push.key"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    hidden.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return shown, hidden


@asynccontextmanager
async def push_service(shown: Path, hidden: Path, service: PushService) -> AsyncIterator[PushService]:
    """Listens by TLS on a free port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(shown, hidden)
    server = await asyncio.start_server(service.handle, HOST, 0, ssl=tls)
    service.port = server.sockets[0].getsockname()[1]
    service.trusted = shown
    yield service
    server.close()


@contextmanager
def pushing_beside(shown: Path, hidden: Path) -> Iterator[PushService]:
    """The same in a thread, for tests that do not wait themselves: what it was told is looked at afterwards."""
    service, is_up, is_over = PushService(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with push_service(shown, hidden, service):
            is_up.set()
            await asyncio.to_thread(is_over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="push service")
    thread.start()
    assert is_up.wait(30)
    yield service
    is_over.set()
    thread.join(30)
