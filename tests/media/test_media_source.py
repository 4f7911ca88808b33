"""Chromium's MediaSource takes our fragments as they are."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import async_playwright

from shared.media.access_unit import AccessUnit
from shared.media.formats import AudioFormat, StreamFormat
from shared.media.fragmenter import UNWATCHED_90K, WATCHED_90K, Fragmenter

pytestmark = pytest.mark.chromium
Units = tuple[tuple[AccessUnit, int], ...]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
PLAY = """
async ([mime, payloads]) => {
  if (!MediaSource.isTypeSupported(mime)) return {error: 'unsupported ' + mime};
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise(resolve => source.addEventListener('sourceopen', resolve, {once: true}));
  const buffer = source.addSourceBuffer(mime);
  for (const text of payloads) {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const done = new Promise((resolve, reject) => {
      buffer.addEventListener('updateend', resolve, {once: true});
      buffer.addEventListener('error', () => reject(new Error('append refused')), {once: true});
    });
    buffer.appendBuffer(bytes);
    await done;
  }
  const ranges = [];
  for (let i = 0; i < buffer.buffered.length; i++) ranges.push([buffer.buffered.start(i), buffer.buffered.end(i)]);
  source.endOfStream();
  video.currentTime = ranges[0][0];
  const ended = new Promise((resolve, reject) => {
    video.addEventListener('ended', resolve, {once: true});
    video.addEventListener('error', () => reject(new Error(video.error.message)), {once: true});
  });
  await video.play();
  await ended;
  const quality = video.getVideoPlaybackQuality();
  return {ranges, at: video.currentTime, width: video.videoWidth, height: video.videoHeight,
          shown: quality.totalVideoFrames, dropped: quality.droppedVideoFrames};
}
"""
B = {"max_b_frames": 3, "options": (("preset", "medium"),)}
ROWS: list[tuple[str, dict[str, Any], int, bool, int | None]] = [
    # what, how it is encoded, target, with sound, reorder depth where the camera states none
    ("no B", {}, UNWATCHED_90K, False, None),
    ("one access unit a fragment", {}, WATCHED_90K, False, None),
    ("B", B, UNWATCHED_90K, False, None),
    (
        "B, one access unit a fragment",
        {"max_b_frames": 3, "options": (("preset", "medium"),)},
        WATCHED_90K,
        False,
        None,
    ),
    ("sound", {}, UNWATCHED_90K, True, None),
    ("sound, one access unit a fragment", {}, WATCHED_90K, True, None),
    ("depth unknown, one access unit a fragment", {}, WATCHED_90K, False, 4),
    ("after the wrap of RTP's 32 bits", {"first_pts": 2**32 - 45_000}, UNWATCHED_90K, False, None),
]


@pytest.mark.parametrize(("what", "how", "target_90k", "has_sound", "depth"), ROWS, ids=[row[0] for row in ROWS])
async def test_chromium_plays_it(
    what: str,
    how: dict[str, Any],
    target_90k: int,
    has_sound: bool,
    depth: int | None,
    encoded: Callable[..., Units],
    stream_of: Callable[..., StreamFormat],
    sound: Callable[..., tuple[AudioFormat, tuple[bytes, ...]]],
) -> None:
    units = encoded("h264", **{"first_pts": 900_000, **how})
    first_pts = units[0][0].pts_90k
    stream = stream_of("h264", units)
    if depth is not None:
        assert stream.video is not None
        stream = StreamFormat(replace(stream.video, reorder_depth=depth))
    audio, packets = sound(2.5)
    if has_sound:
        stream = StreamFormat(stream.video, audio)
    fragmenter = Fragmenter(stream, "0123456789abcdef", target_90k)
    payloads: list[bytes] = []
    sent, first_sound = 0, first_pts * 48_000 // 90_000
    for unit, dts in units:
        payloads += [fragment.payload for fragment in fragmenter.push_video(unit, 0)]
        while has_sound and sent * 1024 * 90_000 < (dts + 7200 - first_pts) * 48_000:
            pts = first_sound + sent * 1024
            payloads += [one.payload for one in fragmenter.push_audio(packets[sent], pts, 1024, 0, 0)]
            sent += 1
    payloads += [fragment.payload for fragment in fragmenter.flush()]
    mime = f'video/mp4; codecs="{stream.codecs}"'
    encoded_payloads = [base64.b64encode(payload).decode() for payload in payloads]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            page = await browser.new_page()
            await page.set_content("<body></body>")
            seen = await page.evaluate(PLAY, [mime, encoded_payloads])
        finally:
            await browser.close()
    assert "error" not in seen, seen
    ((begin, end),) = seen["ranges"]
    assert begin == pytest.approx(first_pts / 90_000, abs=0.001 if not has_sound else 0.03)
    assert end == pytest.approx(first_pts / 90_000 + 2.0, abs=0.001 if not has_sound else 0.05)
    assert seen["at"] == pytest.approx(end, abs=0.06)
    assert (seen["width"], seen["height"]) == (320, 240)
    assert seen["shown"] + seen["dropped"] >= 45
    assert seen["dropped"] <= 5
