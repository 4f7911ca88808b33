"""On real servers: alerts put together by workers that write at the same time, silences, calendars, spoken warnings."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import select

from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.folds import AlertFolds, StormPolicies
from services.alerting.adapters.postgres.tables import alerts as table
from services.alerting.adapters.postgres.tables import outbox
from services.alerting.calendars.calendar_tree import CalendarTree
from services.alerting.folding.folds import Member, StormPolicy, folded
from services.alerting.folding.kitchens import Kitchens
from services.alerting.rules.camera_watch import Happening
from services.alerting.rules.incident import Incident
from services.alerting.rules.rule_store import Written
from services.alerting.wiring import _MIGRATIONS
from shared.bus import Bus
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.alerting import Alert, AlertAcknowledgement, AlertRef, AlertReview, AlertsWanted
from shared.messages.announcements import AnnouncementPlay
from shared.messages.base import Fact, Message
from shared.messages.broadcasts import BroadcastStatus, Receipt
from shared.messages.calendars import (
    CalendarFile,
    CalendarImport,
    CalendarImported,
    CalendarList,
    CalendarPut,
    CalendarRef,
    CalendarsWanted,
    DayWindow,
    KitchenDay,
    KitchenDayWanted,
)
from shared.messages.rules import Condition, RulePut
from shared.messages.silences import Silence, SilenceEnd, SilenceList, SilencesWanted, SilenceWanted
from shared.subjects import CameraRef
from tests.alerting.calendars import WEEK, calendar
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import SECOND_US, START_US, camera, frame, no_mask, person
from tests.alerting.test_silences import OFFLINE, came, silence, went
from tests.alerting.test_worker import alerts

pytestmark = pytest.mark.asyncio(loop_scope="module")

SITE = StormPolicy(window_us=20 * SECOND_US)
DISTRICT = StormPolicy(share=0.5, window_us=60 * SECOND_US)
CAMERAS = ("a", "b", "c", "d")
ALWAYS = tuple(
    DayWindow(part="serving", days=(1, 2, 3, 4, 5, 6, 7), from_minute=begun, to_minute=ended)
    for begun, ended in ((0, 12 * 60), (12 * 60, 0))
)
HERE: dict[str, object] = {"sites": ("school-1",)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(plant: Plant) -> AsyncIterator[Database]:
    made = Database(plant.servers.database_environment("alerting")["BK_DATABASE_URL"], "alerting", pool_size=8)
    await made.migrate(_MIGRATIONS)
    yield made
    await made.close()


class District:
    """Four schools of four cameras under one calendar, and two workers that write what happens there."""

    def __init__(self, name: str, database: Database):
        self.database = database
        self.sites = [f"{name}-{number}" for number in range(4)]
        tree = CalendarTree()
        tree.changed(name, [calendar(name, sites=tuple(self.sites))])
        kitchens = Kitchens(tree)
        for site in self.sites:
            for id in CAMERAS:
                kitchens.camera_desired(CameraRef(site, id), camera(id, site))
        folds = AlertFolds(kitchens, StormPolicies(SITE, DISTRICT))
        self.workers = [PostgresAlerts(database, lambda: None, folds) for _ in range(2)]

    def incidents(self, seed: int) -> list[Incident]:
        """A power cut at three schools, one after another; a camera that was away before, and one that fails alone."""
        chance = random.Random(seed)
        made = [self._away(self.sites[0], "d", -500, None)]
        for number, site in enumerate(self.sites[:3]):
            for id in CAMERAS[:3]:
                begun = number * 15 + chance.random() * 10
                made.append(self._away(site, id, begun, begun + 200 + chance.random() * 50))
        return [*made, self._away(self.sites[3], "a", 20, 80), self._away(self.sites[3], "b", 5000, 5100)]

    def _away(self, site: str, id: str, first: float, last: float | None) -> Incident:
        first_us = START_US + round(first * SECOND_US)
        due_us = first_us + 10 * SECOND_US
        last_us = due_us if last is None else START_US + round(last * SECOND_US)
        closed_us = None if last is None else last_us
        return Incident(site, id, OFFLINE, first_us, due_us, last_us, "gone", broken=1, closed_us=closed_us)

    async def write(self, incidents: Iterable[Incident], chance: random.Random, at_once: int) -> None:
        """Each is raised before it is over; beyond that in any order, some by one worker and some by the other."""
        waiting = {number: _steps(one) for number, one in enumerate(incidents)}
        while waiting:
            batches: list[list[Written]] = [[], []]
            for number in chance.sample(sorted(waiting), min(at_once, len(waiting))):
                # Of one incident one worker writes: it holds the shard.
                batches[number % 2].append(waiting[number].pop(0))
                if not waiting[number]:
                    del waiting[number]
            await asyncio.gather(
                *(store.write(batch, {}, START_US) for store, batch in zip(self.workers, batches, strict=True))
            )

    async def stored(self) -> dict[str, tuple[str, str | None, str | None]]:
        """Of each incident its alert, what outage that is, and the district's."""
        async with self.database.transaction() as session:
            rows = (await session.execute(select(table).where(table.c.site.in_(self.sites)))).all()
        return {row.alert: (row.folded_into or row.alert, row.outage, row.district_into) for row in rows}

    def wanted(self, incidents: Sequence[Incident]) -> dict[str, tuple[str, str | None, str | None]]:
        found: dict[str, tuple[str, str | None, str | None]] = {}
        schools = []
        for site in self.sites:
            some = [one for one in incidents if one.site == site]
            by_id = {one.id: one for one in some}
            for group in folded(map(_member, some), folds=True, needed=SITE.needed(4), window_us=SITE.window_us):
                found |= dict.fromkeys(group.members, (group.head, None, None))
                if group.is_outage:
                    first = by_id[group.head]
                    last_us = max(by_id[id].last_us for id in group.members)
                    schools.append(Member(first.id, site, first.first_us, last_us))
        districts = folded(schools, folds=False, needed=DISTRICT.needed(4), window_us=DISTRICT.window_us)
        for group in districts:
            for id in group.members:
                into = None if id == group.head else group.head
                found[id] = (id, "district" if group.is_outage and into is None else "site", into)
        return found

    async def told(self) -> list[tuple[str, str]]:
        """What waits to be told of these schools: the fact and its alert, in their order."""
        async with self.database.transaction() as session:
            rows = (await session.execute(select(outbox).order_by(outbox.c.number))).all()
        return [(row.fact, row.body["alert"]) for row in rows if row.body["site"] in self.sites]


