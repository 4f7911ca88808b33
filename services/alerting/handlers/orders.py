"""Cases and orders as people open, serve, answer and close them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from services.alerting.loop.deadlines import DeadlinePolicy
from services.alerting.loop.order_states import may, step
from services.alerting.loop.working_time import IsWorkday
from shared.errors import RequestRefused
from shared.messages.alerting import Alert
from shared.messages.orders import (
    Case,
    CaseClose,
    CaseList,
    CaseNote,
    CaseNoteAdd,
    CaseOpen,
    CaseRef,
    CasesWanted,
    Deadline,
    DeadlineList,
    Order,
    OrderChange,
    OrderList,
    OrderRef,
    OrderServe,
    OrderState,
    OrderStep,
    OrdersWanted,
)

_OPEN: tuple[OrderState, ...] = ("served", "read", "answered", "appealed")


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order and what nobody is shown.

    `before`: what it was when it was appealed against; `clock`: what the clock said last; `is_checked`: the machine has
    looked since the answer; `is_case_closed`: asked by `change` alone.
    """

    order: Order
    before: OrderState | None = None
    clock: str = ""
    is_checked: bool = False
    is_case_closed: bool = False


ClosedOf = Callable[[Case], tuple[Case, CaseNote | None] | None]
ServedOf = Callable[[Case], tuple[Order, OrderStep] | Order]
NextOf = Callable[[KeptOrder], tuple[OrderStep, OrderState | None] | None]


class Loop(Protocol):
    """Where cases are kept. All raise PeerError while it is away.

    What `close`, `serve` and `change` are given runs while nobody else closes the case or changes one of its orders.
    """

    async def open(self, case: Case) -> Case: ...

    async def case(self, id: str) -> Case | None: ...

    async def cases(self, wanted: CasesWanted) -> Sequence[Case]: ...

    async def close(self, id: str, closed_of: ClosedOf) -> Case | None:
        """Args: closed_of: the case as it is from then on, and why; None: it is closed already."""
        ...

    async def note(self, case: Case, note: CaseNote, key: str | None) -> Case:
        """Args: key: of the request; what the same person noted with it before is not noted again."""
        ...

    async def serve(self, case: str, served_of: ServedOf) -> Order | None:
        """Args: served_of: a new order and its first step, or one served before. None: there is no such case."""
        ...

    async def order(self, id: str) -> Order | None: ...

    async def orders(self, wanted: OrdersWanted) -> Sequence[Order]: ...

    async def change(self, id: str, next_of: NextOf) -> Order | None:
        """Args: next_of: the step that follows, and what `before` is from then on; None: nothing follows any more."""
        ...

    async def alert(self, id: str, site: str) -> Alert | None:
        """As far as it is about that school; None where it is another school's."""
        ...


