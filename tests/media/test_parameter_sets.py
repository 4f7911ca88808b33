"""Parameter sets of real encoders, read by us and by ffprobe and PyAV; and hostile ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ProtocolViolation
from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoCodec
from shared.media.video_format import video_format

Encoded = Callable[..., tuple[tuple[AccessUnit, int], ...]]

COLOURS = "overscan=show:videoformat=pal:colorprim=bt709:transfer=bt709:colormatrix=bt709:chromaloc=1"


def x264(parameters: str = "", preset: str = "ultrafast", **how: object) -> dict[str, object]:
    return {"options": (("preset", preset), ("x264-params", parameters)), **how}


def x265(parameters: str = "", preset: str = "ultrafast", **how: object) -> dict[str, object]:
    return {"options": (("preset", preset), ("x265-params", f"log-level=none:{parameters}")), **how}


STREAMS: list[tuple[str, VideoCodec, dict[str, object]]] = [
    ("1080p needs cropping", "h264", {"size": (1920, 1080), "pictures": 2}),
    ("odd size", "h264", {"size": (322, 246), "pictures": 2}),
    ("small", "h264", {"size": (64, 48), "pictures": 2}),
    ("wide", "h264", {"size": (2560, 720), "pictures": 2}),
    ("4k", "h264", {"size": (3840, 2160), "pictures": 2}),
    ("baseline", "h264", {"options": (("profile", "baseline"),)}),
    ("main, B", "h264", {"options": (("profile", "main"), ("preset", "medium")), "max_b_frames": 2}),
    ("high, B pyramid", "h264", x264("b-pyramid=normal", "slow", max_b_frames=4)),
    ("high 10", "h264", {"pixels": "yuv420p10le"}),
    ("high 4:2:2", "h264", {"pixels": "yuv422p", "size": (322, 246)}),
    ("high 4:4:4", "h264", {"pixels": "yuv444p", "size": (321, 245)}),
    ("monochrome", "h264", {"pixels": "gray", "size": (322, 246)}),
    ("interlaced", "h264", x264("interlaced=1", size=(720, 540))),
    ("interlaced, bottom first", "h264", x264("bff=1", size=(720, 576))),
    ("fake interlaced", "h264", x264("fake-interlaced=1", size=(720, 540))),
    ("HRD", "h264", x264("nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500")),
    ("colour, range, overscan", "h264", x264(f"{COLOURS}:fullrange=on")),
    ("scaling matrix", "h264", x264("cqm=jvt:8x8dct=1", "medium")),
    ("anamorphic", "h264", {"sample_aspect_ratio": Fraction(12, 11), "size": (352, 288)}),
    ("anamorphic, own ratio", "h264", {"sample_aspect_ratio": Fraction(17, 13), "size": (352, 288)}),
    ("15 fps", "h264", {"rate": 15}),
    ("30 fps", "h264", {"rate": 30}),
    ("1 fps", "h264", {"rate": 1, "pictures": 4}),
    ("intra only", "h264", {"gop": 1}),
    ("many references", "h264", x264("ref=8", "medium")),
    ("1080p", "h265", {"size": (1920, 1080), "pictures": 2}),
    ("odd size", "h265", {"size": (322, 246), "pictures": 2}),
    ("4k", "h265", {"size": (3840, 2160), "pictures": 2}),
    ("no B", "h265", x265("bframes=0")),
    ("B pyramid", "h265", x265("bframes=4:b-pyramid=1", "medium")),
    ("main 10", "h265", {"pixels": "yuv420p10le"}),
    ("4:2:2 10", "h265", {"pixels": "yuv422p10le", "size": (322, 246)}),
    ("4:4:4", "h265", {"pixels": "yuv444p", "size": (321, 245)}),
    ("HRD", "h265", x265("hrd=1:vbv-maxrate=500:vbv-bufsize=500")),
    ("high tier", "h265", x265("level-idc=5.1:high-tier=1", size=(1920, 1080), pictures=2)),
    ("colour", "h265", x265(f"{COLOURS}:range=full")),
    ("scaling list", "h265", x265("scaling-list=default")),
    ("window shown", "h265", x265("display-window=0,0,8,8")),
    ("temporal layers", "h265", x265("temporal-layers=1:bframes=3:b-adapt=0", "medium")),
    ("AMP, references", "h265", x265("amp=1:rect=1:ref=5:bframes=4", "slow")),
    ("anamorphic", "h265", {"sample_aspect_ratio": Fraction(17, 13), "size": (352, 288)}),
    ("open GOP", "h265", x265("open-gop=1:bframes=3")),
]
IDS = [f"{codec}: {what}" for what, codec, _ in STREAMS]


def annex_b(units: tuple[tuple[AccessUnit, int], ...]) -> bytes:
    """Written again from what we took apart, so that a lost NAL unit is noticed."""
    pieces: list[bytes] = []
    for unit, _ in units:
        for nal in unit.parameter_sets or ():
            pieces += [b"\0\0\0\1", nal]
        for part in unit.parts[1::2]:
            pieces += [b"\0\0\0\1", bytes(part)]
    return b"".join(pieces)


@pytest.mark.parametrize(("what", "codec", "how"), STREAMS, ids=IDS)
def test_we_and_pyav_read_the_same(what: str, codec: VideoCodec, how: dict[str, object], encoded: Encoded) -> None:
    units = encoded(codec, **how)
    ours = video_format(codec, units[0][0].parameter_sets or ())
    decoder = av.CodecContext.create("h264" if codec == "h264" else "hevc", "r")
    packets = (*decoder.parse(annex_b(units)), *decoder.parse(b""), None)
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    assert len(frames) == len(units)
    assert (ours.width, ours.height) == (frames[0].width, frames[0].height)
    assert ours.frame_rate == pytest.approx(how.get("rate", 25))
    # The depth that the encoder states must hold what it does: DTS never later than PTS by our own reckoning.
    shown = [unit.pts_90k for unit, _ in units]
    needed = max(sum(earlier > pts for earlier in shown[:index]) for index, pts in enumerate(shown))
    assert needed <= ours.reorder_depth <= max(needed, 2) + 2


@pytest.mark.ffmpeg
@pytest.mark.parametrize(("what", "codec", "how"), STREAMS, ids=IDS)
def test_we_and_ffprobe_read_the_same(
    what: str, codec: VideoCodec, how: dict[str, object], encoded: Encoded, tmp_path: Path
) -> None:
    ffprobe = shutil.which("ffprobe")
    assert ffprobe
    units = encoded(codec, **how)
    ours = video_format(codec, units[0][0].parameter_sets or ())
    raw = tmp_path / f"stream.{codec}"
    raw.write_bytes(annex_b(units))
    entries = "stream=width,height,profile,level,has_b_frames,codec_name"
    command = [ffprobe, "-v", "error", "-show_entries", entries, "-of", "json", str(raw)]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["streams"][0]
    assert (ours.width, ours.height) == (theirs["width"], theirs["height"])
    if codec == "h264":
        assert int(ours.codecs[-2:], 16) == theirs["level"]
        assert ours.reorder_depth == theirs["has_b_frames"]
    else:
        assert f".{'H' if what == 'high tier' else 'L'}{theirs['level']}" in ours.codecs


CODEC_STRINGS = [
    ("h264", "67640028acb403c0113f2c2000000300200000065480", "68ee3cb0", "avc1.640028"),
    ("h264", "6742c01fd900a0047fe5c044000003000400000300ca3c60c920", "68cb83cb20", "avc1.42C01F"),
]


@pytest.mark.parametrize(("codec", "sps", "pps", "expected"), CODEC_STRINGS)
def test_codec_string(codec: VideoCodec, sps: str, pps: str, expected: str) -> None:
    assert video_format(codec, (bytes.fromhex(pps), bytes.fromhex(sps))).codecs == expected


def test_h265_codec_string_is_that_of_annex_e(encoded: Encoded) -> None:
    units = encoded("h265", size=(1920, 1080), pictures=2)
    assert video_format("h265", units[0][0].parameter_sets or ()).codecs == "hvc1.1.6.L120.90"


def written_sps(profile: int, constraints: int, level: int, order_count_type: int, references: int) -> bytes:
    """1920x1088 without VUI, as plain cameras send it (H.264 7.3.2.1.1)."""

    def ue(value: int) -> str:
        code = f"{value + 1:b}"
        return "0" * (len(code) - 1) + code

    bits = ue(0)
    if profile == 100:
        bits += ue(1) + ue(0) + ue(0) + "00"
    bits += ue(0) + ue(order_count_type)
    bits += {0: ue(2), 1: "1" + ue(0) + ue(0) + ue(2) + ue(0) + ue(0), 2: ""}[order_count_type]
    bits += ue(references) + "0" + ue(119) + ue(67) + "1" + "1" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    return bytes((0x67, profile, constraints, level)) + int(bits, 2).to_bytes(len(bits) // 8)


WITHOUT_VUI = [
    ("baseline", (66, 0xC0, 40, 0, 4), 0),
    ("output order is decoding order", (77, 0, 40, 2, 4), 0),
    ("one reference frame leaves no B-picture", (100, 0, 40, 0, 1), 0),
    ("as many as there are references", (77, 0, 40, 0, 3), 3),
    ("as many as the level's buffer holds: 32,768 / 8,160 macroblocks", (100, 0, 40, 0, 16), 4),
    ("order count type 1", (100, 0, 40, 1, 2), 2),
    ("intra only", (100, 0x10, 40, 0, 4), 0),
    ("unknown level", (100, 0, 99, 0, 16), 16),
]


@pytest.mark.parametrize(("what", "sps", "depth"), WITHOUT_VUI, ids=[row[0] for row in WITHOUT_VUI])
def test_reorder_depth_where_none_is_stated(what: str, sps: tuple[int, int, int, int, int], depth: int) -> None:
    found = video_format("h264", (written_sps(*sps), b"\x68\xee"))
    assert (found.reorder_depth, found.width, found.height, found.frame_rate) == (depth, 1920, 1088, None)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_missing_set_is_named(missing: int, encoded: Encoded) -> None:
    sets = encoded("h265", pictures=2, size=(322, 246))[0][0].parameter_sets or ()
    with pytest.raises(ProtocolViolation, match=f"NAL type {32 + missing}"):
        video_format("h265", tuple(nal for index, nal in enumerate(sets) if index != missing))


@given(sps=st.binary(max_size=80), pps=st.binary(max_size=8))
def test_hostile_h264(sps: bytes, pps: bytes) -> None:
    _only_violations("h264", (b"\x67" + sps, b"\x68" + pps))


@given(sps=st.binary(max_size=120), vps=st.binary(max_size=60))
def test_hostile_h265(sps: bytes, vps: bytes) -> None:
    _only_violations("h265", (b"\x40\x01" + vps, b"\x42\x01" + sps, b"\x44\x01"))


@given(data=st.data(), codec=st.sampled_from(["h264", "h265"]))
def test_damaged_sets(data: st.DataObject, codec: VideoCodec, encoded: Encoded) -> None:
    how = {"size": (322, 246), "pictures": 2}
    sets = [bytearray(nal) for nal in encoded(codec, **how)[0][0].parameter_sets or ()]
    for _ in range(data.draw(st.integers(1, 4))):
        nal = data.draw(st.sampled_from(sets))
        nal[data.draw(st.integers(0, len(nal) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 40))
    _only_violations(codec, tuple(bytes(nal[: len(nal) - cut] if cut < len(nal) else nal) for nal in sets))


def _only_violations(codec: VideoCodec, sets: tuple[bytes, ...]) -> None:
    try:
        found = video_format(codec, sets)
    except ProtocolViolation:
        return
    assert 0 < found.width <= 16384
    assert 0 < found.height <= 16384 + 16
    assert 0 <= found.reorder_depth <= 16
