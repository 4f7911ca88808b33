"""Facts out of order, twice, and after a death of the worker give the alerts of a clean run."""

from __future__ import annotations

import pytest

from services.alerting.rules.camera_watch import CameraWatch, Change
from services.alerting.rules.incident import Incident
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.shard_watch import ShardWatch
from shared.messages.detector import FrameAnalysed
from tests.alerting.facts import SECOND_US, START_US, camera, disturbed, footage, no_mask

HOLD_US = SECOND_US


class Worker:
    """One owner of a shard, and what it would have stored."""

    def __init__(self, stored: dict[str, Incident], shard: ShardWatch | None = None):
        self.watches = {
            id: CameraWatch(camera(id), [no_mask(over_after_s=10, reopen_s=30)], PlanClock()) for id in "abc"
        }
        self.shard = shard or ShardWatch(self.watches.get, HOLD_US)
        self.shard.watch_of = self.watches.get
        self.stored = stored
        for incident in stored.values():
            self.watches[incident.camera].remember([incident])
            self.shard.remembers(incident.camera)

    def hear(self, facts: list[tuple[int, FrameAnalysed]]) -> list[Change]:
        changes = []
        for seq, fact in facts:
            self.shard.hear(seq, fact)
            changes += self.shard.release()
        for change in changes:
            self.stored[change.incident.id] = change.incident
        return changes

    def finish(self) -> None:
        for change in self.shard.release(START_US + 10_000 * SECOND_US):
            self.stored[change.incident.id] = change.incident


def told(stored: dict[str, Incident]) -> list[bytes]:
    return sorted(incident.message().encode() for incident in stored.values())


@pytest.fixture(scope="module")
def clean() -> list[bytes]:
    stored: dict[str, Incident] = {}
    worker = Worker(stored)
    worker.hear(list(enumerate(footage("abc", 300), 1)))
    worker.finish()
    assert len(stored) >= 10
    return told(stored)


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_and_twice(clean: list[bytes], seed: int) -> None:
    stored: dict[str, Incident] = {}
    worker = Worker(stored)
    worker.hear(list(enumerate(disturbed(footage("abc", 300), seed), 1)))
    worker.finish()
    assert told(stored) == clean


@pytest.mark.parametrize("died_at", [3, 100, 250, 511, 899])
def test_a_worker_that_dies_is_followed_by_one_that_knows_the_same(clean: list[bytes], died_at: int) -> None:
    facts = list(enumerate(footage("abc", 300), 1))
    stored: dict[str, Incident] = {}
    first = Worker(stored)
    first.hear(facts[:died_at])
    position = first.shard.position()
    # What the dead one heard after it wrote down how far it was is lost with it.
    kept = {id: _copy(incident) for id, incident in stored.items()}
    second = Worker(kept, ShardWatch(lambda camera: None, HOLD_US, position.judged, position.from_seq))
    second.hear([(seq, fact) for seq, fact in facts if seq >= position.from_seq])
    second.finish()
    assert told(kept) == clean


def _copy(incident: Incident) -> Incident:
    return Incident.of_message(incident.message(), incident.rule)
