"""What alerting hears: cameras, rules, and what is said about the cameras of our shards. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from services.alerting.announcing.spoken_warning import planned
from services.alerting.rules.camera_watch import CameraWatch, Change, Happening
from services.alerting.rules.incident import Incident
from services.alerting.rules.kitchen_clock import KitchenClock
from services.alerting.rules.rule_store import Written
from services.alerting.rules.shard_watch import FrameTimes, Position, RuledFact, ShardWatch
from services.alerting.silences.quiet_incidents import QuietIncidents
from services.alerting.silences.silence_book import SilenceBook
from shared.messages.alerting import Alert
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.detector import FrameAnalysed, PictureDegraded, PictureRecovered
from shared.messages.ingest import CameraCameOnline, CameraWentOffline
from shared.messages.rules import Rule
from shared.subjects import CameraRef

# By the last token of the subject.
RULED: dict[str, type[RuledFact]] = {
    "frame_analysed": FrameAnalysed,
    "picture_degraded": PictureDegraded,
    "picture_recovered": PictureRecovered,
    "camera_went_offline": CameraWentOffline,
    "camera_came_online": CameraCameOnline,
}
assert all(issubclass(kind, Fact) for kind in RULED.values())


_RANK: dict[Happening | None, int] = {None: 0, "goes_on": 1, "closed": 2, "raised": 3}
# = how often those who look at an alert are told that it goes on
_TELL_AGAIN_US = 10_000_000


@dataclass(slots=True)
class Batch:
    """What is to be written at once: incidents, and how far their shards were judged when they stood so."""

    written: list[Written] = field(default_factory=list)
    positions: dict[int, Position] = field(default_factory=dict)
    news: dict[int, dict[str, Change]] = field(default_factory=dict)


@dataclass(slots=True)
class RuledShards:
    """The shards that this worker holds, and every camera in them under its rules.

    Args:
        quiet: what is kept and not told.
    """

    clock: KitchenClock
    hold_us: int
    quiet: QuietIncidents = field(default_factory=lambda: QuietIncidents(SilenceBook()))
    rules: dict[str, Rule] = field(default_factory=dict)
    desired: dict[CameraRef, DesiredCamera] = field(default_factory=dict)
    shards: dict[int, ShardWatch] = field(default_factory=dict)
    _watches: dict[int, dict[str, CameraWatch]] = field(default_factory=dict)
    _news: dict[int, dict[str, Change]] = field(default_factory=dict)
    _by_id: dict[str, CameraRef] = field(default_factory=dict)
    _told_us: dict[str, int] = field(default_factory=dict)
    _looked: dict[str, int] = field(default_factory=dict)

    def rule_changed(self, name: str, rule: Rule | None) -> None:
        """KV `rules`: what is in force."""
        if rule is None:
            self.rules.pop(name, None)
        else:
            self.rules[name] = rule
        for watches in self._watches.values():
            for watch in watches.values():
                watch.set_rules(self.rules.values())

    def camera_desired(self, camera: CameraRef, desired: DesiredCamera | None) -> None:
        """KV `cameras`."""
        watches = self._watches.get(camera.shard, {})
        watch = watches.get(camera.camera)
        if desired is None or not desired.is_enabled:
            self.desired.pop(camera, None)
            self._by_id.pop(camera.camera, None)
            if watch is not None:
                self._note(camera.shard, watch.leave())
                del watches[camera.camera]
            return
        self.desired[camera] = desired
        self._by_id[camera.camera] = camera
        if watch is not None:
            watch.desired = desired
            watch.set_rules(self.rules.values())

    def gained(self, shard: int, position: Position, going_on: list[tuple[Alert, Rule]]) -> None:
        """From here on its facts are ours to judge, behind where the last owner was."""
        watch = ShardWatch(
            lambda camera: self._watch(shard, camera), self.hold_us, dict(position.judged), position.from_seq
        )
        self._watches[shard] = {}
        self.shards[shard] = watch
        incidents: dict[str, list[Incident]] = {}
        for alert, rule in going_on:
            incidents.setdefault(alert.camera, []).append(Incident.of_message(alert, rule))
        for camera, some in incidents.items():
            found = self._watch(shard, camera)
            if found is None:
                # It was removed while nobody watched.
                self._note(shard, [Change("closed", replace(one, closed_us=one.last_us)) for one in some])
                continue
            found.remember(some)
            for one in some:
                if one.closed_us is None:
                    self.quiet.remember(shard, one)
            watch.remembers(camera)

    def lost(self, shard: int) -> None:
        self.shards.pop(shard, None)
        self._watches.pop(shard, None)
        self._news.pop(shard, None)
        self.quiet.forget(shard)

    def heard(self, shard: int, name: str, data: bytes, seq: int) -> int | None:
        """One fact about a camera of a shard of ours; returns when it was, UTC us, None where it says us nothing."""
        kind, watch = RULED.get(name), self.shards.get(shard)
        if kind is None or watch is None:
            return None
        if kind is FrameAnalysed:
            when = FrameTimes.decode(data)
            watch.hear_frame(seq, when, data)
            return when.at_us
        fact = kind.decode(data)
        watch.hear(seq, fact)
        return fact.at_us

    def release(self, now_us: int, live: set[int]) -> bool:
        """Judge what has waited long enough. Args: live: shards of which everything was read. Returns whether
        somebody waits for what came of it."""
        for shard, watch in self.shards.items():
            self._note(shard, watch.release(now_us if shard in live else 0))
            self._note(shard, self.quiet.over(shard, watch.horizon_us))
        return any(_is_urgent(change) for news in self._news.values() for change in news.values())

    def take(self, now_us: int, *, only_urgent: bool) -> Batch:
        """What is to be written, and all of it that belongs together. `give_back` what could not be."""
        batch = Batch()
        for shard, watch in self.shards.items():
            news = self._news.get(shard, {})
            if only_urgent and not any(_is_urgent(change) for change in news.values()):
                continue
            self._count(shard, news)
            self._news.pop(shard, None)
            if not news and not watch.has_moved:
                continue
            batch.news[shard] = news
            batch.written += [self._written(shard, change, now_us) for change in news.values()]
            batch.positions[shard] = watch.position()
        return batch

    def give_back(self, batch: Batch) -> None:
        """It was not written: next time."""
        for shard, news in batch.news.items():
            if shard in self.shards:
                newer = self._news.pop(shard, {})
                self._news[shard] = news
                self._note(shard, newer.values())

    def _note(self, shard: int, changes: Iterable[Change]) -> None:
        news = self._news.setdefault(shard, {})
        horizon_us = self.shards[shard].horizon_us if shard in self.shards else 0
        for each in changes:
            change = self.quiet.judged(shard, each, horizon_us)
            there = news.get(change.incident.id)
            if there is None or _RANK[change.happening] > _RANK[there.happening]:
                news[change.incident.id] = change

    def _count(self, shard: int, news: dict[str, Change]) -> None:
        """Incidents that were looked at and not broken: counted, and no news."""
        for watch in self._watches[shard].values():
            for incident in watch.going_on:
                if incident.id not in news and self._looked.get(incident.id) != incident.looked:
                    news[incident.id] = Change(None, incident)
        for change in news.values():
            self._looked[change.incident.id] = change.incident.looked

    def _written(self, shard: int, change: Change, now_us: int) -> Written:
        incident, happening = change.incident, change.happening
        alert = incident.message()
        if happening == "raised":
            alert = alert.model_copy(update={"ruled_us": now_us})
        if happening == "goes_on" and incident.last_us - self._told_us.get(incident.id, 0) < _TELL_AGAIN_US:
            happening = None
        if happening is not None:
            self._told_us[incident.id] = incident.last_us
        if incident.closed_us is not None:
            self._told_us.pop(incident.id, None)
            self._looked.pop(incident.id, None)
        rule = incident.rule
        can_storm = rule.watched.kind == "offline"
        warning = planned(rule, alert, "at_once", now_us) if happening == "raised" else None
        return Written(shard, alert, happening, rule.folds == "site", round(rule.reopen_s * 1e6), can_storm, warning)

    def _watch(self, shard: int, camera: str) -> CameraWatch | None:
        watches = self._watches[shard]
        found = watches.get(camera)
        if found is None:
            ref = self._by_id.get(camera)
            if ref is not None and ref.shard == shard:
                found = watches[camera] = CameraWatch(self.desired[ref], self.rules.values(), self.clock)
        return found


def _is_urgent(change: Change) -> bool:
    return change.happening in ("raised", "closed")
