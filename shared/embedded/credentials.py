"""The generated passwords of one data directory: made at the first start, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.sealing import new_key


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything that is secret between the servers and the services of one machine.

    `bus` and `database` hold one password a service; `postgres` is the superuser's.
    """

    bus: dict[str, str]
    database: dict[str, str]
    postgres: str
    s3_access_key: str
    s3_secret_key: str
    secret_key: str
    evidence_key: str

    @classmethod
    def load_or_create(cls, path: Path, services: tuple[str, ...]) -> Credentials:
        """Read them; the first time, and for a service that is new, make them."""
        told = json.loads(path.read_text()) if path.exists() else {}
        known = cls(
            bus={name: told.get("bus", {}).get(name) or _password() for name in services},
            database={name: told.get("database", {}).get(name) or _password() for name in services},
            postgres=told.get("postgres") or _password(),
            s3_access_key=told.get("s3_access_key") or secrets.token_hex(10),
            s3_secret_key=told.get("s3_secret_key") or _password(),
            secret_key=told.get("secret_key") or new_key(),
            evidence_key=told.get("evidence_key") or new_key(),
        )
        if asdict(known) != told:
            write_private(path, json.dumps(asdict(known), indent=2) + "\n")
        return known


def _password() -> str:
    return secrets.token_urlsafe(24)


def write_private(path: Path, text: str, *, user_id: int | None = None) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        if user_id is not None:
            os.fchown(file.fileno(), user_id, user_id)
    fresh.replace(path)
