"""Refusals that carry more than a sentence: which fields are wrong, and when to try again."""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import RequestRefused
from shared.field_faults import FieldFault


class InvalidFields(RequestRefused):
    """The request was understood and some of its fields cannot be accepted."""

    def __init__(self, faults: Sequence[FieldFault]):
        many = "1 field is wrong; it is" if len(faults) == 1 else f"{len(faults)} fields are wrong; each is"
        super().__init__("invalid_fields", f"{many} listed with what to change.", status=422, faults=faults)


class TryLater(RequestRefused):
    """Not now: the same request may succeed after `retry_after_s`."""

    def __init__(self, code: str, message: str, *, status: int, retry_after_s: int):
        super().__init__(code, message, status=status)
        self.retry_after_s = retry_after_s


def no_such(what: str, id: str) -> RequestRefused:
    return RequestRefused(f"no_such_{what}", f"There is no {what} {id!r}.", status=404)


def taken(what: str, id: str) -> RequestRefused:
    return RequestRefused(f"{what}_exists", f"There is a {what} {id!r} already: choose another id.", status=409)


def changed_meanwhile() -> RequestRefused:
    # RFC 9110, 13.1.1: If-Match that does not match is answered with 412.
    return RequestRefused(
        "changed_meanwhile", "Somebody changed it since you read it. Read it again, then send the change.", status=412
    )


def bad_cursor() -> RequestRefused:
    return RequestRefused("bad_cursor", "Take `cursor` from `next_cursor` of the page before.")
