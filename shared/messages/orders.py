"""Cases and orders: what is followed up, what a school must do, what it answered, who decided what."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.alerting import BestFrame
from shared.messages.base import Fact, Message
from shared.messages.ingest import AT_US
from shared.messages.rules import RiskClass

CaseSource = Literal["alert", "snapshot", "inspection", "report"]
CaseState = Literal["open", "closed"]
OrderKind = Literal["opinion", "instruction", "enforcement"]
OrderState = Literal["served", "read", "answered", "appealed", "closed", "withdrawn"]
OrderAction = Literal["read", "answer", "close", "reopen", "withdraw", "extend", "appeal", "uphold", "reject"]
CheckResult = Literal["passed", "failed", "inconclusive"]
Card = Literal["yellow", "red"]
_US = "UTC microseconds"


class Attachment(Message):
    """A photo or document that somebody added; the file lies in alerting's bucket."""

    object_name: str
    kind: Literal["image/jpeg", "application/pdf"]
    sha256: str
    size_bytes: int
    taken_us: int | None = Field(None, description="when a photo says it was taken, " + _US)


class MachineCheck(Message):
    """The same camera, rule and zone, looked at again after the answer."""

    camera: str
    rule: str
    result: CheckResult
    from_us: int = Field(description=_US)
    to_us: int
    looked: int = Field(description="times somebody or something the rule is about was looked at")
    broken: int = Field(description="of those that broke it")
    before: BestFrame | None = None
    after: BestFrame | None = Field(None, description="the clearest look that obeys the rule, or that breaks it again")
    alert: str | None = Field(None, description="raised since, where it failed")
    evidence: tuple[str, ...] = Field(
        (),
        description="ids of the files at the recorder in which both pictures, their video, alert and order are sealed",
    )


class OrderStep(Message):
    """One thing that happened to an order. Steps are added and never changed."""

    number: int
    action: Literal["serve", "remind", "overdue", "card", "check"] | OrderAction
    by: str = Field(description="account; machine where nobody did it")
    at_us: int
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    state: OrderState = Field(description="what the order was after it")
    due_us: int | None = None
    card: Card | None = None
    check: MachineCheck | None = None
    key: str | None = Field(None, description="of the request that made it: the same one again makes no second step")


class Order(Message):
    """What a school must do."""

    order: str
    case: str
    site: str
    kind: OrderKind
    state: OrderState
    title: str
    text: str
    risk: RiskClass
    made_by: str
    served_us: int
    due_us: int
    card: Card | None = None
    is_overdue: bool = False
    steps: tuple[OrderStep, ...] = ()
    may: tuple[OrderAction, ...] = Field((), description="what can be done with it now")


class CaseNote(Message):
    """What somebody wrote down about a case. Notes are added and never changed."""

    by: str
    at_us: int = Field(description=_US)
    text: str
    is_closing: bool = Field(False, description="the reason why nothing is left to do")


class Case(Message):
    """What is followed up: a problem of one kitchen, from its first sight to its end."""

    case: str
    site: str
    cameras: tuple[str, ...] = ()
    source: CaseSource
    title: str
    text: str = ""
    risk: RiskClass
    state: CaseState = "open"
    opened_by: str
    opened_us: int
    closed_by: str | None = None
    closed_us: int | None = None
    alerts: tuple[str, ...] = ()
    evidence: str | None = Field(None, description="id of the sealed file at the recorder")
    shared_with: tuple[str, ...] = Field((), description="accounts of other departments that may see it now")
    orders: tuple[Order, ...] = ()
    notes: tuple[CaseNote, ...] = ()


class CaseOpen(Message):
    """Command `case_open`: out of an alert that was confirmed, a picture, an inspection, or a school's own report."""

    by: str
    site: str
    cameras: tuple[str, ...] = ()
    source: CaseSource
    title: str = Field(min_length=1, max_length=200)
    text: str = Field("", max_length=5000)
    risk: RiskClass
    alerts: tuple[str, ...] = ()
    key: str | None = Field(None, max_length=80, description="of the request: the same one again makes no second case")


class CaseRef(Message):
    """Command `case`: one, with its orders and every step of them."""

    case: str


