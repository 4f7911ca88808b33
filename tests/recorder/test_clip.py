"""Clips: packets copied as they are, in real time, exact where wanted; judged by ffprobe and ffmpeg."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from services.recorder.adapters.clip_writer import ClipMade, ClipWriter
from services.recorder.gop_bytes import GopBytes
from shared.errors import RequestRefused
from tests.recorder.recorded_video import BEGAN_US, footage, number_of

S = 1_000_000


def make(path: Path, gops: Sequence[GopBytes], from_us: int, to_us: int, *, is_exact: bool) -> ClipMade:
    with ClipWriter(path, from_us, to_us, is_exact, 10**8) as writer:
        for gop in gops:
            writer.add(gop)
        return writer.finish()


def pictures(path: Path) -> list[tuple[float, int]]:
    """(seconds, number) of each picture that ffmpeg shows."""
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo",
         "-pix_fmt", "gray", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert raw.stderr == b""
    times = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "json", str(path)],
        capture_output=True, check=True,
    )  # fmt: skip
    frames = np.frombuffer(raw.stdout, np.uint8).reshape(-1, 96 * 160)
    shown = [float(frame["pts_time"]) for frame in json.loads(times.stdout)["frames"]]
    # ffmpeg's gray is full range
    numbers = [number_of(float(frame.mean()) * 219 / 255 + 16) for frame in frames]
    assert len(shown) == len(numbers)
    return list(zip(shown, numbers, strict=True))


def packets(source: Path | str | object) -> list[str]:
    with av.open(source, "r") as file:  # type: ignore[call-overload]
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in file.demux(video=0) if packet.size]


@pytest.mark.parametrize("b_frames", [0, 3])
def test_on_gop_borders_every_packet_is_the_cameras(tmp_path: Path, b_frames: int) -> None:
    gops = footage(3, b_frames=b_frames)
    path = tmp_path / "clip.mp4"
    made = make(path, gops, BEGAN_US + S // 2, BEGAN_US + 2 * S + S // 2, is_exact=False)
    sources = []
    for number, gop in enumerate(gops):
        (tmp_path / f"{number}.mp4").write_bytes(gop.data)
        sources += packets(str(tmp_path / f"{number}.mp4"))
    assert packets(str(path)) == sources
    assert [number for _, number in pictures(path)] == list(range(75))
    assert made.starts_us == BEGAN_US
    assert made.ends_us == pytest.approx(BEGAN_US + 3 * S, abs=100)
    data = path.read_bytes()
    assert made.size_bytes == len(data)
    assert made.sha256 == hashlib.sha256(data).hexdigest()
    assert data.index(b"moov") < data.index(b"mdat"), "plays while it is being downloaded"


@pytest.mark.parametrize("b_frames", [0, 3])
def test_exactly_from_the_first_picture_to_the_last(tmp_path: Path, b_frames: int) -> None:
    path = tmp_path / "clip.mp4"
    made = make(path, footage(3, b_frames=b_frames), BEGAN_US + 400_000, BEGAN_US + 2_200_000, is_exact=True)
    shown = pictures(path)
    assert [number for _, number in shown] == list(range(10, 55))
    assert shown[0][0] == pytest.approx(0, abs=0.001)
    assert shown[-1][0] == pytest.approx(1.76, abs=0.002)
    assert (made.starts_us, made.ends_us) == (BEGAN_US + 400_000, pytest.approx(BEGAN_US + 2_200_000, abs=50))


def test_a_gap_lasts_as_long_as_it_did(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    gops = [*footage(1), *footage(1, run="bb", from_us=BEGAN_US + 10 * S, first_pts_90k=0)]
    make(path, gops, BEGAN_US, BEGAN_US + 11 * S, is_exact=False)
    shown = pictures(path)
    assert len(shown) == 50
    assert shown[24][0] == pytest.approx(0.96, abs=0.002)
    assert shown[25][0] == pytest.approx(10.0, abs=0.002)


def test_a_clock_that_was_set_back_does_not_turn_time_round(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    gops = [*footage(2), *footage(1, run="bb", from_us=BEGAN_US + S, first_pts_90k=0)]
    make(path, gops, BEGAN_US, BEGAN_US + 5 * S, is_exact=False)
    times = [at for at, _ in pictures(path)]
    assert len(times) == 75
    assert times == sorted(times)


def test_sound_comes_along(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    make(path, footage(3, has_sound=True), BEGAN_US + 400_000, BEGAN_US + 2_200_000, is_exact=True)
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,duration", "-of", "json", str(path)],
        capture_output=True, check=True,
    )  # fmt: skip
    streams = {one["codec_name"]: float(one["duration"]) for one in json.loads(told.stdout)["streams"]}
    assert streams["aac"] == pytest.approx(1.8, abs=0.1)
    assert streams["h264"] == pytest.approx(1.8, abs=0.1)


def test_h265_is_copied_too(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    make(path, footage(2, codec="libx265", b_frames=3), BEGAN_US, BEGAN_US + 2 * S, is_exact=False)
    assert [number for _, number in pictures(path)] == list(range(50))


def test_what_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    other = footage(1, run="bb", from_us=BEGAN_US + S, size=(192, 96))
    with pytest.raises(RequestRefused, match=r"changed its format at 2023-11-14T22:13:21\+00:00: ask for two clips"):
        make(path, [*footage(1), *other], BEGAN_US, BEGAN_US + 2 * S, is_exact=False)
    with pytest.raises(RequestRefused, match="Nothing was recorded then"):
        make(path, [], BEGAN_US, BEGAN_US + S, is_exact=False)
    with (
        ClipWriter(path, BEGAN_US, BEGAN_US + S, False, 1000) as writer,
        pytest.raises(RequestRefused, match="shorter"),
    ):
        writer.add(footage(1)[0])
