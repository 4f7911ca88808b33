"""Alerting, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.alert_proofs import AlertPicture, AlertPictureWanted, AlertReplay, ReplayWanted
from shared.messages.alerting import Alert, AlertAcknowledgement, AlertList, AlertRef, AlertReview, AlertsWanted
from shared.messages.base import Message
from shared.messages.orders import (
    Attachment,
    AttachmentFile,
    AttachmentPut,
    AttachmentRef,
    Case,
    CaseClose,
    CaseList,
    CaseNoteAdd,
    CaseOpen,
    CaseRef,
    CaseShare,
    CasesWanted,
    CaseUnshare,
    DeadlineList,
    DeadlinesWanted,
    Order,
    OrderChange,
    OrderList,
    OrderRef,
    OrderServe,
    OrdersWanted,
)
from shared.messages.rules import DryRun, DryRunWanted, RuleList, RulePut, RulesWanted

_LIMIT_S = 10.0
# It reads what the bus holds.
_DRY_RUN_LIMIT_S = 60.0


class BusAlerting:
    """Implements `Alerting`, `RuleKeeper` and `OrderKeeper`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def alerts(self, wanted: AlertsWanted) -> AlertList:
        return AlertList.decode(await self._ask("alerts", wanted))

    async def alert(self, wanted: AlertRef) -> Alert:
        return Alert.decode(await self._ask("alert", wanted))

    async def acknowledge(self, wanted: AlertAcknowledgement) -> Alert:
        return Alert.decode(await self._ask("alert_acknowledge", wanted))

    async def rules(self, wanted: RulesWanted) -> RuleList:
        return RuleList.decode(await self._ask("rules", wanted))

    async def put_rule(self, wanted: RulePut) -> RuleList:
        return RuleList.decode(await self._ask("rule_put", wanted))

    async def dry_run(self, wanted: DryRunWanted) -> DryRun:
        return DryRun.decode(await self._bus.request("alerting", "rule_dry_run", wanted, timeout_s=_DRY_RUN_LIMIT_S))

    async def review(self, wanted: AlertReview) -> Alert:
        return Alert.decode(await self._ask("alert_review", wanted))

    async def picture(self, wanted: AlertPictureWanted) -> AlertPicture:
        return AlertPicture.decode(await self._ask("alert_picture", wanted))

    async def replay(self, wanted: ReplayWanted) -> AlertReplay:
        return AlertReplay.decode(await self._ask("alert_replay", wanted))

    async def open_case(self, wanted: CaseOpen) -> Case:
        return Case.decode(await self._ask("case_open", wanted))

    async def case(self, wanted: CaseRef) -> Case:
        return Case.decode(await self._ask("case", wanted))

    async def cases(self, wanted: CasesWanted) -> CaseList:
        return CaseList.decode(await self._ask("cases", wanted))

    async def close_case(self, wanted: CaseClose) -> Case:
        return Case.decode(await self._ask("case_close", wanted))

    async def share(self, wanted: CaseShare) -> Case:
        return Case.decode(await self._ask("case_share", wanted))

    async def unshare(self, wanted: CaseUnshare) -> Case:
        return Case.decode(await self._ask("case_unshare", wanted))

    async def note(self, wanted: CaseNoteAdd) -> Case:
        return Case.decode(await self._ask("case_note", wanted))

    async def deadlines(self, wanted: DeadlinesWanted) -> DeadlineList:
        return DeadlineList.decode(await self._ask("deadlines", wanted))

    async def orders(self, wanted: OrdersWanted) -> OrderList:
        return OrderList.decode(await self._ask("orders", wanted))

    async def serve(self, wanted: OrderServe) -> Order:
        return Order.decode(await self._ask("order_serve", wanted))

    async def order(self, wanted: OrderRef) -> Order:
        return Order.decode(await self._ask("order", wanted))

    async def change(self, wanted: OrderChange) -> Order:
        return Order.decode(await self._ask("order_change", wanted))

    async def keep(self, wanted: AttachmentPut) -> Attachment:
        return Attachment.decode(await self._ask("attachment_put", wanted))

    async def file(self, wanted: AttachmentRef) -> AttachmentFile:
        return AttachmentFile.decode(await self._ask("attachment", wanted))

    async def _ask(self, name: str, wanted: Message) -> bytes:
        return await self._bus.request("alerting", name, wanted, timeout_s=_LIMIT_S)
