"""A cancellation that comes in the same turn of the loop as a result is not forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_cancellation() -> Iterator[None]:
    """Around what waits by `asyncio.wait_for`: raises CancelledError where the task was cancelled inside and went on.

    Python 3.11's `wait_for` returns what has just come and drops the cancellation (python/cpython#86296, mended in
    3.12). A loop that is ended while it waits so would run on for ever, and whoever waits for its end with it.
    """
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    try:
        yield
    finally:
        # Instead of what has failed, too: whoever takes that for a peer's failure would try again.
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
