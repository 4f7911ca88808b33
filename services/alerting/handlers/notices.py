"""Channels, wishes, rotas and chains as people set them, the test button, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerting.faults import refused_field
from services.alerting.notices.channel import AddressRules, Channel, ChannelFailed, Outgoing, Taken, cleaned
from services.alerting.notices.duty import require_windows, require_zone
from services.alerting.notices.note import trial_note
from services.alerting.notices.thing import console_id, message_id
from services.alerting.notices.words import trial_words
from shared.errors import RequestRefused
from shared.messages.notices import (
    ChannelKind,
    NoticeChain,
    NoticeChainList,
    NoticeChainRef,
    NoticeChainsOf,
    NoticeChannel,
    NoticeChannelList,
    NoticeChannelPut,
    NoticeChannelRef,
    NoticeChannelsOf,
    NoticeDeliveriesWanted,
    NoticeDelivery,
    NoticeDeliveryList,
    NoticePerson,
    NoticePersonRef,
    NoticeReceipt,
    NoticeRota,
    NoticeRotaList,
    NoticeRotaRef,
    NoticeRotasOf,
    NoticeTest,
    NoticeTold,
)

_TEST_EVERY_S = 10


@dataclass(frozen=True, slots=True)
class KeptChannel:
    """A channel with what nobody is shown, sealed."""

    shown: NoticeChannel
    address: str | None = None
    secret: str | None = None


class NoticeBook(Protocol):
    """Where all of it is kept. Raises PeerError while it is away."""

    async def channels(self, wanted: NoticeChannelsOf) -> Sequence[KeptChannel]: ...

    async def put_channel(self, channel: KeptChannel, channels_max: int) -> None:
        """Raises RequestRefused (409) where its person has so many already, devices aside."""
        ...

    async def remove_channel(self, id: str) -> None: ...

    async def tested(self, id: str, now_us: int, every_us: int) -> bool:
        """False where it was tried less than `every_us` ago."""
        ...

    async def tell(self, told: NoticeTold) -> None: ...

    async def person(self, name: str) -> NoticePerson | None: ...

    async def put_person(self, wish: NoticePerson) -> None: ...

    async def rotas(self) -> Sequence[NoticeRota]: ...

    async def put_rota(self, rota: NoticeRota) -> None: ...

    async def remove_rota(self, id: str) -> bool: ...

    async def chains(self) -> Sequence[NoticeChain]: ...

    async def put_chain(self, chain: NoticeChain) -> None: ...

    async def remove_chain(self, id: str) -> bool: ...

    async def deliveries(self, wanted: NoticeDeliveriesWanted) -> Sequence[NoticeDelivery]: ...

    async def receipt(self, wanted: NoticeReceipt, now_us: int) -> Sequence[NoticeDelivery]: ...


class Opener(Protocol):
    """Opens what is sealed; RequestRefused where it cannot be."""

    def address(self, channel: str, sealed: str | None) -> str: ...

    def secret(self, channel: str, sealed: str | None) -> str: ...


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """One function for each request. `is_known`: whether apprise can make anything of an address."""

    book: NoticeBook
    opener: Opener
    rules: AddressRules
    ways: Mapping[ChannelKind, Channel]
    is_known: Callable[[str], Awaitable[bool]]
    channels_max: int
    now_us: Callable[[], int]

    async def channels(self, request: bytes) -> NoticeChannelList:
        wanted = NoticeChannelsOf.decode(request)
        found = [each.shown for each in await self.book.channels(wanted)]
        if wanted.person is not None and not any(each.kind == "console" for each in found):
            found.insert(0, _console(wanted.person))
        return NoticeChannelList(items=tuple(found))

    async def put_channel(self, request: bytes) -> NoticeChannelList:
        wanted = NoticeChannelPut.decode(request)
        there = await self._channel(wanted.channel)
        if there is not None and (there.shown.person, there.shown.kind) != (wanted.person, wanted.kind):
            raise RequestRefused(
                "channel_taken", "A channel stays its person's, and of its kind: make another.", status=409
            )
        if (wanted.kind == "console") != (wanted.channel == console_id(wanted.person)):
            raise RequestRefused("one_console", "Everybody has one console: switch it on or off.", status=422)
        sealed = wanted.sealed_address or (None if there is None else there.address)
        secret = wanted.sealed_secret or (None if there is None else there.secret)
        if wanted.kind == "web_push" and (there is None or wanted.sealed_address or wanted.sealed_secret):
            raise refused_field("bad_channel", "kind", "device_by_itself", {})
        service = "" if wanted.kind == "console" else await self._service(wanted, sealed, secret)
        shown = NoticeChannel(
            channel=wanted.channel,
            person=wanted.person,
            kind=wanted.kind,
            title=wanted.title,
            service=service,
            is_enabled=wanted.is_enabled,
        )
        await self.book.put_channel(KeptChannel(shown, sealed, secret), self.channels_max)
        return NoticeChannelList(items=(shown,))

    async def remove_channel(self, request: bytes) -> NoticeChannelList:
        found = await self._required(NoticeChannelRef.decode(request).channel)
        if found.shown.kind == "console":
            raise RequestRefused("one_console", "The console stays: switch it off instead.", status=409)
        await self.book.remove_channel(found.shown.channel)
        return NoticeChannelList(items=(found.shown,))

    async def test_channel(self, request: bytes) -> NoticeTest:
        """Sends now, beside everything that waits, and answers what the channel said."""
        found = await self._required(NoticeChannelRef.decode(request).channel)
        began_us, shown = self.now_us(), found.shown
        if not await self.book.tested(shown.channel, began_us, _TEST_EVERY_S * 1_000_000):
            raise RequestRefused("too_soon", f"It was tried just now: wait {_TEST_EVERY_S} s.", status=429)
        wish = await self.book.person(shown.person)
        title, text = trial_words("zh-CN" if wish is None else wish.language)
        id = message_id((shown.channel, str(began_us)))
        body = {"id": id, "person": shown.person, "title": title, "text": text, "things": []}
        try:
            note = trial_note(title, text, "zh-CN" if wish is None else wish.language)
            taken = await self._sent(found, Outgoing(id, title, text, body, note))
        except ChannelFailed as error:
            is_ok, said = False, self._cleaned(found, str(error))
            if error.is_gone:
                await self.book.remove_channel(shown.channel)
        else:
            is_ok, said = True, self._cleaned(found, taken.said)
        return NoticeTest(is_ok=is_ok, said=said, took_ms=(self.now_us() - began_us) // 1000)

    async def person(self, request: bytes) -> NoticePerson:
        name = NoticePersonRef.decode(request).person
        return await self.book.person(name) or NoticePerson(person=name)

    async def put_person(self, request: bytes) -> NoticePerson:
        wish = NoticePerson.decode(request)
        require_zone(wish.time_zone)
        require_windows(wish.hours)
        if wish.rota is not None and all(wish.rota != each.rota for each in await self.book.rotas()):
            raise _no_such("rota", wish.rota, status=422)
        await self.book.put_person(wish)
        return wish

    async def rotas(self, request: bytes) -> NoticeRotaList:
        NoticeRotasOf.decode(request)
        return NoticeRotaList(items=tuple(await self.book.rotas()))

    async def put_rota(self, request: bytes) -> NoticeRotaList:
        rota = NoticeRota.decode(request)
        require_zone(rota.time_zone)
        require_windows([shift.window for shift in rota.shifts])
        if any(each.from_us >= each.to_us for each in rota.exceptions):
            raise RequestRefused("bad_exception", "An exception ends after it begins.", status=422)
        await self.book.put_rota(rota)
        return NoticeRotaList(items=(rota,))

    async def remove_rota(self, request: bytes) -> NoticeRotaList:
        id = NoticeRotaRef.decode(request).rota
        if any(id in step.rotas for chain in await self.book.chains() for step in chain.steps):
            raise RequestRefused("rota_in_use", "A chain calls this rota: change the chain first.", status=409)
        if not await self.book.remove_rota(id):
            raise _no_such("rota", id)
        return NoticeRotaList()

    async def chains(self, request: bytes) -> NoticeChainList:
        NoticeChainsOf.decode(request)
        return NoticeChainList(items=tuple(await self.book.chains()))

    async def put_chain(self, request: bytes) -> NoticeChainList:
        chain = NoticeChain.decode(request)
        minutes = [step.after_min for step in chain.steps]
        if minutes != sorted(minutes):
            raise RequestRefused("bad_chain", "Put the steps in the order of their minutes.", status=422)
        if any(not step.people and not step.rotas for step in chain.steps):
            raise RequestRefused("bad_chain", "Name a person or a rota in every step.", status=422)
        there = {each.rota for each in await self.book.rotas()}
        for rota in (rota for step in chain.steps for rota in step.rotas):
            if rota not in there:
                raise _no_such("rota", rota, status=422)
        await self.book.put_chain(chain)
        return NoticeChainList(items=(chain,))

    async def remove_chain(self, request: bytes) -> NoticeChainList:
        id = NoticeChainRef.decode(request).chain
        if not await self.book.remove_chain(id):
            raise _no_such("chain", id)
        return NoticeChainList()

    async def deliveries(self, request: bytes) -> NoticeDeliveryList:
        return NoticeDeliveryList(items=tuple(await self.book.deliveries(NoticeDeliveriesWanted.decode(request))))

    async def receipt(self, request: bytes) -> NoticeDeliveryList:
        wanted = NoticeReceipt.decode(request)
        found = await self.book.receipt(wanted, self.now_us())
        if not found:
            raise _no_such("message", wanted.message)
        return NoticeDeliveryList(items=tuple(found))

    async def _sent(self, found: KeptChannel, message: Outgoing) -> Taken:
        shown = found.shown
        if shown.kind == "console":
            told = NoticeTold(
                person=shown.person,
                message=message.id,
                site="-",
                subjects=(),
                count=0,
                risk=3,
                title=message.title,
                text=message.text,
                at_us=self.now_us(),
            )
            await self.book.tell(told)
            return Taken("sent", "Told to the console: it shows where somebody looks at it.")
        address, secret = self._opened(found)
        return await self.ways[shown.kind].send(shown.channel, address, secret, message)

    def _opened(self, found: KeptChannel) -> tuple[str, str]:
        id = found.shown.channel
        return self.opener.address(id, found.address), self.opener.secret(id, found.secret)

    def _cleaned(self, found: KeptChannel, said: str) -> str:
        return said if found.shown.kind == "console" else cleaned(said, *self._opened(found))

    async def _service(self, wanted: NoticeChannelPut, sealed: str | None, secret: str | None) -> str:
        address = self.opener.address(wanted.channel, sealed)
        service = self.rules.check(wanted.kind, address, self.opener.secret(wanted.channel, secret))
        if wanted.kind == "apprise" and not await self.is_known(address):
            raise RequestRefused(
                "bad_channel",
                f"That is no address that {service}:// understands: compare it with apprise's.",
                status=422,
            )
        return service

    async def _channel(self, id: str) -> KeptChannel | None:
        found = await self.book.channels(NoticeChannelsOf(channel=id))
        return found[0] if found else None

    async def _required(self, id: str) -> KeptChannel:
        found = await self._channel(id)
        if found is None:
            raise _no_such("channel", id)
        return found


def _console(person: str) -> NoticeChannel:
    return NoticeChannel(channel=console_id(person), person=person, kind="console")


def _no_such(what: str, id: str, status: int = 404) -> RequestRefused:
    return RequestRefused(f"no_such_{what}", f"There is no {what} {id[:80]!r}.", status=status)
