"""What fragmenting and hashing cost: CPU of one core per 1080p25 4 Mbit/s camera, as one JSON line."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path

from shared.media.access_unit import AccessUnit
from shared.media.formats import StreamFormat, VideoFormat
from shared.media.fragmenter import UNWATCHED_90K, WATCHED_90K, Fragmenter

RESULTS = Path("bench-results")
CAMERAS = 31
BUDGET_PERCENT = 0.08
_GOP = 50
_PICTURES_PER_SECOND = 25
_IDR_BYTES = 120_000
_PICTURE_BYTES = (4_000_000 // 8 * 2 - _IDR_BYTES) // (_GOP - 1)  # 4 Mbit/s over a GOP of 2 s
# libx264, 1920x1080, High, no B-pictures
_SPS = bytes.fromhex("67640028acb403c0113f2c2000000300200000065480")
_PPS = bytes.fromhex("68ee3cb0")


def _fragmenters(target_90k: int) -> list[Fragmenter]:
    video = VideoFormat("h264", 1920, 1080, 25.0, "avc1.640028", (_SPS, _PPS), 0)
    return [Fragmenter(StreamFormat(video), f"{index:016x}", target_90k) for index in range(CAMERAS)]


def _percent_of_a_core(target_90k: int, seconds: int) -> float:
    """CPU time per camera and second of video, all cameras in turn so that no cache is flattered."""
    fragmenters = _fragmenters(target_90k)
    chunk = os.urandom(1400)
    pools = [[os.urandom(size) for size in (_IDR_BYTES, _PICTURE_BYTES)] for _ in range(CAMERAS)]
    pushed = 0
    spent = 0.0
    for picture in range(seconds * _PICTURES_PER_SECOND):
        is_idr = picture % _GOP == 0
        units = []
        for pool in pools:
            data = pool[0 if is_idr else 1]
            # as a depacketizer hands them over: many pieces of about one RTP packet
            view = memoryview(data)
            parts = [view[begin : begin + len(chunk)] for begin in range(0, len(data), len(chunk))]
            units.append(AccessUnit(parts, len(data), picture * 3600, is_idr, picture * 40_000))
        begun = time.thread_time()
        for fragmenter, unit in zip(fragmenters, units, strict=True):
            pushed += len(fragmenter.push_video(unit, unit.received_us))
        spent += time.thread_time() - begun
    assert pushed >= seconds * CAMERAS
    return 100 * spent / seconds / CAMERAS


def main(seconds: int) -> None:
    for name, target_90k in (("fragment_200ms", UNWATCHED_90K), ("fragment_one_access_unit", WATCHED_90K)):
        samples = [_percent_of_a_core(target_90k, seconds) for _ in range(3)]
        ours = statistics.median(samples)
        row = {
            "name": name,
            "ours": round(ours, 4),
            "peer": None,
            "ratio": round(ours / BUDGET_PERCENT, 3),
            "unit": "% of a core per camera",
            "higher_is_better": False,
            "conditions": f"{CAMERAS} cameras, 1080p25 4 Mbit/s in 1400-byte parts, sha256; ratio is to the budget "
            f"of {BUDGET_PERCENT} %",
        }
        print(json.dumps(row), flush=True)
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps({**row, "samples": samples}, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
