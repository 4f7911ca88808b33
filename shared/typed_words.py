"""Words that somebody typed to find something, and the condition that a row holds each of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, String, func, literal_column, or_

# An input method for Chinese writes letters and digits as wide as its characters: both sides are made narrow (UAX 15).
_FORM: Final = "NFKC"
_ESCAPE: Final = "/"


def words_of(typed: str) -> tuple[str, ...]:
    """What is between the spaces, wide letters and digits made narrow."""
    return tuple(unicodedata.normalize(_FORM, typed).split())


def holding_each(words: Sequence[str], *columns: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Every word in one column or another, in small or capital letters; no words: every row."""
    narrow = [func.normalize(column, literal_column(_FORM)) for column in columns]
    return [or_(*(column.icontains(word, autoescape=True) for column in narrow)) for word in words]


def searched_for_each(words: Sequence[str], table: str) -> list[ColumnElement[bool]]:
    """The same of a table that keeps what is looked through in its column `searched`, narrow and in small letters."""
    searched = literal_column(f"{table}.searched", String)
    return [searched.like(func.lower(f"%{_escaped(word)}%"), escape=_ESCAPE) for word in words]


def _escaped(word: str) -> str:
    for each in (_ESCAPE, "%", "_"):
        word = word.replace(each, _ESCAPE + each)
    return word
