"""Calls that block, beside the event loop: each with a time limit, and one at a time for a channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from services.alerting.notices.channel import ChannelFailed

T = TypeVar("T")


class Beside:
    """A thread cannot be ended from outside: one that hangs keeps its channel's place and no other's."""

    def __init__(self, threads: int, limit_s: float):
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="notice")
        self._limit_s = limit_s
        self._running: dict[str, Future[object]] = {}

    async def call(self, channel: str, work: Callable[[], T]) -> T:
        """What `work` returns. Raises what it raises, and ChannelFailed past the limit."""
        before = self._running.get(channel)
        if before is not None and not before.done():
            raise ChannelFailed("The attempt before still hangs: the service neither answers nor hangs up.")
        running = self._pool.submit(work)
        self._running[channel] = running  # type: ignore[assignment]
        running.add_done_callback(lambda _: None)
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.wrap_future(running)
        except TimeoutError as error:
            if running.done() and not running.cancelled():
                return running.result()
            running.cancel()
            raise ChannelFailed(f"No answer within {self._limit_s:g} s.") from error
        finally:
            if running.done():
                self._running.pop(channel, None)

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
