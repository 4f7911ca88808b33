"""What a device shows of a message, and no more than that: rule, school, class, and where a click leads. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.alerting.notices.thing import topic_id
from services.alerting.notices.words import Reader, Told, brief_words
from shared.messages.notices import Language
from shared.messages.rules import RiskClass

Urgency = Literal["low", "normal", "high"]
_TITLE_MAX, _TEXT_MAX = 120, 400
_HOUR_S = 3600
# Class 1 wakes a sleeping phone; routine guidance waits until somebody looks (RFC 8030 5.3).
_URGENCY: Mapping[RiskClass, Urgency] = {1: "high", 2: "normal", 3: "low"}
# How long a push service keeps it for a phone that is off (RFC 8030 5.2); after that the console tells it.
_TTL_S: Mapping[RiskClass, int] = {1: 24 * _HOUR_S, 2: 12 * _HOUR_S, 3: 4 * _HOUR_S}
# An order stands until its deadline, over a weekend too.
_ORDER_TTL_S = 72 * _HOUR_S
_TRIAL_TTL_S = 60


@dataclass(frozen=True, slots=True)
class Note:
    """`id`: of the message, which the device acknowledges; empty: nothing is acknowledged.

    `topic`: what is newer about the same takes the place of what was not delivered yet (RFC 8030 5.4).
    """

    id: str
    title: str
    text: str
    path: str
    topic: str
    risk: RiskClass
    urgency: Urgency
    ttl_s: int
    language: Language = "zh-CN"

    @property
    def payload(self) -> bytes:
        """What is encrypted: at most 2.3 kB, whatever somebody has written into a title."""
        shown = {
            "id": self.id,
            "title": self.title[:_TITLE_MAX],
            "text": self.text[:_TEXT_MAX],
            "path": self.path,
            "tag": self.topic,
            "risk": self.risk,
            "lang": self.language,
        }
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def note_of(told: Sequence[Told], reader: Reader, id: str) -> Note:
    """Of one thing, or of many that were folded into one message."""
    title, text = brief_words(told, reader)
    risk = min(each.thing.risk for each in told)
    is_order = any(each.thing.kind != "alert" for each in told)
    urgency = _URGENCY[risk]
    return Note(
        id=id,
        title=title,
        text=text,
        path=_path(told, reader),
        topic=topic_id(told[0].thing.subject) if len(told) == 1 else f"many-{risk}",
        risk=risk,
        urgency="normal" if is_order and urgency == "low" else urgency,
        ttl_s=_ORDER_TTL_S if is_order else _TTL_S[risk],
        language=reader.language,
    )


def trial_note(title: str, text: str, language: Language) -> Note:
    """Of the test button."""
    return Note("", title, text, "/", "test", 3, "high", _TRIAL_TTL_S, language)


def _path(told: Sequence[Told], reader: Reader) -> str:
    """Where in the console: a school's people have a page of their own."""
    kind, _, id = told[0].thing.subject.partition(":")
    if reader.is_school:
        return f"/kitchen?order={id}" if kind == "order" and len(told) == 1 else "/kitchen"
    if len(told) == 1:
        return f"/alerts/{id}" if kind == "alert" else f"/orders/{id}"
    return "/orders" if all(each.thing.kind != "alert" for each in told) else "/alerts"
