"""Proofs of alerts in PostgreSQL: a queue that any worker takes from, and takes over where one died."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Table, Text, case, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.tables import metadata
from shared.database import Database
from shared.messages.alert_proofs import AlertProof
from shared.messages.alerting import Alert
from shared.messages.evidence import EvidenceWanted

# = how long whoever took one has for it, before another takes it
TAKEN_US = 60 * 1_000_000

proofs = Table(
    "proofs",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("body", JSONB),
    Column("next_us", BigInteger),
    Column("kept_until_us", BigInteger),
)

seals = Table(
    "seals",
    metadata,
    Column("evidence", Text, primary_key=True),
    Column("order_id", Text),
    Column("body", JSONB),
    Column("state", Text),
    Column("why", Text),
    Column("tries", Integer),
    Column("begun_us", BigInteger),
    Column("next_us", BigInteger),
)


async def wants_proof(session: AsyncSession, alert: str, now_us: int) -> None:
    """In the transaction that raises the alert; again when it is over: a better picture may have come."""
    put = upsert(proofs).values(alert=alert, next_us=now_us)
    await session.execute(put.on_conflict_do_update(index_elements=["alert"], set_={"next_us": now_us}))


async def with_proof(session: AsyncSession, alert: Alert) -> Alert:
    """As far as it is; what is away has no pictures."""
    if alert.outage is not None:
        return alert
    body = (await session.execute(select(proofs.c.body).where(proofs.c.alert == alert.alert))).scalar_one_or_none()
    proof = AlertProof() if body is None else AlertProof.model_validate(body)
    return alert.model_copy(update={"proof": proof, "clip": proof.clip if proof.state == "ready" else None})


class PostgresProofs:
    """The queue of proofs, and of what is to be sealed."""

    def __init__(self, database: Database):
        self._database = database

    async def claim(self, now_us: int, limit: int) -> list[str]:
        """Alerts whose proofs are due; they are ours until now + TAKEN_US."""
        due = select(proofs.c.alert).where(proofs.c.next_us <= now_us).order_by(proofs.c.next_us).limit(limit)
        if not await self._database.finds(due):
            return []
        async with self._database.transaction() as session:
            found = [row.alert for row in await session.execute(due.with_for_update(skip_locked=True))]
            if found:
                taken = update(proofs).where(proofs.c.alert.in_(found)).values(next_us=now_us + TAKEN_US)
                await session.execute(taken)
        return found

    async def next_us(self) -> int | None:
        """When the next one is due."""
        wanted = select(proofs.c.next_us).where(proofs.c.next_us.is_not(None)).order_by(proofs.c.next_us).limit(1)
        async with self._database.autocommit() as session:
            return (await session.execute(wanted)).scalar_one_or_none()

    async def save(self, alert: str, proof: AlertProof, next_us: int | None, claimed_us: int) -> None:
        """How far it is, and when it goes on. Where the alert became due again meanwhile (it is over, with a better
        picture), that stays: who claimed it at `claimed_us` has not seen it."""
        is_as_claimed = proofs.c.next_us == claimed_us + TAKEN_US
        values = {
            "body": proof.model_dump(mode="json"),
            "next_us": case((is_as_claimed, next_us), else_=proofs.c.next_us),
            "kept_until_us": proof.kept_until_us,
        }
        async with self._database.autocommit() as session:
            await session.execute(update(proofs).where(proofs.c.alert == alert).values(values))

    async def old(self, now_us: int, limit: int) -> list[str]:
        """Alerts whose proofs were kept for as long as they should be."""
        wanted = select(proofs.c.alert).where(proofs.c.kept_until_us < now_us).limit(limit)
        async with self._database.autocommit() as session:
            return [row.alert for row in await session.execute(wanted)]

    async def forget(self, alert: str, proof: AlertProof) -> None:
        """What is left says that it was there."""
        values: dict[str, Any] = {"body": proof.model_dump(mode="json"), "next_us": None, "kept_until_us": None}
        async with self._database.autocommit() as session:
            await session.execute(update(proofs).where(proofs.c.alert == alert).values(values))

    async def seal(self, order: str, wanted: Sequence[EvidenceWanted], now_us: int) -> None:
        """To be sealed as soon as the recorder answers; the same id again is the same."""
        if not wanted:
            return
        rows = [
            {
                "evidence": one.case, "order_id": order, "body": one.model_dump(mode="json"), "state": "waiting",
                "why": "", "tries": 0, "begun_us": now_us, "next_us": now_us,
            }
            for one in wanted
        ]  # fmt: skip
        async with self._database.autocommit() as session:
            await session.execute(upsert(seals).values(rows).on_conflict_do_nothing())

    async def claim_seals(self, now_us: int, limit: int) -> list[tuple[EvidenceWanted, str, int, int]]:
        """What is to be sealed, how far it is, how often it was tried, and since when."""
        due = select(seals).where(seals.c.next_us <= now_us).order_by(seals.c.next_us).limit(limit)
        if not await self._database.finds(due):
            return []
        async with self._database.transaction() as session:
            rows = (await session.execute(due.with_for_update(skip_locked=True))).all()
            if rows:
                mine = seals.c.evidence.in_([row.evidence for row in rows])
                await session.execute(update(seals).where(mine).values(next_us=now_us + TAKEN_US))
        return [(EvidenceWanted.model_validate(row.body), row.state, row.tries, row.begun_us) for row in rows]

    async def save_seal(self, evidence: str, state: str, why: str, tries: int, next_us: int | None) -> None:
        values = {"state": state, "why": why, "tries": tries, "next_us": next_us}
        async with self._database.autocommit() as session:
            await session.execute(update(seals).where(seals.c.evidence == evidence).values(values))
