"""STUN and TURN servers: which there are, and credentials that every TURN server with the same secret believes.

The way of draft-uberti-behave-turn-rest-00, which coturn calls `use-auth-secret`: the name begins with the second at
which it ends, the password is an HMAC of the name. Nobody stores or revokes anything.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import PREFIX, setting

# RFC 7064, RFC 7065. A host, perhaps a port, and of TURN perhaps the transport to it.
_URL = re.compile(r"(stuns?:[^?:,\s]+(:\d{1,5})?|turns?:[^?:,\s]+(:\d{1,5})?(\?transport=(udp|tcp))?)")
_PLAIN_NAME = re.compile(r"[a-zA-Z0-9_.@-]{1,64}")


class IceServerSettings(BaseSettings):
    """For who makes WebRTC connections, and who tells browsers how to."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    ice_servers: str = setting(
        "",
        says="STUN and TURN servers (stun:host, turn:host:port?transport=udp or tcp, turns:host), separated by commas",
        when_wrong="one that does not answer delays each talk by a second; none where UDP is blocked: ice_failed",
    )
    turn_secret: SecretStr = setting(
        SecretStr(""),
        says="secret shared with the TURN servers (coturn: static-auth-secret); credentials are made of it",
        when_wrong="the TURN servers refuse everybody: talks that need them end with ice_failed",
    )
    turn_credential_s: int = setting(
        600,
        says="seconds within which a TURN credential must be used; what was begun with it goes on",
        when_wrong="long: what leaks is useful for long; shorter than clocks differ: refused at once",
        ge=60,
        le=86_400,
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> IceServerSettings:
        for url in self.ice_server_urls:
            if not _URL.fullmatch(url):
                raise ValueError(f"BK_ICE_SERVERS: {url!r} is no stun:, stuns:, turn: or turns: address")
        needs_secret = any(url.startswith("turn") for url in self.ice_server_urls)
        if needs_secret and not self.turn_secret.get_secret_value():
            raise ValueError("BK_TURN_SECRET: set what the TURN servers in BK_ICE_SERVERS were given")
        return self

    @property
    def ice_server_urls(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.ice_servers.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class IceServer:
    """As RTCConfiguration takes it; name and credential of TURN alone."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class IceServers:
    """What to tell whom."""

    def __init__(self, settings: IceServerSettings):
        urls = settings.ice_server_urls
        self._stun = tuple(url for url in urls if url.startswith("stun"))
        self._turn = tuple(url for url in urls if url.startswith("turn"))
        self._secret = settings.turn_secret.get_secret_value().encode()
        self._lifetime_s = settings.turn_credential_s

    def of(self, name: str, now_s: float) -> tuple[tuple[IceServer, ...], int]:
        """The servers for this person or service, and the second (UTC) until which they may be asked anew."""
        ends_s = int(now_s) + self._lifetime_s
        found = [IceServer(self._stun)] if self._stun else []
        if self._turn:
            username = f"{ends_s}:{_plain(name)}"
            found.append(IceServer(self._turn, username, credential(self._secret, username)))
        return tuple(found), ends_s


def credential(secret: bytes, username: str) -> str:
    return base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()


def _plain(name: str) -> str:
    """RFC 8489 14.3 wants names prepared that are not ASCII; these only tell one from another in a server's log."""
    return name if _PLAIN_NAME.fullmatch(name) else sha256(name.encode()).hexdigest()[:16]
