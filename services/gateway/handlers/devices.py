"""A person's own devices that are told by Web Push: nobody switches on, off or tries another's here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.handlers.registry import By, Seal
from services.gateway.refusals import no_such
from shared.clock import Clock
from shared.messages.notices import (
    NoticeChannel,
    NoticeChannelList,
    NoticeChannelRef,
    NoticeChannelsOf,
    NoticeDevicePut,
    NoticePush,
    NoticePushWanted,
    NoticeTest,
    address_context,
    device_id,
    secret_context,
)


class DeviceKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def push(self, wanted: NoticePushWanted) -> NoticePush: ...

    async def put_device(self, wanted: NoticeDevicePut) -> NoticeChannelList: ...

    async def channels(self, wanted: NoticeChannelsOf) -> NoticeChannelList: ...

    async def remove_channel(self, wanted: NoticeChannelRef) -> NoticeChannelList: ...

    async def test_channel(self, wanted: NoticeChannelRef) -> NoticeTest: ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """As the browser gives it (W3C Push API, PushSubscription)."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class DeviceDesk:
    """What somebody may ask about their own devices."""

    keeper: DeviceKeeper
    sealer: Seal
    trail: AuditTrail
    clock: Clock

    async def push(self) -> NoticePush:
        return await self.keeper.push(NoticePushWanted())

    async def devices(self, by: By) -> tuple[NoticeChannel, ...]:
        found = await self.keeper.channels(NoticeChannelsOf(person=by.identity.name))
        return tuple(each for each in found.items if each.kind == "web_push")

    async def add(self, by: By, given: Subscription, title: str) -> NoticeChannel:
        """The same device again stays one; whoever had it before has it no more."""
        id = device_id(given.endpoint)
        await self._record(by, "push_device_added", id, title=title)
        wanted = NoticeDevicePut(
            channel=id,
            person=by.identity.name,
            title=title,
            sealed_address=self.sealer.seal(given.endpoint, address_context(id)),
            sealed_secret=self.sealer.seal(f"{given.p256dh}.{given.auth}", secret_context(id)),
        )
        return (await self.keeper.put_device(wanted)).items[0]

    async def remove(self, by: By, id: str) -> None:
        await self._require(by, id)
        await self._record(by, "push_device_removed", id)
        await self.keeper.remove_channel(NoticeChannelRef(channel=id))

    async def test(self, by: By, id: str) -> NoticeTest:
        await self._require(by, id)
        await self._record(by, "push_device_tested", id)
        return await self.keeper.test_channel(NoticeChannelRef(channel=id))

    async def _require(self, by: By, id: str) -> None:
        if all(each.channel != id for each in await self.devices(by)):
            raise no_such("device", id)

    async def _record(self, by: By, action: Action, id: str, **detail: str) -> None:
        """Before it happens: what could not be recorded does not. Never with an endpoint."""
        detail = {"channel": id, **detail}
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))
