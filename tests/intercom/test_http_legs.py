"""Cameras spoken to over HTTP: what they hear, and what the talker is told when they will not."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

import pytest

from services.intercom.adapters.camera_http import CameraHttp, HttpAddress
from services.intercom.adapters.dahua_cgi import DahuaCgi
from services.intercom.adapters.isapi import Isapi
from services.intercom.adapters.upload_leg import UploadLeg
from shared.errors import CameraRefused, CameraUnreachable, PeerError
from tests.peers.http_speaker import HttpSpeaker

Kind = Literal["isapi", "dahua"]
KINDS: tuple[Kind, ...] = ("isapi", "dahua")


def leg_to(
    camera: HttpSpeaker, *, password: str = "secret", linger_s: float = 10.0, limit_s: float = 2.0, channel: int = 1
) -> UploadLeg:
    address = HttpAddress("127.0.0.1", camera.port, "admin", password, lambda address: True)
    http = CameraHttp(address, limit_s)
    return UploadLeg(Isapi(http, channel) if camera.kind == "isapi" else DahuaCgi(http, channel), linger_s)


async def speak(leg: UploadLeg, packets: int, first: int = 0) -> bytes:
    """Packets that can be told apart, one every 20 ms."""
    said = bytearray()
    began = asyncio.get_running_loop().time()
    for number in range(packets):
        payload = bytes([(first + number) % 256]) * 160
        leg.send(payload, 160)
        said += payload
        await asyncio.sleep(max(0.0, began + 0.02 * (number + 1) - asyncio.get_running_loop().time()))
    return bytes(said)


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize(
    ("kind", "named", "codec"),
    [
        ("isapi", "G.711ulaw", "pcmu"),
        ("isapi", "G.711alaw", "pcma"),
        ("dahua", "G.711Mu", "pcmu"),
        ("dahua", "AAC", "pcma"),
    ],
)
async def test_every_byte_is_heard_as_it_is_said(kind: Kind, named: str, codec: str, answers: bool) -> None:
    async with HttpSpeaker(kind, codec=named, answers=answers) as camera:
        leg = leg_to(camera)
        assert await leg.prepare() == codec
        leg.send(b"\x55" * 160, 160)
        assert not camera.is_open, "nothing is opened before a press"
        await leg.play()
        began_s = time.time()
        said = await speak(leg, 25)
        await camera.until_heard(len(said))
        assert camera.sound == said
        # Not kept back and given all at once: the first piece came long before the last was said.
        assert camera.heard[0][0] < began_s + 0.3
        await leg.stop()
        await leg.play()
        said += await speak(leg, 5, first=25)
        await camera.until_heard(len(said))
        assert camera.sound == said
        assert len(camera.sound_heads) == 1, "a second press goes on in the same request"
        await leg.close()
        await camera.until_closed("request" if kind == "isapi" else "hanging up")
        assert all(user == "admin" for _, target, user in camera.requests if "audio" in target.lower()[-40:] and user)
        assert [user for *_, user in camera.requests].count("") == 1, "the password is asked for once"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_release_frees_the_camera_after_a_while_and_the_next_press_opens_it_again(kind: Kind) -> None:
    async with HttpSpeaker(kind) as camera:
        leg = leg_to(camera, linger_s=0.05)
        await leg.prepare()
        for number in (1, 2):
            camera.forget_nonces()  # whatever was learned at the first press
            await leg.play()
            await speak(leg, 3)
            await leg.stop()
            await camera.until_heard(480 * number)
            await camera.until_closed("request" if kind == "isapi" else "hanging up")
        await leg.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_busy_is_told_from_refused_and_from_unreachable(kind: Kind) -> None:
    async with HttpSpeaker(kind) as camera:
        leg = leg_to(camera)
        await leg.prepare()
        camera.is_busy = True
        with pytest.raises(CameraRefused) as busy:
            await leg.play()
        assert busy.value.code == "busy"
        camera.is_busy = False
        await leg.play()  # and when they are done, it works
        await leg.close()

        with pytest.raises(CameraRefused) as locked:
            await leg_to(camera, password="wrong").prepare()
        assert locked.value.is_credentials
        assert locked.value.code == "credentials"

        camera.is_deaf = True
        with pytest.raises(CameraRefused) as deaf:
            await leg_to(camera).prepare()
        assert deaf.value.code == "no_speaker"
        camera.is_deaf = False
        with pytest.raises(CameraRefused, match=r"channel 7|not 7"):
            await leg_to(camera, channel=7).prepare()

        camera.hangs = True
        with pytest.raises(CameraUnreachable) as hung:
            await leg_to(camera, limit_s=0.2).prepare()
        assert hung.value.code == "timed_out"
        port = camera.port
    gone = HttpSpeaker(kind)
    gone.port = port
    with pytest.raises(CameraUnreachable) as unreachable:
        await leg_to(gone).prepare()
    assert unreachable.value.code == "port_closed"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_camera_that_dies_while_somebody_speaks_ends_the_talk(kind: Kind) -> None:
    async with HttpSpeaker(kind) as camera:
        leg = leg_to(camera)
        await leg.prepare()
        await leg.play()
        closed = asyncio.create_task(leg.wait_closed())
        await speak(leg, 3)
        await camera.until_heard(480)
        await camera.die()
        with pytest.raises(CameraUnreachable):
            async with asyncio.timeout(5):
                await closed
        leg.send(b"\x55" * 160, 160)  # never raises
        await leg.close()


async def test_a_camera_that_takes_no_sound_ends_the_talk_and_fills_no_memory() -> None:
    async with HttpSpeaker("isapi", takes_nothing=True) as camera:
        leg = leg_to(camera)
        await leg.prepare()
        await leg.play()
        closed = asyncio.create_task(leg.wait_closed())
        async with asyncio.timeout(20):
            while not closed.done():  # as fast as it goes: the sockets in between hold megabytes
                for _ in range(1000):
                    leg.send(bytes(160), 160)
                await asyncio.sleep(0)
        with pytest.raises(CameraUnreachable, match="takes nothing"):
            closed.result()
        await leg.close()


async def test_a_refusal_of_the_sound_itself_is_said() -> None:
    async with HttpSpeaker("dahua", refuses_sound=403) as camera:
        leg = leg_to(camera)
        await leg.prepare()
        with pytest.raises(CameraRefused, match="right to two-way audio"):
            await leg.play()
    async with HttpSpeaker("isapi", refuses_sound=503) as camera:
        leg = leg_to(camera)
        await leg.prepare()
        await leg.play()  # the session was granted
        with pytest.raises(CameraRefused) as busy:
            async with asyncio.timeout(5):
                await leg.wait_closed()
        assert busy.value.code == "busy"
        await leg.close()


async def test_a_camera_set_to_another_codec_says_what_to_change() -> None:
    async with HttpSpeaker("isapi", codec="AAC") as camera:
        with pytest.raises(CameraRefused, match=r"set to AAC.*set it to G\.711"):
            await leg_to(camera).prepare()


async def test_an_address_outside_the_cameras_networks_is_not_connected_to() -> None:
    async with HttpSpeaker("isapi") as camera:
        address = HttpAddress("127.0.0.1", camera.port, "admin", "secret", lambda address: False)
        with pytest.raises(CameraUnreachable, match="not one we may connect to"):
            await CameraHttp(address, 2.0).ask("GET", "/")
        assert camera.requests == []


@pytest.mark.parametrize(
    "bytes_said",
    [
        b"",
        b"\x00\xff" * 5000,
        b"RTSP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\n" + b"a" * 400_000,
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n<<",
    ],
)
async def test_what_a_hostile_camera_says_is_a_peers_error(bytes_said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bytes_said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = HttpAddress("127.0.0.1", server.sockets[0].getsockname()[1], "admin", "secret", lambda address: True)
    for dialect in (Isapi(CameraHttp(address, 2.0), 1), DahuaCgi(CameraHttp(address, 2.0), 1)):
        with pytest.raises(PeerError):
            await dialect.look()
    server.close()
