"""Our cameras' backchannel server against a client nobody here wrote (rtsp-backchannel): a tone in is the tone heard."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rtsp_backchannel import play_file

from shared.clock import SystemClock
from shared.rtsp.gatekeeper import Gatekeeper
from shared.rtsp.server_connection import RtspServer
from shared.rtsp.server_outlet import Outlet
from shared.rtsp.server_presentation import Presentation, ServedTrack
from shared.simulator.loudspeaker import Loudspeaker

HZ = 440.0


class Silence:
    """Performs nothing: this client sets up the backchannel alone."""

    def stop(self) -> None: ...


class Room:
    """What the simulator's cameras do with their backchannel, without the footage beside it."""

    def __init__(self) -> None:
        self.loudspeaker = Loudspeaker(SystemClock())
        self.performances = 0
        picture = ServedTrack("video", 96, "H264/90000", 1)
        sound = ServedTrack("audio", 0, "PCMU/8000", 0, direction="sendonly")
        self.presentation = Presentation("kitchen", (picture,), sound)

    def find(self, path: str) -> Presentation | None:
        return self.presentation if path == "/cam/1" else None

    def position(self, path: str, track: int) -> tuple[int, int]:
        return 0, 0

    def perform(self, path: str, outlets: Sequence[tuple[int, Outlet]]) -> Silence:
        self.performances += 1
        return Silence()

    def may_speak(self, path: str, talker: object) -> bool:
        return True

    def fall_silent(self, talker: object) -> None: ...

    def hear(self, path: str, packet: bytes) -> None:
        self.loudspeaker.hear(packet)

    def note_report(self, path: str) -> None: ...


def tone(path: Path) -> Path:
    at = np.arange(8000) / 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((12_000 * np.sin(2 * np.pi * HZ * at)).astype("<i2").tobytes())
    return path


def linear(ulaw: bytes) -> np.ndarray:
    """G.711 by its definition, apart from our own tables: sign, exponent, mantissa of the inverted byte."""
    code = ~np.frombuffer(ulaw, np.uint8).astype(int) & 0xFF
    magnitude = ((((code & 15) << 1) + 33) << (code >> 4 & 7)) - 33
    return np.where(code & 0x80, -magnitude, magnitude).astype(float)


@pytest.mark.parametrize("password", ["secret", None])
async def test_another_clients_tone_is_heard_here(tmp_path: Path, password: str | None) -> None:
    room = Room()
    clock = SystemClock()
    gatekeeper = None if password is None else Gatekeeper("admin", password, clock, uses_qop=False)
    server = RtspServer(room, gatekeeper, clock)
    await server.listen("127.0.0.1", 0)
    result = await asyncio.to_thread(
        play_file,
        host=f"rtsp://127.0.0.1:{server.port}/cam/1",
        file=str(tone(tmp_path / "tone.wav")),
        user="admin" if password else "",
        password=password or "",
    )
    assert (result.codec, room.performances) == ("PCMU", 1)
    assert (room.loudspeaker.packets, room.loudspeaker.lost) == (result.packets_sent, 0)
    sound = linear(room.loudspeaker.last_heard)
    assert abs(len(sound) - 8000) <= 320
    spectrum = np.abs(np.fft.rfft(sound[800:7200] * np.hanning(6400)))
    assert np.argmax(spectrum) * 8000 / 6400 == pytest.approx(HZ, abs=2)
    async with asyncio.timeout(5):
        while server.connection_count:
            await asyncio.sleep(0.01)
    await server.close()
