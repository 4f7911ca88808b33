"""Cuts a byte stream into RTSP messages and interleaved frames, for either side of a connection."""

from __future__ import annotations

from shared.errors import ProtocolViolation
from shared.rtsp.messages import Headers, InterleavedFrame, Request, Response

LONGEST_HEAD_BYTES = 16 * 1024
LONGEST_BODY_BYTES = 256 * 1024
MOST_HEADER_FIELDS = 100

Event = Request | Response | InterleavedFrame

_DOLLAR = 0x24


class MessageReader:
    """Bytes in, events out. After a ProtocolViolation the connection is of no further use."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        """What is complete with `data`; an incomplete rest (bounded) waits for the next call.

        Raises:
            ProtocolViolation: neither a frame nor a message, or one that is too long.
        """
        data = self._rest + data if self._rest else data
        events: list[Event] = []
        offset = 0
        while offset < len(data):
            found = _parse_frame(data, offset) if data[offset] == _DOLLAR else parse_message(data, offset)
            if found is None:
                break
            event, offset = found
            if event is not None:
                events.append(event)
        self._rest = data[offset:]
        return events


def _parse_frame(data: bytes, offset: int) -> tuple[InterleavedFrame, int] | None:
    begin = offset + 4
    if len(data) < begin:
        return None
    end = begin + int.from_bytes(data[offset + 2 : begin])
    if len(data) < end:
        return None
    return InterleavedFrame(data[offset + 1], data[begin:end]), end


def parse_message(data: bytes, offset: int = 0) -> tuple[Request | Response | None, int] | None:
    """Parse one message that begins at `offset`.

    Returns:
        The message and the offset behind it; None in its place for the empty lines that may stand between messages
        (RFC 2326 4.2). Only None where the message is not complete yet.
    """
    begin = offset
    while begin < len(data) and data[begin] in b"\r\n":
        begin += 1
    if begin > offset:
        return None, begin
    head_end, body_begin = _end_of_head(data, begin)
    if head_end < 0:
        if len(data) - begin > LONGEST_HEAD_BYTES:
            raise ProtocolViolation("no end of the RTSP header in sight", offset=begin)
        # Garbage is told at once, and not waited for: a message begins with a letter.
        if begin < len(data) and not _is_letter(data[begin]):
            raise ProtocolViolation("neither an interleaved frame nor an RTSP message", offset=begin)
        return None
    if head_end - begin > LONGEST_HEAD_BYTES:
        raise ProtocolViolation("RTSP header too long", offset=begin)
    # ISO 8859-1 takes every byte: cameras put their own character sets into realms and server names.
    lines = data[begin:head_end].decode("latin-1").replace("\r\n", "\n").split("\n")
    headers = _parse_headers(lines[1:], begin)
    body_end = body_begin + _content_length(headers, begin)
    if len(data) < body_end:
        return None
    return _parse_start_line(lines[0], headers, data[body_begin:body_end], begin), body_end


def _is_letter(byte: int) -> bool:
    return 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A


def _end_of_head(data: bytes, begin: int) -> tuple[int, int]:
    """Offsets of the head's end and of the body; RFC 2326 clause 4 lets a receiver take bare line feeds as well."""
    strict = data.find(b"\r\n\r\n", begin, begin + LONGEST_HEAD_BYTES + 4)
    loose = data.find(b"\n\n", begin, strict if strict >= 0 else begin + LONGEST_HEAD_BYTES + 2)
    if loose >= 0:
        return loose, loose + 2
    return (strict, strict + 4) if strict >= 0 else (-1, -1)


def _parse_headers(lines: list[str], offset: int) -> Headers:
    if len(lines) > MOST_HEADER_FIELDS:
        raise ProtocolViolation("too many RTSP header fields", offset=offset)
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and fields:  # a folded line goes on with the field before (RFC 2326 clause 4)
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ProtocolViolation("RTSP header line without a name", offset=offset)
        fields.append((name.strip(), value.strip()))
    return Headers(fields)


def _content_length(headers: Headers, offset: int) -> int:
    text = headers.get("Content-Length")
    if text is None:
        return 0
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise ProtocolViolation("Content-Length is no number", offset=offset)
    if int(text) > LONGEST_BODY_BYTES:
        raise ProtocolViolation(f"RTSP body of {text} bytes is too long", offset=offset)
    return int(text)


def _parse_start_line(line: str, headers: Headers, body: bytes, offset: int) -> Request | Response:
    words = line.split(None, 2)
    if len(words) >= 2 and words[0].startswith("RTSP/"):
        status = words[1]
        if not (status.isascii() and status.isdecimal() and len(status) == 3):
            raise ProtocolViolation("RTSP status is not three digits", offset=offset)
        return Response(int(status), headers, body, words[2] if len(words) == 3 else "")
    if len(words) == 3 and words[2].startswith("RTSP/"):
        return Request(words[0], words[1], headers, body)
    raise ProtocolViolation("not an RTSP start line", offset=offset)
