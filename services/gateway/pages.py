"""One page of a list, and the cursor that leads to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.gateway.refusals import bad_cursor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageOf(Generic[T]):
    """`next_cursor` is None on the last page."""

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `limit` items after the one whose sort key is `after` (None = from the beginning)."""

    limit: int
    after: str | None

    @classmethod
    def of(cls, limit: int, cursor: str | None) -> PageRequest:
        if cursor is None:
            return cls(limit, None)
        try:
            after = base64.b64decode(cursor.encode(), b"-_", validate=True).decode()
        except (binascii.Error, UnicodeError, ValueError) as error:
            raise bad_cursor() from error
        if "\x00" in after:
            raise bad_cursor()  # no key has one, and PostgreSQL takes none
        return cls(limit, after)


def page_of(found: Sequence[T], request: PageRequest, key: Callable[[T], str]) -> PageOf[T]:
    """`found` holds up to `limit` + 1 items: the one too many says that there is another page."""
    items = found[: request.limit]
    has_more = len(found) > request.limit
    cursor = base64.urlsafe_b64encode(key(items[-1]).encode()).decode() if has_more else None
    return PageOf(items, cursor)
