"""A thing that people are told of: made of the fact that it rests on, the same however often the fact is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from shared.messages.alerting import AlertAcknowledged, AlertRaised, AlertReviewed
from shared.messages.base import Fact
from shared.messages.notices import NoticeKind
from shared.messages.orders import OrderChanged
from shared.messages.rules import RiskClass

_ORDER_KINDS: Mapping[str, NoticeKind] = {
    "serve": "order_served",
    "remind": "order_reminder",
    "overdue": "order_overdue",
    "answer": "order_answered",
    "reopen": "order_reopened",
    "appeal": "order_appealed",
    "uphold": "appeal_decided",
    "reject": "appeal_decided",
}
# After these the other side has to move: nobody needs to be called any more about what was before.
_MOVES = frozenset(("read", "answer", "appeal", "close", "withdraw", "uphold"))


@dataclass(frozen=True, slots=True)
class Thing:
    """`by`: whose doing it was; they know already. `detail`: what the words are made of.

    `units`: those that its school lies under when it is planned: of the one it belongs to and of all above.
    """

    thing: str
    kind: NoticeKind
    subject: str
    site: str
    risk: RiskClass
    at_us: int
    by: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    units: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settled:
    """Somebody has taken it: nobody is called any more. `is_news_over`: nor is anybody told who was not told yet."""

    subject: str
    by: str
    at_us: int
    is_news_over: bool


def thing_of(fact: Fact) -> Thing | None:
    """None for what nobody is told of."""
    if isinstance(fact, AlertRaised):
        if fact.is_silent:
            return None
        subject = f"alert:{fact.alert}"
        detail = {"camera": fact.camera, "rule": fact.rule}
        return Thing(subject, "alert", subject, fact.site, fact.risk or 3, fact.at_us, detail=detail)
    if isinstance(fact, OrderChanged):
        return _of_order(fact)
    return None


def _of_order(fact: OrderChanged) -> Thing | None:
    kind = _ORDER_KINDS.get(fact.action)
    if fact.action == "card":
        kind = "card_red" if fact.card == "red" else "card_yellow"
    if kind is None:
        return None
    subject = f"order:{fact.order}"
    detail = {"action": fact.action, "due_us": str(fact.due_us), "case": fact.case}
    by = "" if fact.by == "machine" else fact.by
    id = f"{subject}:{fact.action}:{fact.at_us}"
    return Thing(id, kind, subject, fact.site, fact.risk, fact.at_us, by, detail)


def settled_by(fact: Fact) -> Settled | None:
    """What this fact settles: an alert that a person took or judged, an order that its school has read."""
    if isinstance(fact, AlertAcknowledged | AlertReviewed):
        return Settled(f"alert:{fact.alert}", fact.by, fact.at_us, is_news_over=True)
    if isinstance(fact, OrderChanged) and fact.action in _MOVES:
        return Settled(f"order:{fact.order}", fact.by, fact.at_us, is_news_over=False)
    return None


def delivery_id(thing: str, person: str, channel: str) -> str:
    """The same thing, person and channel have one for ever."""
    return _digest("delivery", thing, person, channel)


def message_id(deliveries: tuple[str, ...]) -> str:
    """Of one message that tells of several."""
    return _digest("message", *sorted(deliveries))


def topic_id(subject: str) -> str:
    """What is told of one subject has one, which says nothing about it: push services see it (RFC 8030 5.4)."""
    return _digest("topic", subject)


def console_id(person: str) -> str:
    """The channel that everybody has."""
    return _digest("console", person)


def _digest(*parts: str) -> str:
    return "n" + sha256("\0".join(parts).encode()).hexdigest()[:24]
