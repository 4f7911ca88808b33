"""Which addresses a camera may have: schemes, networks, and never ourselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from services.gateway.faults import fault
from shared.camera_networks import Address, Network, allows
from shared.field_faults import FieldFault

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935, "srt": None, "udp": None}
_NEEDS_PORT = frozenset(("srt", "udp"))
_CONTROL = frozenset(map(chr, (*range(0x21), 0x7F)))


class Names(Protocol):
    """Turns host names into addresses."""

    async def addresses(self, host: str) -> Sequence[Address]:
        """Empty where the name is not known."""
        ...


@dataclass(frozen=True, slots=True)
class CleanUrl:
    """A URL without credentials, and the credentials that were in it."""

    url: str
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class AddressRules:
    """`own_ports` are refused on loopback: a "camera" there would be our own database or bus.

    `file_folder`: files under it may be cameras; None = no files at all.
    """

    networks: tuple[Network, ...]
    own_ports: frozenset[int] = frozenset()
    file_folder: str | None = None

    async def check(self, field: str, url: str, names: Names) -> CleanUrl | FieldFault:
        """The URL as it may be stored, or what is wrong with it."""
        parts = _split(field, url)
        if isinstance(parts, FieldFault):
            return parts
        if parts.scheme == "file":
            return self._check_file(field, parts)
        if parts.scheme not in DEFAULT_PORTS:
            if not parts.scheme:
                return fault(field, "scheme_missing")
            return fault(field, "scheme_unknown", scheme=parts.scheme)
        host, port = parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
        if not host:
            return fault(field, "host_missing")
        if port is None and parts.scheme in _NEEDS_PORT:
            return fault(field, "port_missing", scheme=parts.scheme)
        wrong = await self._check_host(field, host, port or 0, names)
        return wrong or _without_credentials(parts)

    async def check_port(self, field: str, url: str, port: int, names: Names) -> FieldFault | None:
        """What is wrong with another port of the host that the URL names."""
        parts = _split(field, url)
        host = None if isinstance(parts, FieldFault) else parts.hostname
        return None if not host else await self._check_host(field, host, port, names)

    async def _check_host(self, field: str, host: str, port: int, names: Names) -> FieldFault | None:
        addresses = [literal] if (literal := _literal(host)) is not None else await names.addresses(host)
        if not addresses:
            return fault(field, "host_unknown", host=host)
        for address in addresses:
            if not allows(self.networks, address):
                return fault(field, "address_not_ours", address=str(address))
            if address.is_loopback and port in self.own_ports:
                return fault(field, "port_is_ours", port=port)
        return None

    def _check_file(self, field: str, parts: SplitResult) -> CleanUrl | FieldFault:
        if self.file_folder is None:
            return fault(field, "files_off")
        path = PurePosixPath(unquote(parts.path))
        is_inside = path.is_relative_to(self.file_folder) and ".." not in path.parts
        if parts.netloc not in ("", "localhost") or not is_inside:
            return fault(field, "file_outside", folder=self.file_folder)
        return CleanUrl(urlunsplit(("file", "", parts.path, "", "")))


def _split(field: str, url: str) -> SplitResult | FieldFault:
    if _CONTROL & set(url):
        return fault(field, "address_has_spaces")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return fault(field, "address_unreadable", reason=str(error))
    return parts


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _without_credentials(parts: SplitResult) -> CleanUrl:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    url = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    # RFC 3986, 3.2.1: percent-encoded in the URL, plain in its own field.
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password is not None else None
    return CleanUrl(quote(url, safe="%/:=&?~#+!$,;'@()*[]"), username, password)
