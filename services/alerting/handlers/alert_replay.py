"""Ruling an alert again over the facts that were kept with it: does it stand? Pure."""

from __future__ import annotations

from dataclasses import replace

from services.alerting.handlers.facts import RuledShards
from services.alerting.proofs.kept_facts import KeptFacts
from services.alerting.rules.shard_watch import LATE_US, Position
from shared.messages.alert_proofs import AlertReplay, ReplayFound, ReplayVerdict
from shared.messages.alerting import Alert
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Rule
from shared.subjects import CameraRef


def with_frames(facts: KeptFacts, frames: tuple[FrameAnalysed, ...]) -> KeptFacts:
    """What other models saw in the same pictures, instead of what was kept."""
    mine = [one.model_copy(update={"site": facts.camera.site, "camera": facts.camera.camera}) for one in frames]
    return replace(facts, facts=tuple(("frame_analysed", one.encode()) for one in mine))


def replayed(alert: Alert, facts: KeptFacts, rule: Rule, facts_sha256: str) -> AlertReplay:
    """As a worker would have judged them, with nothing before and nothing after."""
    found = _ruled(facts, rule)
    verdict, why, detail = _verdict(alert, facts, rule, found)
    return AlertReplay(
        alert=alert.alert,
        verdict=verdict,
        why=why,
        detail=detail,
        rule=rule,
        version_then=alert.rule_version,
        found=tuple(
            ReplayFound(
                id=one.alert, first_us=one.first_us, raised_us=one.raised_us, last_us=one.last_us, broken=one.broken
            )
            for one in found
        ),
        facts=len(facts.facts),
        from_us=facts.from_us,
        to_us=facts.to_us,
        facts_sha256=facts_sha256,
    )


def _ruled(facts: KeptFacts, rule: Rule) -> list[Alert]:
    camera = facts.camera.model_copy(update={"is_enabled": True})
    ref = CameraRef(camera.site, camera.camera)
    # They are all here: none has to be waited for.
    ruled = RuledShards(facts.clock, 0)
    ruled.rule_changed(rule.rule, rule.model_copy(update={"is_enabled": True}))
    ruled.camera_desired(ref, camera)
    ruled.gained(ref.shard, Position(), [])
    newest_us = 0
    for seq, (name, data) in enumerate(facts.facts, 1):
        at_us = ruled.heard(ref.shard, name, data, seq)
        newest_us = max(newest_us, at_us or 0)
    live = {ref.shard}
    ruled.release(facts.to_us, live)
    # What only had to last is raised by time: it went on to the end of what is kept.
    ruled.release(2 * facts.to_us - newest_us + LATE_US, live)
    written = ruled.take(facts.to_us, only_urgent=False).written
    return sorted((each.alert for each in written), key=lambda one: (one.first_us, one.alert))


def _verdict(alert: Alert, facts: KeptFacts, rule: Rule, found: list[Alert]) -> tuple[ReplayVerdict, str, str]:
    if not facts.facts:
        return "unknown", "no_facts", "No facts were kept with it: there is nothing to rule again."
    for one in found:
        if one.alert == alert.alert and one.raised_us == alert.raised_us and one.frames == alert.frames:
            return "same", "", "The rule finds the same alert, resting on the same pictures."
    near = [one for one in found if one.first_us <= alert.raised_us and one.last_us >= alert.first_us]
    if near:
        return "stands", "other_pictures", "The rule is broken in the same moments, and other pictures complete it."
    if found:
        return "falls", "other_moments", "The rule is broken before or after, and not in the moments of the alert."
    condition = rule.condition
    return (
        "falls",
        "not_broken",
        f"In none of the kept moments is the rule broken: it wants {condition.broken} of {condition.looked} looks"
        f" over {condition.seconds:g} s with a score of {condition.score:g}.",
    )
