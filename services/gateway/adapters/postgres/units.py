"""The organisation's tree in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Row, any_, delete, exists, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.adapters.postgres.audit import insert_deed
from services.gateway.adapters.postgres.tables import accounts, sites, units
from services.gateway.audit import Deed
from services.gateway.faults import fault
from services.gateway.units import UNITS_MAX, Unit, UnitUse, fault_of_parent, path_of
from shared.database import Database
from shared.field_faults import FieldFault

# Two who move units at once could close a circle together: one after the other.
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('bright-kitchen units', 0))")


class PostgresUnits:
    """Implements `Units`."""

    def __init__(self, database: Database):
        self._database = database
        self._told: list[Callable[[], None]] = []

    def on_change(self, told: Callable[[], None]) -> None:
        """Called after a unit moved: other schools are somebody's now."""
        self._told.append(told)

    async def all(self) -> list[Unit]:
        async with self._database.autocommit() as session:
            return [_unit(row) for row in await session.execute(select(units).order_by(units.c.id))]

    async def unit(self, id: str) -> Unit | None:
        async with self._database.autocommit() as session:
            row = (await session.execute(select(units).where(units.c.id == id))).first()
        return None if row is None else _unit(row)

    async def path(self, id: str | None) -> tuple[str, ...]:
        if id is None:
            return ()
        async with self._database.transaction() as session:
            return path_of(await _parents(session), id)

    async def missing(self, ids: Iterable[str]) -> list[str]:
        wanted = set(ids)
        if not wanted:
            return []
        async with self._database.autocommit() as session:
            there = (await session.scalars(select(units.c.id).where(units.c.id.in_(wanted)))).all()
        return sorted(wanted.difference(there))

    async def of_sites(self, wanted: tuple[str, ...]) -> frozenset[str]:
        query = select(sites.c.unit).where(sites.c.id.in_(wanted), sites.c.unit.is_not(None)).distinct()
        async with self._database.autocommit() as session:
            return frozenset((await session.scalars(query)).all())

    async def sites_below(self, id: str) -> frozenset[str]:
        async with self._database.autocommit() as session:
            found = await session.scalar(select(func.sites_under([id])))
        return frozenset(found or ())

    async def of_every_site(self) -> dict[str, tuple[str, ...]]:
        """Of each school the ids from the top to the unit that it belongs to; none where it belongs to none."""
        async with self._database.transaction() as session:
            parents = await _parents(session)
            rows = (await session.execute(select(sites.c.id, sites.c.unit))).all()
        paths = {unit: path_of(parents, unit) for unit in {row.unit for row in rows}}
        return {row.id: paths[row.unit] for row in rows}

    async def add(self, unit: Unit, deed: Deed) -> bool | FieldFault:
        async with self._database.transaction() as session:
            await session.execute(_LOCK)
            parents = await _parents(session)
            if unit.id in parents:
                return False
            wrong = fault_of_parent(parents, unit.id, unit.parent)
            if wrong is None and len(parents) >= UNITS_MAX:
                wrong = fault("id", "too_many_units", max=UNITS_MAX)
            if wrong is not None:
                return wrong
            values = {"id": unit.id, "revision": unit.revision} | _values(unit)
            await session.execute(insert(units).values(values))
            await insert_deed(session, deed)
        return True

    async def replace(self, unit: Unit, deed: Deed) -> bool | FieldFault:
        async with self._database.transaction() as session:
            await session.execute(_LOCK)
            wrong = fault_of_parent(await _parents(session), unit.id, unit.parent)
            if wrong is not None:
                return wrong
            where = (units.c.id == unit.id, units.c.revision == unit.revision)
            values = _values(unit) | {"revision": unit.revision + 1}
            done = await session.execute(update(units).where(*where).values(values).returning(units.c.id))
            if done.first() is None:
                return False
            await insert_deed(session, deed)
        for told in self._told:
            told()
        return True

    async def remove(self, id: str, deed: Deed) -> UnitUse | None:
        async with self._database.transaction() as session:
            await session.execute(_LOCK)
            # Locked: a school that is being moved there now holds a share of the same row.
            await session.execute(select(units).where(units.c.id == id).with_for_update())
            uses: tuple[tuple[UnitUse, Any], ...] = (
                ("units", units.c.parent == id),
                ("sites", sites.c.unit == id),
                ("accounts", literal(id) == any_(accounts.c.units)),
            )
            for use, where in uses:
                if await session.scalar(select(exists().where(where))):
                    return use
            done = await session.execute(delete(units).where(units.c.id == id).returning(units.c.id))
            if done.first() is not None:
                await insert_deed(session, deed)
        return None


async def _parents(session: AsyncSession) -> dict[str, str | None]:
    return {row.id: row.parent for row in await session.execute(select(units.c.id, units.c.parent))}


def _unit(row: Row[Any]) -> Unit:
    return Unit(row.id, row.name, row.kind, row.parent, row.name_en, row.revision)


def _values(unit: Unit) -> dict[str, Any]:
    return {"name": unit.name, "name_en": unit.name_en, "kind": unit.kind, "parent": unit.parent}
