"""Sites, cameras and the outbox in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Table, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.adapters.postgres.audit import insert_deed
from services.gateway.adapters.postgres.tables import cameras, outbox, sites, units
from services.gateway.audit import Deed
from services.gateway.cameras import Camera, StreamSource
from services.gateway.pages import PageRequest
from services.gateway.refusals import InvalidFields
from services.gateway.sites import Site
from services.gateway.units import no_such_unit
from shared.database import Database
from shared.messages.cameras import AnalysisPolicy, RecordingPolicy
from shared.subjects import CameraRef
from shared.typed_words import holding_each


@dataclass(frozen=True, slots=True)
class PendingFact:
    """A fact that the bus has not been told yet; `number` orders them and makes each unique."""

    number: int
    fact: str
    camera: CameraRef
    at: datetime
    by: str


class PostgresRegister:
    """Implements `Register`; a change, its deed and its fact are one transaction."""

    def __init__(self, database: Database):
        self._database = database
        self._told: list[Callable[[], None]] = []

    def on_site_change(self, told: Callable[[], None]) -> None:
        """Called after a school was added, changed or removed: it may be others' to see now."""
        self._told.append(told)

    async def sites(self, page: PageRequest, only: tuple[str, ...] | None, words: Sequence[str] = ()) -> list[Site]:
        query = select(sites) if only is None else select(sites).where(sites.c.id.in_(only))
        query = query.where(*holding_each(words, sites.c.name, sites.c.id))
        return [_site(row) for row in await self._rows(_paged(query, sites, page))]

    async def site(self, id: str) -> Site | None:
        rows = await self._rows(select(sites).where(sites.c.id == id))
        return _site(rows[0]) if rows else None

    async def every_site(self) -> list[Site]:
        return [_site(row) for row in await self._rows(select(sites).order_by(sites.c.id))]

    async def add_site(self, site: Site, deed: Deed) -> bool:
        values = {"id": site.id, **_site_values(site), "revision": site.revision}
        async with self._database.transaction() as session:
            await _require_unit(session, site)
            statement = insert(sites).values(values).on_conflict_do_nothing().returning(sites.c.id)
            is_done = await _done(session, (await session.execute(statement)).first() is not None, deed)
        return self._site_told(is_done)

    async def replace_site(self, site: Site, deed: Deed) -> bool:
        values = _site_values(site) | {"revision": site.revision + 1}
        where = (sites.c.id == site.id, sites.c.revision == site.revision)
        async with self._database.transaction() as session:
            await _require_unit(session, site)
            statement = update(sites).where(*where).values(values).returning(sites.c.id)
            is_done = await _done(session, (await session.execute(statement)).first() is not None, deed)
        return self._site_told(is_done)

    async def remove_site(self, id: str, deed: Deed) -> bool:
        async with self._database.transaction() as session:
            # Locked first: a camera that is being added there now holds a share of the same row.
            await session.execute(select(sites).where(sites.c.id == id).with_for_update())
            if await session.scalar(select(exists().where(cameras.c.site == id))):
                return False
            statement = delete(sites).where(sites.c.id == id).returning(sites.c.id)
            is_done = await _done(session, (await session.execute(statement)).first() is not None, deed)
        return self._site_told(is_done)

    def _site_told(self, is_done: bool) -> bool:
        for told in self._told if is_done else ():
            told()
        return is_done

    async def cameras(self, page: PageRequest, only: tuple[str, ...] | None, words: Sequence[str] = ()) -> list[Camera]:
        query = select(cameras) if only is None else select(cameras).where(cameras.c.site.in_(only))
        if words:
            found = holding_each(words, cameras.c.name, cameras.c.id, sites.c.name)
            query = query.join(sites, sites.c.id == cameras.c.site).where(*found)
        return [_camera(row) for row in await self._rows(_paged(query, cameras, page))]

    async def every_camera(self) -> list[Camera]:
        return [_camera(row) for row in await self._rows(select(cameras).order_by(cameras.c.id))]

    async def camera(self, id: str) -> Camera | None:
        rows = await self._rows(select(cameras).where(cameras.c.id == id))
        return _camera(rows[0]) if rows else None

    async def sites_of(self, cameras_named: Collection[str]) -> dict[str, str]:
        if not cameras_named:
            return {}
        query = select(cameras.c.id, cameras.c.site).where(cameras.c.id.in_(cameras_named))
        return {row.id: row.site for row in await self._rows(query)}

    async def add_camera(self, camera: Camera, deed: Deed) -> bool:
        async with self._database.transaction() as session:
            statement = insert(cameras).values(_values(camera)).on_conflict_do_nothing().returning(cameras.c.id)
            is_done = (await session.execute(statement)).first() is not None
            return await _done(session, is_done, deed, "camera_registered", camera.ref)

    async def replace_camera(self, camera: Camera, deed: Deed) -> bool:
        values = _values(camera) | {"revision": camera.revision + 1}
        where = (cameras.c.id == camera.id, cameras.c.revision == camera.revision)
        async with self._database.transaction() as session:
            statement = update(cameras).where(*where).values(values).returning(cameras.c.id)
            is_done = (await session.execute(statement)).first() is not None
            return await _done(session, is_done, deed, "camera_changed", camera.ref)

    async def remove_camera(self, id: str, deed: Deed) -> bool:
        async with self._database.transaction() as session:
            statement = delete(cameras).where(cameras.c.id == id).returning(cameras.c.id, cameras.c.site)
            row = (await session.execute(statement)).first()
            ref = None if row is None else CameraRef(row.site, row.id)
            return await _done(session, row is not None, deed, "camera_removed", ref)

    async def count(self) -> int:
        async with self._database.autocommit() as session:
            return await session.scalar(select(func.count()).select_from(cameras)) or 0

    async def pending_facts(self, limit: int) -> list[PendingFact]:
        """Oldest first."""
        rows = await self._rows(select(outbox).order_by(outbox.c.number).limit(limit))
        return [PendingFact(row.number, row.fact, CameraRef(row.site, row.camera), row.at, row.by) for row in rows]

    async def fact_told(self, number: int) -> None:
        async with self._database.autocommit() as session:
            await session.execute(delete(outbox).where(outbox.c.number == number))

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._database.autocommit() as session:
            rows: Sequence[Row[Any]] = (await session.execute(query)).all()
        return rows


