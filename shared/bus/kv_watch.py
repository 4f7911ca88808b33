"""Following a bucket: what is there, then every change, across lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import nats.errors
from nats.aio.msg import Msg
from nats.js.kv import KeyValue, StopIterSentinel

from shared.bus.errors import BusUnreachable
from shared.bus.straight import hand_over_straight
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

    def stop(self) -> None:
        """`next` raises EOFError, once what has come already was told."""
        with suppress(asyncio.QueueFull):  # then nobody waits in `next` either
            self._watcher._updates.put_nowait(self._watcher.STOP_ITER)

    async def _is_nothing_on_its_way(self) -> bool:
        assert self._watcher._sub is not None
        info = await self._watcher._sub.consumer_info()
        return not info.num_pending and not info.delivered.consumer_seq


class KvWatch:
    """One listener of one bucket. `is_straight`: see `KvBucket.watch`."""

    def __init__(self, store: KeyValue, bucket: str, keys: str, told: Watcher, *, is_straight: bool = False):
        self._store = store
        self._bucket = bucket
        self._keys = keys
        self._told = told
        self._is_straight = is_straight
        self._known: set[str] = set()
        self._feed: KvFeed | None = None
        self._was_away = False
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
        self._was_away = True
        if self._feed is not None:
            self._feed.stop()

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})

    async def _follow_for_ever(self) -> None:
        while True:
            self._was_away = False
            try:
                await self._follow()
            except (nats.errors.Error, TimeoutError, EOFError) as error:
                log().warning("bucket not followed, will try again", bucket=self._bucket, detail=str(error))
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        """Until the connection was away once."""
        watcher = await self._store.watch(self._keys)
        feed = self._feed = KvFeed(watcher)
        missing, is_owed = set(self._known), self._is_straight
        try:
            while not self._was_away:
                entry = await feed.next()
                if entry is None:
                    for key in missing:
                        await self._tell(KvEntry(key, None, 0))
                    missing.clear()
                    self._is_caught_up.set()
                    _end_flow_control_task(watcher)
                else:
                    missing.discard(entry.key)
                    await self._tell(entry)
                if is_owed and self._is_caught_up.is_set():
                    is_owed = not self._go_straight(watcher)
        except EOFError:
            if not self._was_away:
                raise
        finally:
            self._feed = None
            try:
                await watcher.stop()  # type: ignore[no-untyped-call]
            except (nats.errors.Error, TimeoutError):
                log().debug("consumer not removed; the server forgets it", bucket=self._bucket)

    async def _tell(self, entry: KvEntry) -> None:
        heard = self._note(entry)
        if heard is not None:
            await heard

    def _note(self, entry: KvEntry) -> Awaitable[None] | None:
        if entry.value is None:
            self._known.discard(entry.key)
        else:
            self._known.add(entry.key)
        return self._told(entry)

    def _go_straight(self, watcher: KeyValue.KeyWatcher) -> bool:
        """From here on changes are told where they are read; False while one is on its way to us through queues."""
        assert watcher._sub is not None
        prefix = len(self._store._pre)

        def hear(message: Msg) -> None:
            heard = self._note(_entry_of(message, prefix))
            assert heard is None, "who is told straight does not wait"

        return watcher._updates.empty() and hand_over_straight(watcher._sub._sub, hear)


def _entry_of(message: Msg, prefix: int) -> KvEntry:
    headers = message.headers or {}
    # The server marks what ran out (nats-server 2.11) as a client marks what it deletes.
    is_gone = headers.get("KV-Operation") in ("DEL", "PURGE") or "Nats-Marker-Reason" in headers
    return KvEntry(message.subject[prefix:], None if is_gone else message.data, message.metadata.sequence.stream)


def _end_flow_control_task(watcher: KeyValue.KeyWatcher) -> None:
    """nats-py looks four times a second, in every watch, whether it still owes the server a sign (flow control).

    It never does: to a subscription with a callback each sign is given in the moment in which the server asks. (The
    task is private to nats-py; the version is pinned, and a test hears megabytes without it.)
    """
    assert watcher._sub is not None
    watcher._sub._sub._jsi._fctask.cancel()


def _raise_bug(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        task.get_loop().call_exception_handler(
            {"message": "a KV watcher failed", "exception": task.exception(), "task": task}
        )
