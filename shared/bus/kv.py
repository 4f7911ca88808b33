"""One bucket of keys and values: the desired and observed state that all services share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import nats.errors
import nats.js.errors
from nats.js.kv import KeyValue

from shared.bus.client_wire import ClientWire
from shared.bus.errors import BusUnreachable, RevisionConflict
from shared.bus.kv_watch import KvEntry, KvFeed, KvWatch, Watcher

KEYS_LIMIT_S = 10.0


class KvBucket:
    """All methods raise BusUnreachable while NATS is away."""

    def __init__(self, store: KeyValue, name: str, wire: ClientWire):
        self._store = store
        self._wire = wire
        self.name = name
        self._watches: list[KvWatch] = []

    async def get(self, key: str) -> KvEntry | None:
        try:
            entry = await self._store.get(key)
        except nats.js.errors.KeyNotFoundError:
            return None
        except (nats.errors.Error, TimeoutError) as error:
            raise self._away(error) from error
        return KvEntry(key, entry.value, entry.revision or 0)

    async def put(self, key: str, value: bytes) -> int:
        """Write whatever is there; returns the revision."""
        try:
            return int(await self._store.put(key, value))
        except (nats.errors.Error, TimeoutError) as error:
            raise self._away(error) from error

    def say(self, key: str, value: bytes) -> None:
        """Write without waiting for an answer: who must know that it is there watches the bucket."""
        if not self._wire.is_connected:
            raise BusUnreachable(f"bucket {self.name}: not connected")
        self._wire.write([f"PUB {self._store._pre}{key} {len(value)}\r\n".encode(), value, b"\r\n"])

    async def create(self, key: str, value: bytes) -> int:
        """Write only where there is nothing. Raises RevisionConflict."""
        return await self._compare(lambda: self._store.create(key, value))

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Write only over that revision. Raises RevisionConflict."""
        return await self._compare(lambda: self._store.update(key, value, revision))

    async def delete(self, key: str, revision: int | None = None) -> None:
        """Remove; with a revision only that one. Raises RevisionConflict."""

        async def remove() -> int:
            await self._store.delete(key, last=revision)
            return 0

        await self._compare(remove)

    async def keys(self) -> list[str]:
        try:
            async with asyncio.timeout(KEYS_LIMIT_S):
                watcher = await self._store.watch(">", meta_only=True)
                feed, found = KvFeed(watcher), list[str]()
                while (entry := await feed.next()) is not None:
                    if entry.value is not None:
                        found.append(entry.key)
                await watcher.stop()  # type: ignore[no-untyped-call]
                return found
        except (nats.errors.Error, TimeoutError, EOFError) as error:
            raise self._away(error) from error

    async def watch(self, told: Watcher, *, keys: str = ">", is_straight: bool = False) -> KvWatch:
        """Tell every value that is there, then every change, until its `close`.

        With `is_straight` changes are told where they are read, without queue, task and turn of the loop: for what
        comes often to a process that does little else. Then `told` neither waits nor takes long.

        Returns after the values that were there have been told. After a lost connection everything is told again
        (and what was deleted meanwhile, as deleted): whoever listens must not mind a repeat.
        """
        watch = KvWatch(self._store, self.name, keys, told, is_straight=is_straight)
        await watch.open()
        self._watches.append(watch)
        return watch

    def connection_back(self) -> None:
        """The bus stands again: watches may have missed something."""
        self._watches = [watch for watch in self._watches if not watch.is_closed]
        for watch in self._watches:
            watch.resume()

    async def _compare(self, write: Callable[[], Awaitable[int]]) -> int:
        try:
            return int(await write())
        except nats.js.errors.KeyWrongLastSequenceError as error:
            raise RevisionConflict(str(error)) from error
        except nats.js.errors.BadRequestError as error:
            if error.err_code == 10071:  # wrong last sequence
                raise RevisionConflict(str(error)) from error
            raise self._away(error) from error
        except (nats.errors.Error, TimeoutError) as error:
            raise self._away(error) from error

    def _away(self, error: BaseException) -> BusUnreachable:
        return BusUnreachable(f"bucket {self.name}: {error or type(error).__name__}")
