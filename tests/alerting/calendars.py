"""Calendars made by hand."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.alerting.adapters.public_holidays import public_day
from services.alerting.calendars.calendar_clock import CalendarClock
from services.alerting.calendars.calendar_tree import CalendarTree
from services.alerting.rules.kitchen_clock import PlanClock
from shared.messages.calendars import DayWindow, KitchenCalendar, Term

TITLE = {"zh-CN": "日历", "en": "Calendar"}
WEEK = (
    DayWindow(part="preparing", from_minute=6 * 60, to_minute=11 * 60),
    DayWindow(part="serving", label="lunch", from_minute=11 * 60, to_minute=13 * 60),
    DayWindow(part="cleaning", from_minute=13 * 60, to_minute=15 * 60),
)
TERMS = (
    Term(label="spring", from_day=date(2026, 2, 23), to_day=date(2026, 7, 3)),
    Term(label="autumn", from_day=date(2026, 9, 1), to_day=date(2027, 1, 22)),
)


def calendar(name: str = "district", **more: object) -> KitchenCalendar:
    return KitchenCalendar.model_validate({"calendar": name, "title": TITLE} | more)


def clock(*calendars: KitchenCalendar) -> CalendarClock:
    tree = CalendarTree()
    names = {one.calendar for one in calendars}
    for name in names:
        tree.changed(name, [one for one in calendars if one.calendar == name])
    return CalendarClock(tree, PlanClock(), public_day)


def us(text: str, zone: str = "Asia/Shanghai") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1e6)
