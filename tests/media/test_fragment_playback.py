"""Fragments of real encoders' streams, played by libav: the whole run, and every GOP alone."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from shared.media.access_unit import AccessUnit
from shared.media.formats import AudioFormat, StreamFormat, VideoCodec
from shared.media.fragment import Fragment
from shared.media.fragmenter import UNWATCHED_90K, WATCHED_90K, Fragmenter

Units = tuple[tuple[AccessUnit, int], ...]
FIRST_PTS = 126_000
STREAMS: list[tuple[str, VideoCodec, dict[str, object]]] = [
    ("x264", "h264", {}),
    ("x264 B", "h264", {"max_b_frames": 3, "options": (("preset", "medium"),)}),
    ("x264 1080p", "h264", {"size": (1920, 1080), "pictures": 30}),
    ("x265", "h265", {"options": (("x265-params", "log-level=none:bframes=0"),)}),
    ("x265 B", "h265", {"max_b_frames": 3, "options": (("x265-params", "log-level=none:open-gop=0:bframes=3"),)}),
]
IDS = [row[0] for row in STREAMS]


def fragments_of(units: Units, stream: StreamFormat, target_90k: int, sound: tuple[bytes, ...] = ()) -> list[Fragment]:
    fragmenter = Fragmenter(stream, "0123456789abcdef", target_90k)
    fragments: list[Fragment] = []
    first_sound, sent = FIRST_PTS * 48_000 // 90_000, 0
    for unit, dts in units:
        fragments += fragmenter.push_video(unit, unit.received_us)
        while sent < len(sound) and (first_sound + sent * 1024) * 90_000 < dts * 48_000:
            fragments += fragmenter.push_audio(sound[sent], first_sound + sent * 1024, 1024, 0, 0)
            sent += 1
    return [*fragments, *fragmenter.flush()]


def gops_of(fragments: list[Fragment]) -> list[list[Fragment]]:
    gops: list[list[Fragment]] = []
    for fragment in fragments:
        if fragment.header.is_idr:
            gops.append([])
        gops[-1].append(fragment)
    return gops


@pytest.mark.parametrize("target_90k", [UNWATCHED_90K, WATCHED_90K])
@pytest.mark.parametrize(("what", "codec", "how"), STREAMS, ids=IDS)
def test_pyav_plays_the_run_with_exact_times(
    what: str,
    codec: VideoCodec,
    how: dict[str, object],
    target_90k: int,
    encoded: Callable[..., Units],
    stream_of: Callable[..., StreamFormat],
) -> None:
    units = encoded(codec, first_pts=FIRST_PTS, **how)
    fragments = fragments_of(units, stream_of(codec, units), target_90k)
    file = io.BytesIO(b"".join(fragment.payload for fragment in fragments))
    with av.open(file, "r") as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
        assert [packet.pts for packet in packets] == [unit.pts_90k for unit, _ in units]
        assert [packet.is_keyframe for packet in packets] == [unit.is_idr for unit, _ in units]
        if what != "x265 B":  # its GOP decides how far the encoder delays, ours is what the SPS says
            assert [packet.dts for packet in packets] == [dts for _, dts in units]
    file.seek(0)
    with av.open(file, "r") as container:
        assert [frame.pts for frame in container.decode(video=0)] == sorted(unit.pts_90k for unit, _ in units)


@pytest.mark.parametrize(("what", "codec", "how"), STREAMS, ids=IDS)
def test_every_gop_alone_is_a_file(
    what: str,
    codec: VideoCodec,
    how: dict[str, object],
    encoded: Callable[..., Units],
    stream_of: Callable[..., StreamFormat],
) -> None:
    units = encoded(codec, first_pts=FIRST_PTS, **how)
    shown: list[int] = []
    gops = gops_of(fragments_of(units, stream_of(codec, units), UNWATCHED_90K))
    assert len(gops) >= 2
    for gop in gops:
        with av.open(io.BytesIO(b"".join(fragment.payload for fragment in gop)), "r") as container:
            shown += [frame.pts for frame in container.decode(video=0) if frame.pts is not None]
    assert shown == sorted(unit.pts_90k for unit, _ in units)


@pytest.mark.ffmpeg
@pytest.mark.parametrize(("what", "codec", "how"), STREAMS, ids=IDS)
def test_ffprobe_and_ffmpeg_have_nothing_to_complain_about(
    what: str,
    codec: VideoCodec,
    how: dict[str, object],
    encoded: Callable[..., Units],
    stream_of: Callable[..., StreamFormat],
    sound: Callable[..., tuple[AudioFormat, tuple[bytes, ...]]],
    tmp_path: Path,
) -> None:
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    assert ffmpeg
    assert ffprobe
    units = encoded(codec, first_pts=FIRST_PTS, **how)
    audio, packets = sound(1.5)
    stream = StreamFormat(stream_of(codec, units).video, audio)
    fragments = fragments_of(units, stream, UNWATCHED_90K, packets)
    # As the recorder joins them: one init segment, then fragments.
    file = tmp_path / "run.mp4"
    file.write_bytes(
        fragments[0].payload + b"".join(fragment.payload[fragment.header.init_bytes :] for fragment in fragments[1:])
    )
    entries = "stream=codec_name,codec_tag_string,nb_read_frames,nb_read_packets,width,sample_rate,channels"
    count = ["-v", "warning", "-count_frames", "-count_packets", "-show_entries", entries, "-of", "json"]
    probed = subprocess.run([ffprobe, *count, str(file)], check=True, capture_output=True, text=True)
    assert probed.stderr == ""
    video, heard = json.loads(probed.stdout)["streams"]
    assert int(video["nb_read_frames"]) == int(video["nb_read_packets"]) == len(units)
    assert video["codec_tag_string"] == ("avc1" if codec == "h264" else "hvc1")
    carried = sum(1 for index in range(len(packets)) if index * 1024 * 90_000 < (units[-1][1] - FIRST_PTS) * 48_000)
    assert int(heard["nb_read_packets"]) == carried
    assert (heard["codec_name"], heard["sample_rate"], heard["channels"]) == ("aac", "48000", 1)
    command = [ffmpeg, "-v", "warning", "-i", str(file), "-map", "0", "-f", "null", "-"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stderr == ""
