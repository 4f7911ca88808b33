"""Sources through libav against real peers: ffmpeg as HTTP-FLV, RTMP, SRT, HLS and MPEG-TS, and an HTTP server."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import io
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from services.ingest.adapters.pyav_audio import AacEncoder
from services.ingest.adapters.pyav_source import PyAvSource
from services.ingest.conditions import NoVideo
from services.ingest.normaliser import Normaliser, Tracks
from shared.clock import SystemClock
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.media.access_unit import AccessUnit, AudioUnit
from shared.media.formats import StreamFormat
from shared.media.fragment import Fragment
from shared.media.video_format import video_format

pytestmark = pytest.mark.ffmpeg
TICK = 3600
PICTURE = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25"]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
H264 = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"]
H265 = ["-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast"]
H265 += ["-x265-params", "log-level=none:keyint=25:bframes=0"]


class Heard:
    """A sink that keeps what it is given and says when there is enough."""

    def __init__(self, enough: int = 40):
        self.tracks: Tracks | None = None
        self.encoder: AacEncoder | None = None
        self.video: list[AccessUnit] = []
        self.audio: list[AudioUnit] = []
        self.lost = 0
        self.has_enough = asyncio.Event()
        self._enough = enough

    def describe(self, tracks: Tracks, encoder: AacEncoder | None = None) -> None:
        self.tracks, self.encoder = tracks, encoder

    def on_video(self, unit: AccessUnit) -> None:
        self.video.append(unit)
        if len(self.video) >= self._enough:
            self.has_enough.set()

    def on_audio(self, unit: AudioUnit) -> None:
        self.audio.append(unit)

    def on_loss(self, packets: int) -> None:
        self.lost += packets

    def on_sender_report(self, media: str, wall_us: int, pts: int, received_us: int) -> None:
        raise AssertionError("libav passes no sender reports on")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def peer(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg
    process = subprocess.Popen([ffmpeg, "-v", "quiet", "-nostdin", "-y", *arguments])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


@contextlib.contextmanager
def http_server(folder: Path, statuses: dict[str, int]) -> Iterator[int]:
    """Serves `folder`, and the status codes asked for."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def do_GET(self) -> None:
            status = statuses.get(self.path)
            self.send_error(status) if status else super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


async def until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.05)


async def hear(url: str, enough: int = 40, limit_s: float = 15.0) -> Heard:
    """Connect, again while the peer is not up yet, until enough pictures came; then stop within 2 s."""
    async with asyncio.timeout(limit_s):
        while True:
            heard = Heard(enough)
            running = asyncio.create_task(PyAvSource(url, SystemClock()).run(heard))
            waiting = asyncio.create_task(heard.has_enough.wait())
            await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if heard.has_enough.is_set():
                begun = time.monotonic()
                running.cancel()
                await asyncio.wait((running,))
                assert time.monotonic() - begun < 2.5
                return heard
            assert isinstance(running.exception(), PeerError), running.exception()
            await asyncio.sleep(0.1)


