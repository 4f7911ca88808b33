"""Folds for tests that are not about them."""

from __future__ import annotations

from services.alerting.adapters.postgres.folds import AlertFolds, StormPolicies
from services.alerting.calendars.calendar_tree import CalendarTree
from services.alerting.folding.folds import StormPolicy
from services.alerting.folding.kitchens import Kitchens


def never_folded() -> AlertFolds:
    """No camera is known, so that three that are away are an outage, and no school."""
    return AlertFolds(Kitchens(CalendarTree()), StormPolicies(StormPolicy(), StormPolicy()))
