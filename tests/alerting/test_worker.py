"""Alerting as a process on a real bus and a real database: facts in, alerts out, each once, whatever dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable

import pytest

from services.alerting.handlers.facts import RuledShards
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.seed import SEED
from services.alerting.rules.shard_watch import Position
from shared import subjects
from shared.bus import Bus
from shared.errors import RequestRefused
from shared.messages.alerting import (
    Alert,
    AlertAcknowledgement,
    AlertList,
    AlertRaised,
    AlertRef,
    AlertReview,
    AlertsWanted,
)
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Condition, DryRun, DryRunWanted, RuleList, RulePut, RulesWanted
from shared.subjects import CameraRef
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import SECOND_US, camera, disturbed, footage, frame, person

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAMERAS = ("cook-1", "cook-2", "wash-1", "store-1")
SECONDS = 300


def expected(facts: list[FrameAnalysed], now_us: int) -> dict[str, bytes]:
    """What a worker that is never disturbed makes of them, in memory."""
    ruled = RuledShards(PlanClock(), SECOND_US)
    for rule in SEED:
        ruled.rule_changed(rule.rule, rule)
    stored: dict[str, bytes] = {}
    for id in CAMERAS:
        ruled.camera_desired(CameraRef("school-1", id), camera(id))
    for shard in {CameraRef("school-1", id).shard for id in CAMERAS}:
        ruled.gained(shard, Position(), [])
    for seq, fact in enumerate(facts, 1):
        shard = CameraRef(fact.site, fact.camera).shard
        ruled.heard(shard, "frame_analysed", fact.encode(), seq)
    ruled.release(0, set())
    for each in ruled.take(now_us, only_urgent=False).written:
        stored[each.alert.alert] = stripped(each.alert)
    return stored


def stripped(alert: Alert) -> bytes:
    """Without what says when *we* worked; the database does not keep the order of names."""
    said = json.loads(alert.model_copy(update={"ruled_us": None, "stored_us": None}).encode())
    return json.dumps(said, sort_keys=True).encode()


async def alerts(bus: Bus, **wanted: object) -> tuple[Alert, ...]:
    return AlertList.decode(await bus.request("alerting", "alerts", AlertsWanted(limit=501, **wanted))).items  # type: ignore[arg-type]


async def until_true(is_true: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        while not is_true():
            await asyncio.sleep(0.05)


async def until_alerts(bus: Bus, count: int) -> tuple[Alert, ...]:
    async with asyncio.timeout(LIMIT_S):
        while True:
            found = await alerts(bus)
            if len(found) >= count and all(alert.progress == "over" for alert in found):
                return found
            await asyncio.sleep(0.1)


async def register(plant: Plant) -> None:
    async with plant.bus("gateway") as bus:
        bucket = await bus.kv("cameras")
        for id in CAMERAS:
            await bucket.put(CameraRef("school-1", id).key, camera(id).encode())


async def test_facts_out_of_order_twice_and_a_kill_give_the_alerts_of_a_clean_run(plant: Plant) -> None:
    await register(plant)
    # Filmed a while ago, as if the bus had kept it for us.
    start_us = time.time_ns() // 1000 - 14 * 60 * SECOND_US
    # Then a while of nothing, so that whatever went on is over.
    quiet = [frame(SECONDS + 200 + second, id=id, start_us=start_us) for second in range(3) for id in CAMERAS]
    clean = [*footage(CAMERAS, SECONDS, start_us=start_us), *quiet]
    told: list[AlertRaised] = []
    async with plant.bus("detector") as detector, plant.bus("gateway") as gateway:

        async def heard(subject: str, data: bytes, seq: int) -> None:
            told.append(AlertRaised.decode(data))

        await gateway.ensure_stream("EVENTS")
        await gateway.subscribe_facts(subjects.facts("alerting", "alert_raised"), heard)
        worker = await plant.worker("alerting-1")
        facts = [*disturbed(clean[: -len(quiet)], 3), *quiet]
        for number, fact in enumerate(facts):
            await detector.publish_fact(fact)
            if number in (len(facts) // 3, len(facts) * 2 // 3):
                assert worker.pid is not None
                os.kill(worker.pid, signal.SIGKILL)
                await worker.wait()
                worker = await plant.worker("alerting-1")
        wanted = expected(clean, time.time_ns() // 1000)
        assert len(wanted) >= len(CAMERAS)
        found = await until_alerts(gateway, len(wanted))
        assert {alert.alert: stripped(alert) for alert in found} == wanted
        await until_true(lambda: len(told) >= len(wanted))
        assert sorted(fact.alert for fact in told) == sorted(wanted), "each is told once"
        await worker.stop(LIMIT_S)


async def test_an_alert_is_told_soon_acknowledged_once_and_judged(plant: Plant) -> None:
    worker = await plant.worker("alerting-1")
    told: list[tuple[float, AlertRaised]] = []
    async with plant.bus("detector") as detector, plant.bus("gateway") as gateway:

        async def heard(subject: str, data: bytes, seq: int) -> None:
            told.append((time.time(), AlertRaised.decode(data)))

        await gateway.subscribe_facts(subjects.facts("alerting", "alert_raised"), heard)
        for _ in range(4):
            start_us = time.time_ns() // 1000
            await detector.publish_fact(frame(0, [person(headwear=0.03)], start_us=start_us))
            await asyncio.sleep(1)
        await until_true(lambda: told)
        raised = told[0][1]
        assert (raised.rule, raised.risk, raised.camera) == ("no_hat", 2, "cook-1")
        ref = AlertRef(alert=raised.alert)
        taken = AlertAcknowledgement(alert=raised.alert, by="li")
        first = Alert.decode(await gateway.request("alerting", "alert_acknowledge", taken))
        again = await gateway.request("alerting", "alert_acknowledge", taken.model_copy(update={"by": "wang"}))
        assert Alert.decode(again).acknowledged_by == first.acknowledged_by == "li"
        await gateway.request("alerting", "alert_review", AlertReview(alert=ref.alert, by="li", verdict="false"))
        judged = Alert.decode(await gateway.request("alerting", "alert", ref))
        assert judged.review is not None
        assert judged.review.verdict == "false"
        assert judged.alert not in {one.alert for one in await alerts(gateway, verdicts=("none",))}
        with pytest.raises(RequestRefused, match="There is no alert"):
            await gateway.request("alerting", "alert", AlertRef(alert="nothing"))
        await worker.stop(LIMIT_S)


async def test_a_rule_is_tried_then_counts_at_once_and_every_version_is_kept(plant: Plant) -> None:
    """Facts of the tests before are still on the bus."""
    worker = await plant.worker("alerting-1")
    async with plant.bus("detector") as detector, plant.bus("gateway") as gateway:
        seed = RuleList.decode(await gateway.request("alerting", "rules", RulesWanted())).items
        assert [each.rule.rule for each in seed] == sorted(rule.rule for rule in SEED)
        (before,) = (each.rule for each in seed if each.rule.rule == "no_mask")
        hour_ago_us = time.time_ns() // 1000 - 3600 * SECOND_US
        asked = DryRunWanted(rule=before, from_us=hour_ago_us)
        tried = DryRun.decode(await gateway.request("alerting", "rule_dry_run", asked, timeout_s=60))
        stored = await alerts(gateway, rules=("no_mask",))
        assert {(one.camera, one.first_us, one.broken) for one in tried.items} == {
            (one.camera, one.first_us, one.broken) for one in stored
        }
        assert tried.is_whole
        stricter = before.model_copy(update={"condition": Condition(broken=1, looked=1), "reopen_s": 0.0})
        more = await gateway.request(
            "alerting", "rule_dry_run", asked.model_copy(update={"rule": stricter}), timeout_s=60
        )
        assert DryRun.decode(more).count > tried.count
        with pytest.raises(RequestRefused, match="cannot be more than"):
            wrong = before.model_copy(update={"condition": Condition(broken=5, looked=2)})
            await gateway.request("alerting", "rule_put", RulePut(rule=wrong, by="li"))
        (made,) = RuleList.decode(await gateway.request("alerting", "rule_put", RulePut(rule=stricter, by="li"))).items
        assert (made.rule.version, made.changed_by) == (2, "li")
        with pytest.raises(RequestRefused, match="at version 2"):
            await gateway.request("alerting", "rule_put", RulePut(rule=before, by="wang"))
        # One picture is enough now.
        start_us = time.time_ns() // 1000
        await detector.publish_fact(frame(0, [person(77, mask=0.02)], id="store-1", start_us=start_us))
        async with asyncio.timeout(LIMIT_S):
            while not [one for one in await alerts(gateway, cameras=("store-1",)) if one.first_us >= start_us]:
                await asyncio.sleep(0.1)
        newest = (await alerts(gateway, cameras=("store-1",)))[0]
        assert (newest.rule, newest.rule_version) == ("no_mask", 2)
        kept = RuleList.decode(await gateway.request("alerting", "rules", RulesWanted(rule="no_mask"))).items
        assert [each.rule.version for each in kept] == [2, 1]
        await worker.stop(LIMIT_S)
