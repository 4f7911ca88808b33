"""Our backchannel to a camera nobody here wrote: each codec, a second press, a long silence, a camera that is busy."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from services.intercom.adapters.onvif_leg import OnvifLeg
from services.intercom.g711 import Law, encoded
from shared.clock import SystemClock
from shared.errors import CameraRefused
from shared.messages.cameras import Transport
from shared.rtsp.backchannel import FEATURE, Backchannel
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.source import RtspSource
from tests.intercom.heard import frequency, heard, sound
from tests.peers.gst import GstCamera

PACKET = 160


def leg_of(url: str, password: str = "secret", transport: Transport = "auto") -> OnvifLeg:
    mill, clock = ReadMill(), SystemClock()
    source = RtspSource(url, "admin", password, transport, require=FEATURE)
    return OnvifLeg(lambda: Backchannel(source, mill, clock, 5.0))


async def speak(leg: OnvifLeg, law: Law, hz: float, seconds: float) -> None:
    """A tone, paced as a talk is."""
    began = asyncio.get_running_loop().time()
    for number in range(int(seconds * 50)):
        at = np.arange(number * PACKET, (number + 1) * PACKET) / 8000
        leg.send(encoded((8000 * np.sin(2 * np.pi * hz * at)).astype(np.int16), law), PACKET)
        await asyncio.sleep(max(0.0, began + (number + 1) * 0.02 - asyncio.get_running_loop().time()))


async def until_heard(file: Path, hz: float, since_s: float) -> None:
    """Half a second of that tone, as the strongest there is."""
    async with asyncio.timeout(10):
        while True:
            samples = sound([one for one in heard(file) if one.at_s >= since_s])
            loud = samples[np.abs(samples) > 500] if len(samples) else samples
            if len(loud) > 2000 and abs(frequency(samples) - hz) < 6:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("codec", "audio", "transport"),
    [("pcmu", "aac", "tcp"), ("pcma", "none", "udp"), ("aac", "pcma", "tcp"), ("aac", "none", "udp")],
)
async def test_a_tone_in_is_the_tone_out_at_every_press(
    tmp_path: Path, codec: str, audio: str, transport: Transport
) -> None:
    file = tmp_path / "heard"
    with GstCamera(backchannel=codec, audio=audio, heard=str(file), user="admin", password="secret") as camera:
        leg = leg_of(camera.url, transport=transport)
        assert await leg.prepare() == codec
        law: Law = "pcma" if codec == "pcma" else "pcmu"
        for hz in (440.0, 880.0):
            began_s = time.time()
            await leg.play()
            await speak(leg, law, hz, 0.8)
            await leg.stop()
            await until_heard(file, hz, began_s)
            await leg.leave()  # a new session each time, at once: none of them is silent
        await leg.close()


async def test_what_was_said_last_is_heard_through_an_encoder(tmp_path: Path) -> None:
    file = tmp_path / "heard"
    with GstCamera(backchannel="aac", heard=str(file), user="admin", password="secret") as camera:
        leg = leg_of(camera.url)
        await leg.prepare()
        await leg.play()
        began_s = time.time()
        await speak(leg, "pcmu", 970.0, 0.5)  # no whole number of samples: few of them are near zero
        await leg.stop()
        async with asyncio.timeout(10):
            while (loud := int((np.abs(sound(heard(file))) > 500).sum())) < 0.45 * 8000 * 0.9:
                await asyncio.sleep(0.05)
        print(f"{loud / 8000:.2f} s of loud samples out of 0.5 s said, {time.time() - began_s:.2f} s after the first")
        await leg.close()


async def test_a_session_outlives_the_cameras_time_out_and_refusals_are_named(tmp_path: Path) -> None:
    file = tmp_path / "heard"
    with (
        GstCamera(user="admin", password="secret") as deaf,
        GstCamera(backchannel="pcmu", heard=str(file), user="admin", password="secret", timeout_s=4) as camera,
    ):
        leg = leg_of(camera.url)
        assert await leg.prepare() == "pcmu"
        await asyncio.sleep(7.0)  # nothing but keep-alives: the camera forgets a session after 4 s without
        began_s = time.time()
        await leg.play()
        await speak(leg, "pcmu", 440.0, 0.6)
        await until_heard(file, 440.0, began_s)
        await leg.close()
        for refusing, code in ((leg_of(deaf.url), "no_speaker"), (leg_of(camera.url, "wrong"), "credentials")):
            with pytest.raises(CameraRefused) as refused:
                await refusing.prepare()
            assert refused.value.code == code
