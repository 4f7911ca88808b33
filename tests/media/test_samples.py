"""Reading fragments back: every picture's bytes as they were cut, and nothing but an error for broken ones."""

from __future__ import annotations

import random
from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ProtocolViolation
from shared.media.access_unit import AccessUnit
from shared.media.formats import AudioFormat, StreamFormat, VideoCodec
from shared.media.fragment import Fragment
from shared.media.fragmenter import Fragmenter
from shared.media.samples import (
    Sample,
    decoder_setup,
    parameter_sets,
    sound_samples,
    sound_setup,
    video_samples,
)
from shared.media.video_format import video_format
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


def test_sound_lies_where_it_is_said_to() -> None:
    config = bytes.fromhex("1408")
    sets = parameter_sets(decoder_setup(cut()[0].payload[: cut()[0].header.init_bytes]).extradata)
    assert [nal[0] & 31 for nal in sets] == [7, 8]
    stream = StreamFormat(video_format("h264", sets), AudioFormat(16_000, 1, config))
    cutter = Fragmenter(stream, "00112233445566ff")
    picture = cut()[0].payload[cut()[0].header.init_bytes :]
    unit = AccessUnit([picture[-50:]], 50, 0, True, 0, sets)
    (idr,) = cutter.push_video(unit, 0)
    assert cutter.push_video(AccessUnit([picture[-50:]], 50, 3600, False, 0), 0) == ()
    units = [bytes([number]) * (20 + number) for number in range(5)]
    for number, data in enumerate(units):
        cutter.push_audio(data, 640 + number * 1024, 1024, 0, 0)
    (fragment,) = cutter.flush()
    setup = sound_setup(idr.payload[: idr.header.init_bytes])
    assert setup is not None
    assert (setup.config, setup.sample_rate, setup.channels) == (config, 16_000, 1)
    found = sound_samples(fragment.payload, 0)
    assert [fragment.payload[each.begin : each.end] for each in found] == units
    assert [later.at - one.at for one, later in pairwise(found)] == [1024] * 4
    assert len(video_samples(fragment.payload, 0)) == 1


def test_a_camera_without_a_microphone_has_no_sound() -> None:
    fragment = cut()[0]
    assert sound_setup(fragment.payload[: fragment.header.init_bytes]) is None
    assert sound_samples(fragment.payload, fragment.header.init_bytes) == []


@pytest.mark.parametrize(
    "record", [b"", b"\1\x64\0\x2a\xff", b"\1\x64\0\x2a\xff\xe1\0\5abc", b"\1\x64\0\x2a\xff\xe1\0\1a\1\xff"]
)
def test_a_cut_avcc_is_refused(record: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        parameter_sets(record)


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
        sound_setup(bytes(data[: fragment.header.init_bytes]))
        sound_samples(bytes(data), fragment.header.init_bytes)
        for each in video_samples(bytes(data), fragment.header.init_bytes):
            assert 0 <= each.begin <= each.end <= len(data)
    except ProtocolViolation:
        pass


def _samples(fragment: Fragment) -> list[Sample]:
    return video_samples(fragment.payload, fragment.header.init_bytes)
