"""Rules as people see, try and change them; who changed what is on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.registry import By
from shared.clock import Clock
from shared.messages.rules import DryRun, DryRunWanted, Rule, RuleList, RulePut, RulesWanted, RuleVersion


class RuleKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def rules(self, wanted: RulesWanted) -> RuleList: ...

    async def put_rule(self, wanted: RulePut) -> RuleList: ...

    async def dry_run(self, wanted: DryRunWanted) -> DryRun: ...


@dataclass(frozen=True, slots=True)
class RuleDesk:
    """What people may ask about rules."""

    keeper: RuleKeeper
    trail: AuditTrail
    clock: Clock

    async def in_force(self) -> tuple[RuleVersion, ...]:
        return (await self.keeper.rules(RulesWanted())).items

    async def versions(self, rule: str) -> tuple[RuleVersion, ...]:
        return (await self.keeper.rules(RulesWanted(rule=rule))).items

    async def put(self, by: By, rule: Rule) -> RuleVersion:
        # Before it happens: what could not be recorded does not.
        detail = {"rule": rule.rule, "made_from": str(rule.version)}
        await self.trail.add(Deed("rule_changed", by.identity.name, by.address, self.clock.now(), detail=detail))
        (made,) = (await self.keeper.put_rule(RulePut(rule=rule, by=by.identity.name))).items
        return made

    async def put_all(self, by: By, rules: tuple[Rule, ...]) -> list[RuleVersion]:
        """Those that differ from what is in force; the rest stays as it is."""
        there = {each.rule.rule: each.rule for each in await self.in_force()}
        made = []
        for rule in rules:
            before = there.get(rule.rule)
            version = 1 if before is None else before.version
            told = rule.model_copy(update={"version": version})
            if told != before:
                made.append(await self.put(by, told))
        return made

    async def dry_run(self, rule: Rule, from_us: int, sites: tuple[str, ...]) -> DryRun:
        return await self.keeper.dry_run(DryRunWanted(rule=rule, from_us=from_us, sites=sites))
