"""Facts kept with an alert give the same alert again, and what was not broken falls."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.alerting.handlers.alert_replay import replayed, with_frames
from services.alerting.handlers.facts import RuledShards
from services.alerting.proofs.collecting import facts_range
from services.alerting.proofs.kept_facts import FACTS_MAX, KeptFacts, kept
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.seed import SEED
from services.alerting.rules.shard_watch import LATE_US, Position
from shared.messages.alerting import Alert
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.detector import FrameAnalysed, PictureDegraded
from shared.messages.ingest import CameraWentOffline
from shared.messages.rules import Condition, Rule
from shared.subjects import CameraRef
from tests.alerting.facts import NIGHT, SECOND_US, START_US, camera, footage, frame, no_mask, person

NAMES = {
    FrameAnalysed: "frame_analysed",
    CameraWentOffline: "camera_went_offline",
    PictureDegraded: "picture_degraded",
}


def said(facts: Sequence[Fact]) -> list[tuple[str, bytes]]:
    return [(NAMES[type(fact)], fact.encode()) for fact in facts]  # type: ignore[index]


def judged(facts: Sequence[Fact], rule: Rule, desired: DesiredCamera, until_us: int = 0) -> list[Alert]:
    """As the worker that holds the shard judges them."""
    ruled = RuledShards(PlanClock(), SECOND_US)
    ruled.rule_changed(rule.rule, rule)
    ref = CameraRef(desired.site, desired.camera)
    ruled.camera_desired(ref, desired)
    ruled.gained(ref.shard, Position(), [])
    for seq, (name, data) in enumerate(said(facts), 1):
        ruled.heard(ref.shard, name, data, seq)
    now_us = START_US + 3600 * SECOND_US
    ruled.release(now_us, {ref.shard})
    ruled.release(now_us + until_us, {ref.shard})
    written = ruled.take(now_us, only_urgent=False).written
    return sorted((each.alert for each in written), key=lambda one: one.first_us)


def proof_of(alert: Alert, facts: Sequence[Fact], rule: Rule, desired: DesiredCamera) -> KeptFacts:
    """Kept, written down and read again."""
    made = kept(alert.alert, rule, desired, PlanClock(), facts_range(alert, rule), said(facts))
    data = made.encode()
    assert data == made.encode(), "the same facts give the same bytes"
    assert KeptFacts.decode(data) == made
    return KeptFacts.decode(data)


@pytest.mark.parametrize(
    "rule",
    [
        no_mask(over_after_s=5, reopen_s=5),
        no_mask(over_after_s=1, reopen_s=0),
        no_mask(condition=Condition(broken=2, looked=20, seconds=4)),
        no_mask(condition=Condition(broken=25, looked=40), over_after_s=30, reopen_s=10),
    ],
)
def test_every_alert_of_a_long_day_stands(rule: Rule) -> None:
    desired = camera()
    facts = footage(["cook-1"], 900)
    alerts = judged(facts, rule, desired)
    assert alerts
    for alert in alerts:
        done = replayed(alert, proof_of(alert, facts, rule, desired), rule, "ab")
        assert (done.verdict, done.detail) == ("same", "The rule finds the same alert, resting on the same pictures.")
        assert alert.alert in {one.id for one in done.found}


def test_a_stricter_version_and_a_clean_look_let_it_fall() -> None:
    desired, rule = camera(), no_mask()
    facts = [frame(second, [person(mask=0.02)]) for second in range(5)]
    (alert,) = judged(facts, rule, desired)
    proof = proof_of(alert, facts, rule, desired)
    stricter = rule.model_copy(update={"version": 2, "condition": Condition(broken=10, looked=20)})
    fell = replayed(alert, proof, stricter, "ab")
    assert (fell.verdict, fell.why, fell.version_then, fell.rule.version) == ("falls", "not_broken", 1, 2)
    looser = rule.model_copy(update={"version": 3, "condition": Condition(broken=1, looked=1)})
    assert replayed(alert, proof, looser, "ab").verdict == "stands"
    masked = tuple(frame(second, [person(mask=0.98)], id="other", site="else") for second in range(5))
    again = replayed(alert, with_frames(proof, masked), rule, "")
    assert (again.verdict, again.facts, again.facts_sha256) == ("falls", 5, "")
    bare = tuple(frame(second + 0.1, [person(mask=0.1)], id="other", site="else") for second in range(5))
    assert replayed(alert, with_frames(proof, bare), rule, "").verdict == "stands"


def test_the_kitchens_day_of_then_holds() -> None:
    """The plan may be another one by now: what counts is what was kept."""
    rule = next(one for one in SEED if one.rule == "intrusion")
    # 2025-11-24 08:00 in Shanghai: the kitchen works from 6 to 18, so this is 12 hours later.
    desired = camera(working=(NIGHT,))
    facts = [frame(12 * 3600 + second, [person()]) for second in range(5)]
    (alert,) = judged(facts, rule, desired)
    proof = proof_of(alert, facts, rule, desired)
    assert replayed(alert, proof, rule, "").verdict == "same"
    assert [names for _, names in proof.parts] == [frozenset(("closed",))]


def test_what_only_lasted_stands_too() -> None:
    desired = camera()
    offline = next(one for one in SEED if one.rule == "camera_offline")
    gone = CameraWentOffline(
        site="school-1", camera="cook-1", at_us=START_US, reason="away", reason_code="timed_out",
        worker="ingest-1", condition="unreachable",
    )  # fmt: skip
    (alert,) = judged([gone], offline, desired, until_us=61 * SECOND_US + LATE_US)
    assert replayed(alert, proof_of(alert, [gone], offline, desired), offline, "").verdict == "same"
    fault = next(one for one in SEED if one.rule == "picture_fault")
    black = PictureDegraded(
        site="school-1", camera="cook-1", at_us=START_US + 2 * SECOND_US, fault="black", strength=1.0,
        since_us=START_US, is_usable=False,
    )  # fmt: skip
    (alert,) = judged([black], fault, desired, until_us=31 * SECOND_US + LATE_US)
    assert replayed(alert, proof_of(alert, [black], fault, desired), fault, "").verdict == "same"


def test_without_facts_nobody_can_say_and_secrets_are_not_kept() -> None:
    rule, desired = no_mask(), camera(username="root", sealed_password="c2VjcmV0")
    facts = [frame(second, [person(mask=0.02)]) for second in range(5)]
    (alert,) = judged(facts, rule, desired)
    assert replayed(alert, proof_of(alert, [], rule, desired), rule, "").verdict == "unknown"
    data = proof_of(alert, facts, rule, desired)
    assert (data.camera.username, data.camera.sealed_password, data.camera.main.url) == (
        None, None, "rtsp://kept.invalid/",
    )  # fmt: skip


def test_what_is_kept_has_a_bound() -> None:
    rule, desired = no_mask(), camera()
    facts = [frame(second / 1000, [person(mask=0.02)]) for second in range(FACTS_MAX + 50)]
    made = kept("a", rule, desired, PlanClock(), (START_US, START_US + 3600 * SECOND_US), said(facts))
    assert len(made.facts) == FACTS_MAX
