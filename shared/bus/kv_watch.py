"""Following a bucket: what is there, then every change, across lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import nats.errors
from nats.js.kv import KeyValue, StopIterSentinel

from shared.bus.errors import BusUnreachable
from shared.telemetry import log

CATCH_UP_LIMIT_S = 10.0
# nats-py looks four times a second whether the server waits for a sign (flow control), in every watch of every
# service. It does after a megabyte; once what was there has come, that takes hours.
FLOW_S = 2.0
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class KvEntry:
    """A key with its value; `value` is None where it was deleted or ran out."""

    key: str
    value: bytes | None
    revision: int


Watcher = Callable[[KvEntry], Awaitable[None] | None]


class KvFeed:
    """What a bucket holds, then None once, then every change.

    The client library's own mark between old and new is not enough: it says "empty" where the server has already
    sent the values and they are still on their way (nats-py 2.16). Each entry tells how many are to follow it, and
    an empty start is asked for again.
    """

    def __init__(self, watcher: KeyValue.KeyWatcher):
        self._watcher = watcher
        self._is_current = False
        self._owes_mark = False

    async def next(self) -> KvEntry | None:
        """Waits as long as nothing changes. Raises nats.errors.Error, and EOFError once closed."""
        if self._owes_mark:
            self._owes_mark = False
            return None
        while True:
            entry = await self._watcher._updates.get()
            if isinstance(entry, StopIterSentinel):
                raise EOFError
            if entry is not None:
                self._is_current, self._owes_mark = (
                    self._is_current or entry.delta == 0,
                    not self._is_current and entry.delta == 0,
                )
                is_gone = str(entry.operation) in ("DEL", "PURGE")
                return KvEntry(entry.key, None if is_gone else entry.value, entry.revision or 0)
            if not self._is_current and await self._is_nothing_on_its_way():
                self._is_current = True
                return None

    async def _is_nothing_on_its_way(self) -> bool:
        assert self._watcher._sub is not None
        info = await self._watcher._sub.consumer_info()
        return not info.num_pending and not info.delivered.consumer_seq


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
            except (nats.errors.Error, TimeoutError, EOFError) as error:
                log().warning("bucket not followed, will try again", bucket=self._bucket, detail=str(error))
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        """Until the connection was away once."""
        watcher = await self._store.watch(self._keys)
        feed = KvFeed(watcher)
        resumed = asyncio.create_task(self._resume.wait())
        missing = set(self._known)
        news: asyncio.Task[KvEntry | None] | None = None
        flow: asyncio.Task[None] | None = None
        try:
            while not self._resume.is_set():
                news = asyncio.create_task(feed.next())
                await asyncio.wait({news, resumed}, return_when=asyncio.FIRST_COMPLETED)
                if not news.done():
                    break
                entry = news.result()
                if entry is None:
                    for key in missing:
                        await self._tell(KvEntry(key, None, 0))
                    missing.clear()
                    self._is_caught_up.set()
                    flow = _control_flow_seldom(watcher)
                    continue
                missing.discard(entry.key)
                await self._tell(entry)
        finally:
            resumed.cancel()
            for task in (news, flow):
                if task is not None:
                    task.cancel()
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


def _control_flow_seldom(watcher: KeyValue.KeyWatcher) -> asyncio.Task[None]:
    """Takes the place of nats-py's task (private to it; the version is pinned, and a test holds the seam)."""
    assert watcher._sub is not None
    subscription = watcher._sub._sub._jsi
    subscription._fctask.cancel()

    async def control() -> None:
        while not subscription._conn.is_closed:
            await asyncio.sleep(FLOW_S)
            reply, subscription._fcr = subscription._fcr, None
            if reply:
                subscription._fcd = 0
                with suppress(nats.errors.Error):  # not connected: the watch begins anew when it is
                    await subscription._conn.publish(reply)

    task = subscription._fctask = asyncio.create_task(control(), name="flow control of a kv watch")
    return task


def _raise_bug(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        task.get_loop().call_exception_handler(
            {"message": "a KV watcher failed", "exception": task.exception(), "task": task}
        )