def _member(one: Incident) -> Member:
    return Member(one.id, one.camera, one.first_us, one.last_us, one.closed_us is None, False, _reopen_us())


def _reopen_us() -> int:
    return round(OFFLINE.reopen_s * 1e6)


def _steps(incident: Incident) -> list[Written]:
    def step(one: Incident, happening: Happening) -> Written:
        shard = CameraRef(one.site, one.camera).shard
        return Written(shard, one.message(), happening, True, _reopen_us(), can_storm=True)

    begun = replace(incident, last_us=incident.raised_us, closed_us=None)
    return [step(begun, "raised")] + ([step(incident, "closed")] if incident.closed_us is not None else [])


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_stores_first_the_same_incidents_are_the_same_alerts(database: Database, seed: int) -> None:
    district = District(f"order{seed}", database)
    incidents = district.incidents(seed)
    await district.write(incidents, random.Random(seed), at_once=1 + seed * 3)
    wanted = district.wanted(incidents)
    assert await district.stored() == wanted
    assert sorted(one[1] or "" for one in wanted.values()).count("site") == 2
    # Every alert that people are left with was raised; those that another stands for were taken back.
    said: dict[str, list[str]] = {}
    for fact, alert in await district.told():
        said.setdefault(alert, []).append(fact)
    heads = {head for head, _, _ in wanted.values()}
    assert heads <= said.keys()
    still_away = incidents[0].id
    for alert, facts in said.items():
        assert facts.count("AlertRaised") == 1, "told once"
        assert ("AlertClosed" in facts) == (alert != still_away), facts


