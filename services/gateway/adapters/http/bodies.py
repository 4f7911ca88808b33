"""The bases of request bodies and answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, ConfigDict, model_validator

from services.gateway.faults import WrongValue
from shared.described import Described

_FIRST_YEAR, _LAST_YEAR = 1970, 2199


def _in_our_time(moment: datetime) -> datetime:
    _day_in_our_time(moment)
    return moment


def _day_in_our_time(day: date) -> date:
    # Reckoning with the last moment there is ends behind it.
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise WrongValue("year_out_of_range", year=day.year, first=_FIRST_YEAR, last=_LAST_YEAR)
    return day


Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
"""A moment that somebody asks for: with its offset from UTC."""
Day = Annotated[date, AfterValidator(_day_in_our_time)]
"""A day that somebody asks for."""


class Body(Described):
    """A request body: an unknown field is a mistake of the caller and is named."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _holds_no_nul(cls, value: Any) -> Any:
        # PostgreSQL keeps no NUL in a text, and no person types one.
        if _has_nul(value):
            raise WrongValue("nul_in_text")
        return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(each) for key, each in value.items())
    return isinstance(value, list) and any(_has_nul(each) for each in value)


class Answer(Described):
    """An answer."""

    model_config = ConfigDict(frozen=True)
