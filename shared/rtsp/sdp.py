"""Session descriptions as cameras write them (RFC 8866; RFC 2326 appendix C for RTSP)."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ProtocolViolation

MOST_MEDIA = 16
MOST_ATTRIBUTES = 64

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One m= section. `attributes` are its a= lines: name, and what follows the colon ("" where nothing does)."""

    media: str
    port: int
    protocol: str
    payload_types: tuple[int, ...]
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, name: str) -> str | None:
        return _attribute(self.attributes, name)

    def of_payload_type(self, name: str, payload_type: int) -> str | None:
        """The value of an rtpmap or fmtp line without its payload type (RFC 8866 6.6, 6.15)."""
        for attribute, value in self.attributes:
            number, _, rest = value.partition(" ")
            if attribute == name and number == str(payload_type):
                return rest.strip()
        return None

    def format_parameters(self, payload_type: int) -> dict[str, str]:
        """fmtp as a mapping, names in lower case; "config=13 90" style blanks around values removed."""
        found: dict[str, str] = {}
        for parameter in (self.of_payload_type("fmtp", payload_type) or "").split(";"):
            # Only the first "=" parts: base64 in sprop-parameter-sets ends in more of them.
            name, _, value = parameter.partition("=")
            if name.strip():
                found.setdefault(name.strip().lower(), value.strip())
        return found

    @property
    def direction(self) -> str:
        """From the describing side's view: a camera's backchannel is "sendonly" or "recvonly" by vendor."""
        return next((name for name, _ in self.attributes if name in _DIRECTIONS), "sendrecv")


@dataclass(frozen=True, slots=True)
class SessionDescription:
    name: str
    attributes: tuple[tuple[str, str], ...]
    media: tuple[MediaDescription, ...]

    def attribute(self, name: str) -> str | None:
        return _attribute(self.attributes, name)


def parse_sdp(body: bytes) -> SessionDescription:
    """Read what DESCRIBE answered.

    Lenient where cameras are careless (missing v=, o= and t= lines, bare line feeds, blank lines, character sets);
    lines of other types are passed over.

    Raises:
        ProtocolViolation: no m= line that can be read, or far too much of something.
    """
    name = ""
    session: list[tuple[str, str]] = []
    media: list[tuple[str, list[tuple[str, str]]]] = []
    offset = 0
    for line in body.decode("utf-8", "replace").replace("\r", "\n").split("\n"):
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            media.append((value.strip(), []))
        elif kind == "a":
            attributes = media[-1][1] if media else session
            attribute, _, rest = value.partition(":")
            attributes.append((attribute.strip().lower(), rest.strip()))
            if len(attributes) > MOST_ATTRIBUTES:
                raise ProtocolViolation("too many attributes in an SDP section", offset=offset)
        elif kind == "s" and not media:
            name = value.strip()
        if len(media) > MOST_MEDIA:
            raise ProtocolViolation("too many media sections in the SDP", offset=offset)
        offset += len(line) + 1
    described = tuple(_parse_media(line, tuple(attributes)) for line, attributes in media)
    if not described:
        raise ProtocolViolation("the SDP describes no media")
    return SessionDescription(name, tuple(session), described)


def _parse_media(line: str, attributes: tuple[tuple[str, str], ...]) -> MediaDescription:
    words = line.split()
    if len(words) < 4:
        raise ProtocolViolation("SDP m= line with fewer than four words")
    port = words[1].partition("/")[0]  # "49170/2": a number of ports (RFC 8866 5.14)
    types = tuple(int(word) for word in words[3:] if word.isascii() and word.isdecimal() and len(word) <= 3)
    if not (port.isascii() and port.isdecimal() and len(port) <= 5):
        raise ProtocolViolation("SDP m= line without a port number")
    return MediaDescription(words[0].lower(), int(port), words[2].upper(), types, attributes)


def _attribute(attributes: tuple[tuple[str, str], ...], name: str) -> str | None:
    return next((value for attribute, value in attributes if attribute == name), None)


def resolve_control(base: str, control: str | None) -> str:
    """The URL of a track or session (RFC 2326 C.1.1).

    `base` is Content-Base, else Content-Location, else the URL that was described. A relative control is appended
    after a slash even where RFC 3986 would replace the last segment: cameras leave the slash of their base out, and
    expect what every other client does.
    """
    if control is None or control in ("", "*"):
        return base
    if "://" in control:
        return control
    return f"{base.rstrip('/')}/{control.lstrip('/')}"
