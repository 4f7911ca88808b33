"""Following a bucket: what is there, then every change, across lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import nats.errors
from nats.js.kv import KeyValue, StopIterSentinel

from shared.bus.errors import BusUnreachable
from shared.telemetry import log

CATCH_UP_LIMIT_S = 10.0
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class KvEntry:
    """A key with its value; `value` is None where it was deleted or ran out."""

    key: str
    value: bytes | None
    revision: int


Watcher = Callable[[KvEntry], Awaitable[None] | None]


class KvWatch:
    """One listener of one bucket."""

    def __init__(self, store: KeyValue, bucket: str, keys: str, told: Watcher):
        self._store = store
        self._bucket = bucket
        self._keys = keys
        self._told = told
        self._known: set[str] = set()
        self._resume = asyncio.Event()
        self._is_caught_up = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    @property
    def is_closed(self) -> bool:
        return self._following is None or self._following.done()

    async def open(self) -> None:
        """Returns when all that was there has been told. Raises BusUnreachable."""
        self._following = asyncio.create_task(self._follow_for_ever(), name=f"kv watch {self._bucket}")
        waiting = asyncio.create_task(self._is_caught_up.wait())
        done, _ = await asyncio.wait(
            {waiting, self._following}, timeout=CATCH_UP_LIMIT_S, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if self._following in done:
            self._following.result()
        if not done:
            await self.close()
            raise BusUnreachable(f"bucket {self._bucket} did not tell what it holds within {CATCH_UP_LIMIT_S:g} s")
        self._following.add_done_callback(_raise_bug)

    def resume(self) -> None:
        """The connection was away: begin anew, telling what was deleted meanwhile."""
        self._resume.set()

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})

    async def _follow_for_ever(self) -> None:
        while True:
            self._resume.clear()
            try:
                await self._follow()
            except (nats.errors.Error, TimeoutError) as error:
                log().warning("bucket not followed, will try again", bucket=self._bucket, detail=str(error))
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        """Until the connection was away once."""
        watcher = await self._store.watch(self._keys)
        resumed = asyncio.create_task(self._resume.wait())
        missing = set(self._known)
        try:
            while not self._resume.is_set():
                # The queue, not the iterator: iteration ends at the marker between old and new.
                news = asyncio.ensure_future(watcher._updates.get())
                await asyncio.wait({news, resumed}, return_when=asyncio.FIRST_COMPLETED)
                if not news.done():
                    news.cancel()
                    break
                entry = news.result()
                if isinstance(entry, StopIterSentinel):
                    break
                if entry is None:
                    for key in missing:
                        await self._tell(KvEntry(key, None, 0))
                    missing.clear()
                    self._is_caught_up.set()
                    continue
                missing.discard(entry.key)
                is_gone = str(entry.operation) in ("DEL", "PURGE")
                await self._tell(KvEntry(entry.key, None if is_gone else entry.value, entry.revision or 0))
        finally:
            resumed.cancel()
            try:
                await watcher.stop()  # type: ignore[no-untyped-call]
            except (nats.errors.Error, TimeoutError):
                log().debug("consumer not removed; the server forgets it", bucket=self._bucket)

    async def _tell(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._known.discard(entry.key)
        else:
            self._known.add(entry.key)
        heard = self._told(entry)
        if heard is not None:
            await heard


def _raise_bug(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        task.get_loop().call_exception_handler(
            {"message": "a KV watcher failed", "exception": task.exception(), "task": task}
        )
