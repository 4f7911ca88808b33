"""The database as containers make it: the committed script of roles on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from shared.embedded.ports import HOST
from tests.deploy.database import NAME, container_database
from tests.deploy.documents import generated_env

SERVICES = ("alerting", "gateway", "intercom", "recorder")


async def test_each_role_owns_its_schema_and_sees_no_other(data: Path, tmp_path: Path) -> None:
    secrets = generated_env(tmp_path)
    async with container_database(data, secrets) as port:
        for service in SERVICES:
            password = secrets[f"BK_DATABASE_PASSWORD_{service.upper()}"]
            connection = await asyncpg.connect(host=HOST, port=port, user=service, password=password, database=NAME)
            await connection.execute(f"create table {service}.kept (number int)")
            other = next(each for each in SERVICES if each != service)
            for forbidden in (f"create table {other}.taken (number int)", "create table public.taken (number int)"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(forbidden)
            await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host=HOST, port=port, user="gateway", password="gateway", database=NAME)
