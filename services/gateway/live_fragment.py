"""A fragment as every viewer gets it: the bytes of the bus, and the words that go before them."""

from __future__ import annotations

import json
from struct import Struct

from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState

_SIZE = Struct(">I4s")
_PICTURE_SIZE = Struct(">HH")
# ISO/IEC 14496-12: boxes that hold boxes, and where in them the first one begins.
_INTO = {b"moov": 8, b"trak": 8, b"mdia": 8, b"minf": 8, b"stbl": 8, b"stsd": 16}
_VIDEO_ENTRIES = frozenset((b"avc1", b"avc3", b"hvc1", b"hev1"))


class LiveFragment:
    """Made once for each fragment, shared by all viewers."""

    __slots__ = ("announcement", "is_idr", "payload", "pts_90k", "received_us", "run", "seq", "size_bytes")

    def __init__(self, fragment: Fragment):
        header = fragment.header
        self.run = header.run
        self.seq = header.seq
        self.is_idr = header.is_idr
        self.pts_90k = header.pts_90k
        self.received_us = header.received_us
        self.payload = fragment.payload
        self.size_bytes = len(fragment.payload)
        self.announcement = (
            f'{{"type":"fragment","seq":{header.seq},"pts_90k":{header.pts_90k},"duration_90k":{header.duration_90k},'
            f'"captured_us":{header.captured_us},"received_us":{header.received_us},'
            f'"is_idr":{"true" if header.is_idr else "false"},"run":"{header.run}"}}'
        )


class LiveRun:
    """What a viewer is told before the first fragment of a run."""

    __slots__ = ("announcement", "codecs", "gop_seconds", "run")

    def __init__(self, first: Fragment, gop_seconds: float | None):
        self.run = first.header.run
        self.codecs = first.header.codecs
        self.gop_seconds = gop_seconds
        width, height = picture_size(first.payload[: first.header.init_bytes])
        self.announcement = json.dumps(
            {
                "type": "stream",
                "codecs": self.codecs,
                "mime": f'video/mp4; codecs="{self.codecs}"',
                "width": width,
                "height": height,
                "run": self.run,
                "gop_seconds": gop_seconds,
            },
            separators=(",", ":"),
        )


def state_message(state: CameraState) -> str:
    """What a viewer is told when the camera's condition changes."""
    return json.dumps(
        {
            "type": "state",
            "condition": state.condition,
            "reason": state.reason,
            "reason_code": state.reason_code,
            "since_us": state.since_us,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def gap_message(missing: int) -> str:
    return f'{{"type":"gap","missing":{missing},"reason":"not_received"}}'


def skipped_message(gops: int) -> str:
    return f'{{"type":"skipped","gops":{gops}}}'


def picture_size(init: bytes) -> tuple[int | None, int | None]:
    """Width and height from the video sample entry of an init segment; (None, None) where there is none."""
    offset = 0
    while offset + 8 <= len(init):
        size, kind = _SIZE.unpack_from(init, offset)
        if kind in _VIDEO_ENTRIES and offset + 36 <= len(init):
            # ISO/IEC 14496-12, 12.1.3: header 8, SampleEntry 8, 16 reserved, then width and height.
            width, height = _PICTURE_SIZE.unpack_from(init, offset + 32)
            return width, height
        if kind in _INTO:
            offset += _INTO[kind]
            continue
        if size < 8:
            break
        offset += size
    return None, None
