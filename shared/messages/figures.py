"""Figures of alerting: how many, how right, how fast, how well corrected; and how risky each kitchen is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.rules import RiskClass

FigureGroup = Literal["total", "site", "risk", "class", "rule", "camera", "model", "day", "week"]
RiskTermName = Literal[
    "confirmed_1", "confirmed_2", "confirmed_3", "overdue", "answered_late", "reopened", "found_at_inspection"
]


class FiguresWanted(Message):
    """Command `figures`: alerts that began in the range, orders served in it. Empty filters let everything through."""

    from_us: int
    to_us: int
    by: FigureGroup = "total"
    sites: tuple[str, ...] = ()
    classes: tuple[str, ...] = Field((), description="class of violation, such as no_mask")
    rules: tuple[str, ...] = ()
    risks: tuple[RiskClass, ...] = ()


class FigureRow(Message):
    """One group. Rates are None where nothing can be divided."""

    key: str = Field(description="site, rule, … ; day or week by its first day; key of a set of models")
    alerts: int = 0
    confirmed: int = 0
    false: int = 0
    unclear: int = 0
    unreviewed: int = 0
    precision: float | None = Field(None, description="confirmed of those that were called confirmed or false")
    false_alarm_rate: float | None = Field(None, description="false of the same")
    unseen: int = Field(0, description="alerts that nobody has taken or judged yet; not in the times")
    eye_median_s: float | None = Field(None, description="from the alert to the first human eye")
    eye_p95_s: float | None = None
    order_median_s: float | None = Field(None, description="from the alert to the first order of its case")
    order_p95_s: float | None = None
    orders: int = Field(0, description="served and not withdrawn")
    corrected: int = Field(0, description="of those that a person closed")
    correction_rate: float | None = None
    overdue: int = Field(0, description="the school's turn, and the deadline over")
    answered_late: int = 0
    models: dict[str, str] = Field(default_factory=dict, description="by model: capability and digest of its weights")


class Figures(Message):
    """Answer of `figures`."""

    items: tuple[FigureRow, ...] = ()


class KitchenRisksWanted(Message):
    """Command `kitchen_risks`."""

    kitchens: tuple[str, ...] = Field(max_length=100_000)
    from_us: int
    to_us: int


class RiskTerm(Message):
    """One part of a score: points = amount times weight."""

    name: RiskTermName
    amount: float
    weight: float
    points: float


class KitchenRisk(Message):
    """How risky a kitchen is: the sum of its terms, and the class that follows."""

    kitchen: str
    score: float
    risk: RiskClass
    terms: tuple[RiskTerm, ...]


class KitchenRisks(Message):
    """Answer of `kitchen_risks`: every kitchen that was asked for, riskiest first."""

    items: tuple[KitchenRisk, ...] = ()
