"""The query parameters of lists: which page, and words that somebody typed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from services.gateway.pages import PageRequest
from shared.typed_words import words_of


def _page(
    limit: Annotated[int, Query(ge=1, le=500, description="items on a page")] = 100,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
) -> PageRequest:
    return PageRequest.of(limit, cursor)


Paging = Annotated[PageRequest, Depends(_page)]


def _words(
    q: Annotated[str, Query(max_length=100, description="words, each of them somewhere in its name or number")] = "",
) -> tuple[str, ...]:
    return words_of(q)


Words = Annotated[tuple[str, ...], Depends(_words)]
