"""Silences and maintenance as people make, see and end them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from services.alerting.silences.silence_book import AHEAD_US, SilenceBook
from services.alerting.silences.silence_check import check
from shared.errors import RequestRefused
from shared.messages.rules import Rule
from shared.messages.silences import (
    Silence,
    SilenceEnd,
    SilenceList,
    SilenceStatus,
    SilencesWanted,
    SilenceWanted,
)


class Silences(Protocol):
    """Where silences are kept. All raise PeerError while it is away."""

    async def add(self, silence: Silence) -> None: ...

    async def end(self, name: str, by: str, ended_us: int) -> Silence | None: ...

    async def list(self, wanted: SilencesWanted, now_us: int) -> list[tuple[Silence, dict[str, int]]]: ...


@dataclass(frozen=True, slots=True)
class SilenceDesk:
    """One function for each request."""

    silences: Silences
    book: SilenceBook
    rules: Callable[[], Mapping[str, Rule]]
    now_us: Callable[[], int]
    new_id: Callable[[], str]

    async def list(self, request: bytes) -> SilenceList:
        return await self._list(SilencesWanted.decode(request))

    async def add(self, request: bytes) -> SilenceList:
        wanted, now_us = SilenceWanted.decode(request), self.now_us()
        given = {"silence": self.new_id(), "made_us": now_us, "ended_by": None, "ended_us": None}
        # Not from the past: what was told then was told.
        from_us = max(wanted.silence.from_us, now_us + AHEAD_US)
        made = wanted.silence.model_copy(update=given | {"from_us": from_us})
        there = len(await self.silences.list(SilencesWanted(is_current=True, limit=1000), now_us))
        check(made, self.rules(), may_class_1=wanted.may_class_1, now_us=now_us, there=there)
        await self.silences.add(made)
        return await self._list(SilencesWanted(silence=made.silence))

    async def end(self, request: bytes) -> SilenceList:
        wanted = SilenceEnd.decode(request)
        if await self.silences.end(wanted.silence, wanted.by, self.now_us() + AHEAD_US) is None:
            raise RequestRefused("no_such_silence", f"There is no silence {wanted.silence[:80]!r}.", status=404)
        return await self._list(SilencesWanted(silence=wanted.silence))

    async def _list(self, wanted: SilencesWanted) -> SilenceList:
        now_us = self.now_us()
        in_force = {one.silence for one in self.book.in_force(now_us)}
        found = await self.silences.list(wanted, now_us)
        return SilenceList(
            items=tuple(
                SilenceStatus(
                    silence=silence,
                    is_in_force=silence.silence in in_force,
                    suppressed=sum(kept.values()),
                    suppressed_by_rule=dict(sorted(kept.items())),
                )
                for silence, kept in found
            )
        )
