"""What every service is told from outside: environment variables `BK_*`, read once at start."""

from __future__ import annotations

import os
import socket
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "BK_"


def setting(default: Any = ..., *, says: str, when_wrong: str, **limits: Any) -> Any:
    """One knob: its default (none = it must be set), what it is with its unit, and what a wrong value costs.

    `limits` are pydantic's (ge, le, min_length, ...). Both texts appear in the generated table.
    """
    return Field(default, description=says, json_schema_extra={"when_wrong": when_wrong}, **limits)


def _worker_id() -> str:
    # A bus token: no dots in it.
    return f"{socket.gethostname()}-{os.getpid()}".replace(".", "-").lower()


class ServiceSettings(BaseSettings):
    """What all six services share."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    nats_url: str = setting(
        "nats://127.0.0.1:4222",
        says="address of the bus; several, separated by commas, for a cluster",
        when_wrong="the service never becomes ready and says so every few seconds",
    )
    nats_user: str = setting("", says="this service's user on the bus", when_wrong="the bus refuses the connection")
    nats_password: SecretStr = setting(
        SecretStr(""), says="its password on the bus", when_wrong="the bus refuses the connection"
    )
    nats_replicas: int = setting(
        1,
        says="on how many NATS servers a stream or bucket is kept that this service is the first to create: 1, 3 or 5",
        when_wrong="1 in a cluster: a server that is lost takes its streams with it; more than there are: none is made",
        ge=1,
        le=5,
    )
    http_host: str = setting(
        "127.0.0.1",
        says="address on which health, metrics and (gateway) the API are served",
        when_wrong="0.0.0.0 shows metrics to the whole network; 127.0.0.1 in a container hides the health checks",
    )
    http_port: int = setting(
        8080, says="TCP port of the same", when_wrong="a busy port ends the process with one line", ge=0, le=65535
    )
    worker_id: str = setting(
        default_factory=_worker_id,
        says="name of this process among those of its service, no dots; by default <host>-<pid>",
        when_wrong="two workers with one name fight over the same shards",
        pattern=r"^[a-zA-Z0-9_-]+$",
    )
    log_level: str = setting(
        "info",
        says="least severity written to stderr: debug, info, warning, error",
        when_wrong="debug writes a line for every message; error hides which camera is away",
        pattern="^(debug|info|warning|error)$",
    )


class DatabaseSettings(BaseSettings):
    """For a service that owns a PostgreSQL schema."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: SecretStr = setting(
        says="postgresql+asyncpg://user:password@host:port/database; the user owns the service's schema",
        when_wrong="the service is not ready and tries again every 1 to 30 s",
    )
    database_pool_size: int = setting(
        5,
        says="connections kept to the database by one process",
        when_wrong="too few: requests wait; too many: PostgreSQL's max_connections is used up",
        ge=1,
        le=100,
    )


class ObjectSettings(BaseSettings):
    """For a service that keeps objects in S3."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    s3_endpoint: str = setting(
        "127.0.0.1:9000", says="host:port of the S3 server, no scheme", when_wrong="nothing is stored; MEDIA fills up"
    )
    s3_access_key: str = setting(says="access key", when_wrong="every request to S3 is refused")
    s3_secret_key: SecretStr = setting(says="secret key", when_wrong="every request to S3 is refused")
    s3_bucket: str = setting(
        "bright-kitchen", says="bucket of this installation", when_wrong="what was stored before is not found"
    )
    s3_secure: bool = setting(
        False, says="whether S3 is spoken over TLS", when_wrong="false over a network shows every picture to it"
    )


class SealingSettings(BaseSettings):
    """For a service that seals or opens secrets of cameras."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    secret_key: SecretStr = setting(
        says="base64 of 32 random bytes; seals camera passwords",
        when_wrong="a lost key loses every camera password; a changed one too, unless the old is in BK_SECRET_KEYS_OLD",
    )
    secret_keys_old: SecretStr = setting(
        SecretStr(""),
        says="keys used before, separated by commas: still open what they sealed, seal nothing new",
        when_wrong="passwords sealed with a key that is not here must be entered again",
    )


def explain(error: ValidationError) -> list[str]:
    """One line for each variable that is wrong, with what to set."""
    lines = []
    for problem in error.errors():
        name = PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
        lines.append(f"{name}: {problem['msg']}")
    return lines
