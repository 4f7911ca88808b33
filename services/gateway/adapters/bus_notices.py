"""Alerting's notifications, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.base import Message
from shared.messages.notices import (
    NoticeChain,
    NoticeChainList,
    NoticeChainRef,
    NoticeChainsOf,
    NoticeChannelList,
    NoticeChannelPut,
    NoticeChannelRef,
    NoticeChannelsOf,
    NoticeDeliveriesWanted,
    NoticeDeliveryList,
    NoticeDevicePut,
    NoticeDutyList,
    NoticeDutyWanted,
    NoticePerson,
    NoticePersonRef,
    NoticePreview,
    NoticePreviewWanted,
    NoticePush,
    NoticePushWanted,
    NoticeReceipt,
    NoticeRota,
    NoticeRotaList,
    NoticeRotaRef,
    NoticeRotasOf,
    NoticeTest,
)

_LIMIT_S = 10.0
# The channel itself is asked; alerting's own limit (BK_NOTICE_LIMIT_S, 120 s at most) ends it.
_TEST_LIMIT_S = 130.0


class BusNotices:
    """Implements `NoticeKeeper` and `DeviceKeeper`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def channels(self, wanted: NoticeChannelsOf) -> NoticeChannelList:
        return NoticeChannelList.decode(await self._ask("notice_channels", wanted))

    async def put_channel(self, wanted: NoticeChannelPut) -> NoticeChannelList:
        return NoticeChannelList.decode(await self._ask("notice_channel_put", wanted))

    async def remove_channel(self, wanted: NoticeChannelRef) -> NoticeChannelList:
        return NoticeChannelList.decode(await self._ask("notice_channel_remove", wanted))

    async def test_channel(self, wanted: NoticeChannelRef) -> NoticeTest:
        answer = await self._bus.request("alerting", "notice_channel_test", wanted, timeout_s=_TEST_LIMIT_S)
        return NoticeTest.decode(answer)

    async def person(self, wanted: NoticePersonRef) -> NoticePerson:
        return NoticePerson.decode(await self._ask("notice_person", wanted))

    async def put_person(self, wanted: NoticePerson) -> NoticePerson:
        return NoticePerson.decode(await self._ask("notice_person_put", wanted))

    async def rotas(self, wanted: NoticeRotasOf) -> NoticeRotaList:
        return NoticeRotaList.decode(await self._ask("notice_rotas", wanted))

    async def put_rota(self, wanted: NoticeRota) -> NoticeRotaList:
        return NoticeRotaList.decode(await self._ask("notice_rota_put", wanted))

    async def remove_rota(self, wanted: NoticeRotaRef) -> NoticeRotaList:
        return NoticeRotaList.decode(await self._ask("notice_rota_remove", wanted))

    async def chains(self, wanted: NoticeChainsOf) -> NoticeChainList:
        return NoticeChainList.decode(await self._ask("notice_chains", wanted))

    async def put_chain(self, wanted: NoticeChain) -> NoticeChainList:
        return NoticeChainList.decode(await self._ask("notice_chain_put", wanted))

    async def remove_chain(self, wanted: NoticeChainRef) -> NoticeChainList:
        return NoticeChainList.decode(await self._ask("notice_chain_remove", wanted))

    async def duty(self, wanted: NoticeDutyWanted) -> NoticeDutyList:
        return NoticeDutyList.decode(await self._ask("notice_duty", wanted))

    async def preview(self, wanted: NoticePreviewWanted) -> NoticePreview:
        return NoticePreview.decode(await self._ask("notice_preview", wanted))

    async def deliveries(self, wanted: NoticeDeliveriesWanted) -> NoticeDeliveryList:
        return NoticeDeliveryList.decode(await self._ask("notice_deliveries", wanted))

    async def receipt(self, wanted: NoticeReceipt) -> NoticeDeliveryList:
        return NoticeDeliveryList.decode(await self._ask("notice_receipt", wanted))

    async def push(self, wanted: NoticePushWanted) -> NoticePush:
        return NoticePush.decode(await self._ask("notice_push", wanted))

    async def put_device(self, wanted: NoticeDevicePut) -> NoticeChannelList:
        return NoticeChannelList.decode(await self._ask("notice_device_put", wanted))

    async def _ask(self, name: str, wanted: Message) -> bytes:
        return await self._bus.request("alerting", name, wanted, timeout_s=_LIMIT_S)