async def test_a_power_cut_is_told_once_lists_its_cameras_and_ends_when_they_are_back(database: Database) -> None:
    district = District("cut", database)
    incidents = sorted(district.incidents(9), key=lambda one: one.first_us)
    cut = [one for one in incidents if one.site == district.sites[1]]
    (store, _), steps = district.workers, {one.id: _steps(one) for one in cut}
    await store.write([steps[one.id][0] for one in cut], {}, START_US)
    await store.write([steps[cut[0].id][1]], {}, START_US)
    (shown,) = await store.list(AlertsWanted(sites=(district.sites[1],)))
    assert (shown.alert, shown.outage, shown.progress) == (cut[0].id, "site", "going_on")
    assert (set(shown.cameras), shown.cameras_away) == ({"a", "b", "c"}, tuple(sorted(one.camera for one in cut[1:])))
    told = await district.told()
    assert [fact for fact, alert in told if alert == cut[0].id].count("AlertRaised") == 1
    assert {alert for _, alert in told} == {cut[0].id}
    assert "AlertClosed" not in {fact for fact, _ in told}
    await store.write([steps[one.id][1] for one in cut[1:]], {}, START_US)
    (over,) = await store.list(AlertsWanted(sites=(district.sites[1],)))
    assert (over.progress, over.cameras_away, over.last_us) == ("over", (), max(one.last_us for one in cut))
    assert (await district.told())[-1] == ("AlertClosed", cut[0].id)


async def test_a_district_is_one_alert_and_each_school_still_sees_its_own(database: Database) -> None:
    district = District("wide", database)
    incidents = sorted(district.incidents(5), key=lambda one: one.first_us)
    await district.write([one for one in incidents if one.site != district.sites[3]], random.Random(1), at_once=4)
    store = district.workers[0]
    everybody = await store.list(AlertsWanted(rules=("camera_offline",), sites=tuple(district.sites)))
    (wide,) = [one for one in everybody if one.outage == "district"]
    assert (wide.sites, len(wide.cameras)) == (tuple(district.sites[:3]), 3)
    assert not [one for one in everybody if one.outage == "site"]
    (own,) = await store.list(AlertsWanted(sites=(district.sites[2],)))
    assert (own.outage, own.folded_into, own.site) == ("site", wide.alert, district.sites[2])
    assert (await store.get(own.alert)) is not None
    # A rule that is broken in front of a camera that is still there is an alert like any other.
    seen = Incident(district.sites[1], "d", no_mask(), START_US, START_US, START_US)
    await store.write([Written(0, seen.message(), "raised", False, 0)], {}, START_US)
    assert seen.id in {one.alert for one in await store.list(AlertsWanted(sites=(district.sites[1],)))}


async def test_an_alert_that_somebody_has_taken_keeps_its_id(database: Database) -> None:
    district = District("taken", database)
    cut = [one for one in district.incidents(2) if one.site == district.sites[1]]
    cut.sort(key=lambda one: one.first_us)
    store = district.workers[0]
    later, first = _steps(cut[2])[0], _steps(cut[0])[0]
    await store.write([later], {}, START_US)
    await store.acknowledge(AlertAcknowledgement(alert=cut[2].id, by="li"), START_US)
    await store.write([first], {}, START_US)
    assert await district.stored() == {cut[2].id: (cut[2].id, None, None), cut[0].id: (cut[2].id, None, None)}


