"""Holds: what is kept on purpose, however old it is. Evidence and open cases place them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import RequestRefused
from shared.messages.retention import HoldKind, HoldLifted, HoldList, HoldsOf, HoldStatus, HoldWanted


@dataclass(frozen=True, slots=True)
class Hold:
    """Times in UTC microseconds. `stream` None: all streams of the camera; `until_us` None: until it is lifted."""

    id: str
    site: str
    camera: str
    stream: str | None
    from_us: int
    to_us: int
    why: str
    kind: HoldKind
    placed_by: str
    placed_us: int
    until_us: int | None = None
    lifted_by: str | None = None
    lifted_us: int | None = None


class HoldStore(Protocol):
    """Raises PeerError where the database is away."""

    async def place(self, hold: Hold) -> Hold:
        """The hold of that id that is there now: this one, or the one that was there."""
        ...

    async def lift(self, id: str, by: str, now_us: int) -> Hold | None:
        """None where there is no such hold. One that was lifted before stays as it was."""
        ...

    async def holds(self, camera: str | None, now_us: int, limit: int) -> Sequence[Hold]:
        """Those in force, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class HoldDesk:
    """One function for each request."""

    store: HoldStore
    now_us: Callable[[], int]

    async def place(self, request: bytes) -> HoldStatus:
        wanted = HoldWanted.decode(request)
        if wanted.to_us <= wanted.from_us:
            raise RequestRefused("bad_range", "The range ends before it begins: let `end` be later than `start`.")
        hold = Hold(
            wanted.hold, wanted.site, wanted.camera, wanted.stream, wanted.from_us, wanted.to_us, wanted.why,
            wanted.kind, wanted.by, self.now_us(), wanted.until_us,
        )  # fmt: skip
        return status_of(await self.store.place(hold))

    async def lift(self, request: bytes) -> HoldStatus:
        wanted = HoldLifted.decode(request)
        hold = await self.store.lift(wanted.hold, wanted.by, self.now_us())
        if hold is None:
            raise RequestRefused("no_such_hold", "There is no such hold.", status=404)
        return status_of(hold)

    async def holds(self, request: bytes) -> HoldList:
        wanted = HoldsOf.decode(request)
        found = await self.store.holds(wanted.camera, self.now_us(), wanted.limit)
        return HoldList(items=tuple(status_of(hold) for hold in found))


def status_of(hold: Hold) -> HoldStatus:
    return HoldStatus(
        hold=hold.id,
        site=hold.site,
        camera=hold.camera,
        stream=hold.stream,
        from_us=hold.from_us,
        to_us=hold.to_us,
        why=hold.why,
        kind=hold.kind,
        placed_by=hold.placed_by,
        placed_us=hold.placed_us,
        until_us=hold.until_us,
        lifted_by=hold.lifted_by,
        lifted_us=hold.lifted_us,
    )