def check(heard: Heard, codec: str = "h264", tolerance_90k: int = 0) -> None:
    """What every source owes its sink."""
    assert heard.tracks is not None
    assert heard.tracks.video == codec
    first_idr = next(unit for unit in heard.video if unit.is_idr)
    assert first_idr.parameter_sets is not None
    assert video_format(heard.tracks.video, first_idr.parameter_sets).width == 320
    steps = [later.pts_90k - earlier.pts_90k for earlier, later in zip(heard.video, heard.video[1:], strict=False)]
    assert all(abs(step - TICK) <= tolerance_90k for step in steps), steps
    for unit in heard.video:
        assert unit.size_bytes == sum(map(len, unit.parts))
        assert abs(unit.received_us - time.time_ns() // 1000) < 60_000_000


async def test_http_flv_with_sound() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/live.flv"
    with peer("-re", *PICTURE, *TONE, *H264, "-c:a", "aac", "-f", "flv", "-listen", "1", url):
        heard = await hear(url)
    check(heard)
    assert heard.tracks is not None
    assert heard.tracks.audio is not None
    assert (heard.tracks.audio.sample_rate, heard.tracks.audio.channels) == (44_100, 1)
    assert heard.encoder is None
    assert heard.tracks.parameter_sets
    assert [b.pts - a.pts for a, b in zip(heard.audio, heard.audio[1:], strict=False)] == pytest.approx(
        [1024] * (len(heard.audio) - 1), abs=45
    )  # FLV counts milliseconds


async def test_http_flv_with_telephone_sound() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/live.flv"
    with peer("-re", *PICTURE, *TONE, *H264, "-c:a", "pcm_alaw", "-ar", "8000", "-f", "flv", "-listen", "1", url):
        heard = await hear(url)
    check(heard)
    assert heard.encoder is not None
    assert heard.tracks is not None
    assert heard.tracks.audio is not None
    assert heard.tracks.audio_clock_rate == 8000
    assert heard.tracks.audio.sample_rate == 32_000
    assert sum(len(heard.encoder.push(unit)) for unit in heard.audio) > 20


async def test_a_camera_that_changes_its_format_says_so_at_the_idr(tmp_path: Path) -> None:
    """An FLV connection whose second half begins with another sequence header."""
    halves = []
    for size in ("320x240", "640x480"):
        half = tmp_path / f"{size}.flv"
        picture = ["-f", "lavfi", "-i", f"testsrc=size={size}:rate=25", "-t", "1"]
        with peer(*picture, *H264, "-f", "flv", str(half)) as encoding:
            encoding.wait()
        halves.append(half.read_bytes())
    (tmp_path / "live.flv").write_bytes(halves[0] + halves[1][13:])  # without the file header and first tag size
    heard = Heard(enough=1000)
    with http_server(tmp_path, {}) as port, pytest.raises(CameraUnreachable, match="end of stream"):
        await PyAvSource(f"http://127.0.0.1:{port}/live.flv", SystemClock()).run(heard)
    announced = [unit for unit in heard.video if unit.parameter_sets is not None]
    assert [unit.is_idr for unit in announced] == [True, True]
    assert [video_format("h264", unit.parameter_sets or ()).width for unit in announced] == [320, 640]


async def test_names_in_any_encoding_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "named.mkv"
    with peer(*PICTURE, "-t", "1", *H264, "-metadata", "title=KITCHENKITCHEN", str(path)) as encoding:
        encoding.wait()
    assert b"KITCHENKITCHEN" in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"KITCHENKITCHEN", b"\xff\xfe\xc3\x28" * 3 + b"ab"))
    assert len((await hear(f"file:{path}", enough=10)).video) >= 10


@pytest.mark.parametrize(("codec", "encoder"), [("h264", H264), ("h265", H265)])
async def test_mpeg_ts_over_udp(codec: str, encoder: list[str]) -> None:
    port = free_port(socket.SOCK_DGRAM)
    target = f"udp://127.0.0.1:{port}"
    with peer("-re", *PICTURE, *TONE, *encoder, "-c:a", "aac", "-f", "mpegts", f"{target}?pkt_size=1316"):
        heard = await hear(target)
    check(heard, codec)
    assert heard.tracks is not None
    assert heard.tracks.audio is not None
    assert heard.tracks.audio.config[:2] == bytes.fromhex("1208")  # AAC-LC, 44,100 Hz, mono
    assert heard.audio
    assert all(bytes(unit.data[:2]) != b"\xff\xf1" for unit in heard.audio)


async def test_hls(tmp_path: Path) -> None:
    playlist = tmp_path / "live.m3u8"
    with peer("-re", *PICTURE, *H264, "-f", "hls", "-hls_time", "1", "-hls_flags", "delete_segments", str(playlist)):
        await until(playlist.exists)
        with http_server(tmp_path, {}) as port:
            begun = time.monotonic()
            heard = await hear(f"http://127.0.0.1:{port}/live.m3u8", enough=60)
    check(heard)
    arrivals = [unit.received_us for unit in heard.video]
    assert max(later - earlier for earlier, later in pairwise(arrivals)) < 900_000
    assert time.monotonic() - begun > 1.5, "segments come in lumps and are let out by the clock"


