"""Cases shown to guests of other departments, until a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.errors import RequestRefused
from shared.messages.orders import Case, CaseShare, CaseUnshare

# = how long nobody has to think of taking it back
_LONGEST_US = 366 * 86_400_000_000


class CaseShares(Protocol):
    """Where shares are kept. All raise PeerError while it is away."""

    async def share(self, wanted: CaseShare, now_us: int) -> None: ...

    async def case(self, id: str) -> Case | None: ...


@dataclass(frozen=True, slots=True)
class ShareDesk:
    """One function for each request."""

    shares: CaseShares
    now_us: Callable[[], int]

    async def share(self, request: bytes) -> Case:
        wanted, now_us = CaseShare.decode(request), self.now_us()
        await self._case(wanted.case)
        if not now_us < wanted.until_us <= now_us + _LONGEST_US:
            raise RequestRefused("until_wrong", "Choose a moment to come, at most a year ahead.", status=422)
        await self.shares.share(wanted, now_us)
        return await self._case(wanted.case)

    async def unshare(self, request: bytes) -> Case:
        wanted, now_us = CaseUnshare.decode(request), self.now_us()
        case = await self._case(wanted.case)
        if wanted.account in case.shared_with:
            ended = CaseShare(case=wanted.case, by=wanted.by, account=wanted.account, until_us=now_us)
            await self.shares.share(ended, now_us)
        return await self._case(wanted.case)

    async def _case(self, id: str) -> Case:
        case = await self.shares.case(id)
        if case is None:
            raise RequestRefused("no_such_case", f"There is no case {id[:80]!r}.", status=404)
        return case
