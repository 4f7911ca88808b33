"""A Matroska file of sound whose bytes are kept as they were (RFC 9559). Pure: the same blocks give the same file.

libav's writer refuses G.711 in Matroska, and its QuickTime writer forgets the silence between two presses. This one
writes what such a file needs: a head, the tracks, clusters of simple blocks, tags. Every common reader takes it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Matroska counts nanoseconds from 2001-01-01 (RFC 9559 5.1.2.12).
_EPOCH_US = 978_307_200 * 1_000_000
_CLUSTER_MS = 5000
_KEYFRAME = 0x80
_ACM_TAGS = {"pcmu": 7, "pcma": 6}


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One track. `codec`: pcmu and pcma at 8 kHz, or aac with its AudioSpecificConfig."""

    name: str
    codec: str
    rate: int
    channels: int
    config: bytes = b""


@dataclass(frozen=True, slots=True)
class Block:
    """One packet of sound: which track (from 0), when, in milliseconds since the file's beginning."""

    track: int
    at_ms: int
    data: bytes


def matroska(
    tracks: Sequence[SoundTrack], blocks: Sequence[Block], begins_us: int, duration_ms: int, tags: Mapping[str, str]
) -> bytes:
    """The whole file.

    Args:
        blocks: of each track in order; here they are put in order across tracks.
        begins_us: UTC microseconds of time 0.
    """
    head = _element(
        0x1A45DFA3,
        _number(0x4286, 1), _number(0x42F7, 1), _number(0x42F2, 4), _number(0x42F3, 8),
        _text(0x4282, "matroska"), _number(0x4287, 4), _number(0x4285, 2),
    )  # fmt: skip
    info = _element(
        0x1549A966,
        _number(0x2AD7B1, 1_000_000),
        _element(0x4489, struct.pack(">d", duration_ms)),
        _element(0x4461, struct.pack(">q", (begins_us - _EPOCH_US) * 1000)),
        _text(0x4D80, "Bright Kitchen"), _text(0x5741, "Bright Kitchen"),
    )  # fmt: skip
    described = _element(0x1654AE6B, *(_track(number, track) for number, track in enumerate(tracks, start=1)))
    ordered = sorted(blocks, key=lambda block: block.at_ms)
    body = [info, described, _tags(tags), *_clusters(ordered)]
    return head + _element(0x18538067, *body)


def _track(number: int, track: SoundTrack) -> bytes:
    if track.codec == "aac":
        codec, private = "A_AAC", track.config
    else:
        # WAVEFORMATEX, as A_MS/ACM carries it.
        codec = "A_MS/ACM"
        private = struct.pack("<HHIIHHH", _ACM_TAGS[track.codec], track.channels, track.rate, track.rate, 1, 8, 0)
    sound = _element(0xE1, _element(0xB5, struct.pack(">d", track.rate)), _number(0x9F, track.channels))
    return _element(
        0xAE,
        _number(0xD7, number), _number(0x73C5, number), _number(0x83, 2), _number(0x9C, 0),
        _text(0x536E, track.name), _text(0x86, codec), _element(0x63A2, private), sound,
    )  # fmt: skip


def _clusters(blocks: Sequence[Block]) -> list[bytes]:
    clusters: list[bytes] = []
    open_at: int | None = None
    held: list[bytes] = []
    for block in blocks:
        if open_at is None or block.at_ms - open_at >= _CLUSTER_MS:
            if open_at is not None:
                clusters.append(_element(0x1F43B675, _number(0xE7, open_at), *held))
            open_at, held = max(0, block.at_ms), []
        # Signed 16 bits of time within the cluster; the track number as a length of one byte.
        head = struct.pack(">BhB", 0x81 + block.track, block.at_ms - open_at, _KEYFRAME)
        held.append(_element(0xA3, head, block.data))
    if open_at is not None:
        clusters.append(_element(0x1F43B675, _number(0xE7, open_at), *held))
    return clusters


def _tags(tags: Mapping[str, str]) -> bytes:
    simple = [_element(0x67C8, _text(0x45A3, name), _text(0x4487, value)) for name, value in tags.items()]
    return _element(0x1254C367, _element(0x7373, _element(0x63C0), *simple))


def _element(kind: int, *content: bytes) -> bytes:
    """Id, length and content (RFC 8794): eight bytes of length where one is too short."""
    size_bytes = sum(map(len, content))
    length = bytes([0x80 | size_bytes]) if size_bytes < 0x7F else (1 << 56 | size_bytes).to_bytes(8)
    return b"".join((kind.to_bytes((kind.bit_length() + 7) // 8), length, *content))


def _number(kind: int, value: int) -> bytes:
    return _element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))


def _text(kind: int, value: str) -> bytes:
    return _element(kind, value.encode())
