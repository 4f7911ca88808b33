"""Where an RTSP stream is and how it is to be fetched: what a client is given."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, urlsplit, urlunsplit

from shared.errors import CameraUnreachable

RTSP_PORT = 554
RTSPS_PORT = 322  # RFC 7826 22.14.2: rtsps


def _anybody(address: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class RtspSource:
    """One stream of one camera.

    Attributes:
        url: rtsp:// or rtsps://; credentials in it are taken where `username` is None, and never sent as part of it.
        transport: auto = TCP, and UDP where the camera refuses that.
        wants_audio: whether sound is set up beside the picture.
        camera: named in errors.
        require: for the Require header of DESCRIBE and SETUP (the ONVIF backchannel).
        may_connect: asked with each IP address before connecting, also after a redirect.
        tls: for rtsps; None = certificates are checked against the system's authorities.
    """

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    transport: Literal["auto", "tcp", "udp"] = "auto"
    wants_audio: bool = True
    camera: str | None = None
    require: str | None = None
    may_connect: Callable[[str], bool] = _anybody
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An RTSP URL taken apart; `url` is without user and password."""

    url: str
    host: str
    port: int
    is_tls: bool
    username: str | None
    password: str | None


def parse_address(url: str) -> Address:
    """Take an RTSP URL apart.

    Raises:
        CameraUnreachable: it is none; nothing can be connected to.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise CameraUnreachable("The camera's URL cannot be read.") from error
    if parts.scheme not in ("rtsp", "rtsps") or not host or any(letter <= " " for letter in url):
        raise CameraUnreachable("The camera's URL is not an rtsp:// URL.")
    is_tls = parts.scheme == "rtsps"
    bare = urlunsplit(SplitResult(parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    return Address(bare, host, port or (RTSPS_PORT if is_tls else RTSP_PORT), is_tls, parts.username, parts.password)
