"""Devices in the queue, on a real PostgreSQL: gone, told to wait, moved to another account, and the key they rest on."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from services.alerting.adapters.notice_secrets import NoticeSecrets
from services.alerting.adapters.notice_sender import NoticeSender
from services.alerting.adapters.postgres.push_keys import kept_key
from services.alerting.handlers.notices import KeptChannel
from services.alerting.notices.channel import ChannelFailed, Outgoing, Taken
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.notices import (
    NoticeChannel,
    NoticeChannelsOf,
    NoticePerson,
    NoticeReceipt,
    address_context,
    device_id,
    secret_context,
)
from shared.sealing import Sealer
from tests.alerting.notice_office import SEALER, Hook, Office, database, office
from tests.alerting.notice_values import NOW_US, raised, supervisor
from tests.alerting.push_service import Browser

__all__ = ["database", "office"]
pytestmark = pytest.mark.asyncio(loop_scope="module")
PHONE, DESK = "https://push.example/phone", "https://push.example/desk"


async def device(office: Office, person: str, endpoint: str = PHONE, devices_max: int = 5) -> str:
    """Subscribed; its id."""
    id = device_id(endpoint)
    shown = NoticeChannel(channel=id, person=person, kind="web_push", title="Phone", service="push.example")
    sealed = SEALER.seal(endpoint, address_context(id)), SEALER.seal(Browser().secret, secret_context(id))
    await office.book.put_device(KeptChannel(shown, *sealed), devices_max)
    return id


async def person(office: Office, name: str) -> None:
    office.known[name] = supervisor(name)
    await office.book.put_person(NoticePerson(person=name, language="en", quiet_s=0))
    ways = {"web_push": office.hook}
    office.sender = NoticeSender(
        office.queue("one"),
        ways,  # type: ignore[arg-type]
        NoticeSecrets(SEALER),
        office.known,
        office.clock,
        16,
        "",
        lambda: None,
    )


async def kept(office: Office, person: str) -> list[str]:
    return [each.shown.channel for each in await office.book.channels(NoticeChannelsOf(person=person))]


def failing(**how: object) -> Hook:
    def answer(channel: str, message: Outgoing) -> Taken:
        raise ChannelFailed("410: over", **how)  # type: ignore[arg-type]

    return Hook(answer=answer)


async def test_a_device_that_is_gone_is_forgotten_and_its_person_still_told(office: Office) -> None:
    office.hook.answer = failing(is_gone=True).answer
    await person(office, "li")
    phone = await device(office, "li")
    await office.happens(raised("a1"), raised("a2", "school-2"))
    await office.run()
    assert [to for to, _ in office.hook.sent] == [phone], "tried once, and never again"
    assert phone not in await kept(office, "li")
    told = {(each.channel_kind, each.state, each.why) for each in await office.deliveries()}
    assert told == {("console", "sent", ""), ("web_push", "failed", "410: over")}
    await office.happens(raised("a3"))
    await office.run()
    assert len(office.hook.sent) == 1


async def test_one_that_was_switched_on_again_meanwhile_stays(office: Office) -> None:
    await person(office, "li")
    phone = await device(office, "li")
    gate = office.hook.hold[phone] = asyncio.Event()
    office.hook.answer = failing(is_gone=True).answer
    await office.happens(raised("a1"))
    sending = asyncio.create_task(office.sender.send_due())
    async with asyncio.timeout(10):
        while not any(to == phone for to, _ in office.hook.sent):
            await asyncio.sleep(0.01)
    await device(office, "li")
    gate.set()
    await sending
    assert phone in await kept(office, "li")


async def test_a_push_service_that_asks_for_patience_gets_it(office: Office) -> None:
    office.hook.answer = failing(retry_in_s=120.0).answer
    await person(office, "li")
    await device(office, "li")
    await office.happens(raised("a1"))
    await office.run(100)
    assert len(office.hook.sent) == 1, "5 s would have been our own patience"
    office.hook.answer = lambda channel, message: Taken("sent", "201")
    await office.run(40)
    assert len(office.hook.sent) == 2
    (pushed,) = [each for each in await office.deliveries() if each.channel_kind == "web_push"]
    assert (pushed.state, [each.outcome for each in pushed.attempts]) == ("sent", ["failed", "sent"])
    (note,) = {message.note for _, message in office.hook.sent}
    assert note is not None
    assert (note.title, note.id) == ("[class 1] Alert: no_mask", pushed.message)
    await office.book.receipt(NoticeReceipt(message=str(pushed.message), person="li"), NOW_US)
    (pushed,) = [each for each in await office.deliveries() if each.channel_kind == "web_push"]
    assert pushed.state == "delivered", "the device said that it has shown it"


async def test_a_device_is_its_last_persons_alone_and_nobody_has_many(office: Office) -> None:
    await person(office, "li")
    await person(office, "wang")
    phone = await device(office, "li")
    await office.happens(raised("a1"))
    assert await device(office, "wang") == phone
    assert phone not in await kept(office, "li")
    assert phone in await kept(office, "wang")
    await office.run()
    assert office.hook.sent == [], "what was li's is not shown to wang"
    (was,) = [each for each in await office.deliveries() if each.channel == phone]
    assert (was.person, was.state, was.why) == ("li", "failed", "Another account uses this device now.")
    await device(office, "wang", DESK, devices_max=2)
    await device(office, "wang", DESK, devices_max=2)
    with pytest.raises(RequestRefused, match="at most 2 devices") as refused:
        await device(office, "wang", "https://push.example/third", devices_max=2)
    assert refused.value.code == "too_many_devices"
    # Devices do not take the place of other channels.
    await office.channel("wang")


async def test_the_key_is_made_once_sealed_and_not_replaced(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("delete from web_push_keys"))
    found = await asyncio.gather(*(kept_key(database, SEALER, NOW_US) for _ in range(5)))
    (public,) = {key.public for key in found if key is not None}
    assert None not in found
    assert await kept_key(database, Sealer([b"x" * 32]), NOW_US) is None, "another BK_SECRET_KEY: off, and kept"
    rotated = await kept_key(database, Sealer([b"n" * 32, b"k" * 32]), NOW_US)
    assert rotated is not None
    assert rotated.public == public
    sealed_anew = await kept_key(database, Sealer([b"n" * 32]), NOW_US)
    assert sealed_anew is not None
    assert sealed_anew.public == public
    async with database.transaction() as session:
        rows = str((await session.execute(text("select * from web_push_keys"))).all())
        await session.execute(text("delete from web_push_keys"))
    assert rotated.text not in rows
