"""Basic and Digest authentication, arithmetic and client side (RFC 2617, RFC 7616, RFC 7617)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# name="quoted \" value" or name=token; RFC 7235 2.1
_PARAMETER = re.compile(r'([A-Za-z0-9_\-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9\-]*)(?=\s+[A-Za-z0-9_\-]+\s*=|\s*$|\s*,)")

_HASHES: dict[str, Callable[[bytes], hashlib._Hash]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
# Strongest first (RFC 7616 3.7 leaves the choice to the client).
_PREFERENCE = ("SHA-256", "SHA-256-sess", "MD5", "MD5-sess")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One WWW-Authenticate challenge; `parameters` have lower-case names."""

    scheme: str
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        """As RFC 7616 3.3 writes it; a camera's "md5" is the same."""
        named = self.parameters.get("algorithm", "MD5").lower()
        return next((known for known in _PREFERENCE if known.lower() == named), named)

    @property
    def is_stale(self) -> bool:
        """The password was right, only the nonce has passed (RFC 7616 3.3)."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def offers_auth(self) -> bool:
        return "auth" in (word.strip().lower() for word in self.parameters.get("qop", "").split(","))

    @property
    def rank(self) -> int | None:
        """Lower is better; None = we cannot answer it (an unknown algorithm, or only qop=auth-int)."""
        if self.scheme == "basic":
            return len(_PREFERENCE)
        if self.scheme != "digest" or "nonce" not in self.parameters or self.algorithm not in _PREFERENCE:
            return None
        return _PREFERENCE.index(self.algorithm) if self.offers_auth or not self.parameters.get("qop") else None


def parse_parameters(text: str) -> dict[str, str]:
    """name=value pairs between commas, names in lower case, quotes and backslashes resolved."""
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(text):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else token)
    return found


def parse_challenges(values: Sequence[str]) -> list[Challenge]:
    """Every challenge of all WWW-Authenticate fields; one field may hold several (RFC 7235 4.1)."""
    challenges: list[Challenge] = []
    for value in values:
        # Blank out quoted strings, so that a word in a realm is not taken for a scheme.
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', lambda quoted: '"' + "_" * (len(quoted[0]) - 2) + '"', value)
        starts = list(_SCHEME.finditer(bare))
        for index, start in enumerate(starts):
            end = starts[index + 1].start() if index + 1 < len(starts) else len(value)
            challenges.append(Challenge(start[1].lower(), parse_parameters(value[start.end(1) : end])))
    return challenges


def digest_response(
    challenge: Challenge, username: str, password: str, method: str, uri: str, cnonce: str = "", count: str = ""
) -> str:
    """The `response` value: RFC 7616 3.4.1 with qop=auth where `count` (8 hex digits) is given, else RFC 2069's."""
    algorithm = challenge.algorithm
    digest = _HASHES[algorithm.removesuffix("-sess")]
    nonce = challenge.parameters.get("nonce", "")

    def hashed(text: str) -> str:
        return digest(text.encode()).hexdigest()

    secret = hashed(f"{username}:{challenge.parameters.get('realm', '')}:{password}")
    if algorithm.endswith("-sess"):  # RFC 7616 3.4.2
        secret = hashed(f"{secret}:{nonce}:{cnonce}")
    asked = hashed(f"{method}:{uri}")
    return hashed(f"{secret}:{nonce}:{count}:{cnonce}:auth:{asked}" if count else f"{secret}:{nonce}:{asked}")


class Credentials:
    """A user name and password that answer challenges; keeps the nonce and counts its uses."""

    __slots__ = ("_challenge", "_count", "_new_cnonce", "_password", "_username")

    def __init__(self, username: str, password: str, new_cnonce: Callable[[], str] = lambda: secrets.token_hex(8)):
        self._username = username
        self._password = password
        self._new_cnonce = new_cnonce
        self._challenge: Challenge | None = None
        self._count = 0

    def accept(self, challenges: Sequence[Challenge]) -> Challenge | None:
        """Choose the strongest challenge for what follows; None where not one can be answered."""
        ranked = [(challenge.rank, index) for index, challenge in enumerate(challenges) if challenge.rank is not None]
        if not ranked:
            return None
        self._challenge = challenges[min(ranked)[1]]
        self._count = 0
        return self._challenge

    def authorization(self, method: str, uri: str) -> str | None:
        """The Authorization value of one request; None before a challenge was accepted."""
        challenge = self._challenge
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self._username}:{self._password}".encode()).decode()
        self._count += 1
        uses_qop = challenge.offers_auth
        cnonce = self._new_cnonce() if uses_qop or challenge.algorithm.endswith("-sess") else ""
        count = f"{self._count:08x}" if uses_qop else ""
        response = digest_response(challenge, self._username, self._password, method, uri, cnonce, count)
        given = challenge.parameters
        fields = [
            f'username="{_escaped(self._username)}"',
            f'realm="{_escaped(given.get("realm", ""))}"',
            f'nonce="{_escaped(given["nonce"])}"',
            f'uri="{uri}"',
            f'response="{response}"',
        ]
        if "algorithm" in given:
            fields.append(f"algorithm={challenge.algorithm}")
        if "opaque" in given:
            fields.append(f'opaque="{_escaped(given["opaque"])}"')
        if cnonce:
            fields.append(f'cnonce="{cnonce}"')
        if uses_qop:
            fields.append(f"qop=auth, nc={count}")
        return "Digest " + ", ".join(fields)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