class CasesWanted(Message):
    """Command `cases`: newest first."""

    sites: tuple[str, ...] = ()
    states: tuple[CaseState, ...] = ()
    is_overdue: bool | None = None
    shared_with: str | None = Field(None, description="of `sites`, and those that this account is shown")
    served_from_us: int | None = Field(None, description="with an order that was served then or later, " + _US)
    served_to_us: int | None = None
    words: tuple[str, ...] = Field((), max_length=100, description="each of them in its number or its title")
    before: str | None = Field(None, description="`<opened_us>.<case>` of the last one of the page before")
    limit: int = Field(100, ge=1, le=501)


class CaseList(Message):
    """Answer of `cases`."""

    items: tuple[Case, ...] = ()


class CaseClose(Message):
    """Command `case_close`: a person says that nothing is left to do. Refused while an order is open."""

    case: str
    by: str
    text: str = Field("", max_length=2000)


class CaseShare(Message):
    """Command `case_share`: an account of another department may see it until then. Again: the new moment holds."""

    case: str
    by: str
    account: str
    until_us: int


class CaseUnshare(Message):
    """Command `case_unshare`: not any more, at once."""

    case: str
    by: str
    account: str


class CaseNoteAdd(Message):
    """Command `case_note`: write something down about a case."""

    case: str
    by: str
    text: str = Field(min_length=1, max_length=5000)
    key: str | None = Field(None, max_length=80, description="of the request: the same one again makes no second note")


class DeadlinesWanted(Message):
    """Command `deadlines`: until when an order that is served now would be due."""


class Deadline(Message):
    """Of one class of risk."""

    risk: RiskClass
    working_hours: float
    due_us: int = Field(description=_US)


class DeadlineList(Message):
    """Answer of `deadlines`, by class."""

    items: tuple[Deadline, ...] = ()


class OrderServe(Message):
    """Command `order_serve`: from now on the school must. Only a case whose alerts a person confirmed may have one."""

    case: str
    by: str
    kind: OrderKind
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=10_000)
    due_us: int | None = Field(None, description="None: by the class of risk, in working time")
    key: str | None = Field(None, max_length=80, description="of the request: the same one again makes no second order")


class OrderChange(Message):
    """Command `order_change`: one step on, by a person of the side whose step it is."""

    order: str
    by: str
    action: OrderAction
    text: str = Field("", max_length=10_000)
    attachments: tuple[Attachment, ...] = Field((), max_length=20)
    due_us: int | None = None
    key: str | None = Field(None, max_length=80, description="the same one again makes no second step")


class OrderRef(Message):
    """Command `order`: one, whole."""

    order: str


class OrdersWanted(Message):
    """Command `orders`: newest first."""

    sites: tuple[str, ...] = ()
    states: tuple[OrderState, ...] = ()
    made_by: str | None = Field(None, description="served by that account")
    is_overdue: bool | None = None
    words: tuple[str, ...] = Field((), max_length=100, description="each of them in its number or its title")
    before: str | None = Field(None, description="`<served_us>.<order>` of the last one of the page before")
    limit: int = Field(100, ge=1, le=501)


class OrderList(Message):
    """Answer of `orders`."""

    items: tuple[Order, ...] = ()


class CaseFact(Fact):
    """What every fact about a case carries."""

    owner: ClassVar[str] = "alerting"

    case: str
    site: str
    at_us: int = Field(description=AT_US)
    by: str


class CaseOpened(CaseFact):
    """Fact `case_opened`: a problem is followed up."""

    source: CaseSource
    risk: RiskClass


class CaseClosed(CaseFact):
    """Fact `case_closed`: nothing is left to do."""


class CaseShared(CaseFact):
    """Fact `case_shared`: an account of another department may see it; `until_us` now: not any more."""

    account: str
    until_us: int


class OrderChanged(CaseFact):
    """Fact `order_changed`: a step of an order was made: served, read, answered, checked, closed, …"""

    order: str
    action: str
    state: OrderState
    risk: RiskClass
    due_us: int
    card: Card | None = None


class AttachmentPut(Message):
    """Command `attachment_put`: keep a photo for an answer. What is never used in a step is removed after a day."""

    order: str
    by: str
    kind: Literal["image/jpeg", "application/pdf"]
    data_base64: str = Field(max_length=10_000_000)
    taken_us: int | None = None


class AttachmentRef(Message):
    """Command `attachment`: a file of an order."""

    order: str
    object_name: str


class AttachmentFile(Message):
    """Answer of `attachment`."""

    kind: Literal["image/jpeg", "application/pdf"]
    data_base64: str
