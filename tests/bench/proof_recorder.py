"""Nothing that was filmed is lost or stored twice, whatever dies: 31 cameras, each fragment compared by its SHA-256.

The whole product runs on simulated cameras (1080p25, 4 Mbit/s). What ingest says on the bus is noted (run, number,
SHA-256) while things are killed or stopped; afterwards every stored object is cut into its fragments again, and each
one that was noted must be there exactly once, byte for byte.

    python -m tests.bench.proof_recorder --what kill --cameras 31 --seconds 120

what: kill (a recorder every few seconds), objects (S3 stopped for so long), database (PostgreSQL stopped for so long).
A nats-server that is killed and started again is `tests/e2e/test_recording_bus.py`: `bk up` ends with its servers.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.segment import FIRST_LINK, Recorded, StreamRef, link_of
from shared import subjects
from shared.bus import Bus
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, free_port
from shared.embedded.postgres import DATABASE
from shared.embedded.s3 import BUCKET
from shared.media.fragment import Fragment
from shared.objects import ObjectStore
from shared.subjects import SERVICES, CameraRef
from tests.bench.bench_ingest import PASSWORD, USER, simulator
from tests.e2e.live_client import Api
from tests.stack import Stack

SETTLE_S = 15.0
CATCH_UP_S = 240.0
EVERY_S = 4.0


@dataclass
class Noted:
    """What ingest said: (run, number) -> SHA-256, of each camera."""

    fragments: dict[str, dict[tuple[str, int], str]] = field(default_factory=lambda: defaultdict(dict))

    def hear(self, camera: str, fragment: Fragment) -> None:
        header = fragment.header
        self.fragments[camera][header.run, header.seq] = header.sha256

    @property
    def count(self) -> int:
        return sum(len(each) for each in self.fragments.values())


class Installation:
    """The servers of a running stack, reached past its services."""

    def __init__(self, data: Path):
        ports = json.loads((data / "ports.json").read_text())
        secrets = Credentials.load_or_create(data / "secrets.json", SERVICES)
        url = f"postgresql+asyncpg://recorder:{secrets.database['recorder']}@{HOST}:{ports['postgres']}/{DATABASE}"
        self.index = PostgresIndex(Database(url, "recorder"))
        self.objects = ObjectStore(f"{HOST}:{ports['s3']}", secrets.s3_access_key, secrets.s3_secret_key, BUCKET)
        self.bus_url = f"nats://{HOST}:{ports['nats']}"
        self.bus_password = secrets.bus["gateway"]

    async def rows(self, camera: str) -> Sequence[Recorded]:
        of = StreamRef(CameraRef("school", camera), "main")
        return await self.index.between(of, 0, time.time_ns() // 1000 + 10**9)


async def prove(what: str, cameras: int, seconds: int) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with simulator(cameras, 1, folder) as (urls, _):
            stack = Stack(folder / "data", demo=0)
            await asyncio.to_thread(stack.start)
            try:
                return await _prove(stack, urls, what, seconds)
            finally:
                await asyncio.to_thread(stack.stop)


async def _prove(stack: Stack, urls: list[str], what: str, seconds: int) -> bool:
    names = [f"camera-{number}" for number in range(1, len(urls) + 1)]
    there, noted = Installation(stack.data), Noted()
    bus = await Bus.connect(there.bus_url, name="proof", user="gateway", password=there.bus_password)
    for name in names:
        subject = subjects.media(CameraRef("school", name), "main")
        await bus.subscribe_media(subject, lambda fragment, name=name: noted.hear(name, fragment))  # type: ignore[misc]
    await asyncio.to_thread(_register, stack, names, urls)
    await asyncio.sleep(SETTLE_S)
    facts: list[str] = []

    async def hear(subject: str, data: bytes, seq: int) -> None:
        facts.append(subject.rsplit(".", 1)[-1])

    await bus.subscribe_facts(subjects.facts("recorder"), hear)
    done = await asyncio.to_thread(_disturb, stack, what, seconds)
    until = {name: max(noted.fragments[name], default=("", 0), key=lambda key: key[1]) for name in names}
    began = time.monotonic()
    await until_stored(there, names, until)
    caught_up_s = time.monotonic() - began
    found = [await compare(there, name, noted.fragments[name], until[name]) for name in names]
    total = {key: sum(each[key] for each in found) for key in found[0]}
    report: dict[str, Any] = {
        "what": what,
        "cameras": len(names),
        "seconds": seconds,
        **done,
        "fragments_noted": noted.count,
        **total,
        "caught_up_s": round(caught_up_s, 1),
        "facts": {each: facts.count(each) for each in sorted(set(facts)) if each != "segment_stored"},
    }
    is_proven = not (total["missing"] or total["wrong"] or total["twice"] or total["broken_links"])
    print(json.dumps(report | {"is_proven": is_proven}), flush=True)
    await bus.close()
    return is_proven


def _register(stack: Stack, names: list[str], urls: list[str]) -> None:
    api = Api(stack.url, stack.admin_password)
    api.site("school")
    for name, url in zip(names, urls, strict=True):
        api.add(name, url, transport="tcp", username=USER, password=PASSWORD)
    api.close()


def _disturb(stack: Stack, what: str, seconds: int) -> dict[str, int]:
    """Kill or stop for so long; what was done, counted."""
    until = time.monotonic() + seconds
    if what == "kill":
        return {"kills": _kill_recorders(stack, until)}
    pids = _tree(stack.pid_of("weed" if what == "objects" else "postgres"))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    return {"stopped_s": seconds}


def _kill_recorders(stack: Stack, until: float) -> int:
    """Two workers more, started again at once; each few seconds one of the three dies in the midst of its work."""
    environment = _environment(stack.pid_of("recorder"))
    own = [_spawn(environment) for _ in range(2)]
    kills = 0
    try:
        while time.monotonic() < until:
            time.sleep(EVERY_S * random.uniform(0.5, 1.5))
            victim = random.randrange(3)
            if victim < 2:
                own[victim].kill()
                own[victim].wait()
                own[victim] = _spawn(environment)
            else:
                try:
                    os.kill(stack.pid_of("recorder"), signal.SIGKILL)
                except AssertionError:
                    continue  # waits to be started again
            kills += 1
    finally:
        for child in own:
            child.terminate()
            child.wait(20)
    return kills


def _environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def _spawn(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    own = environment | {"BK_HTTP_PORT": str(free_port())}
    own.pop("BK_WORKER_ID", None)
    words = [sys.executable, "-m", "services.recorder"]
    return subprocess.Popen(words, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _tree(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(each) for each in children)]


async def until_stored(there: Installation, names: list[str], until: dict[str, tuple[str, int]]) -> None:
    deadline = time.monotonic() + CATCH_UP_S
    waiting = set(names)
    while waiting and time.monotonic() < deadline:
        for name in sorted(waiting):
            run, seq = until[name]
            if any(row.segment.run == run and row.segment.last_seq >= seq for row in (await there.rows(name))[-5:]):
                waiting.discard(name)
        await asyncio.sleep(1.0)
    if waiting:
        print(f"after {CATCH_UP_S:g} s not stored: {sorted(waiting)}", file=sys.stderr)


async def compare(
    there: Installation, name: str, noted: dict[tuple[str, int], str], until: tuple[str, int]
) -> dict[str, int]:
    """Each fragment that was noted is stored once, as it was said; the chain holds."""
    stored: dict[tuple[str, int], str] = {}
    twice = broken = 0
    link = FIRST_LINK
    rows = sorted(await there.rows(name), key=lambda row: row.number)
    for number, row in enumerate(rows, 1):
        link = link_of(row.segment, number, link, row.gap)
        broken += link != row.link or number != row.number
        data = await there.objects.get(row.segment.object_name)
        broken += hashlib.sha256(data).hexdigest() != row.segment.sha256
        for seq, piece in enumerate(_fragments(data), row.segment.first_seq):
            twice += (row.segment.run, seq) in stored
            stored[row.segment.run, seq] = hashlib.sha256(piece).hexdigest()
        broken += seq != row.segment.last_seq
    wanted = {key: digest for key, digest in noted.items() if key[0] != until[0] or key[1] <= until[1]}
    objects = set(await there.objects.names(f"media/school/{name}/"))
    return {
        "compared": len(wanted),
        "missing": sum(key not in stored for key in wanted),
        "wrong": sum(stored[key] != digest for key, digest in wanted.items() if key in stored),
        "twice": twice,
        "broken_links": broken,
        "segments": len(rows),
        "objects_without_row": len(objects - {row.segment.object_name for row in rows}),
    }


def _fragments(data: bytes) -> Iterator[bytes]:
    """As ingest published them: moof and mdat, before an IDR also the init segment (ftyp and moov)."""
    begins, at = 0, 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        at += size
        if kind == b"mdat":
            yield data[begins:at]
            begins = at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=("kill", "objects", "database"), default="kill")
    parser.add_argument("--cameras", type=int, default=31)
    parser.add_argument("--seconds", type=int, default=120)
    chosen = parser.parse_args()
    sys.exit(0 if asyncio.run(prove(chosen.what, chosen.cameras, chosen.seconds)) else 1)


if __name__ == "__main__":
    main()
