"""Rules as people see and change them: every version kept, each change tried before it counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerting.handlers.facts import RuledShards
from services.alerting.rules.kitchen_clock import KitchenClock
from services.alerting.rules.rule_check import check
from services.alerting.rules.shard_watch import Position
from shared.errors import RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.messages.rules import (
    DryRun,
    DryRunAlert,
    DryRunWanted,
    Rule,
    RuleList,
    RulePut,
    RulesWanted,
    RuleVersion,
)
from shared.subjects import CameraRef

_SHOWN = 200


class Rules(Protocol):
    """Where rules are kept. All raise PeerError while it is away."""

    async def in_force(self) -> list[RuleVersion]: ...

    async def versions(self, rule: str) -> list[RuleVersion]: ...

    async def put(self, rule: Rule, by: str, now_us: int) -> bool:
        """False where the version before is another by now."""
        ...


@dataclass(frozen=True, slots=True)
class HeardFact:
    """A fact of the past. `name`: the last token of its subject."""

    camera: CameraRef
    name: str
    data: bytes
    seq: int


class FactHistory(Protocol):
    """What the bus still holds."""

    def since(self, from_us: int, cameras: Sequence[CameraRef], *, after_seq: int = 0) -> AsyncIterator[HeardFact]:
        """In the order in which it was said; ends with what is there now, or with as much as one question may read.

        Args: after_seq: behind that fact, where one was read before.
        """
        ...


@dataclass(frozen=True, slots=True)
class RuleDesk:
    """One function for each request."""

    rules: Rules
    history: FactHistory
    clock: KitchenClock
    cameras: Callable[[], Sequence[DesiredCamera]]
    now_us: Callable[[], int]
    facts_max: int

    async def list(self, request: bytes) -> RuleList:
        wanted = RulesWanted.decode(request)
        if wanted.rule is None:
            return RuleList(items=tuple(await self.rules.in_force()))
        found = await self.rules.versions(wanted.rule)
        if not found:
            raise RequestRefused("no_such_rule", f"There is no rule {wanted.rule[:80]!r}.", status=404)
        return RuleList(items=tuple(found))

    async def put(self, request: bytes) -> RuleList:
        wanted = RulePut.decode(request)
        check(wanted.rule)
        before = await self.rules.versions(wanted.rule.rule)
        newest = before[0].rule.version if before else 0
        if before and wanted.rule.version != newest:
            raise RequestRefused(
                "changed_meanwhile",
                f"This rule is at version {newest} by now. Read it again, then send the change.",
                status=412,
            )
        rule = wanted.rule.model_copy(update={"version": newest + 1})
        if not await self.rules.put(rule, wanted.by, self.now_us()):
            raise RequestRefused("changed_meanwhile", "Somebody changed it just now. Read it again.", status=412)
        return RuleList(items=(RuleVersion(rule=rule, changed_by=wanted.by, changed_us=self.now_us()),))

    async def dry_run(self, request: bytes) -> DryRun:
        """What the rule would have raised; nothing is stored, nobody is told."""
        wanted = DryRunWanted.decode(request)
        check(wanted.rule)
        tried = RuledShards(self.clock, 1_000_000)
        tried.rule_changed(wanted.rule.rule, wanted.rule.model_copy(update={"is_enabled": True}))
        cameras = [each for each in self.cameras() if not wanted.sites or each.site in wanted.sites]
        refs = [CameraRef(each.site, each.camera) for each in cameras]
        for ref, desired in zip(refs, cameras, strict=True):
            tried.camera_desired(ref, desired)
        for shard in {ref.shard for ref in refs}:
            tried.gained(shard, Position(), [])
        count, oldest_us, found = 0, self.now_us(), dict[str, DryRunAlert]()
        async for fact in self.history.since(wanted.from_us, refs):
            count += 1
            at_us = tried.heard(fact.camera.shard, fact.name, fact.data, fact.seq)
            oldest_us = oldest_us if at_us is None else min(oldest_us, at_us)
            if count % 1000 == 0:
                self._judge(tried, found, 0)
        self._judge(tried, found, self.now_us())
        newest = sorted(found.values(), key=lambda one: one.first_us, reverse=True)
        return DryRun(
            count=len(found),
            items=tuple(newest[:_SHOWN]),
            facts=count,
            from_us=max(wanted.from_us, oldest_us),
            to_us=self.now_us(),
            is_whole=count < self.facts_max,
        )

    def _judge(self, tried: RuledShards, found: dict[str, DryRunAlert], now_us: int) -> None:
        tried.release(now_us, set(tried.shards) if now_us else set())
        for each in tried.take(self.now_us(), only_urgent=False).written:
            alert = each.alert
            found[alert.alert] = DryRunAlert(
                site=alert.site,
                camera=alert.camera,
                first_us=alert.first_us,
                last_us=alert.last_us,
                broken=alert.broken,
            )
