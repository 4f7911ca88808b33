"""Revisions as ETags: who changes something says which state of it was read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from services.gateway.refusals import changed_meanwhile

# = what PostgreSQL counts with
_DIGITS_MAX = 9

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="the ETag that was read; the change is refused (412) if there is a newer one"),
]


def etag(revision: int) -> str:
    return f'"{revision}"'


def revision_of(if_match: str | None) -> int | None:
    """None where any revision will do (RFC 9110, 13.1.1: `*`)."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().strip('"')
    if not text.isdecimal() or len(text) > _DIGITS_MAX:
        raise changed_meanwhile()  # not one of ours: it can match nothing
    return int(text)
