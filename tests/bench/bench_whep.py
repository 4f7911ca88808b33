"""First picture and picture latency by WebRTC in Chromium, beside MediaSource in the same run, read from the pixels.

The camera and the reading are those of bench_live: a simulated camera (1080p25, 4 Mbit/s, 2 s a GOP) burns the number
of each picture into it and remembers when it wrote it. Also what one view costs the intercom, in CPU of a core.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench.bench_live import PASSWORD, READER, USER, lower, shown, simulator, written
from tests.bench.rows import say
from tests.e2e.live_client import Api
from tests.intercom.whep_page import FLAGS, LOOK, STATS
from tests.stack import Stack


def looks(page: Page, token: str, rounds: int) -> list[dict[str, float]]:
    """Milliseconds from the request: the stream is warm, the page is there."""
    found = []
    for _ in range(rounds):
        found.append(page.evaluate(LOOK, [token, "bench"]))
        page.wait_for_timeout(500)
    return found


def latencies(page: Page, control: int, seconds: int) -> list[float]:
    """Milliseconds from the camera's write to the screen, picture by picture."""
    page.evaluate(READER)
    samples: list[float] = []
    for _ in range(max(1, seconds // 5)):
        page.wait_for_timeout(5000)
        at = written(control)
        for shown_us, index in page.evaluate("() => window.__seen.splice(0)"):
            earlier = [us for us, number in at if number == index and us <= shown_us]
            if earlier:
                samples.append((shown_us - max(earlier)) / 1000)
    return samples


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(rounds: int, seconds: int) -> None:
    with tempfile.TemporaryDirectory() as name, simulator(Path(name)) as (camera_url, control):
        stack = Stack(Path(name) / "data", demo=0, env={"BK_ICE_BIND": "127.0.0.1"})
        stack.start()
        try:
            api = Api(stack.url, stack.admin_password)
            api.site("school")
            api.add("bench", camera_url, transport="tcp", username=USER, password=PASSWORD)
            api.until_condition("bench", "online")
            time.sleep(3)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(f"{stack.url}/login?next=/live")
                page.fill("#password", stack.admin_password)
                page.click("button[type=submit]")
                page.wait_for_selector(".tile")
                by_media_source = shown(page, f"{stack.url}/live?n=1", control, seconds).latency_ms
                page.goto(f"{stack.url}/status")
                firsts = looks(page, api.token, rounds)
                page.wait_for_timeout(4000)
                intercom = stack.pid_of("intercom")
                before, began = cpu_s(intercom), time.monotonic()
                page.wait_for_timeout(seconds * 1000)
                cpu = 100 * (cpu_s(intercom) - before) / (time.monotonic() - began)
                by_webrtc = latencies(page, control, seconds)
                stats = page.evaluate(STATS)
                version = browser.version
                browser.close()
            api.close()
        finally:
            stack.stop()
    report(firsts, by_webrtc, by_media_source, cpu, stats, version)


def report(
    firsts: list[dict[str, float]],
    by_webrtc: list[float],
    by_media_source: list[float],
    cpu: float,
    stats: dict[str, Any],
    version: str,
) -> None:
    conditions: dict[str, Any] = {
        "video": "1080p25 H.264 4 Mbit/s, GOP 2 s, without sound",
        "browser": f"Chromium {version}, headless, no GPU, loopback",
        "cores": os.cpu_count(),
    }
    rows = [
        lower(
            f"whep: {what}, warm stream, median",
            [each[key] for each in firsts],
            "ms",
            conditions | {"rounds": len(firsts)},
        )
        for key, what in (("answered", "answer"), ("connected", "connected"), ("first_picture", "first picture"))
    ]
    for way, samples in ("whep", by_webrtc), ("live view by MediaSource, same run", by_media_source):
        ordered, read = sorted(samples), conditions | {"pictures_read": len(samples)}
        rows.append(lower(f"{way}: picture latency, median", ordered, "ms", read))
        rows.append(lower(f"{way}: picture latency, p95", [ordered[int(len(ordered) * 0.95)]], "ms", read))
    dropped = conditions | {
        "decoded": stats["framesDecoded"],
        "nacks": stats.get("nackCount"),
        "plis": stats.get("pliCount"),
    }
    rows.append(lower("whep: pictures dropped in the browser", [float(stats["framesDropped"])], "pictures", dropped))
    rows.append(
        lower("whep: CPU of the intercom for one view", [cpu], "% of a core", conditions) | {"ours": round(cpu, 2)}
    )
    say(rows, {"looks": firsts, "whep_ms": by_webrtc, "media_source_ms": by_media_source}, "whep")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often the first picture is measured")
    parser.add_argument("--seconds", type=int, default=20, help="how long latency is read")
    told = parser.parse_args()
    measure(told.rounds, told.seconds)


if __name__ == "__main__":
    main()
