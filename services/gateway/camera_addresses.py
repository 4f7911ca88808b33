"""Which addresses a camera may have: schemes, networks, and never ourselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from services.gateway.refusals import FieldFault
from shared.camera_networks import Address, Network, allows

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
        parts = _split(url)
        if isinstance(parts, str):
            return FieldFault(field, parts, "Write it like rtsp://192.168.1.64:554/path.")
        if parts.scheme == "file":
            return self._check_file(field, parts)
        if parts.scheme not in DEFAULT_PORTS:
            return FieldFault(
                field,
                f"The scheme {parts.scheme!r} is not one that cameras speak."
                if parts.scheme
                else "The scheme is missing.",
                "Begin the address with rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://.",
            )
        host, port = parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
        if not host:
            return FieldFault(field, "The host is missing.", "Write it like rtsp://192.168.1.64:554/path.")
        if port is None and parts.scheme in _NEEDS_PORT:
            return FieldFault(field, "The port is missing.", f"Write it like {parts.scheme}://192.168.1.64:9000.")
        fault = await self._check_host(field, host, port or 0, names)
        return fault or _without_credentials(parts)

    async def check_port(self, field: str, url: str, port: int, names: Names) -> FieldFault | None:
        """What is wrong with another port of the host that the URL names."""
        parts = _split(url)
        host = None if isinstance(parts, str) else parts.hostname
        return None if not host else await self._check_host(field, host, port, names)

    async def _check_host(self, field: str, host: str, port: int, names: Names) -> FieldFault | None:
        addresses = [literal] if (literal := _literal(host)) is not None else await names.addresses(host)
        if not addresses:
            return FieldFault(
                field, f"The name {host!r} is not known here.", "Correct it, or use the camera's IP address."
            )
        for address in addresses:
            if not allows(self.networks, address):
                return FieldFault(
                    field,
                    f"{address} is not in a network where cameras may be.",
                    "Use the camera's address in the video network; an operator adds networks with BK_CAMERA_NETWORKS.",
                )
            if address.is_loopback and port in self.own_ports:
                return FieldFault(
                    field, f"Port {port} on this machine is one of our own services.", "Use a camera's port."
                )
        return None

    def _check_file(self, field: str, parts: SplitResult) -> CleanUrl | FieldFault:
        if self.file_folder is None:
            return FieldFault(
                field,
                "Files as cameras are switched off.",
                "Use a camera's address; BK_CAMERA_FILES names a folder to allow.",
            )
        path = PurePosixPath(unquote(parts.path))
        is_inside = path.is_relative_to(self.file_folder) and ".." not in path.parts
        if parts.netloc not in ("", "localhost") or not is_inside:
            return FieldFault(
                field, "That file is outside the allowed folder.", f"Use a file under {self.file_folder}."
            )
        return CleanUrl(urlunsplit(("file", "", parts.path, "", "")))


def _split(url: str) -> SplitResult | str:
    if _CONTROL & set(url):
        return "There are spaces or control characters in the address."
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"This is not an address: {error}."
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
