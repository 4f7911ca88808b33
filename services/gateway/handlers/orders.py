"""Cases and orders as both sides see them: the bureau of its schools, a school of its own; every deed on record."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from services.gateway.accounts import Accounts, is_open_at
from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.faults import fault
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.handlers.uniforms import PhotoReader
from services.gateway.identity import not_allowed
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.refusals import InvalidFields, no_such
from services.gateway.roles import Verb
from shared.clock import Clock
from shared.errors import RequestRefused
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
    CaseSource,
    CasesWanted,
    CaseUnshare,
    DeadlineList,
    DeadlinesWanted,
    MachineCheck,
    Order,
    OrderAction,
    OrderChange,
    OrderKind,
    OrderList,
    OrderRef,
    OrderServe,
    OrdersWanted,
)
from shared.messages.rules import RiskClass

# Whose doing each step is; alerting's table says when it can be.
_SCHOOL = frozenset(("read", "answer", "appeal"))


class OrderKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def open_case(self, wanted: CaseOpen) -> Case: ...

    async def case(self, wanted: CaseRef) -> Case: ...

    async def cases(self, wanted: CasesWanted) -> CaseList: ...

    async def close_case(self, wanted: CaseClose) -> Case: ...

    async def share(self, wanted: CaseShare) -> Case: ...

    async def unshare(self, wanted: CaseUnshare) -> Case: ...
    async def note(self, wanted: CaseNoteAdd) -> Case: ...

    async def deadlines(self, wanted: DeadlinesWanted) -> DeadlineList: ...

    async def serve(self, wanted: OrderServe) -> Order: ...

    async def order(self, wanted: OrderRef) -> Order: ...

    async def orders(self, wanted: OrdersWanted) -> OrderList: ...

    async def change(self, wanted: OrderChange) -> Order: ...

    async def keep(self, wanted: AttachmentPut) -> Attachment: ...

    async def file(self, wanted: AttachmentRef) -> AttachmentFile: ...


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """What people may ask about cases and orders."""

    keeper: OrderKeeper
    registry: RegistryDesk
    accounts: Accounts
    photos: PhotoReader
    trail: AuditTrail
    clock: Clock

    async def page(self, by: By, wanted: CasesWanted, page: PageRequest) -> PageOf[Case]:
        """Newest first, of the schools that they may see; a guest also those that somebody shows them."""
        sites = by.identity.seen_sites(wanted.sites)
        shown = None if by.identity.sites is None or wanted.sites else by.identity.name
        if sites == () and shown is None:
            return PageOf((), None)
        more = {"sites": sites or (), "shared_with": shown, "limit": page.limit + 1, "before": page.after}
        asked = wanted.model_copy(update=more)
        found = await self.keeper.cases(asked)
        return page_of(found.items, page, lambda case: f"{case.opened_us}.{case.case}")

    async def case(self, by: By, id: str) -> Case:
        """To look at: one of their schools, or one that somebody shows them."""
        case = await self.keeper.case(CaseRef(case=id))
        if not by.identity.sees(case.site):
            if by.identity.name not in case.shared_with:
                raise no_such("case", id)
            await self._record(by, "shared_case_seen", case=id, site=case.site)
        return case

    async def _own_case(self, by: By, id: str) -> Case:
        """To change: one of their schools."""
        case = await self.keeper.case(CaseRef(case=id))
        if not by.identity.sees(case.site):
            raise no_such("case", id)
        return case

    async def share(self, by: By, id: str, account: str, until_us: int) -> Case:
        """Show it to somebody who does not see its school; for no longer than their account is good."""
        case = await self._own_case(by, id)
        guest = await self.accounts.find(account)
        if guest is None or not is_open_at(guest, until_us):
            raise InvalidFields([fault("account", "account_ends_before", account=account)])
        await self._record(by, "case_shared", case=id, site=case.site, account=account, until=_moment(until_us))
        return await self.keeper.share(CaseShare(case=id, by=by.identity.name, account=guest.name, until_us=until_us))

    async def unshare(self, by: By, id: str, account: str) -> Case:
        case = await self._own_case(by, id)
        await self._record(by, "case_unshared", case=id, site=case.site, account=account)
        return await self.keeper.unshare(CaseUnshare(case=id, by=by.identity.name, account=account))

    async def open(
        self,
        by: By,
        site: str,
        source: CaseSource,
        title: str,
        text: str,
        risk: RiskClass,
        cameras: Sequence[str],
        alerts: Sequence[str],
        key: str | None,
    ) -> Case:
        """Args: key: of the request: the same one again opens no second case."""
        await self._require_site(by, site)
        await self.registry.require_cameras(site, cameras)
        await self._record(by, "case_opened", site=site, title=title, alerts=",".join(alerts))
        return await self.keeper.open_case(
            CaseOpen(
                by=by.identity.name,
                site=site,
                cameras=tuple(cameras),
                source=source,
                title=title,
                text=text,
                risk=risk,
                alerts=tuple(alerts),
                key=key,
            )
        )

    async def close(self, by: By, id: str, text: str) -> Case:
        case = await self._own_case(by, id)
        await self._record(by, "case_closed", case=id, site=case.site)
        return await self.keeper.close_case(CaseClose(case=id, by=by.identity.name, text=text))

    async def note(self, by: By, id: str, text: str, key: str | None) -> Case:
        case = await self._own_case(by, id)
        await self._record(by, "case_noted", case=id, site=case.site)
        return await self.keeper.note(CaseNoteAdd(case=id, by=by.identity.name, text=text, key=key))

    async def deadlines(self) -> DeadlineList:
        return await self.keeper.deadlines(DeadlinesWanted())

    async def serve(
        self, by: By, case: str, kind: OrderKind, title: str, text: str, due_us: int | None, key: str | None
    ) -> Order:
        found = await self._own_case(by, case)
        await self._record(by, "order_served", case=case, site=found.site, kind=kind, title=title)
        return await self.keeper.serve(
            OrderServe(case=case, by=by.identity.name, kind=kind, title=title, text=text, due_us=due_us, key=key)
        )

    async def orders(self, by: By, wanted: OrdersWanted, page: PageRequest) -> PageOf[Order]:
        """Newest first, of the schools that they may see."""
        sites = by.identity.seen_sites(wanted.sites)
        if sites == ():
            return PageOf((), None)
        asked = wanted.model_copy(update={"sites": sites or (), "limit": page.limit + 1, "before": page.after})
        found = await self.keeper.orders(asked)
        return page_of(found.items, page, lambda order: f"{order.served_us}.{order.order}")

    async def order(self, by: By, id: str) -> Order:
        """To look at."""
        order = await self.keeper.order(OrderRef(order=id))
        if not by.identity.sees(order.site):
            try:
                await self.case(by, order.case)
            except RequestRefused as refusal:
                raise no_such("order", id) from refusal
        return order

    async def _own_order(self, by: By, id: str) -> Order:
        order = await self.keeper.order(OrderRef(order=id))
        if not by.identity.sees(order.site):
            raise no_such("order", id)
        return order

    async def change(
        self,
        by: By,
        id: str,
        action: OrderAction,
        text: str,
        attachments: Sequence[Attachment],
        due_us: int | None,
        key: str | None = None,
    ) -> Order:
        """Args: key: of the request; the same one again makes no second step."""
        order = await self._own_order(by, id)
        verb: Verb = "answer" if action in _SCHOOL else "order"
        if not by.identity.may(verb):
            raise not_allowed(verb)
        # Before it happens: what could not be recorded does not.
        await self._record(by, "order_changed", order=id, step=action, before=order.state, site=order.site)
        return await self.keeper.change(
            OrderChange(
                order=id,
                by=by.identity.name,
                action=action,
                text=text,
                attachments=tuple(attachments),
                due_us=due_us,
                key=key,
            )
        )

    async def add_photo(self, by: By, id: str, photo: bytes) -> Attachment:
        """A photo for the answer: made small, stripped of everything but its pixels, kept."""
        await self._own_order(by, id)
        jpeg = await self.photos.shrunk(photo)
        data = base64.b64encode(jpeg).decode()
        return await self.keeper.keep(AttachmentPut(order=id, by=by.identity.name, kind="image/jpeg", data_base64=data))

    async def photo(self, by: By, id: str, object_name: str) -> bytes:
        return await self.photo_of(await self.order(by, id), object_name)

    async def photo_of(self, order: Order, object_name: str) -> bytes:
        """Of an order that was read just now, by somebody who may."""
        found = await self.keeper.file(AttachmentRef(order=order.order, object_name=object_name))
        return base64.b64decode(found.data_base64)

    async def check(self, by: By, id: str, number: int) -> MachineCheck:
        """What the machine saw at that step."""
        order = await self.order(by, id)
        for step in order.steps:
            if step.number == number and step.check is not None:
                return step.check
        raise no_such("check", f"{id}/{number}")

    async def _require_site(self, by: By, site: str) -> None:
        if not by.identity.sees(site):
            raise no_such("site", site)
        await self.registry.site(site)
        if not (by.identity.may("order") or by.identity.may("answer")):
            raise RequestRefused("not_allowed", "Your roles do not allow to open a case.", status=403)

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))


def _moment(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat()
