"""A gateway as it really runs: NATS, PostgreSQL, uvicorn, and pictures of a real encoder on the bus."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import av
import httpx
import numpy as np
import pytest_asyncio
import uvicorn
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from services.gateway.settings import GatewaySettings
from services.gateway.wiring import wire
from shared import subjects
from shared.bus import Bus
from shared.bus.media_publisher import MediaPublisher
from shared.bus.streams import MEDIA, Limits
from shared.clock import SystemClock
from shared.embedded.credentials import Credentials
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.media.formats import StreamFormat
from shared.media.fragment import Fragment
from shared.media.fragmenter import WATCHED_90K, Fragmenter
from shared.media.nal_units import access_unit, split_annex_b
from shared.media.video_format import video_format
from shared.messages.cameras import CameraCondition, CameraState
from shared.service import Context
from shared.subjects import CameraRef
from shared.supervise import Supervisor

SERVICES = subjects.SERVICES
PASSWORD = "a long enough password"
GOP = 10


@dataclass(frozen=True)
class Peers:
    """The servers that the gateway talks to, and how a service enters them."""

    nats: EmbeddedNats
    postgres: EmbeddedPostgres
    credentials: Credentials

    async def bus(self, service: str) -> Bus:
        return await Bus.connect(
            self.nats.url, name=f"test {service}", user=service, password=self.credentials.bus[service]
        )


@dataclass(frozen=True)
class Gateway:
    """The gateway under test, and ingest's and the gateway's own connection to look behind it."""

    url: str
    peers: Peers
    ingest: Bus
    observer: Bus
    admin_password: str
    folder: Path

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, trust_env=False, timeout=20)

    async def token(self, name: str = "admin", password: str | None = None) -> str:
        async with self.client() as client:
            body = {"name": name, "password": password or self.admin_password}
            answer = await client.post("/sessions", json=body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["token"])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def peers() -> AsyncIterator[Peers]:
    folder = Path(mkdtemp(prefix="bk-gateway-"))
    folder.chmod(0o755)
    credentials = Credentials.load_or_create(folder / "secrets.json", SERVICES)
    ports = Ports(folder / "ports.json")
    nats = EmbeddedNats(folder, ports, credentials.bus, store_bytes_max=1 << 30)
    postgres = EmbeddedPostgres(folder, ports, credentials.postgres, credentials.database)
    await asyncio.gather(nats.start(), postgres.start())
    yield Peers(nats, postgres, credentials)
    await asyncio.gather(nats.stop(), postgres.stop())
    rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway(peers: Peers) -> AsyncIterator[Gateway]:
    folder = Path(mkdtemp(prefix="bk-gateway-own-"))
    listening = socket.socket()
    listening.bind((HOST, 0))
    settings = GatewaySettings(
        nats_url=peers.nats.url,
        nats_user="gateway",
        nats_password=peers.credentials.bus["gateway"],
        database_url=peers.postgres.url("gateway"),
        secret_key=peers.credentials.secret_key,
        worker_id="gateway-1",
        http_port=listening.getsockname()[1],
        admin_password_file=folder / "admin-password",
        console_dir=folder / "dist",
        allow_loopback_cameras=True,
        live_viewers_of_person=40,
    )
    ingest, observer, bus = [await peers.bus(name) for name in ("ingest", "gateway", "gateway")]
    await ingest.ensure_stream(MEDIA, Limits(600, 256 << 20))
    clock = SystemClock()
    supervisor = Supervisor(clock)
    wired = await wire(Context("gateway", settings, bus, clock, supervisor))
    for name, task in wired.tasks:
        supervisor.start(name, task)
    assert wired.app is not None
    config = uvicorn.Config(wired.app, log_config=None, access_log=False, lifespan="off", ws_per_message_deflate=False)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    password = (folder / "admin-password").read_text().strip()
    yield Gateway(f"http://{HOST}:{settings.http_port}", peers, ingest, observer, password, folder)
    server.should_exit = True
    await serving
    await supervisor.stop_all()
    assert supervisor.bug is None
    for close in wired.close:
        await close()
    for each in (ingest, observer, bus):
        await each.close()
    rmtree(folder, ignore_errors=True)


class _Server(uvicorn.Server):
    """The test runner has its own signal handlers."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def admin(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client(await gateway.token()) as client:
        yield client


