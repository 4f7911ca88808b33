"""Who is on duty, and whom an alert would be told to: answered without telling anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerting.notices.audience import SUPERVISORS, WARNS, Wishes
from services.alerting.notices.duty import duty_spans
from services.alerting.notices.preview import Ways, preview
from services.alerting.notices.thing import Thing
from shared.errors import RequestRefused
from shared.messages.notices import (
    NoticeChain,
    NoticeDutyList,
    NoticeDutyWanted,
    NoticePreview,
    NoticePreviewWanted,
    NoticeRota,
    PersonKnown,
)
from shared.messages.rules import Rule

_LONGEST_US = 32 * 86_400_000_000


class NoticeBackground(Protocol):
    """What the planner reads too. Raises PeerError while it is away."""

    async def rotas(self) -> Sequence[NoticeRota]: ...

    async def rule(self, id: str) -> Rule | None:
        """As it is now."""
        ...

    async def wishes(self, known: Mapping[str, PersonKnown]) -> tuple[Wishes, Sequence[NoticeChain]]: ...

    async def ways(self, people: Sequence[str]) -> Ways:
        """The kinds of channel that are switched on, of those who have any kept."""
        ...


@dataclass(frozen=True, slots=True)
class NoticePreviews:
    """One function for each request. `known`: the accounts, `units`: of every school, as they are when it is asked."""

    background: NoticeBackground
    known: Mapping[str, PersonKnown]
    units: Mapping[str, frozenset[str]]

    async def duty(self, request: bytes) -> NoticeDutyList:
        wanted = NoticeDutyWanted.decode(request)
        if not 0 < wanted.to_us - wanted.from_us <= _LONGEST_US:
            raise RequestRefused("bad_range", "Ask for 32 days at most, and end after you begin.", status=422)
        rotas = await self.background.rotas()
        spans = [span for rota in rotas for span in duty_spans(rota, wanted.from_us, wanted.to_us)]
        return NoticeDutyList(items=tuple(spans))

    async def preview(self, request: bytes) -> NoticePreview:
        wanted = NoticePreviewWanted.decode(request)
        rule = None if wanted.rule is None else await self.background.rule(wanted.rule)
        if wanted.rule is not None and rule is None:
            raise RequestRefused("no_such_rule", f"There is no rule {wanted.rule[:80]!r}.", status=422)
        risk = wanted.risk or (1 if rule is None else rule.risk)
        detail = {WARNS: "yes" if rule is not None and rule.warns_kitchen else "no"}
        units = self.units.get(wanted.site, frozenset())
        thing = Thing("preview", "alert", "alert:-", wanted.site, risk, wanted.at_us, detail=detail, units=units)
        wishes, chains = await self.background.wishes(self.known)
        tell = (SUPERVISORS,) if rule is None else rule.tell
        ways = await self.background.ways(sorted(self.known))
        return NoticePreview(risk=risk, steps=preview(thing, wishes, chains, tell, ways))
