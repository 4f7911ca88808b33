"""Chromium's microphone in a talk: its fake device says a tone, and the page clicks."""

from __future__ import annotations

import asyncio
import tempfile
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from playwright.async_api import Page, async_playwright

if TYPE_CHECKING:
    from tests.bench.bench_intercom import Bench

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]
# The microphone is open before the click, as a page that may speak has it; the page's own work counts.
_OPEN_MICROPHONE = """
async () => {
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  window.__microphone = await navigator.mediaDevices.getUserMedia({ audio: raw });
}
"""
_OFFER = """
async ({ token, query }) => {
  window.__clicked = performance.timeOrigin + performance.now();
  const peer = window.__peer = new RTCPeerConnection();
  peer.addTransceiver(window.__microphone.getAudioTracks()[0], { direction: "sendonly" });
  peer.createDataChannel("talk");
  // Chromium has its own addresses within some milliseconds, and says that it has all of them 120 ms later.
  const first = new Promise((done) => peer.addEventListener("icecandidate", () => setTimeout(done, 5), { once: true }));
  await peer.setLocalDescription(await peer.createOffer());
  await first;
  const answer = await fetch("/api/v1/cameras/cook-0/talk" + query, {
    method: "POST", body: peer.localDescription.sdp,
    headers: { "Content-Type": "application/sdp", Authorization: "Bearer " + token },
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  window.__talk = answer.headers.get("Location");
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  if (peer.connectionState !== "connected")
    await new Promise((done) => peer.addEventListener("connectionstatechange",
      () => peer.connectionState === "connected" && done()));
  return window.__clicked / 1000;
}
"""
_PRESS = """
async ({ token }) => {
  const clicked = performance.timeOrigin + performance.now();
  const answer = await fetch(window.__talk, {
    method: "PATCH", body: JSON.stringify({ is_talking: true }),
    headers: { "Content-Type": "application/json", Authorization: "Bearer " + token },
  });
  if (answer.status !== 200) throw new Error(await answer.text());
  return clicked / 1000;
}
"""
_END = """
async ({ token }) => {
  await fetch(window.__talk, { method: "DELETE", headers: { Authorization: "Bearer " + token } });
  window.__peer.close();
}
"""


class BrowserTalk:
    """One page that speaks to camera `cook-0`."""

    def __init__(self, page: Page, token: str, version: str):
        self._page = page
        self._told = {"token": token}
        self.version = version

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, token: str) -> AsyncIterator[Self]:
        with tempfile.TemporaryDirectory() as name:
            sound = Path(name) / "tone.wav"
            _write_tone(sound)
            async with async_playwright() as playwright:
                flags = [*FLAGS, f"--use-file-for-fake-audio-capture={sound}"]
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
                page = await browser.new_page()
                await page.goto(url)
                await page.evaluate(_OPEN_MICROPHONE)
                yield cls(page, token, browser.version)
                await browser.close()

    async def click(self, on: Bench, is_prepared: bool) -> float:
        """Milliseconds from the click to the first sound."""
        told: dict[str, Any] = {**self._told, "query": "?prepare=true" if is_prepared else ""}
        on.ear.new()
        asked = asyncio.ensure_future(self._page.evaluate(_OFFER, told))
        if is_prepared:
            await asked
            await asyncio.sleep(1.0)
            on.ear.new()
            asked = asyncio.ensure_future(self._page.evaluate(_PRESS, self._told))
        heard_s = await on.first_loud_s(0.0)
        clicked_s = float(await asked)
        await self._page.evaluate(_END, self._told)
        await asyncio.sleep(0.5)
        return 1000 * (heard_s - clicked_s)


def _write_tone(path: Path) -> None:
    rate = 48_000
    wavy = (np.sin(2 * np.pi * 440 * np.arange(10 * rate) / rate) * 0.3 * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(wavy.tobytes())
