"""Boxes of ISO/IEC 14496-12: writing them, and walking over them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import ProtocolViolation

_HEADER = struct.Struct(">I4s")
_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"moof", b"traf"})


def box(kind: bytes, *content: bytes) -> bytes:
    """One box (4.2)."""
    size_bytes = 8 + sum(map(len, content))
    return b"".join((_HEADER.pack(size_bytes, kind), *content))


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """One box with version and flags (4.2)."""
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies: `path` from the outside in ("moof/traf/trun"), `begin` its header, `body` what follows it."""

    path: str
    begin: int
    body: int
    end: int


def walk(data: bytes, begin: int = 0, end: int | None = None, inside: str = "") -> Iterator[Box]:
    """Every box in file order, a container before its content.

    Raises:
        ProtocolViolation: a box is longer than what holds it, or shorter than its header.
    """
    end = len(data) if end is None else end
    while begin < end:
        if end - begin < 8:
            raise ProtocolViolation("a box header is cut short", offset=begin)
        size_bytes, kind = _HEADER.unpack_from(data, begin)
        body = begin + 8
        if size_bytes == 1 and end - begin >= 16:  # largesize
            size_bytes, body = int.from_bytes(data[begin + 8 : begin + 16]), begin + 16
        elif size_bytes == 0:  # to the end of the file
            size_bytes = end - begin
        if size_bytes < body - begin or size_bytes > end - begin:
            raise ProtocolViolation(f"box {kind!r} of {size_bytes} bytes does not fit", offset=begin)
        path = f"{inside}{kind.decode('latin-1')}"
        yield Box(path, begin, body, begin + size_bytes)
        if kind in _CONTAINERS:
            yield from walk(data, body, begin + size_bytes, f"{path}/")
        begin += size_bytes
