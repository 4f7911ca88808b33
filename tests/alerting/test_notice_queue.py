"""Plans and the queue on a real PostgreSQL and a fake clock: folding, chains, crashes, two workers; never one thing twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import delete, text

from services.alerting.adapters.notice_planner import NoticePlanner
from services.alerting.adapters.postgres.notice_tables import channels
from services.alerting.adapters.postgres.notice_things import drop_waiting
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.notices.channel import ChannelFailed, Outgoing, Taken
from shared.messages.base import Fact
from shared.messages.notices import ChainStep, NoticeChain, NoticeReceipt
from tests.alerting.notice_office import LEASE_S, Office, database, office
from tests.alerting.notice_values import HOUR_US, NOW_US, order, raised, school, supervisor, taken, week_rota, window

__all__ = ["database", "office"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


def refuse(said: str, *, is_final: bool = False) -> Callable[[str, Outgoing], Taken]:
    def answer(channel: str, message: Outgoing) -> Taken:
        raise ChannelFailed(said, is_final=is_final)

    return answer


async def test_what_was_rolled_back_is_told_to_nobody(office: Office) -> None:
    await office.people(supervisor("li"))
    with pytest.raises(ZeroDivisionError):
        async with office.database.transaction() as session:
            await write_facts(session, [raised()])
            raise ZeroDivisionError
    await office.run()
    assert office.hook.sent == []
    await office.happens(raised(), raised(), raised("a2", is_silent=True))
    await office.happens(raised())
    await office.run(120)
    assert len(office.hook.sent) == 1, "said three times, told once; what is silent never"
    (delivery,) = await office.deliveries()
    assert (delivery.state, delivery.subject, delivery.person) == ("delivered", "alert:a1", "li")
    assert [(each.number, each.outcome, each.said) for each in delivery.attempts] == [(1, "delivered", "200")]


async def test_until_an_account_is_known_everything_waits(office: Office) -> None:
    await office.happens(raised())
    await office.people(supervisor("li"))
    await office.run()
    assert len(office.hook.sent) == 1


async def test_everybody_has_a_console_and_what_it_showed_is_delivered(office: Office) -> None:
    office.known["li"] = supervisor("li")
    await office.happens(raised())
    await office.run()
    (delivery,) = await office.deliveries()
    assert (delivery.channel_kind, delivery.state) == ("console", "sent")
    async with office.database.transaction() as session:
        told = (await session.execute(text("select body from outbox where fact = 'NoticeTold'"))).scalars().all()
    assert [(each["person"], each["message"], each["subjects"]) for each in told] == [
        ("li", delivery.message, ["alert:a1"])
    ]
    assert await office.book.receipt(NoticeReceipt(message=str(delivery.message), person="wang"), NOW_US) == []
    await office.book.receipt(NoticeReceipt(message=str(delivery.message), person="li"), NOW_US)
    (delivery,) = await office.deliveries()
    assert (delivery.state, delivery.attempts[0].outcome) == ("delivered", "delivered")


async def test_many_are_folded_and_the_quiet_window_is_each_persons_own(office: Office) -> None:
    await office.people(supervisor("li"), quiet_s=60)
    await office.people(supervisor("wang"), quiet_s=0)
    await office.happens(raised("a0"))
    await office.run()
    for number in range(7):
        await office.happens(raised(f"b{number}", f"school-{number % 3}"))
        await office.run()
    assert len(office.hook.titles("hook-wang")) == 8
    await office.run(90)
    assert office.hook.titles("hook-li") == ["[class 1] Alert: no_mask · school-1", "7 new alerts in 3 schools"]
    folded = [each for each in await office.deliveries(people=("li",)) if each.subject != "alert:a0"]
    assert len({each.message for each in folded}) == 1


async def test_a_chain_calls_the_next_until_somebody_takes_it(office: Office) -> None:
    await office.people(supervisor("li"))
    await office.people(supervisor("wang"), supervisor("zhao"), supervisor("qian"), risk_max=1, kinds=("card_red",))
    steps = [(5, ("wang",)), (15, ("zhao", "li")), (30, ("qian",))]
    chain = NoticeChain(
        chain="worst", title="x", steps=tuple(ChainStep(after_min=after, people=people) for after, people in steps)
    )
    await office.book.put_chain(chain)
    await office.happens(raised())
    await office.run()
    await office.clock.advance(4 * 60 + 58)
    await office.run()
    assert [to for to, _ in office.hook.sent] == ["hook-li"]
    await office.run()
    assert [to for to, _ in office.hook.sent] == ["hook-li", "hook-wang"]
    await office.clock.advance(10 * 60)
    await office.run()
    assert [to for to, _ in office.hook.sent] == ["hook-li", "hook-wang", "hook-zhao"], "li was told already"
    await office.happens(taken(by="zhao"))
    await office.clock.advance(3600)
    await office.run()
    assert len(office.hook.sent) == 3, "somebody has taken it: qian sleeps on"
    assert {each.state for each in await office.deliveries()} == {"acknowledged"}
    assert {each.acknowledged_by for each in await office.deliveries()} == {"zhao"}
    assert {each.person: each.step for each in await office.deliveries()} == {"li": None, "wang": 0, "zhao": 1}


async def test_a_chain_calls_who_is_on_duty_then_and_ends(office: Office) -> None:
    await office.people(supervisor("li"), supervisor("wang"), kinds=("card_red",))
    await office.book.put_rota(week_rota())
    await office.book.put_chain(
        NoticeChain(chain="worst", title="x", steps=(ChainStep(after_min=9 * 60, rotas=("bureau",)),))
    )
    await office.happens(raised())
    await office.clock.advance(9 * 3600)
    await office.run()
    assert [to for to, _ in office.hook.sent] == ["hook-wang"], "19 o'clock: the night's duty"
    async with office.database.transaction() as session:
        assert await session.scalar(text("select count(*) from notice_escalations")) == 0


async def test_a_chain_for_a_unit_is_for_the_schools_that_lie_in_it_then(office: Office) -> None:
    """An order of a school without cameras as well as an alert; what has begun goes on when its school moves."""
    await office.people(supervisor("li"), supervisor("station"), kinds=("card_red",))
    steps = (ChainStep(after_min=5, people=("station",)),)
    for chain, units, sites in (("city", ("city",), ()), ("east", ("east",), ()), ("both", ("east",), ("school-3",))):
        kinds = ("alert", "order_overdue")
        await office.book.put_chain(
            NoticeChain(chain=chain, title=chain, units=units, sites=sites, kinds=kinds, steps=steps)  # type: ignore[arg-type]
        )
    for site, unit in (("school-1", "east"), ("school-2", "west")):
        office.belongs(site, "city", unit)
    office.belongs("school-3")
    await office.happens(raised("a1"), raised("a2", "school-2"), raised("a3", "school-3"), raised("a4", "gone"))
    await office.happens(order("overdue", "machine"), order("overdue", "machine", order="o2", site="school-2"))
    east = {(id, chain) for id in ("a1", "o1") for chain in ("city", "east", "both")}
    assert await office.begun() == east | {("a2", "city"), ("o2", "city"), ("a3", "both")}
    for site, *units in (("school-1", "city", "west"), ("school-2", "east"), ("school-new", "city", "east")):
        office.belongs(site, *units)
    await office.happens(raised("b1"), raised("b2", "school-2"), raised("b5", "school-new"))
    new = {("b5", "city"), ("b5", "east"), ("b5", "both")}
    since = {each for each in await office.begun() if each[0].startswith("b")}
    assert since == {("b1", "city"), ("b2", "east"), ("b2", "both")} | new
    await office.clock.advance(5 * 60)
    await office.run()
    told = {each.subject for each in await office.deliveries(people=("station",))}
    assert {"alert:a1", "alert:a2", "alert:b5", "order:o1"} <= told, "a1's school has moved away, its chain goes on"
    assert "alert:a4" not in told


async def test_while_no_school_is_known_a_chain_for_units_makes_everything_wait(office: Office) -> None:
    await office.people(supervisor("li"))
    await office.happens(raised("a1"))
    assert len(await office.deliveries()) > 0, "without such a chain nothing waits"
    steps = (ChainStep(after_min=5, people=("li",)),)
    await office.book.put_chain(NoticeChain(chain="east", title="x", units=("east",), steps=steps))
    await office.happens(raised("a2"))
    assert await office.deliveries(subject="alert:a2") == []
    office.belongs("school-1", "east")
    await office.run()
    assert len(await office.deliveries(subject="alert:a2")) > 0
    assert await office.begun() == {("a2", "east")}


async def test_what_somebody_took_is_told_to_nobody_else(office: Office) -> None:
    await office.people(supervisor("li"), hours=(window(range(1, 8), 14, 18),))
    await office.happens(raised("a1"), raised("a2"))
    await office.happens(taken("a1", by="wang"))
    await office.run()
    assert office.hook.sent == []
    await office.clock.advance(4 * 3600)
    await office.run()
    assert [[each["subject"] for each in message.body["things"]] for _, message in office.hook.sent] == [["alert:a2"]]  # type: ignore[attr-defined]


async def test_both_sides_are_told_of_an_order_even_when_it_was_read_at_once(office: Office) -> None:
    await office.people(supervisor("li"), supervisor("wang"), school("chef"), school("stranger", "school-2"))
    await office.happens(order("serve", "li"))
    await office.happens(order("read", "chef", NOW_US + 1))
    await office.run()
    assert sorted(to for to, _ in office.hook.sent) == ["hook-chef", "hook-wang"]
    await office.happens(order("overdue", "machine", NOW_US + 2), order("card", "machine", NOW_US + 3, card="yellow"))
    await office.run(120)
    told = Counter(each.person for each in await office.deliveries() if each.kind == "order_overdue")
    assert told == {"li": 1, "wang": 1, "chef": 1}


async def test_a_dead_channel_is_tried_with_longer_pauses_and_fails_with_its_reason(office: Office) -> None:
    await office.people(supervisor("li"))
    await office.channel("li", "hook-other")
    office.hook.answer = lambda channel, message: (
        refuse("port closed")(channel, message) if channel == "hook-li" else Taken("delivered", "200")
    )
    await office.happens(raised())
    times: list[int] = []
    began_us = office.clock.now_us()
    for _ in range(60):
        before = len(office.hook.titles("hook-li"))
        await office.run()
        if len(office.hook.titles("hook-li")) > before:
            times.append(round((office.clock.now_us() - began_us) / 1e6) - 1)
    assert times == [0, 5, 25]
    by_channel = {each.channel: each for each in await office.deliveries()}
    dead, other = by_channel["hook-li"], by_channel["hook-other"]
    assert (dead.state, dead.why, len(dead.attempts)) == ("failed", "port closed", 3)
    assert (other.state, len(other.attempts)) == ("delivered", 1)


async def test_a_changed_channel_works_without_a_restart(office: Office) -> None:
    await office.people(supervisor("li"))
    office.hook.answer = refuse("wrong secret", is_final=True)
    await office.happens(raised())
    await office.run()
    assert [each.state for each in await office.deliveries()] == ["failed"], "a refusal for good is not repeated"
    office.hook.answer = lambda channel, message: Taken("delivered", "200")
    await office.channel("li")
    await office.happens(raised("a2"))
    await office.run()
    assert [each.state for each in await office.deliveries(subject="alert:a2")] == ["delivered"]
    await office.channel("li", is_enabled=False)
    await office.happens(raised("a3"))
    assert await office.deliveries(subject="alert:a3") == []


async def test_a_slow_channel_delays_nobody(office: Office) -> None:
    await office.people(supervisor("li"), supervisor("wang"), supervisor("zhao"), quiet_s=0)
    office.hook.hold["hook-li"] = asyncio.Event()
    running = asyncio.create_task(office.sender.run_once())
    await office.happens(raised())
    async with asyncio.timeout(20):
        while len([each for each in await office.deliveries() if each.state == "delivered"]) < 2:
            office.sender.wake()
            await asyncio.sleep(0.02)
    await office.happens(raised("a2"))
    async with asyncio.timeout(20):
        while len(office.hook.sent) < 5:
            office.sender.wake()
            await asyncio.sleep(0.02)
    assert office.hook.titles("hook-li") == ["[class 1] Alert: no_mask · school-1"], "still on its way"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_crash_between_sending_and_marking_sends_the_same_message_again(office: Office) -> None:
    """At least once: the receiver knows it by its id."""
    await office.people(supervisor("li"))
    await office.happens(raised("a1"), raised("a2"))
    dead = office.queue("dead")
    (parcel,) = await dead.take(office.clock.now_us(), 16)  # sent, and then the process died
    await office.happens(raised("a3"))
    await office.run(LEASE_S - 2)
    assert office.hook.sent == [], "its lease runs"
    await office.run(3)
    (again,) = [message for _, message in office.hook.sent]
    assert again.id == parcel.message, "a receiver that has it does nothing"
    assert [each["subject"] for each in again.body["things"]] == ["alert:a1", "alert:a2"]  # type: ignore[attr-defined]
    outcomes = {
        each.subject: [one.outcome for one in each.attempts] for each in await office.deliveries() if each.sent_us
    }
    assert outcomes == {"alert:a1": ["began", "delivered"], "alert:a2": ["began", "delivered"]}
    # The dead one was only slow: what it says late changes nothing.
    await dead.failed(parcel, ChannelFailed("late"), office.clock.now_us())
    assert {each.state for each in await office.deliveries() if each.sent_us} == {"delivered"}


async def test_a_channel_may_be_removed_while_its_message_is_being_marked(office: Office) -> None:
    """Both take their locks in one order: the one waits, and neither is given up."""
    await office.people(supervisor("wang"))
    await office.happens(raised("a1"))
    queue = office.queue("one")
    (parcel,) = await queue.take(office.clock.now_us(), 1)
    async with office.database.transaction() as session:
        await session.execute(delete(channels).where(channels.c.channel == parcel.channel))
        marking = asyncio.create_task(queue.taken(parcel, Taken("delivered", "200"), office.clock.now_us()))
        await asyncio.sleep(0.3)
        assert not marking.done(), "it waits for the channel"
        await drop_waiting(session, parcel.channel, "removed")
    await marking


async def test_a_closed_account_is_not_told_what_was_planned(office: Office) -> None:
    await office.people(supervisor("li"))
    await office.happens(raised())
    office.known["li"] = supervisor("li", ("school-2",))
    await office.run()
    assert office.hook.sent == []
    (delivery,) = await office.deliveries()
    assert (delivery.state, delivery.why) == ("failed", "The account may not hear of this school any more.")


async def test_what_is_too_old_is_told_to_nobody_and_what_is_kept_too_long_is_forgotten(office: Office) -> None:
    await office.people(supervisor("li"))
    await office.happens(raised(at_us=NOW_US - 25 * HOUR_US))
    await office.run()
    assert office.hook.sent == []
    assert await office.plans.sweep(NOW_US) == 1
    assert await office.plans.sweep(NOW_US) == 0


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_gets_one_thing_twice_on_one_channel(office: Office, seed: int) -> None:
    """Two planners and two senders at once, failures, repeats, chains, acknowledgements, in any order."""
    chance = random.Random(seed)
    await office.people(supervisor("li"), supervisor("wang"), school("chef"), quiet_s=chance.choice((0, 5, 30)))
    await office.channel("li", "hook-second")
    await office.book.put_rota(week_rota())
    chain = NoticeChain(
        chain="worst",
        title="x",
        risk_max=3,
        kinds=("alert", "order_overdue"),
        steps=(ChainStep(after_min=0, people=("li", "wang")), ChainStep(after_min=1, rotas=("bureau",))),
    )
    await office.book.put_chain(chain)
    office.hook.answer = lambda channel, message: (
        refuse("busy")(channel, message) if chance.random() < 0.3 else Taken("delivered", "200")
    )
    other = NoticePlanner(office.plans, office.clock, HOUR_US * 1000, lambda: None)
    senders = [office.sender, office.worker("two")]
    said: list[Fact] = []
    for step in range(25):
        made = _facts(chance, step, said)
        said += made
        await office.happens(*made)
        await asyncio.gather(office.planner.look(), other.look(), *(sender.send_due() for sender in senders))
        await office.clock.advance(chance.choice((0, 1, 7, 40)))
    office.hook.answer = lambda channel, message: Taken("delivered", "200")
    await office.run(200)

    ended = await office.deliveries(limit=501)
    keys = Counter((each.thing, each.person, each.channel) for each in ended)
    assert max(keys.values()) == 1
    assert {each.state for each in ended} <= {"delivered", "failed", "acknowledged"}
    taken_once = Counter(
        (each.thing, each.channel) for each in ended for one in each.attempts if one.outcome == "delivered"
    )
    assert taken_once
    assert max(taken_once.values()) == 1


def _facts(chance: random.Random, step: int, said: Sequence[Fact]) -> list[Fact]:
    at_us = NOW_US + step
    kind = chance.random()
    if kind < 0.15 and said:
        return [chance.choice(said)]
    if kind < 0.55:
        return [raised(f"a{step}", chance.choice(("school-1", "school-2")), chance.choice((1, 2, 3)), at_us)]
    if kind < 0.7:
        return [taken(f"a{chance.randrange(step + 1)}", "wang", at_us)]
    if kind < 0.9:
        action, by = chance.choice((("serve", "li"), ("overdue", "machine"), ("answer", "chef"), ("reject", "wang")))
        return [order(action, by, at_us)]
    return []
