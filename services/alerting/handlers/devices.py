"""Devices that are told by Web Push: what a browser needs to subscribe, and its subscription."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.alerting.handlers.notices import KeptChannel, Opener
from services.alerting.notices.channel import AddressRules
from services.alerting.push.vapid import VapidKey
from shared.errors import RequestRefused
from shared.messages.notices import (
    NoticeChannel,
    NoticeChannelList,
    NoticeDevicePut,
    NoticePush,
    NoticePushWanted,
    device_id,
)


class DeviceBook(Protocol):
    """Where subscriptions are kept. Raises PeerError while it is away."""

    async def put_device(self, device: KeptChannel, devices_max: int) -> None:
        """Whoever had this device before has it no more. Raises RequestRefused (409) where its person has so many."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceDesk:
    """One function for each request. `key`: None while it cannot be opened."""

    book: DeviceBook
    opener: Opener
    rules: AddressRules
    key: Callable[[], VapidKey | None]
    devices_max: int

    async def push(self, request: bytes) -> NoticePush:
        NoticePushWanted.decode(request)
        key = self.key()
        why_off = "no_hosts" if not self.rules.push.is_on else "seal_broken" if key is None else ""
        public = "" if key is None or why_off else key.public
        return NoticePush(public_key=public, why_off=why_off or None, devices_max=self.devices_max)

    async def put_device(self, request: bytes) -> NoticeChannelList:
        """Called again by the same browser it changes nothing but the name."""
        wanted = NoticeDevicePut.decode(request)
        if not self.rules.push.is_on or self.key() is None:
            said = "Web Push is switched off here: an operator sets BK_NOTICE_PUSH_HOSTS. The console tells you."
            raise RequestRefused("push_is_off", said, status=409)
        endpoint = self.opener.address(wanted.channel, wanted.sealed_address)
        if wanted.channel != device_id(endpoint):
            raise RequestRefused("bad_device", "The id of a device follows from its endpoint.", status=422)
        keys = self.opener.secret(wanted.channel, wanted.sealed_secret)
        shown = NoticeChannel(
            channel=wanted.channel,
            person=wanted.person,
            kind="web_push",
            title=wanted.title,
            service=self.rules.check("web_push", endpoint, keys),
        )
        await self.book.put_device(KeptChannel(shown, wanted.sealed_address, wanted.sealed_secret), self.devices_max)
        return NoticeChannelList(items=(shown,))
