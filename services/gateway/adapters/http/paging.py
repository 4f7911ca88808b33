"""The two query parameters of every list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from services.gateway.pages import PageRequest


def _page(
    limit: Annotated[int, Query(ge=1, le=500, description="items on a page")] = 100,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
) -> PageRequest:
    return PageRequest.of(limit, cursor)


Paging = Annotated[PageRequest, Depends(_page)]