class Pictures:
    """An endless stream of one camera as ingest would publish it, one access unit a fragment."""

    def __init__(
        self,
        gateway: Gateway,
        camera: CameraRef,
        *,
        stream: str = "main",
        run: str = "00000000000000aa",
        codecs: str | None = None,
    ):
        self._ingest = gateway.ingest
        self.camera = camera
        self.subject = subjects.media(camera, stream)
        self.run = run
        self.seq = 0
        self.padding = 0
        self.codecs = codecs
        self.sent: list[Fragment] = []

    async def publish(self, count: int) -> list[Fragment]:
        """The next `count` fragments, stamped now, stored when this returns."""
        publisher = await publisher_of(self._ingest)
        fresh = []
        for _ in range(count):
            template = fragments()[self.seq % len(fragments())]
            now_us = SystemClock().now_us()
            header = replace(
                template.header, run=self.run, seq=self.seq, pts_90k=self.seq * 3600, captured_us=now_us, received_us=now_us
            )
            if self.codecs is not None:
                header = replace(header, codecs=self.codecs)
            # A `free` box (ISO/IEC 14496-12, 8.1.2) makes it larger without changing what it means.
            padding = (8 + self.padding).to_bytes(4, "big") + b"free" + bytes(self.padding) if self.padding else b""
            fresh.append(Fragment(header, template.payload + padding))
            publisher.publish(self.subject, fresh[-1])
            self.seq += 1
        self.sent += fresh
        await until_stored(self._ingest, self.subject, fresh[-1])
        return fresh

    async def say(self, gateway: Gateway, condition: CameraCondition, reason: str = "Pictures are coming.") -> None:
        """What ingest says about the camera."""
        bucket = await gateway.ingest.kv("camera_states")
        state = CameraState(
            site=self.camera.site,
            camera=self.camera.camera,
            condition=condition,
            reason=reason,
            reason_code="ok" if condition == "online" else "timed_out",
            since_us=SystemClock().now_us(),
            worker="ingest-1",
            codecs="avc1.42C00D",
        )
        await bucket.put(self.camera.key, state.encode())


_publishers: dict[int, MediaPublisher] = {}


async def publisher_of(bus: Bus) -> MediaPublisher:
    """One publisher a connection."""
    if id(bus) not in _publishers:
        _publishers[id(bus)] = await bus.media_publisher(lambda *gap: None, 64 << 20)
    return _publishers[id(bus)]


async def until_stored(bus: Bus, subject: str, newest: Fragment) -> None:
    async with asyncio.timeout(10):
        while (found := await bus.last_media(subject)) is None or found.header.seq != newest.header.seq:
            await asyncio.sleep(0.005)


@lru_cache(maxsize=1)
def fragments() -> Sequence[Fragment]:
    """Ten GOPs of a moving picture, 160x120, encoded by x264 and cut by our own fragmenter."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = 160, 120, "yuv420p"
    context.framerate, context.time_base, context.gop_size = Fraction(25), Fraction(1, 25), GOP
    context.max_b_frames = 0
    context.options = {"preset": "ultrafast", "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0"}
    cutter: Fragmenter | None = None
    cut: list[Fragment] = []
    for index in range(10 * GOP + 1):
        frame = None
        if index < 10 * GOP:
            frame = VideoFrame.from_ndarray(np.full((120, 160, 3), index * 2, dtype=np.uint8), format="rgb24").reformat(
                format="yuv420p"
            )
            frame.pts = index
        for packet in context.encode(frame):
            assert packet.pts is not None
            unit = access_unit("h264", split_annex_b(bytes(packet)), packet.pts * 3600, 0)
            assert unit is not None
            if cutter is None:
                assert unit.parameter_sets is not None
                cutter = Fragmenter(StreamFormat(video_format("h264", unit.parameter_sets)), "0" * 16, WATCHED_90K)
            cut += cutter.push_video(unit, 0)
    assert cutter is not None
    return cut[: len(cut) // GOP * GOP]
