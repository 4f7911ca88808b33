"""A provider of OpenID Connect over HTTP: discovery, keys that change, the exchange, and the check of the ID token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from services.gateway.oidc import Attempt, Person, person_of
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.telemetry import log

# Asymmetric ones alone: `none` and keys that the client shares prove nothing (RFC 8725, 3.1).
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_LIMIT = httpx.Timeout(5.0)
_LONGEST_BYTES = 256 * 1024
_DISCOVERY_S = 3600.0
# = how often somebody with made-up key ids can make us ask for keys
_KEYS_AGAIN_S = 1.0
_CLOCK_SKEW_S = 60
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


class ProviderUnreachable(PeerError):
    """The provider does not answer, or not what the standard says."""


@dataclass(frozen=True, slots=True)
class ClientOf:
    """What the provider knows us as. Args: redirect_url: where it sends browsers back to."""

    issuer: str
    id: str
    secret: str
    redirect_url: str
    scopes: str
    name_claim: str
    groups_claim: str


class OidcProvider:
    """Implements `Provider`."""

    def __init__(self, client: ClientOf, clock: Clock):
        self._client = client
        self._clock = clock
        self._http = httpx.AsyncClient(timeout=_LIMIT, trust_env=False, follow_redirects=False)
        self._found: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def address(self, attempt: Attempt, challenge: str) -> str:
        found = await self._discovered()
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._client.redirect_url,
            "scope": self._client.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = str(found["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def person(self, code: str, attempt: Attempt) -> Person:
        found = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_url,
            "code_verifier": attempt.verifier,
        }
        answer = await self._ask(
            "POST", str(found["token_endpoint"]), data=form, auth=(self._client.id, self._client.secret)
        )
        claims = await self._checked(str(answer.get("id_token", "")), attempt.nonce)
        return person_of(claims, self._client.name_claim, self._client.groups_claim)

    async def close(self) -> None:
        await self._http.aclose()

    async def _checked(self, id_token: str, nonce: str) -> dict[str, Any]:
        """OpenID Connect Core 1.0, 3.1.3.7."""
        try:
            token = await self._decoded(id_token)
            registry = jwt.JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()),
                leeway=_CLOCK_SKEW_S,
                iss={"essential": True, "value": self._client.issuer},
                aud={"essential": True, "value": self._client.id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(token.claims)
        except (JoseError, ValueError) as error:
            log().warning("ID token refused", error=type(error).__name__, detail=str(error))
            raise _not_vouched() from error
        claims = dict(token.claims)
        others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (others or "azp" in claims) and claims.get("azp") != self._client.id:
            raise _not_vouched()
        return claims

    async def _decoded(self, id_token: str) -> jwt.Token:
        keys = await self._key_set(known=True)
        try:
            return jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
        except (InvalidKeyIdError, JoseError, ValueError) as error:
            # Keys are changed without notice (OpenID Connect Core 1.0, 10.1.1): a signature may be of one we lack.
            again = await self._key_set(known=False)
            if again is keys:
                raise error
            return jwt.decode(id_token, again, algorithms=_ALGORITHMS)

    async def _key_set(self, *, known: bool) -> KeySet:
        now = self._clock.monotonic()
        if self._keys is not None and (known or now - self._keys[0] < _KEYS_AGAIN_S):
            return self._keys[1]
        found = await self._discovered()
        answer = await self._ask("GET", str(found["jwks_uri"]))
        try:
            keys = KeySet.import_key_set(answer)  # type: ignore[arg-type]
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise ProviderUnreachable("the provider's keys cannot be read") from error
        self._keys = (now, keys)
        return keys

    async def _discovered(self) -> Mapping[str, Any]:
        """OpenID Connect Discovery 1.0, 4."""
        now = self._clock.monotonic()
        if self._found is not None and now - self._found[0] < _DISCOVERY_S:
            return self._found[1]
        issuer = self._client.issuer
        found = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:  # 4.3: it must be exactly the one that was asked
            raise ProviderUnreachable(f"the provider calls itself {found.get('issuer')!r}: set BK_OIDC_ISSUER to that")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_fit(str(found.get(name, ""))):
                raise ProviderUnreachable(f"the provider's {name} is missing, or neither https nor on loopback")
        self._found = (now, found)
        return found

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            async with self._http.stream(method, url, headers={"Accept": "application/json"}, **more) as answer:
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > _LONGEST_BYTES:
                        raise ProviderUnreachable("the provider's answer is too long")
            if answer.status_code in (400, 401, 403) and method == "POST":
                log().warning("code refused by the provider", status=answer.status_code)
                raise _not_vouched()
            if answer.status_code != 200:
                raise ProviderUnreachable(f"the provider answers {answer.status_code}")
            found = httpx.Response(200, content=body).json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnreachable(f"no answer from the provider: {error or type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ProviderUnreachable("the provider's answer is no JSON object")
        return found


def is_fit(url: str) -> bool:
    """Whether secrets may travel there."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _not_vouched() -> RequestRefused:
    return RequestRefused("not_vouched", "The provider does not vouch for you: begin again.", status=401)
