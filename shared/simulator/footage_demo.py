"""The demo's footage: composed at the first start, one scene a process, kept for the next."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from shared.parent_death import end_with_parent
from shared.simulator import scenes
from shared.simulator.caption import cjk_font_path
from shared.simulator.demo_cast import SCENES
from shared.simulator.footage_writer import Encoding, FootageWriter, Sound
from shared.simulator.hum import kitchen_hum
from shared.simulator.picture_index import burn_index

DRAWING_VERSION = 1  # count up when anything of the drawing changes: files of another version are composed anew

_MAIN = Encoding(1280, 720, scenes.FRAME_RATE, gop_pictures=25, bitrate_kbps=2000)
_SUB = Encoding(640, 360, scenes.FRAME_RATE, gop_pictures=25, bitrate_kbps=500)
_SAMPLE_RATE_HZ = {"aac": 16_000, "pcm_mulaw": 8_000}
_MOST_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """Main and sub stream of one scene."""

    name: str
    main: Path
    sub: Path


def demo_footage(cache_dir: Path, cameras: int, say: Callable[[str], None]) -> list[DemoFiles]:
    """Files for that many cameras (they repeat after the last scene), composed where they are missing."""
    wanted = SCENES[: max(1, min(cameras, len(SCENES)))]
    files = [_files(cache_dir, scene) for scene in wanted]
    missing = [number for number, each in enumerate(files) if not (each.main.exists() and each.sub.exists())]
    if not missing:
        return files
    say(f"composing {len(missing)} scenes of demo footage (once)")
    processes = min(len(missing), os.cpu_count() or 1, _MOST_PROCESSES)
    # Spawned, not forked: the encoder's threads do not survive a fork. Who is stopped meanwhile leaves nobody drawing.
    spawned, us = multiprocessing.get_context("spawn"), os.getpid()
    with ProcessPoolExecutor(processes, spawned, end_with_parent, (us, signal.SIGKILL)) as pool:
        running = {pool.submit(compose, cache_dir, number): number for number in missing}
        for done, future in enumerate(as_completed(running), start=1):
            future.result()
            say(f"composed {done}/{len(missing)}: {wanted[running[future]].slug}")
    return files


def compose(cache_dir: Path, number: int) -> None:
    """Draw and encode scene `number`, both streams in one go."""
    scene = SCENES[number]
    files = _files(cache_dir, scene)
    sound = None
    if scene.sound is not None:
        rate = _SAMPLE_RATE_HZ[scene.sound]
        sound = Sound(scene.sound, rate, kitchen_hum(scenes.LOOP_S, rate, number))
    with FootageWriter(files.main, _MAIN, sound) as main, FootageWriter(files.sub, _SUB) as sub:
        for index, pixels in enumerate(scenes.pictures(scene)):
            main.add(pixels)
            smaller = np.array(Image.fromarray(pixels).reduce(2))
            burn_index(smaller, index)
            sub.add(smaller)
        sub.finish()
        main.finish()


def _files(cache_dir: Path, scene: scenes.Scene) -> DemoFiles:
    words = "zh" if cjk_font_path() is not None else "en"
    stem = f"demo-{scene.slug}-{words}-v{DRAWING_VERSION}"
    return DemoFiles(scene.slug, cache_dir / f"{stem}.mov", cache_dir / f"{stem}-sub.mov")
