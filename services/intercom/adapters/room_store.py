"""Emergency rooms in PostgreSQL: each change with its entry on the timeline, numbered without holes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.intercom.adapters.records import Records
from services.intercom.room_rules import LATE_US, SILENT_US, NewEntry
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.rooms import GuestPass, RoomCamera, RoomEntry, RoomGuest, RoomPresence, RoomStatus
from shared.subjects import CameraRef

# A sign of life is written so often at most.
_SEEN_EVERY_US = 5_000_000

_metadata = MetaData()
rooms = Table(
    "rooms",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text),
    Column("case", Text),
    Column("cameras", JSONB),
    Column("opened_by", Text),
    Column("opened_us", BigInteger),
    Column("closed_by", Text),
    Column("closed_us", BigInteger),
)
people = Table(
    "room_people",
    _metadata,
    Column("room", Text, primary_key=True),
    Column("who", Text, primary_key=True),
    Column("is_guest", Boolean),
    Column("joined_us", BigInteger),
    Column("seen_us", BigInteger),
    Column("left_us", BigInteger),
)
guests = Table(
    "room_guests",
    _metadata,
    Column("room", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("verbs", ARRAY(Text)),
    Column("priority", Text),
    Column("invited_by", Text),
    Column("invited_us", BigInteger),
    Column("until_us", BigInteger),
    Column("revoked_us", BigInteger),
)
entries = Table(
    "room_entries",
    _metadata,
    Column("room", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("told", Text),
    Column("entry", JSONB),
)


class RoomStore:
    """Implements `RoomRecords`, and what the keeper needs."""

    def __init__(self, records: Records):
        self._records = records

    async def open(self, room: RoomStatus, entry: NewEntry) -> RoomStatus:
        values = {
            "id": room.room,
            "title": room.title,
            "case": room.case,
            "cameras": [each.model_dump() for each in room.cameras],
            "opened_by": room.opened_by,
            "opened_us": room.opened_us,
        }
        async with self._database().transaction() as session:
            await session.execute(insert(rooms).values(values))
            return await _entered(session, room.room, entry)

    async def room(self, id: str, after: int, limit: int) -> RoomStatus | None:
        async with self._database().transaction() as session:
            return await _status(session, id, after, limit)

    async def rooms(self, is_open: bool | None, limit: int) -> list[RoomStatus]:
        query = select(rooms.c.id).order_by(rooms.c.opened_us.desc()).limit(limit)
        if is_open is not None:
            query = query.where(rooms.c.closed_us.is_(None) if is_open else rooms.c.closed_us.is_not(None))
        async with self._database().transaction() as session:
            ids = (await session.scalars(query)).all()
            found = [await _status(session, id, 0, 0) for id in ids]
        return [status for status in found if status is not None]

    async def seen(self, room: str, who: str, now_us: int) -> None:
        where = (people.c.room == room, people.c.who == who, people.c.left_us.is_(None))
        async with self._database().autocommit() as session:
            statement = update(people).where(*where, people.c.seen_us < now_us - _SEEN_EVERY_US)
            await session.execute(statement.values(seen_us=now_us))

    async def join(self, room: str, who: str, is_guest: bool, entry: NewEntry) -> RoomStatus:
        """Who is in already is seen, and nothing is entered."""
        async with self._database().transaction() as session:
            await _locked(session, room)
            where = (people.c.room == room, people.c.who == who)
            there = (await session.execute(select(people).where(*where))).one_or_none()
            values = {"joined_us": entry.at_us, "seen_us": entry.at_us, "left_us": None}
            if there is None:
                await session.execute(insert(people).values(room=room, who=who, is_guest=is_guest, **values))
            elif there.left_us is None:
                await session.execute(update(people).where(*where).values(seen_us=entry.at_us))
                return await _there(session, room)
            else:
                await session.execute(update(people).where(*where).values(values))
            return await _entered(session, room, entry)

    async def leave(self, room: str, who: str, entry: NewEntry) -> RoomStatus:
        """Who is not in leaves no entry."""
        async with self._database().transaction() as session:
            await _locked(session, room)
            where = (people.c.room == room, people.c.who == who, people.c.left_us.is_(None))
            statement = update(people).where(*where).values(left_us=entry.at_us).returning(people.c.who)
            if (await session.execute(statement)).one_or_none() is None:
                return await _there(session, room)
            return await _entered(session, room, entry)

    async def add(self, room: str, entry: NewEntry) -> RoomStatus:
        async with self._database().transaction() as session:
            await _locked(session, room)
            return await _entered(session, room, entry)

    async def invite(self, room: str, guest: RoomGuest, entry: NewEntry) -> RoomStatus:
        granted = guest.granted
        values = {
            "room": room,
            "id": granted.guest,
            "name": granted.name,
            "verbs": list(granted.verbs),
            "priority": granted.priority,
            "invited_by": guest.invited_by,
            "invited_us": guest.invited_us,
            "until_us": granted.until_us,
        }
        async with self._database().transaction() as session:
            await _locked(session, room)
            await session.execute(insert(guests).values(values))
            return await _entered(session, room, entry)

    async def revoke(self, room: str, guest: str, now_us: int, entry: NewEntry) -> RoomStatus:
        """One who is out already stays so, without another entry."""
        async with self._database().transaction() as session:
            await _locked(session, room)
            where = (guests.c.room == room, guests.c.id == guest)
            there = (await session.execute(select(guests).where(*where))).one_or_none()
            if there is None:
                raise RequestRefused("no_such_guest", f"There is no guest {guest[:40]!r} in this room.", status=404)
            if there.revoked_us is not None:
                return await _there(session, room)
            await session.execute(update(guests).where(*where).values(revoked_us=now_us))
            return await _entered(session, room, entry)

    async def close(self, room: str, by: str, now_us: int, entry: NewEntry) -> RoomStatus:
        async with self._database().transaction() as session:
            await _locked(session, room)
            await session.execute(update(rooms).where(rooms.c.id == room).values(closed_by=by, closed_us=now_us))
            here = (people.c.room == room, people.c.left_us.is_(None))
            await session.execute(update(people).where(*here).values(left_us=now_us))
            return await _entered(session, room, entry)

    async def with_camera(self, camera: CameraRef, now_us: int) -> list[str]:
        wanted = [{"site": camera.site, "camera": camera.camera}]
        is_live = rooms.c.closed_us.is_(None) | (rooms.c.closed_us > now_us - LATE_US)
        query = select(rooms.c.id).where(is_live, rooms.c.cameras.contains(wanted))
        async with self._database().autocommit() as session:
            return list((await session.scalars(query)).all())

    async def sweep(self, now_us: int) -> list[RoomStatus]:
        """Who fell silent has left, whose time ended is out; then every open room."""
        silent = select(people.c.room, people.c.who, people.c.seen_us).where(
            people.c.left_us.is_(None), people.c.seen_us < now_us - SILENT_US
        )
        over = (
            select(guests.c.room, guests.c.id, guests.c.name, guests.c.until_us)
            .join(rooms, rooms.c.id == guests.c.room)
            .where(rooms.c.closed_us.is_(None), guests.c.revoked_us.is_(None), guests.c.until_us <= now_us)
        )
        async with self._database().transaction() as session:
            gone = (await session.execute(silent)).all()
            ended = (await session.execute(over)).all()
            ids = (await session.scalars(select(rooms.c.id).where(rooms.c.closed_us.is_(None)))).all()
        for left in gone:
            await self.leave(left.room, left.who, NewEntry("left", left.seen_us, left.who, text="fell silent"))
        for guest in ended:
            told = f"expired {guest.id}"
            await self.add(guest.room, NewEntry("guest_expired", guest.until_us, text=guest.name, told=told))
        found = [await self.room(id, 0, 0) for id in ids]
        return [status for status in found if status is not None]

    def _database(self) -> Database:
        if not self._records.made.is_set():
            raise RequestRefused(
                "records_away",
                "The intercom's database is away: rooms are kept there. Talk to the cameras one by one meanwhile.",
                status=503,
            )
        return self._records.database


async def _locked(session: AsyncSession, room: str) -> None:
    """Entries of a room are numbered one after the other."""
    found = await session.scalar(select(rooms.c.id).where(rooms.c.id == room).with_for_update())
    if found is None:
        raise RequestRefused("no_such_room", f"There is no room {room[:80]!r}.", status=404)


async def _entered(session: AsyncSession, room: str, entry: NewEntry) -> RoomStatus:
    """Add an entry, unless it was told before."""
    last = await session.scalar(select(func.max(entries.c.number)).where(entries.c.room == room)) or 0
    told = entry.told or f"entry {last + 1}"
    known = await session.scalar(select(entries.c.number).where(entries.c.room == room, entries.c.told == told))
    if known is None:
        body = RoomEntry(
            number=last + 1,
            kind=entry.kind,
            at_us=entry.at_us,
            who=entry.who,
            camera=entry.camera,
            text=entry.text,
            seconds=entry.seconds,
        )
        values = {"room": room, "number": last + 1, "told": told, "entry": body.model_dump(mode="json")}
        await session.execute(insert(entries).values(values))
    return await _there(session, room)


async def _there(session: AsyncSession, room: str) -> RoomStatus:
    status = await _status(session, room, 0, 0)
    assert status is not None
    return status


async def _status(session: AsyncSession, id: str, after: int, limit: int) -> RoomStatus | None:
    row = (await session.execute(select(rooms).where(rooms.c.id == id))).one_or_none()
    if row is None:
        return None
    came = select(people).where(people.c.room == id).order_by(people.c.joined_us, people.c.who)
    present = [_presence(each) for each in (await session.execute(came)).all()]
    let_in = select(guests).where(guests.c.room == id).order_by(guests.c.invited_us, guests.c.id)
    invited = [_guest(each) for each in (await session.execute(let_in)).all()]
    total = await session.scalar(select(func.count()).where(entries.c.room == id)) or 0
    said: list[RoomEntry] = []
    if limit:
        behind = select(entries.c.entry).where(entries.c.room == id, entries.c.number > after)
        rows = (await session.scalars(behind.order_by(entries.c.number).limit(limit))).all()
        said = [RoomEntry.model_validate(each) for each in rows]
    return RoomStatus(
        room=row.id,
        title=row.title,
        case=row.case,
        opened_by=row.opened_by,
        opened_us=row.opened_us,
        closed_by=row.closed_by,
        closed_us=row.closed_us,
        cameras=tuple(RoomCamera.model_validate(each) for each in row.cameras),
        people=tuple(present),
        guests=tuple(invited),
        entries=tuple(said),
        entries_total=total,
    )


def _presence(row: Row[Any]) -> RoomPresence:
    return RoomPresence(who=row.who, is_guest=row.is_guest, joined_us=row.joined_us, left_us=row.left_us)


def _guest(row: Row[Any]) -> RoomGuest:
    granted = GuestPass(
        guest=row.id, name=row.name, verbs=tuple(row.verbs), priority=row.priority, until_us=row.until_us
    )
    return RoomGuest(granted=granted, invited_by=row.invited_by, invited_us=row.invited_us, revoked_us=row.revoked_us)
