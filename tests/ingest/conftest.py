"""Parameter sets of real encoders, and units that carry them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import av
import pytest

from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoCodec
from shared.media.nal_units import access_unit, split_annex_b


@lru_cache(maxsize=8)
def parameter_sets_of(codec: VideoCodec, width: int, height: int) -> tuple[bytes, ...]:
    """What libx264 or libx265 says of pictures of that size."""
    context = av.CodecContext.create({"h264": "libx264", "h265": "libx265"}[codec], "w")
    context.width, context.height, context.pix_fmt, context.framerate = width, height, "yuv420p", 25
    context.options = {"preset": "ultrafast", "tune": "zerolatency"}
    packets = context.encode(av.VideoFrame(width, height, "yuv420p")) + context.encode(None)
    unit = access_unit(codec, split_annex_b(bytes(packets[0])), 0, 0)
    assert unit is not None
    assert unit.parameter_sets is not None
    return unit.parameter_sets


@pytest.fixture(scope="session")
def parameter_sets() -> Callable[[VideoCodec, int, int], tuple[bytes, ...]]:
    return parameter_sets_of


@pytest.fixture(scope="session")
def picture() -> Callable[..., AccessUnit]:
    def make(
        pts_90k: int,
        *,
        is_idr: bool = False,
        received_us: int | None = None,
        sets: tuple[bytes, ...] | None = None,
        data: bytes = b"\x00\x00\x00\x02\x65\x88",
    ) -> AccessUnit:
        received_us = pts_90k * 100 // 9 if received_us is None else received_us
        return AccessUnit([data], len(data), pts_90k, is_idr, received_us, sets)

    return make
