"""When an order is due, when both sides are reminded, and when a card is shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from services.alerting.loop.working_time import IsWorkday, due_us, working_days_after
from shared.messages.orders import Card
from shared.messages.rules import RiskClass

# In the order in which they come.
Said = Literal["remind", "overdue", "yellow", "red"]
_ORDER: tuple[Said, ...] = ("remind", "overdue", "yellow", "red")


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """Working hours by class of risk; cards are for class 1 (Hubei 2025: yellow at five days overdue, then red)."""

    hours: tuple[tuple[RiskClass, float], ...] = ((1, 4.0), (2, 24.0), (3, 75.0))
    remind_before_h: float = 2.0
    yellow_days: float = 5.0
    red_days: float = 7.0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def due_us(self, risk: RiskClass, served_us: int, is_workday: IsWorkday, hours: float | None = None) -> int:
        """Args: hours: of the rule, where it says so."""
        return due_us(served_us, dict(self.hours)[risk] if hours is None else hours, is_workday, self.zone)

    def moments(self, risk: RiskClass, due: int, is_workday: IsWorkday) -> list[tuple[int, Said]]:
        """When the clock says what about an order that is still open."""
        said: list[tuple[int, Said]] = [(due - round(self.remind_before_h * 3600e6), "remind"), (due, "overdue")]
        if risk == 1:
            said.append((working_days_after(due, self.yellow_days, is_workday, self.zone), "yellow"))
            said.append((working_days_after(due, self.red_days, is_workday, self.zone), "red"))
        return said


def next_said(moments: list[tuple[int, Said]], said: str, now_us: int) -> Said | None:
    """What is to be said now, where `said` is what was said last; only the last of several that were missed."""
    after = _ORDER.index(said) if said in _ORDER else -1
    due = [name for at_us, name in moments if at_us <= now_us and _ORDER.index(name) > after]
    return due[-1] if due else None


def card_of(said: Said) -> Card | None:
    return said if said in ("yellow", "red") else None
