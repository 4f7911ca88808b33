"""Where the daily statements of coverage are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.messages.evidence import CoverageList, CoverageOf


class CoverageStatements(Protocol):
    """Raises PeerError where the database is away."""

    async def between(self, site: str, from_day: str, to_day: str) -> Sequence[Mapping[str, Any]]:
        """By day, both included."""
        ...


@dataclass(frozen=True, slots=True)
class CoverageDesk:
    """`public_key_pem` checks their signatures."""

    statements_of: CoverageStatements
    public_key_pem: str

    async def statements(self, request: bytes) -> CoverageList:
        wanted = CoverageOf.decode(request)
        found = await self.statements_of.between(wanted.site, wanted.from_day, wanted.to_day)
        return CoverageList(items=tuple(dict(each) for each in found), public_key_pem=self.public_key_pem)
