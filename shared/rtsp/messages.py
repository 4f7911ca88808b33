"""RTSP requests, responses and interleaved frames as values (RFC 2326 clauses 4 to 7, 10.12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REASONS = {
    200: "OK", 301: "Moved Permanently", 302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized",
    404: "Not Found", 405: "Method Not Allowed", 453: "Not Enough Bandwidth", 454: "Session Not Found",
    455: "Method Not Valid In This State", 459: "Aggregate Operation Not Allowed", 461: "Unsupported Transport",
    500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable", 551: "Option not supported",
}  # fmt: skip


class Headers:
    """Header fields in their order. Names are compared without case, and one name may come several times."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()):
        self._fields = tuple(fields)

    def get(self, name: str) -> str | None:
        """The first value of that name."""
        wanted = name.lower()
        return next((value for field, value in self._fields if field.lower() == wanted), None)

    def get_all(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for field, value in self._fields if field.lower() == wanted]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    def to_text(self, body: bytes) -> str:
        """Every field on its line, then Content-Length where there is a body, then the empty line."""
        lines = [f"{name}: {value}\r\n" for name, value in self._fields if name.lower() != "content-length"]
        if body:
            lines.append(f"Content-Length: {len(body)}\r\n")
        return "".join(lines) + "\r\n"


NO_HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class Request:
    """RFC 2326 clause 6. `headers` need not state Content-Length: `to_bytes` does."""

    method: str
    uri: str
    headers: Headers = NO_HEADERS
    body: bytes = b""

    def to_bytes(self) -> bytes:
        return f"{self.method} {self.uri} RTSP/1.0\r\n{self.headers.to_text(self.body)}".encode() + self.body

    @property
    def cseq(self) -> int | None:
        return _number(self.headers.get("CSeq"))


@dataclass(frozen=True, slots=True)
class Response:
    """RFC 2326 clause 7."""

    status: int
    headers: Headers = NO_HEADERS
    body: bytes = b""
    reason: str = ""

    def to_bytes(self) -> bytes:
        reason = self.reason or REASONS.get(self.status, "Unknown")
        return f"RTSP/1.0 {self.status} {reason}\r\n{self.headers.to_text(self.body)}".encode() + self.body

    @property
    def cseq(self) -> int | None:
        return _number(self.headers.get("CSeq"))


@dataclass(frozen=True, slots=True)
class InterleavedFrame:
    """One RTP or RTCP packet inside the RTSP connection (RFC 2326 10.12)."""

    channel: int
    payload: bytes

    def to_bytes(self) -> bytes:
        return b"$" + self.channel.to_bytes(1) + len(self.payload).to_bytes(2) + self.payload


def _number(value: str | None) -> int | None:
    # isdecimal alone lets digits of other scripts through, and those int() understands are still no CSeq.
    return int(value) if value is not None and value.isascii() and value.isdecimal() and len(value) < 12 else None
