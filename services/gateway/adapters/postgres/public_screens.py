"""Public screens in PostgreSQL; of their links the hashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update

from services.gateway.adapters.postgres.audit import insert_deed
from services.gateway.adapters.postgres.tables import public_screens
from services.gateway.audit import Deed
from services.gateway.public_screens import PublicScreen
from shared.database import Database
from shared.messages.cameras import RecordingWindow

_OF = public_screens.c


class PostgresPublicScreens:
    """Implements `PublicScreens`."""

    def __init__(self, database: Database):
        self._database = database

    async def all(self) -> list[PublicScreen]:
        return [_screen(row) for row in await self._rows(select(public_screens).order_by(_OF.made_at, _OF.id))]

    async def find(self, id: str) -> PublicScreen | None:
        rows = await self._rows(select(public_screens).where(_OF.id == id))
        return _screen(rows[0]) if rows else None

    async def of_token(self, token_hash: str) -> PublicScreen | None:
        rows = await self._rows(select(public_screens).where(_OF.token_hash == token_hash))
        return _screen(rows[0]) if rows else None

    async def add(self, screen: PublicScreen, deed: Deed) -> None:
        async with self._database.transaction() as session:
            await session.execute(insert(public_screens).values({"id": screen.id, **_values(screen)}))
            await insert_deed(session, deed)

    async def replace(self, screen: PublicScreen, deed: Deed) -> bool:
        where = (_OF.id == screen.id, _OF.revision == screen.revision)
        values = _values(screen) | {"revision": screen.revision + 1}
        async with self._database.transaction() as session:
            statement = update(public_screens).where(*where).values(values).returning(_OF.id)
            if (await session.execute(statement)).first() is None:
                return False
            await insert_deed(session, deed)
        return True

    async def remove(self, id: str, deed: Deed) -> bool:
        async with self._database.transaction() as session:
            statement = delete(public_screens).where(_OF.id == id).returning(_OF.id)
            if (await session.execute(statement)).first() is None:
                return False
            await insert_deed(session, deed)
        return True

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._database.autocommit() as session:
            rows: Sequence[Row[Any]] = (await session.execute(query)).all()
        return rows


def _screen(row: Row[Any]) -> PublicScreen:
    return PublicScreen(
        id=row.id,
        token_hash=row.token_hash,
        name=row.name,
        cameras=tuple(row.cameras),
        ends_at=row.ends_at,
        hours=tuple(RecordingWindow.model_validate(each) for each in row.hours),
        time_zone=row.time_zone,
        is_on=row.is_on,
        made_by=row.made_by,
        made_at=row.made_at,
        link_made_at=row.link_made_at,
        revision=row.revision,
    )


def _values(screen: PublicScreen) -> dict[str, Any]:
    return {
        "token_hash": screen.token_hash,
        "name": screen.name,
        "cameras": list(screen.cameras),
        "ends_at": screen.ends_at,
        "hours": [each.model_dump(mode="json") for each in screen.hours],
        "time_zone": screen.time_zone,
        "is_on": screen.is_on,
        "made_by": screen.made_by,
        "made_at": screen.made_at,
        "link_made_at": screen.link_made_at,
        "revision": screen.revision,
    }
