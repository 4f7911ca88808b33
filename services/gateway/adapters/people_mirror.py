"""Keeps the bucket `people` equal to the accounts: whom alerting may tell, and of which schools."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hashlib import sha256

from services.gateway.accounts import Account, Accounts
from shared.bus import Bus
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.messages.notices import PersonKnown

COMPARE_S = 60.0


class PeopleMirror:
    """A supervised task; `wake` after an account was added or changed, or a school moved in the organisation.

    The database is right. What the bucket holds is read before the accounts are asked, and written over that revision
    alone: of two gateways the one with the older answer is refused, and compares again.
    """

    def __init__(self, accounts: Accounts, bucket: KvBucket, bus: Bus):
        self._accounts = accounts
        self._bucket = bucket
        self._told: dict[str, KvEntry] = {}
        self._wakeup = asyncio.Event()
        bus.on_connection(lambda: None, self._wakeup.set)

    def wake(self) -> None:
        self._wakeup.set()

    async def open(self) -> None:
        """Follow what the bucket holds. Raises BusUnreachable."""
        await self._bucket.watch(self._changed)

    async def run_once(self) -> None:
        """Compare, then wait for a change or a minute."""
        self._wakeup.clear()
        told = dict(self._told)
        wanted = {_key(account): _known(account).encode() for account in await self._accounts.all()}
        with suppress(RevisionConflict):  # another gateway was faster: it wakes us
            for key in sorted(wanted.keys() | told.keys()):
                await self._put(key, wanted.get(key), told.get(key))
        with suppress(TimeoutError):
            async with asyncio.timeout(COMPARE_S):
                await self._wakeup.wait()

    async def _put(self, key: str, wanted: bytes | None, told: KvEntry | None) -> None:
        there = None if told is None else told.value
        if wanted == there:
            return
        if wanted is None:
            await self._bucket.delete(key, told.revision if told is not None else None)
        elif told is None or there is None:
            await self._bucket.create(key, wanted)
        else:
            await self._bucket.update(key, wanted, told.revision)

    def _changed(self, entry: KvEntry) -> None:
        self._told[entry.key] = entry
        self._wakeup.set()


def _key(account: Account) -> str:
    # Names hold characters that no key may have.
    return sha256(account.name.encode()).hexdigest()[:32]


def _known(account: Account) -> PersonKnown:
    return PersonKnown(
        person=account.name, roles=account.roles, sites=account.seen_sites, is_enabled=account.is_enabled
    )
