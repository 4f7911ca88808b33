"""Reading fragments back: every picture's bytes as they were cut, and nothing but an error for broken ones."""

from __future__ import annotations

import random
from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ProtocolViolation
from shared.media.formats import VideoCodec
from shared.media.fragment import Fragment
from shared.media.samples import Sample, decoder_setup, video_samples
from tests.detector.filmed import filmed, numbered


@lru_cache(maxsize=8)
def cut(codec: VideoCodec = "h264", b_frames: int = 0) -> tuple[Fragment, ...]:
    return tuple(filmed(numbered(30), gop=10, codec=codec, b_frames=b_frames))


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_all_pictures_lie_where_they_are_said_to(codec: VideoCodec, b_frames: int) -> None:
    fragments = cut(codec, b_frames)
    begin = fragments[0].header.init_bytes
    setup = decoder_setup(fragments[0].payload[:begin])
    assert (setup.codec, setup.width, setup.height) == (codec, 160, 96)
    assert setup.extradata[0] == 1  # configurationVersion
    samples = [(fragment, each) for fragment in fragments for each in _samples(fragment)]
    assert len(samples) == 30
    shown = sorted(each.pts_90k for _, each in samples)
    assert [later - one for one, later in pairwise(shown)] == [3600] * 29
    assert [each.is_sync for _, each in samples].count(True) == 3
    for fragment, each in samples:
        unit = fragment.payload[each.begin : each.end]
        at = 0
        while at < len(unit):
            at += 4 + int.from_bytes(unit[at : at + 4])
        assert at == len(unit), "the lengths of the NAL units fill the picture exactly"


def test_no_video_is_said() -> None:
    with pytest.raises(ProtocolViolation, match="no H"):
        decoder_setup(b"")


@given(st.integers(0, 2**32))
def test_broken_bytes_are_refused_or_read_and_never_more(seed: int) -> None:
    fragment = cut()[0]
    chance = random.Random(seed)
    data = bytearray(fragment.payload)
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data) if chance.random() < 0.3 else 1200)] = chance.randrange(256)
    if chance.random() < 0.5:
        del data[chance.randrange(len(data)) :]
    try:
        decoder_setup(bytes(data[: fragment.header.init_bytes]))
        for each in video_samples(bytes(data), fragment.header.init_bytes):
            assert 0 <= each.begin <= each.end <= len(data)
    except ProtocolViolation:
        pass


def _samples(fragment: Fragment) -> list[Sample]:
    return video_samples(fragment.payload, fragment.header.init_bytes)
