"""What a channel is given and what it answers; how often it is tried; which addresses it may have. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal, Protocol
from urllib.parse import SplitResult, urlsplit

from services.alerting.faults import refused_field
from services.alerting.notices.note import Note
from services.alerting.push.services import PushServices, require_keys
from shared.camera_networks import Network, allows
from shared.errors import BrightKitchenError, RequestRefused
from shared.field_faults import Fact
from shared.messages.notices import ChannelKind

SAID_MAX = 300
SECRET_MIN = 16
ADDRESS_MAX = 2000
_MAIL = re.compile(r"[^\s@<>,;:\"\\\[\]()]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


class ChannelFailed(BrightKitchenError):
    """It was not taken; the text is for people. `is_final`: trying the same again cannot help.

    `is_gone`: nor anything else: the other end is not there any more. `retry_in_s`: not before, it said.
    """

    def __init__(self, said: str, *, is_final: bool = False, is_gone: bool = False, retry_in_s: float | None = None):
        super().__init__(said[:SAID_MAX])
        self.is_final = is_final or is_gone
        self.is_gone = is_gone
        self.retry_in_s = retry_in_s

    def saying(self, said: str) -> ChannelFailed:
        """The same in other words."""
        return ChannelFailed(said, is_final=self.is_final, is_gone=self.is_gone, retry_in_s=self.retry_in_s)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message. `id` is the same whenever it is tried again; `body` is what programs are told, `note` a device."""

    id: str
    title: str
    text: str
    body: Mapping[str, object]
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The channel took it: `delivered` where the other end said that it has it, `sent` where a relay did."""

    state: Literal["sent", "delivered"]
    said: str


class Channel(Protocol):
    """One kind of channel."""

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        """Args: channel: its id. Raises ChannelFailed. Ends within its limit, whatever the other side does."""
        ...


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Four times as long after each failure."""

    attempts_max: int = 6
    first_s: float = 5.0
    last_s: float = 900.0

    def retry_in_s(self, attempts: int) -> float | None:
        """After so many attempts; None: it was the last."""
        if attempts >= self.attempts_max:
            return None
        return float(min(self.first_s * 4.0 ** (attempts - 1), self.last_s))


def sign(secret: str, timestamp_s: int, id: str, body: bytes) -> str:
    """HMAC-SHA256 over `<timestamp>.<id>.<body>`, in hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp_s}.{id}.".encode() + body, hashlib.sha256).hexdigest()


def cleaned(said: str, *secrets: str) -> str:
    """What a channel said, on one line and without anything of its address or secret."""
    line = " ".join(said.split())
    pieces = {piece for secret in secrets for piece in (secret, *re.split(r"[/?&=@:#]+", secret)) if len(piece) >= 6}
    for piece in sorted(pieces, key=len, reverse=True):
        line = line.replace(piece, "…")
    return line[:SAID_MAX]


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Where channels may lead."""

    networks: tuple[Network, ...]
    schemes: frozenset[str]
    has_mail: bool
    push: PushServices = field(default_factory=lambda: PushServices(()))

    def check(self, kind: ChannelKind, address: str, secret: str) -> str:
        """The service it names. Raises RequestRefused (422) with what to change."""
        if len(address) > ADDRESS_MAX:
            raise _wrong("address", "address_too_long", max=ADDRESS_MAX)
        if kind == "console":
            return ""
        if kind == "mail":
            return self._mail(address)
        if kind == "webhook":
            return self._webhook(address, secret)
        if kind == "web_push":
            return self._web_push(address, secret)
        scheme = address.partition("://")[0].lower()
        if scheme not in self.schemes:
            raise _wrong("address", "service_not_listed")
        return scheme

    def _mail(self, address: str) -> str:
        if not self.has_mail:
            raise _wrong("address", "mail_not_set_up")
        if not _MAIL.fullmatch(address):
            raise _wrong("address", "no_mail_address")
        return ""

    def _webhook(self, address: str, secret: str) -> str:
        url = split_url(address)
        try:
            literal = ip_address(url.hostname or "")
        except ValueError:
            literal = None  # a name: checked when it is connected to
        if literal is not None and not allows(self.networks, literal):
            raise _wrong("address", "network_not_listed")
        if len(secret) < SECRET_MIN:
            raise _wrong("secret", "secret_too_short", min=SECRET_MIN)
        return url.scheme

    def _web_push(self, address: str, secret: str) -> str:
        url = split_endpoint(self.push, address)
        require_keys(secret)
        return url.hostname or ""


def split_endpoint(services: PushServices, address: str) -> SplitResult:
    """A subscription's address: https, and at a push service that may be used. Raises RequestRefused (422)."""
    url = split_url(address)
    if url.scheme != "https" or url.fragment:
        raise _wrong("address", "push_not_https")
    if not services.allows_host(url.hostname or "", url.port or 443):
        raise _wrong("address", "push_service_not_listed")
    return url


def split_url(address: str) -> SplitResult:
    """A webhook's parts. Raises RequestRefused (422)."""
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError as error:
        raise _wrong("address", "no_url") from error
    is_plain = address.isascii() and not re.search(r"[\s\x00-\x1f\x7f]", address)
    if url.scheme not in ("http", "https") or not url.hostname or not is_plain or port == 0:
        raise _wrong("address", "no_webhook_address")
    if url.username is not None or url.password is not None:
        raise _wrong("address", "password_in_address")
    return url


def _wrong(field: str, code: str, /, **facts: Fact) -> RequestRefused:
    return refused_field("bad_channel", field, code, facts)
