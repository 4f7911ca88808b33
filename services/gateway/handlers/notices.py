"""Notifications as people set them up: their own, with `configure` other people's; who changed what is on record."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol

from services.gateway.accounts import Accounts
from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.faults import fault
from services.gateway.handlers.registry import By, Seal
from services.gateway.identity import not_allowed
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.refusals import InvalidFields, no_such
from services.gateway.units import Units, no_such_unit
from shared.clock import Clock
from shared.messages.notices import (
    ChannelKind,
    DutySpan,
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
    NoticeDutyList,
    NoticeDutyWanted,
    NoticePerson,
    NoticePersonRef,
    NoticePreview,
    NoticePreviewWanted,
    NoticeReceipt,
    NoticeRota,
    NoticeRotaList,
    NoticeRotaRef,
    NoticeRotasOf,
    NoticeTest,
    address_context,
    secret_context,
)

# A console and mail through the installation's server lead nowhere else.
_EVERYBODYS: frozenset[ChannelKind] = frozenset(("console", "mail"))


class NoticeKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def channels(self, wanted: NoticeChannelsOf) -> NoticeChannelList: ...

    async def put_channel(self, wanted: NoticeChannelPut) -> NoticeChannelList: ...

    async def remove_channel(self, wanted: NoticeChannelRef) -> NoticeChannelList: ...

    async def test_channel(self, wanted: NoticeChannelRef) -> NoticeTest: ...

    async def person(self, wanted: NoticePersonRef) -> NoticePerson: ...

    async def put_person(self, wanted: NoticePerson) -> NoticePerson: ...

    async def rotas(self, wanted: NoticeRotasOf) -> NoticeRotaList: ...

    async def put_rota(self, wanted: NoticeRota) -> NoticeRotaList: ...

    async def remove_rota(self, wanted: NoticeRotaRef) -> NoticeRotaList: ...

    async def chains(self, wanted: NoticeChainsOf) -> NoticeChainList: ...

    async def put_chain(self, wanted: NoticeChain) -> NoticeChainList: ...

    async def remove_chain(self, wanted: NoticeChainRef) -> NoticeChainList: ...

    async def duty(self, wanted: NoticeDutyWanted) -> NoticeDutyList: ...

    async def preview(self, wanted: NoticePreviewWanted) -> NoticePreview: ...

    async def deliveries(self, wanted: NoticeDeliveriesWanted) -> NoticeDeliveryList: ...

    async def receipt(self, wanted: NoticeReceipt) -> NoticeDeliveryList: ...


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """What to change; None: as it is."""

    title: str | None = None
    is_enabled: bool | None = None
    address: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """What people may ask about notifications."""

    keeper: NoticeKeeper
    accounts: Accounts
    units: Units
    sealer: Seal
    trail: AuditTrail
    clock: Clock

    async def channels(self, by: By, person: str | None) -> tuple[NoticeChannel, ...]:
        name = await self._whose(by, person)
        return (await self.keeper.channels(NoticeChannelsOf(person=name))).items

    async def add_channel(
        self, by: By, person: str | None, kind: ChannelKind, title: str, address: str, secret: str
    ) -> NoticeChannel:
        name = await self._whose(by, person)
        self._require_kind(by, kind)
        id = f"c{secrets.token_hex(8)}"
        await self._record(by, "notice_channel_added", channel=id, person=name, kind=kind, title=title)
        sealed = self.sealer.seal(address, address_context(id))
        sealed_secret = self.sealer.seal(secret, secret_context(id)) if secret else None
        wanted = NoticeChannelPut(
            channel=id, person=name, kind=kind, title=title, sealed_address=sealed, sealed_secret=sealed_secret
        )
        return (await self.keeper.put_channel(wanted)).items[0]

    async def change_channel(self, by: By, id: str, change: ChannelChange) -> NoticeChannel:
        """Another address of a webhook or a service asks for `configure`, as making it does."""
        there = await self._channel(by, id)
        if there.kind == "web_push" and (change.address is not None or change.secret is not None):
            raise InvalidFields([fault("address", "device_names_itself")])
        is_elsewhere = change.address is not None or change.secret is not None
        if is_elsewhere:
            self._require_kind(by, there.kind)
        if change.address is not None and there.kind == "webhook" and change.secret is None:
            # Or a secret entered for one receiver would be used towards another.
            raise InvalidFields([fault("secret", "secret_needed")])
        changed = ",".join(name for name in change.__slots__ if getattr(change, name) is not None)
        await self._record(by, "notice_channel_changed", channel=id, person=there.person, changed=changed)
        address, secret = change.address, change.secret
        wanted = NoticeChannelPut(
            channel=id,
            person=there.person,
            kind=there.kind,
            title=there.title if change.title is None else change.title,
            is_enabled=there.is_enabled if change.is_enabled is None else change.is_enabled,
            sealed_address=None if address is None else self.sealer.seal(address, address_context(id)),
            sealed_secret=None if secret is None else self.sealer.seal(secret, secret_context(id)),
        )
        return (await self.keeper.put_channel(wanted)).items[0]

    async def remove_channel(self, by: By, id: str) -> None:
        there = await self._channel(by, id)
        await self._record(by, "notice_channel_removed", channel=id, person=there.person)
        await self.keeper.remove_channel(NoticeChannelRef(channel=id))

    async def test_channel(self, by: By, id: str) -> NoticeTest:
        there = await self._channel(by, id)
        await self._record(by, "notice_channel_tested", channel=id, person=there.person)
        if there.kind == "console":
            # Made with the first thing that is told; the button may come before.
            await self.keeper.put_channel(
                NoticeChannelPut(channel=id, person=there.person, kind="console", is_enabled=there.is_enabled)
            )
        return await self.keeper.test_channel(NoticeChannelRef(channel=id))

    async def person(self, by: By, person: str) -> NoticePerson:
        return await self.keeper.person(NoticePersonRef(person=await self._whose(by, person)))

    async def put_person(self, by: By, wish: NoticePerson) -> NoticePerson:
        name = await self._whose(by, wish.person)
        await self._record(by, "notice_wishes_changed", person=name, is_enabled=str(wish.is_enabled).lower())
        return await self.keeper.put_person(wish.model_copy(update={"person": name}))

    async def rotas(self) -> tuple[NoticeRota, ...]:
        return (await self.keeper.rotas(NoticeRotasOf())).items

    async def put_rota(self, by: By, rota: NoticeRota) -> NoticeRota:
        people = {name for shift in rota.shifts for name in shift.people}
        people |= {name for exception in rota.exceptions for name in exception.people}
        await self._require_people(people)
        await self._record(by, "notice_rota_changed", rota=rota.rota)
        return (await self.keeper.put_rota(rota)).items[0]

    async def remove_rota(self, by: By, id: str) -> None:
        await self._record(by, "notice_rota_removed", rota=id)
        await self.keeper.remove_rota(NoticeRotaRef(rota=id))

    async def chains(self) -> tuple[NoticeChain, ...]:
        return (await self.keeper.chains(NoticeChainsOf())).items

    async def put_chain(self, by: By, chain: NoticeChain) -> NoticeChain:
        await self._require_people({name for step in chain.steps for name in step.people})
        await self._require_units(chain.units)
        await self._record(by, "notice_chain_changed", chain=chain.chain)
        return (await self.keeper.put_chain(chain)).items[0]

    async def remove_chain(self, by: By, id: str) -> None:
        await self._record(by, "notice_chain_removed", chain=id)
        await self.keeper.remove_chain(NoticeChainRef(chain=id))

    async def duty(self, from_us: int, to_us: int) -> tuple[DutySpan, ...]:
        """Who is on duty in each rota, exceptions and all."""
        return (await self.keeper.duty(NoticeDutyWanted(from_us=from_us, to_us=to_us))).items

    async def preview(self, by: By, wanted: NoticePreviewWanted) -> NoticePreview:
        """Whom an alert would be told to. Of schools that somebody may not see they hear nothing."""
        if not by.identity.sees(wanted.site):
            raise no_such("site", wanted.site)
        return await self.keeper.preview(wanted)

    async def deliveries(self, by: By, wanted: NoticeDeliveriesWanted, page: PageRequest) -> PageOf[NoticeDelivery]:
        """Newest first: one's own; with `configure` everybody's."""
        people = wanted.people
        if not self._may_configure(by):
            if any(name.casefold() != by.identity.name for name in people):
                raise not_allowed("configure")
            people = (by.identity.name,)
        sites = by.identity.seen_sites(wanted.sites)
        if sites == ():
            return PageOf((), None)
        asked = wanted.model_copy(
            update={"people": people, "sites": sites or (), "limit": page.limit + 1, "before": page.after}
        )
        found = await self.keeper.deliveries(asked)
        return page_of(found.items, page, lambda each: f"{each.made_us}.{each.delivery}")

    async def receipt(self, by: By, message: str) -> tuple[NoticeDelivery, ...]:
        return (await self.keeper.receipt(NoticeReceipt(message=message, person=by.identity.name))).items

    async def _whose(self, by: By, person: str | None) -> str:
        """The account meant; who may not `configure` hears of no other than their own that it is there."""
        name = by.identity.name if person is None else person.strip().casefold()
        if name == by.identity.name:
            return name
        if not self._may_configure(by) or await self.accounts.find(name) is None:
            raise no_such("account", name)
        return name

    async def _channel(self, by: By, id: str) -> NoticeChannel:
        """Who may not see it hears that it is not there."""
        own = await self.keeper.channels(NoticeChannelsOf(person=by.identity.name))
        for channel in own.items:
            if channel.channel == id:
                return channel
        found = (await self.keeper.channels(NoticeChannelsOf(channel=id))).items
        if not found or not self._may_configure(by):
            raise no_such("channel", id)
        return found[0]

    async def _require_people(self, names: set[str]) -> None:
        known = {account.name for account in await self.accounts.all()}
        for name in sorted(names - known):
            raise InvalidFields([fault("people", "no_such_account", id=name)])

    async def _require_units(self, ids: tuple[str, ...]) -> None:
        missing = await self.units.missing(ids)
        if missing:
            raise InvalidFields([no_such_unit("units", each) for each in missing])

    def _may_configure(self, by: By) -> bool:
        return by.identity.may("configure") and by.identity.sites is None

    def _require_kind(self, by: By, kind: ChannelKind) -> None:
        if kind not in _EVERYBODYS and not self._may_configure(by):
            raise not_allowed("configure")

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        """Before it happens: what could not be recorded does not. Never with an address."""
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))