async def test_rtmp() -> None:
    port = free_port()
    url = f"rtmp://127.0.0.1:{port}/live/kitchen"
    with peer("-re", *PICTURE, *H264, "-f", "flv", "-listen", "1", url):
        check(await hear(url))


async def test_srt() -> None:
    port = free_port(socket.SOCK_DGRAM)
    with peer("-re", *PICTURE, *H264, "-f", "mpegts", f"srt://127.0.0.1:{port}?mode=listener"):
        check(await hear(f"srt://127.0.0.1:{port}"))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """0.8 s with B-pictures and sound that is a little longer; PTS begin at 1 s."""
    path = tmp_path / "a clip.mp4"
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg
    encode = ["-t", "0.8", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2", "-c:a", "aac"]
    command = [ffmpeg, "-v", "error", "-y", *PICTURE, *TONE, *encode, "-output_ts_offset", "1", str(path)]
    subprocess.run(command, check=True)
    return path


async def test_a_file_goes_round_and_round_without_a_break(clip: Path) -> None:
    begun = time.monotonic()
    heard = await hear(f"file:{clip}", enough=65)
    assert 2.3 < time.monotonic() - begun < 4.5, "in real time"
    shown = sorted(unit.pts_90k for unit in heard.video[:60])
    assert [later - earlier for earlier, later in pairwise(shown)] == [TICK] * 59
    assert sum(unit.is_idr for unit in heard.video[:60]) == 3
    steps = [later.pts - earlier.pts for earlier, later in zip(heard.audio, heard.audio[1:], strict=False)]
    assert sorted(steps)[len(steps) // 2] == 1024
    assert max(steps) < 4096
    assert min(steps) > -4096


FROZEN_AND_KILLED = [
    (signal.SIGSTOP, "timed out", 5.0),
    (signal.SIGKILL, "end of stream|closed|reset|input/output", 1.0),
]
FIXED = ["-t", "0.8", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2", "-c:a", "pcm_mulaw", "-ar", "8000"]


async def test_a_file_becomes_fragments_that_play(tmp_path: Path) -> None:
    """Through the whole of ingest: B-pictures, telephone sound, and the seam of the loop."""
    path = tmp_path / "clip.mkv"
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg
    subprocess.run([ffmpeg, "-v", "error", *PICTURE, *TONE, *FIXED, str(path)], check=True)
    fragments: list[Fragment] = []
    runs: list[str] = []

    class Events:
        def on_run(self, run: str, stream: StreamFormat, why: str) -> None:
            runs.append(why)

    normaliser = Normaliser(fragments.append, Events(), lambda: "0123456789abcdef", 2_000_000)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2.6):
            await PyAvSource(f"file:{path}", SystemClock()).run(normaliser)
    normaliser.finish()
    assert runs == ["started"]
    assert {fragment.header.codecs for fragment in fragments} == {"avc1.64000D,mp4a.40.2"}
    with av.open(io.BytesIO(b"".join(fragment.payload for fragment in fragments)), "r") as container:
        times = [(packet.stream.type, packet.pts) for packet in container.demux() if packet.pts is not None]
    shown = sorted(pts for kind, pts in times if kind == "video")
    heard = [pts for kind, pts in times if kind == "audio"]
    assert len(shown) >= 50
    assert {later - earlier for earlier, later in pairwise(shown)} == {TICK}
    assert len(heard) >= 60
    assert max(later - earlier for earlier, later in pairwise(heard)) < 0.1 * 32_000


REFUSALS: list[tuple[str, type[PeerError], int | None, bool, str]] = [
    ("/401.flv", CameraRefused, 401, True, "401"),
    ("/403.flv", CameraRefused, 403, False, "403"),
    ("/missing.flv", CameraRefused, 404, False, "404"),
    ("/500.flv", CameraUnreachable, None, False, "5"),
    ("/noise.flv", ProtocolViolation, None, False, "libav"),
    ("/sound.mp4", NoVideo, None, False, "no picture"),
]


@pytest.mark.parametrize(
    ("path", "kind", "status", "is_credentials", "words"), REFUSALS, ids=[row[0] for row in REFUSALS]
)
async def test_refusals_are_named(
    path: str, kind: type[PeerError], status: int | None, is_credentials: bool, words: str, tmp_path: Path
) -> None:
    (tmp_path / "noise.flv").write_bytes(bytes(range(256)) * 400)
    with peer(*TONE, "-t", "1", "-c:a", "aac", str(tmp_path / "sound.mp4")) as encoding:
        encoding.wait()
    with http_server(tmp_path, {"/401.flv": 401, "/403.flv": 403, "/500.flv": 500}) as port:
        source = PyAvSource(f"http://127.0.0.1:{port}{path}", SystemClock(), username="cook", password="s3cret/@")
        with pytest.raises(kind, match=words) as caught:
            async with asyncio.timeout(8):
                await source.run(Heard())
    assert "s3cret" not in str(caught.value)
    if isinstance(caught.value, CameraRefused):
        assert (caught.value.status, caught.value.is_credentials) == (status, is_credentials)


async def test_basic_authentication_reaches_the_peer(tmp_path: Path, encoded: Callable[..., object]) -> None:
    seen: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            if seen[-1] is None:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="kitchen"')
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/live.flv"
        with pytest.raises(CameraRefused):
            await PyAvSource(url, SystemClock(), username="cook", password="a:b@/").run(Heard())
        server.shutdown()
    assert seen[-1] == "Basic Y29vazphOmJALw=="


async def test_redirects_are_not_followed() -> None:
    """Whoever holds a camera could otherwise make us ask any address of our own network."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere.flv")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(PeerError):
            await PyAvSource(f"http://127.0.0.1:{server.server_port}/live.flv", SystemClock()).run(Heard())
        server.shutdown()
    assert set(asked) == {"/live.flv"}


async def test_nothing_listens() -> None:
    with pytest.raises(CameraUnreachable, match="refused"):
        await PyAvSource(f"http://127.0.0.1:{free_port()}/live.flv", SystemClock()).run(Heard())


async def test_a_file_that_is_not_there() -> None:
    with pytest.raises(CameraRefused) as caught:
        await PyAvSource("file:/no/such/file.mp4", SystemClock()).run(Heard())
    assert caught.value.status == 404


def test_other_kinds_of_address_are_refused() -> None:
    for url in ("concat:a|b", "/etc/passwd", "gopher://127.0.0.1/", ""):
        with pytest.raises(CameraRefused):
            PyAvSource(url, SystemClock())


@pytest.mark.parametrize(("signal_number", "words", "limit_s"), FROZEN_AND_KILLED)
async def test_a_frozen_and_a_killed_peer(signal_number: signal.Signals, words: str, limit_s: float) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/live.flv"
    with peer("-re", *PICTURE, *H264, "-f", "flv", "-listen", "1", url) as process:
        for _ in range(50):
            heard = Heard(10)
            running = asyncio.create_task(PyAvSource(url, SystemClock()).run(heard))
            waiting = asyncio.create_task(heard.has_enough.wait())
            await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
            if heard.has_enough.is_set():
                break
            waiting.cancel()
            running.exception()
            await asyncio.sleep(0.1)
        begun = time.monotonic()
        process.send_signal(signal_number)
        with pytest.raises(CameraUnreachable, match=words):
            async with asyncio.timeout(10):
                await running
        assert time.monotonic() - begun < limit_s


async def test_what_the_sink_raises_ends_the_connection(clip: Path) -> None:
    class Broken(Heard):
        def on_video(self, unit: AccessUnit) -> None:
            raise ProtocolViolation("the format is not what it was")

    with pytest.raises(ProtocolViolation, match="not what it was"):
        async with asyncio.timeout(5):
            await PyAvSource(f"file:{clip}", SystemClock()).run(Broken())