class Intercom:
    """Answers as the intercom does: the first sentence is spoken, the next come too soon after it."""

    def __init__(self) -> None:
        self.asked: list[AnnouncementPlay] = []

    async def play(self, request: bytes) -> BroadcastStatus:
        wanted = AnnouncementPlay.decode(request)
        self.asked.append(wanted)
        is_first = len(self.asked) == 1
        (to,) = wanted.to.cameras
        receipt = Receipt(site=to.site, camera=to.camera, state="played" if is_first else "skipped")
        if not is_first:
            receipt = receipt.model_copy(update={"reason": "too_often", "detail": "told enough within the hour"})
        return BroadcastStatus(
            broadcast=f"intercom-1.{len(self.asked)}",
            talker=wanted.asked_by,
            source="text",
            state="ended",
            opened_us=START_US,
            receipts=(receipt,),
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(plant: Plant, database: Database) -> AsyncIterator[Bus]:
    """The gateway's connection, alerting running."""
    async with plant.bus("gateway") as bus:
        bucket = await bus.kv("cameras")
        for id in CAMERAS:
            await bucket.put(CameraRef("school-1", id).key, camera(id).encode())
        worker = await plant.worker("alerting-1")
        # At whatever hour this runs: a kitchen that no calendar names is closed by night once there is one of all.
        around_the_clock = calendar("around-the-clock", sites=("school-1",), windows=ALWAYS)
        await ask(bus, "calendar_put", CalendarPut(calendar=around_the_clock, by="li"))
        yield bus
        await worker.stop(LIMIT_S)


async def ask(bus: Bus, name: str, wanted: Message) -> bytes:
    return await bus.request("alerting", name, wanted, timeout_s=20)


async def until_one(bus: Bus, **wanted: object) -> Alert:
    async with asyncio.timeout(LIMIT_S):
        while not (found := await alerts(bus, **wanted)):
            await asyncio.sleep(0.1)
    return found[0]


async def say(plant: Plant, service: str, facts: Iterable[Fact]) -> None:
    async with plant.bus(service) as bus:
        for fact in facts:
            await bus.publish_fact(fact)


async def test_calendars_are_kept_imported_and_asked(plant: Plant, gateway: Bus) -> None:
    put = CalendarPut(calendar=calendar(is_default=True, windows=WEEK), by="li")
    (made,) = CalendarList.decode(await ask(gateway, "calendar_put", put)).items
    assert (made.calendar.version, made.changed_by) == (1, "li")
    with pytest.raises(RequestRefused, match="at version 1"):
        again = put.calendar.model_copy(update={"version": 7})
        await ask(gateway, "calendar_put", CalendarPut(calendar=again, by="li"))
    file = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20301106\n"
        "SUMMARY:sports\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    told = CalendarImport(calendar="district", text=file, by="wang")
    trial = await ask(gateway, "calendar_import", told.model_copy(update={"is_trial": True}))
    assert (CalendarImported.decode(trial).days, CalendarImported.decode(trial).calendar.version) == (1, 1)
    imported = CalendarImported.decode(await ask(gateway, "calendar_import", told))
    assert imported.calendar.version == 2
    with pytest.raises(RequestRefused, match="BEGIN:VCALENDAR"):
        await ask(gateway, "calendar_import", told.model_copy(update={"text": "<html>"}))
    exported = CalendarFile.decode(await ask(gateway, "calendar_export", CalendarRef(calendar="district")))
    assert "SUMMARY:sports" in exported.text
    async with asyncio.timeout(LIMIT_S):  # until the worker has heard of its own change
        while True:
            wanted = KitchenDayWanted.model_validate({"site": "anywhere", "day": "2030-11-06"})
            day = KitchenDay.decode(await ask(gateway, "kitchen_day", wanted))
            if day.reason == "exceptional_day":
                break
            await asyncio.sleep(0.1)
    assert (day.is_open, day.detail, day.calendars, day.is_year_known) == (False, "sports", ("district at 2",), False)
    kept = CalendarList.decode(await ask(gateway, "calendars", CalendarsWanted(calendar="district"))).items
    assert [one.calendar.version for one in kept] == [2, 1]


async def test_what_is_silenced_is_kept_counted_and_not_told_until_it_ends(plant: Plant, gateway: Bus) -> None:
    made = SilenceList.decode(await ask(gateway, "silence_add", SilenceWanted(silence=_hour()))).items[0].silence
    with pytest.raises(RequestRefused, match="Only who may configure"):
        await ask(gateway, "silence_add", SilenceWanted(silence=_hour(covers_class_1=True)))

    def bare(start_us: int, track: int) -> list[Fact]:
        people = [person(track, headwear=0.03)]
        looks = [frame(second, people, id="a", start_us=start_us) for second in (1, 2, 3, 4, 5)]
        return [*looks, frame(700, id="a", start_us=start_us)]

    await say(plant, "detector", bare(made.from_us, 1))
    quiet = await until_one(gateway, is_silent=True, silence=made.silence)
    assert (quiet.rule, quiet.camera, quiet.silence) == ("no_hat", "a", made.silence)
    ended = SilenceList.decode(await ask(gateway, "silence_end", SilenceEnd(silence=made.silence, by="wang"))).items[0]
    assert (ended.suppressed, ended.suppressed_by_rule) == (1, {"no_hat": 1})
    assert ended.silence.ended_us is not None
    for sites, count in ((("school-1",), 1), (("another",), 0), ((), 0)):
        counted = SilencesWanted(silence=made.silence, sites=sites)
        (of_them,) = SilenceList.decode(await ask(gateway, "silences", counted)).items
        assert (of_them.suppressed, sum(of_them.suppressed_by_rule.values())) == (count, count), sites
    assert await alerts(gateway, **HERE, cameras=("a",)) == ()
    # Filmed after it has ended, and long after what was quiet could open again.
    await say(plant, "detector", bare(max(ended.silence.ended_us, made.from_us + 1400 * SECOND_US), 2))
    loud = await until_one(gateway, **HERE, cameras=("a",))
    assert (loud.is_silent, loud.rule) == (False, "no_hat")


def _hour(**more: object) -> Silence:
    """Of one camera: it begins seconds after it was made and outlasts its end by as many, into whatever test is next."""
    now_us = time.time_ns() // 1000
    times = {"from_us": now_us, "until_us": now_us + 3600 * SECOND_US}
    return silence("", cameras=("a",), **more).model_copy(update=times)


async def test_a_kitchen_is_told_at_once_or_when_a_person_confirmed_and_each_only_once(
    plant: Plant, gateway: Bus
) -> None:
    told = {"condition": Condition(broken=1, looked=1), "announcement": "请佩戴口罩"}
    at_once = no_mask(rule="mask_1", risk=1, warns_kitchen=True, **told)
    confirmed = no_mask(rule="mask_2", **told)
    for rule in (at_once, confirmed):
        await ask(gateway, "rule_put", RulePut(rule=rule, by="li"))
    intercom = Intercom()
    async with plant.bus("intercom") as bus:
        stop = await bus.serve("intercom", {"announcement_play": intercom.play})
        start_us = time.time_ns() // 1000
        await say(plant, "detector", [frame(0, [person(mask=0.02)], id="b", start_us=start_us)])
        alert = await until_warned(gateway, (await until_one(gateway, rules=("mask_1",))).alert)
        assert alert.warning is not None
        assert (alert.warning.state, alert.warning.trigger) == ("played", "at_once")
        assert [(one.text, one.priority) for one in intercom.asked] == [("请佩戴口罩", "routine")]
        other = await until_one(gateway, rules=("mask_2",))
        assert other.warning is None, "nobody has confirmed it"
        for _ in range(2):
            review = AlertReview(alert=other.alert, by="li", verdict="confirmed")
            await ask(gateway, "alert_review", review)
        other = await until_warned(gateway, other.alert)
        assert other.warning is not None
        assert (other.warning.state, other.warning.reason) == ("not_played", "too_often")
        assert (other.warning.trigger, len(intercom.asked)) == ("confirmed", 2)
        await stop()


async def until_warned(bus: Bus, id: str) -> Alert:
    async with asyncio.timeout(LIMIT_S):
        while True:
            alert = Alert.decode(await ask(bus, "alert", AlertRef(alert=id)))
            if alert.warning is not None and alert.warning.state not in ("due", "asked"):
                return alert
            await asyncio.sleep(0.1)


async def test_a_school_without_power_on_the_bus(plant: Plant, gateway: Bus) -> None:
    now_us = time.time_ns() // 1000
    # 60 s are the seed's; a minute has passed in what is heard, not for us.
    offset_s = (now_us - START_US) / SECOND_US + 3600
    gone = [went(offset_s + number, id) for number, id in enumerate(CAMERAS[:3])]
    await say(plant, "ingest", gone)
    looks = [frame(offset_s + 100, id=id) for id in CAMERAS[:3]]
    await say(plant, "detector", [*looks, *[frame(offset_s + 110, id=id) for id in CAMERAS[:3]]])
    async with asyncio.timeout(LIMIT_S):
        while len((alert := await until_one(gateway, **HERE, rules=("camera_offline",))).cameras) < 3:
            await asyncio.sleep(0.1)
    assert (alert.outage, alert.camera, alert.cameras_away) == ("site", "a", ("a", "b", "c"))
    await say(plant, "ingest", [came(offset_s + 200, id) for id in CAMERAS[:3]])
    await say(plant, "detector", [frame(offset_s + 300, id=id) for id in CAMERAS[:3]])
    async with asyncio.timeout(LIMIT_S):
        while (alert := (await alerts(gateway, **HERE, rules=("camera_offline",)))[0]).progress != "over":
            await asyncio.sleep(0.1)
    assert len(await alerts(gateway, **HERE, rules=("camera_offline",))) == 1
