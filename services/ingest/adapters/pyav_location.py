"""Which URLs libav is given, and with which options: kinds of source that are not RTSP."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from shared.errors import CameraRefused

_READ_LIMIT_S = 4.0  # a frozen camera is to be noticed within 5 s
_OPEN_LIMIT_S = 10.0
# A playlist names segments of up to some 10 s, and nothing comes between two of them.
_PLAYLIST_SILENCE_S = 30.0

# What a playlist of that scheme may make libav open: never a file of ours because a camera said so.
_PROTOCOLS = {
    "file": "file",
    "http": "http,tcp,tls,https,crypto",
    "https": "http,tcp,tls,https,crypto",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,rtmp,tls,tcp",
    "srt": "srt",
    "udp": "udp",
}


@dataclass(frozen=True, slots=True)
class Location:
    """Where libav reads.

    Attributes:
        url: as libav wants it; may contain a password and is never logged.
        is_looped: a file, played over and over.
        is_paced: it comes in lumps, and pictures are let out by the clock.
        silence_limit_s: without a packet for so long it is given up.
        open_limit_s: so long for connecting and the first packets.
    """

    url: str
    scheme: str
    is_looped: bool = False
    is_paced: bool = False
    silence_limit_s: float = _READ_LIMIT_S
    open_limit_s: float = _OPEN_LIMIT_S
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)


def location_of(url: str, username: str | None = None, password: str | None = None) -> Location:
    """Read a camera's address.

    Raises:
        CameraRefused: it is of a kind that is not served.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    protocols = _PROTOCOLS.get(scheme)
    if protocols is None:
        raise CameraRefused(f"addresses that begin with {scheme or 'nothing'}: are not served")
    options = {"protocol_whitelist": protocols}
    if scheme == "file":
        path = unquote(parts.path) or parts.netloc
        return Location(path, scheme, is_looped=True, is_paced=True, options=options)
    if username:
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{quote(username, safe='')}:{quote(password or '', safe='')}@{host}"
        parts = parts._replace(netloc=netloc)
    target = urlunsplit(parts)
    if scheme in ("http", "https"):
        options["max_redirects"] = "0"  # only the address that was registered was checked against the networks allowed
    if parts.path.endswith((".m3u8", ".m3u")) and scheme in ("http", "https"):
        options |= {"live_start_index": "-2", "http_persistent": "1"}
        return Location(target, scheme, is_paced=True, silence_limit_s=_PLAYLIST_SILENCE_S, options=options)
    # Live sources: no more probing than naming the tracks takes (libav's default waits to learn the frame rate).
    # Not "nobuffer": it throws away what was probed, the first IDR among it.
    options |= {"analyzeduration": "1500000", "probesize": "1000000", "fpsprobesize": "0"}
    if scheme == "udp":
        options |= {"overrun_nonfatal": "1", "fifo_size": "20000"}  # 20,000 packets of 188 bytes = 3.7 MB
        return Location(target, scheme, format="mpegts", options=options)
    if scheme == "srt":
        return Location(target, scheme, format="mpegts", options=options)
    return Location(target, scheme, options=options)