async def _require_unit(session: AsyncSession, site: Site) -> None:
    """Raises InvalidFields where its unit is not there; it stays until the end of the transaction."""
    if site.unit is None:
        return
    query = select(units.c.id).where(units.c.id == site.unit).with_for_update(read=True, key_share=True)
    if await session.scalar(query) is None:
        raise InvalidFields([no_such_unit("unit", site.unit)])


async def _done(
    session: AsyncSession, is_done: bool, deed: Deed, fact: str | None = None, camera: CameraRef | None = None
) -> bool:
    """Put on record what was done, and what the bus is to be told of it."""
    if is_done:
        await insert_deed(session, deed)
        if fact is not None and camera is not None:
            values = {"fact": fact, "site": camera.site, "camera": camera.camera, "at": deed.at, "by": deed.who or ""}
            await session.execute(insert(outbox).values(values))
    return is_done


def _paged(query: Select[Any], table: Table, page: PageRequest) -> Select[Any]:
    if page.after is not None:
        query = query.where(table.c.id > page.after)
    return query.order_by(table.c.id).limit(page.limit + 1)


def _site(row: Row[Any]) -> Site:
    return Site(row.id, row.name, row.kind, row.recordings_gb, row.unit, row.revision)


def _site_values(site: Site) -> dict[str, Any]:
    return {"name": site.name, "kind": site.kind, "recordings_gb": site.recordings_gb, "unit": site.unit}


def _camera(row: Row[Any]) -> Camera:
    return Camera(
        id=row.id,
        site=row.site,
        name=row.name,
        purpose=row.purpose,
        main=StreamSource(row.main_url, row.main_transport),
        sub=None if row.sub_url is None else StreamSource(row.sub_url, row.sub_transport),
        username=row.username,
        sealed_password=row.sealed_password,
        is_enabled=row.is_enabled,
        wants_audio=row.wants_audio,
        talk=row.talk,
        talk_port=row.talk_port,
        talk_channel=row.talk_channel,
        recording=RecordingPolicy.model_validate(row.recording),
        analysis=AnalysisPolicy.model_validate(row.analysis),
        revision=row.revision,
    )


def _values(camera: Camera) -> dict[str, Any]:
    return {
        "id": camera.id,
        "site": camera.site,
        "name": camera.name,
        "purpose": camera.purpose,
        "main_url": camera.main.url,
        "main_transport": camera.main.transport,
        "sub_url": camera.sub.url if camera.sub else None,
        "sub_transport": camera.sub.transport if camera.sub else None,
        "username": camera.username,
        "sealed_password": camera.sealed_password,
        "is_enabled": camera.is_enabled,
        "wants_audio": camera.wants_audio,
        "talk": camera.talk,
        "talk_port": camera.talk_port,
        "talk_channel": camera.talk_channel,
        "recording": camera.recording.model_dump(mode="json"),
        "analysis": camera.analysis.model_dump(mode="json"),
        "revision": camera.revision,
    }
