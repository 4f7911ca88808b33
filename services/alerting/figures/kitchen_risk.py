"""How risky a kitchen is: a sum of terms that anybody can add up again (shared/design/figures.md). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shared.messages.figures import KitchenRisk, RiskTerm, RiskTermName
from shared.messages.rules import RiskClass

# = points for one of each. Confirmed alerts count half after HALF_LIFE_DAYS, a quarter after twice that.
WEIGHTS: tuple[tuple[RiskTermName, float], ...] = (
    ("confirmed_1", 10.0),
    ("confirmed_2", 3.0),
    ("confirmed_3", 1.0),
    ("overdue", 8.0),
    ("answered_late", 3.0),
    ("reopened", 4.0),
    ("found_at_inspection", 5.0),
)
HALF_LIFE_DAYS = 30.0
# From so many points on a kitchen is of class 1, and of class 2.
CLASS_1_FROM = 20.0
CLASS_2_FROM = 5.0
# What a draw looks back on.
ROSTER_DAYS = 180


def risk_of(kitchen: str, amounts: Mapping[str, float]) -> KitchenRisk:
    """Args: amounts: by name of the term; what is not there is 0."""
    terms = tuple(
        RiskTerm(
            name=name,
            amount=round(amounts.get(name, 0.0), 3),
            weight=weight,
            points=round(round(amounts.get(name, 0.0), 3) * weight, 3),
        )
        for name, weight in WEIGHTS
    )
    score = round(sum(term.points for term in terms), 2)
    return KitchenRisk(kitchen=kitchen, score=score, risk=class_of(score), terms=terms)


def class_of(score: float) -> RiskClass:
    if score >= CLASS_1_FROM:
        return 1
    return 2 if score >= CLASS_2_FROM else 3
