"""Cutting NAL units out of streams and gathering them into access units, hostile bytes included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ProtocolViolation
from shared.media.boxes import box, walk
from shared.media.formats import VideoCodec
from shared.media.nal_units import access_unit, split_annex_b, split_length_prefixed

ANNEX_B = [
    ("three zeros", b"\0\0\0\1ab\0\0\0\1c", [b"ab", b"c"]),
    ("two zeros", b"\0\0\1ab\0\0\1c", [b"ab", b"c"]),
    ("zeros behind", b"\0\0\1ab\0\0\0\0\0\1c\0\0", [b"ab", b"c"]),
    ("empty ones", b"\0\0\1\0\0\1a\0\0\1", [b"a"]),
    ("noise before the first", b"xyz\0\0\1a", [b"a"]),
    ("none", b"abc", []),
    ("nothing", b"", []),
]


@pytest.mark.parametrize(("what", "stream", "nals"), ANNEX_B, ids=[row[0] for row in ANNEX_B])
def test_annex_b(what: str, stream: bytes, nals: list[bytes]) -> None:
    assert list(split_annex_b(stream)) == nals


@pytest.mark.parametrize("length_bytes", [1, 2, 4])
def test_length_prefixed(length_bytes: int) -> None:
    nals = [b"a" * 200, b"b", b"c" * 7]
    sample = b"".join(len(nal).to_bytes(length_bytes) + nal for nal in nals)
    assert list(split_length_prefixed(sample, length_bytes)) == nals
    with pytest.raises(ProtocolViolation):
        list(split_length_prefixed(sample[:-1], length_bytes))


ACCESS_UNITS: list[tuple[str, VideoCodec, list[bytes], bool | None, int]] = [
    # what, codec, NAL units, is_idr (None = no picture), how many are kept
    ("delimiter, sets, SEI, IDR", "h264", [b"\x09\xf0", b"\x67s", b"\x68p", b"\x06e", b"\x65i", b"\x65j"], True, 3),
    ("a P-picture with filler", "h264", [b"\x41p", b"\x0c\xff"], False, 1),
    ("parameter sets alone", "h264", [b"\x67s", b"\x68p"], None, 0),
    ("SEI alone", "h264", [b"\x06e"], None, 0),
    ("IDR_W_RADL", "h265", [b"\x46\x01", b"\x40\x01", b"\x42\x01", b"\x44\x01", b"\x26\x01i"], True, 1),
    ("CRA", "h265", [b"\x2a\x01c"], True, 1),
    ("TRAIL_R", "h265", [b"\x02\x01t", b"\x4e\x01e"], False, 2),
    ("nothing", "h265", [], None, 0),
]


@pytest.mark.parametrize(
    ("what", "codec", "nals", "is_idr", "kept"), ACCESS_UNITS, ids=[row[0] for row in ACCESS_UNITS]
)
def test_access_units(what: str, codec: VideoCodec, nals: list[bytes], is_idr: bool | None, kept: int) -> None:
    unit = access_unit(codec, nals, 900, 7)
    if is_idr is None:
        assert unit is None
        return
    assert unit is not None
    assert (unit.is_idr, unit.pts_90k, unit.received_us) == (is_idr, 900, 7)
    sample = b"".join(unit.parts)
    assert unit.size_bytes == len(sample)
    assert len(list(split_length_prefixed(sample))) == kept


def test_parameter_sets_are_set_apart() -> None:
    unit = access_unit("h264", [b"\x67s", b"\x68p", b"\x68q", b"\x65i"], 0, 0)
    assert unit is not None
    assert unit.parameter_sets == (b"\x67s", b"\x68p", b"\x68q")


@given(data=st.binary(max_size=300), length_bytes=st.sampled_from([1, 2, 4]))
def test_hostile_samples(data: bytes, length_bytes: int) -> None:
    try:
        nals = list(split_length_prefixed(data, length_bytes))
    except ProtocolViolation:
        return
    assert sum(map(len, nals)) <= len(data)


@given(data=st.lists(st.sampled_from([b"\0", b"\1", b"\x65", b"\x41"]), max_size=60).map(b"".join))
def test_hostile_streams(data: bytes) -> None:
    for nal in split_annex_b(data):
        assert nal
        assert b"\0\0\1" not in nal
    access_unit("h264", split_annex_b(data), 0, 0)
    access_unit("h265", split_annex_b(data), 0, 0)


@given(data=st.binary(max_size=200))
def test_hostile_boxes(data: bytes) -> None:
    for wrapped in (data, box(b"moof", data), box(b"moov", box(b"trak", data))):
        try:
            found = list(walk(wrapped))
        except ProtocolViolation:
            continue
        assert all(one.begin < one.body <= one.end <= len(wrapped) for one in found)


def test_boxes_of_every_size() -> None:
    large = (1).to_bytes(4) + b"mdat" + (20).to_bytes(8) + b"data"
    to_the_end = (0).to_bytes(4) + b"free" + b"rest"
    found = list(walk(box(b"moof", box(b"mfhd", b"x")) + large + to_the_end))
    assert [one.path for one in found] == ["moof", "moof/mfhd", "mdat", "free"]
    assert [one.end - one.body for one in found] == [9, 1, 4, 4]
