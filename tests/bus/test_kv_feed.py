"""Between what a bucket holds and what changes: the mark must not come early."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from nats.js.kv import KeyValue

from shared.bus.kv_watch import KvEntry, KvFeed


def entry(key: str, following: int) -> KeyValue.Entry:
    return KeyValue.Entry(bucket="b", key=key, value=b"1", revision=7, delta=following, created=None, operation=None)


class LateWatcher:
    """What nats-py hands out when the values are sent but not yet here: its mark first, then they."""

    def __init__(self, *news: KeyValue.Entry | None, sent: int):
        self._updates: asyncio.Queue[Any] = asyncio.Queue()
        for each in news:
            self._updates.put_nowait(each)
        self._sub = SimpleNamespace(consumer_info=self._info)
        self._sent = sent

    async def _info(self) -> object:
        return SimpleNamespace(num_pending=0, delivered=SimpleNamespace(consumer_seq=self._sent))


async def told(feed: KvFeed, count: int) -> list[str | None]:
    found = list[str | None]()
    async with asyncio.timeout(5):
        for _ in range(count):
            news = await feed.next()
            found.append(news.key if isinstance(news, KvEntry) else None)
    return found


async def test_an_early_mark_waits_for_what_is_on_its_way() -> None:
    feed = KvFeed(LateWatcher(None, entry("a", 1), entry("b", 0), entry("c", 0), sent=2))  # type: ignore[arg-type]
    assert await told(feed, 4) == ["a", "b", None, "c"]


async def test_the_librarys_own_mark_is_told_once() -> None:
    feed = KvFeed(LateWatcher(entry("a", 0), None, entry("c", 0), sent=1))  # type: ignore[arg-type]
    assert await told(feed, 3) == ["a", None, "c"]


async def test_an_empty_bucket_says_so() -> None:
    feed = KvFeed(LateWatcher(None, entry("c", 0), sent=0))  # type: ignore[arg-type]
    assert await told(feed, 2) == [None, "c"]


async def test_a_watch_hears_tens_of_megabytes(connect, until) -> None:  # type: ignore[no-untyped-def]
    """With flow control looked at seldom: it must not be what ends a watch."""
    writing = await (await connect("gateway")).kv("cameras")
    reading = await (await connect("ingest")).kv("cameras")
    told: list[int] = []
    await reading.watch(lambda heard: told.append(heard.revision))
    value = bytes(64 * 1024)
    last = 0
    for number in range(700):  # 45 MB
        # Each under its own key: a value that is overwritten before it was sent is never sent.
        last = await writing.put(f"1.a.c{number}", value)
    await until(lambda: told and told[-1] == last, 20.0)
    assert len(told) == 700
