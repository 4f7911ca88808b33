"""The embedded servers: other ports, other users, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, Ports, free_port, is_free
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.process import Process, ServerFailed
from shared.embedded.unprivileged import NOBODY, Unprivileged

# Started as a child, this starts a server and is then killed by the test.
_STARTER = """
import asyncio, sys
from pathlib import Path
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.servers import Servers

async def main(data):
    names = ("alerting", "detector", "gateway", "ingest", "intercom", "recorder")
    credentials = Credentials.load_or_create(data / "secrets.json", names)
    servers = Servers(data, Ports(data / "ports.json"), credentials, names)
    await servers.start(lambda name, seconds: None)
    for server in (servers.nats, servers.postgres, servers.s3):
        print(server.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1])))
"""


def test_ports_are_remembered(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json")
    given = [first.of("nats"), first.of("s3"), first.of_pair("admin", 10_000)]
    again = Ports(tmp_path / "ports.json")
    assert [again.of("nats"), again.of("s3"), again.of_pair("admin", 10_000)] == given
    assert len(set(given)) == 3


def test_a_port_that_somebody_took_is_chosen_anew(tmp_path: Path) -> None:
    port = Ports(tmp_path / "ports.json").of("nats")
    with socket.create_server((HOST, port)):
        assert not is_free(port)
        assert Ports(tmp_path / "ports.json").of("nats") != port


def test_a_cut_ports_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"nats": 42')
    assert Ports(tmp_path / "ports.json").of("nats") > 0


def test_credentials_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = Credentials.load_or_create(path, ("gateway",))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Credentials.load_or_create(path, ("gateway",)) == made
    more = Credentials.load_or_create(path, ("gateway", "ingest"))
    assert more.bus["gateway"] == made.bus["gateway"]
    assert len({*more.bus.values(), *more.database.values()}) == 4


async def test_a_program_that_ends_says_its_last_line(tmp_path: Path) -> None:
    process = Process("nats", [sys.executable, "-c", "print('no such option'); exit(3)"], tmp_path / "nats.log")
    await process.start()

    async def never() -> bool:
        return False

    with pytest.raises(ServerFailed, match=r"nats ended with code 3: no such option \(see "):
        await process.until_ready(never, 10.0)


async def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="No such file or directory: /nowhere/weed"):
        await Process("s3", ["/nowhere/weed"], tmp_path / "s3.log").start()


async def test_a_program_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    process = Process("deaf", [sys.executable, "-c", deaf], tmp_path / "deaf.log")
    await process.start()

    async def is_deaf() -> bool:
        return process.last_line().startswith("deaf")

    await process.until_ready(is_deaf, 10.0)
    assert not await process.stop(0.1)
    assert process.exit_code == -signal.SIGKILL


async def test_postgres_keeps_its_data_and_takes_another_port(data: Path, credentials: Credentials) -> None:
    async def one_run(query: str) -> object:
        server = EmbeddedPostgres(data, Ports(data / "ports.json"), credentials.postgres, credentials.database)
        await server.start()
        try:
            connection = await asyncpg.connect(server.url("gateway").replace("+asyncpg", ""))
            try:
                return await connection.fetchval(query)
            finally:
                await connection.close()
        finally:
            assert await server.stop()

    await one_run("create table kept as select 1 as one")
    with socket.create_server((HOST, json.loads((data / "ports.json").read_text())["postgres"])):
        assert await one_run("select one from kept") == 1


@pytest.mark.root
@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["open", "closed"])
async def test_postgres_under_root_runs_as_nobody(data: Path, credentials: Credentials, mode: int) -> None:
    """Also where the folder above is closed to others, as root's home is."""
    data.chmod(mode)
    server = EmbeddedPostgres(data, Ports(data / "ports.json"), credentials.postgres, credentials.database)
    await server.start()
    try:
        assert os.stat(f"/proc/{server.process.pid}").st_uid == NOBODY
        assert (data / "postgres").stat().st_uid == NOBODY
    finally:
        await server.stop()
    assert stat.S_IMODE(data.stat().st_mode) == mode


@pytest.mark.root
def test_a_closed_folder_costs_a_capability_and_an_open_one_none(data: Path) -> None:
    assert Unprivileged.here(data / "x", Path("/usr/bin")).capability is None
    data.chmod(0o700)
    assert Unprivileged.here(data / "x", Path("/usr/bin")).capability == "dac_read_search"


def test_servers_die_with_a_killed_launcher(data: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", _STARTER, str(data)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pids = [int(starter.stdout.readline()) for _ in range(3)]
    starter.kill()
    starter.wait()
    starter.stdout.close()
    deadline = time.monotonic() + 15.0
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, [pid for pid in pids if _is_alive(pid)]
        time.sleep(0.05)


def test_a_free_port_is_free() -> None:
    assert is_free(free_port())


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
