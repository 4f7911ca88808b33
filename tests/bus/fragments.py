"""Fragments and facts as the bus tests send them."""

from __future__ import annotations

import hashlib

from shared.media.fragment import Fragment, FragmentHeader
from shared.messages.ingest import CameraWentOffline
from shared.subjects import CameraRef

CAMERA = CameraRef("school-1", "cook-1")
START_US = 1_700_000_000_000_000
RUN = "00000000000000aa"


def fragment(seq: int, *, run: str = RUN, size: int = 1000, captured_us: int = START_US) -> Fragment:
    payload = bytes([seq % 256]) * size
    header = FragmentHeader(
        run, seq, seq * 18_000, 18_000, captured_us, captured_us + 5, seq % 5 == 0, 0, "avc1.640028",
        hashlib.sha256(payload).hexdigest(),
    )  # fmt: skip
    return Fragment(header, payload)


def went_offline(at_us: int = START_US) -> CameraWentOffline:
    return CameraWentOffline(
        site=CAMERA.site,
        camera=CAMERA.camera,
        at_us=at_us,
        worker="w",
        condition="stalled",
        reason_code="frozen",
        reason="-",
    )