@dataclass(frozen=True, slots=True)
class LoopDesk:
    """One function for each request."""

    loop: Loop
    policy: DeadlinePolicy
    is_workday: IsWorkday
    now_us: Callable[[], int]

    async def open(self, request: bytes) -> Case:
        wanted = CaseOpen.decode(request)
        id = _made_of("c", wanted.by, wanted.key, wanted.site)
        if wanted.key is not None and (before := await self.loop.case(id)) is not None:
            return _with_may(before)  # sent again by somebody who never heard that it had arrived
        alerts = [await self._alert(each, wanted.site) for each in wanted.alerts]
        for alert in alerts:
            if alert.case == id:
                return _with_may(await self._case(id))  # the same request was done between the two questions
            if alert.review is None or alert.review.verdict != "confirmed":
                raise RequestRefused("not_confirmed", "Confirm the alert first: a person looks at it.", status=409)
            if alert.case is not None:
                raise RequestRefused("in_a_case", f"This alert is in case {alert.case} already.", status=409)
        if wanted.source == "alert" and not alerts:
            raise RequestRefused("no_alert", "Name the alert that this case is about.", status=422)
        cameras = dict.fromkeys((*wanted.cameras, *(camera for alert in alerts for camera in alert.cameras)))
        return await self.loop.open(new_case(wanted, tuple(cameras), self.now_us(), id))

    async def case(self, request: bytes) -> Case:
        return _with_may(await self._case(CaseRef.decode(request).case))

    async def cases(self, request: bytes) -> CaseList:
        found = await self.loop.cases(CasesWanted.decode(request))
        return CaseList(items=tuple(_with_may(case) for case in found))

    async def note(self, request: bytes) -> Case:
        wanted = CaseNoteAdd.decode(request)
        case = await self._case(wanted.case)
        if not wanted.text.strip():
            raise RequestRefused("text_missing", "A note says something: write it down.", status=422)
        note = CaseNote(by=wanted.by, at_us=self.now_us(), text=wanted.text)
        return _with_may(await self.loop.note(case, note, wanted.key))

    async def close(self, request: bytes) -> Case:
        wanted = CaseClose.decode(request)
        now_us, text = self.now_us(), wanted.text.strip()

        def closed_of(case: Case) -> tuple[Case, CaseNote | None] | None:
            if case.state == "closed":
                return None
            left = [order for order in case.orders if order.state in _OPEN]
            if left:
                raise RequestRefused(
                    "order_open", f"{len(left)} order(s) of this case are not closed yet: close them first.", status=409
                )
            done = case.model_copy(update={"state": "closed", "closed_by": wanted.by, "closed_us": now_us})
            return done, CaseNote(by=wanted.by, at_us=now_us, text=text, is_closing=True) if text else None

        return _with_may(_found_case(await self.loop.close(wanted.case, closed_of), wanted.case))

    async def deadlines(self, request: bytes) -> DeadlineList:
        now_us = self.now_us()
        items = (
            Deadline(risk=risk, working_hours=hours, due_us=self.policy.due_us(risk, now_us, self.is_workday))
            for risk, hours in self.policy.hours
        )
        return DeadlineList(items=tuple(items))

    async def serve(self, request: bytes) -> Order:
        wanted = OrderServe.decode(request)
        order = await self.loop.serve(wanted.case, lambda case: self._served(case, wanted))
        if order is None:
            raise _no_such_case(wanted.case)
        return _found(order, order.order)

    def _served(self, case: Case, wanted: OrderServe) -> tuple[Order, OrderStep] | Order:
        id = _made_of("o", wanted.by, wanted.key, case.case)
        before = next((order for order in case.orders if order.order == id), None)
        if before is not None:
            return before
        if case.state == "closed":
            raise _case_closed()
        now_us = self.now_us()
        due_us = wanted.due_us or self.policy.due_us(case.risk, now_us, self.is_workday)
        if due_us <= now_us:
            raise RequestRefused("due_past", "The deadline lies in the past: choose a later one.", status=422)
        order = Order(
            order=id,
            case=case.case,
            site=case.site,
            kind=wanted.kind,
            state="served",
            title=wanted.title,
            text=wanted.text,
            risk=case.risk,
            made_by=wanted.by,
            served_us=now_us,
            due_us=due_us,
        )
        return order, OrderStep(number=1, action="serve", by=wanted.by, at_us=now_us, state="served", due_us=due_us)

    async def order(self, request: bytes) -> Order:
        wanted = OrderRef.decode(request)
        order = _found(await self.loop.order(wanted.order), wanted.order)
        return _of(await self._case(order.case), order)

    async def orders(self, request: bytes) -> OrderList:
        found = await self.loop.orders(OrdersWanted.decode(request))
        return OrderList(items=tuple(_found(order, order.order) for order in found))

    async def change(self, request: bytes) -> Order:
        wanted = OrderChange.decode(request)

        def next_of(kept: KeptOrder) -> tuple[OrderStep, OrderState | None] | None:
            made = {(each.key, each.by) for each in kept.order.steps}
            if wanted.key is not None and (wanted.key, wanted.by) in made:
                return None  # sent again by somebody who never heard that it had arrived
            return self._step(kept, wanted)

        return _found(await self.loop.change(wanted.order, next_of), wanted.order)

    def _step(self, kept: KeptOrder, wanted: OrderChange) -> tuple[OrderStep, OrderState | None]:
        order, now_us = kept.order, self.now_us()
        state = step(order.state, wanted.action, by=wanted.by, made_by=order.made_by, before=kept.before)
        if kept.is_case_closed and state in _OPEN:
            raise _case_closed()
        if wanted.action in ("answer", "appeal", "reopen", "reject") and not wanted.text.strip():
            raise RequestRefused("text_missing", "Say in words what was done, or why.", status=422)
        due_us = wanted.due_us
        if wanted.action == "extend" and (due_us is None or due_us <= max(now_us, order.due_us)):
            raise RequestRefused("due_wrong", "Choose a deadline later than the one there is.", status=422)
        if wanted.action == "reopen" and due_us is None:
            due_us = self.policy.due_us(order.risk, now_us, self.is_workday)
        told = OrderStep(
            number=len(order.steps) + 1,
            action=wanted.action,
            by=wanted.by,
            at_us=now_us,
            text=wanted.text,
            attachments=wanted.attachments,
            state=state,
            due_us=due_us if wanted.action in ("extend", "reopen") else None,
            key=wanted.key,
        )
        return told, order.state if wanted.action == "appeal" else kept.before

    async def _case(self, id: str) -> Case:
        return _found_case(await self.loop.case(id), id)

    async def _alert(self, id: str, site: str) -> Alert:
        alert = await self.loop.alert(id, site)
        if alert is None:
            raise RequestRefused("no_such_alert", f"There is no alert {id[:80]!r}.", status=404)
        return alert


def new_case(wanted: CaseOpen, cameras: Sequence[str], now_us: int, id: str | None = None) -> Case:
    """A case as it begins; nobody keeps it yet."""
    return Case(
        case=id or _made_of("c", wanted.by, None, wanted.site),
        site=wanted.site,
        cameras=tuple(cameras),
        source=wanted.source,
        title=wanted.title,
        text=wanted.text,
        risk=wanted.risk,
        opened_by=wanted.by,
        opened_us=now_us,
        alerts=wanted.alerts,
    )


def _made_of(kind: str, by: str, key: str | None, where: str) -> str:
    """An id: the same for the same request of the same person, new where the request has no key."""
    if key is None:
        return f"{kind}{secrets.token_hex(6)}"
    return kind + sha256("\x00".join((by, where, key)).encode()).hexdigest()[:12]


def _no_such_case(id: str) -> RequestRefused:
    return RequestRefused("no_such_case", f"There is no case {id[:80]!r}.", status=404)


def _case_closed() -> RequestRefused:
    return RequestRefused("case_closed", "This case is closed: open another one.", status=409)


def _found_case(case: Case | None, id: str) -> Case:
    if case is None:
        raise _no_such_case(id)
    return case


def _found(order: Order | None, id: str) -> Order:
    if order is None:
        raise RequestRefused("no_such_order", f"There is no order {id[:80]!r}.", status=404)
    return order.model_copy(update={"may": may(order.state)})


def _with_may(case: Case) -> Case:
    orders = tuple(_of(case, _found(order, order.order)) for order in case.orders)
    return case.model_copy(update={"orders": orders})


def _of(case: Case, order: Order) -> Order:
    """In a case that is closed nothing is opened again."""
    if case.state == "open" or "reopen" not in order.may:
        return order
    return order.model_copy(update={"may": tuple(action for action in order.may if action != "reopen")})
