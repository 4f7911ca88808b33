"""Statements and cases on a real PostgreSQL: what is stored checks again, and nothing of it can be changed."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.recorder.adapters.postgres.evidence import PostgresEvidence
from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.evidence.case_file import Case
from services.recorder.evidence.case_verifier import check
from services.recorder.evidence.evidence_store import SealedCase, StatementTaken
from services.recorder.evidence.hourly_statement import HOUR_US, HourlyStatement, SignedStatement
from services.recorder.segment import Recorded, StreamRef
from shared.database import Database
from tests.recorder.evidence_cases import HOUR, KEY, STREAMS, Bucket, chain_of, sealed

SEALED = SealedCase("case-7", "Li Wei", HOUR, "why", "cases/case-7.zip", 12_345_678_901, "ab" * 32, HOUR + HOUR_US)


@pytest.fixture
def store(database: Database) -> PostgresEvidence:
    return PostgresEvidence(database)


async def record(index: PostgresIndex, chain: list[Recorded]) -> None:
    head = await index.head(chain[0].segment.of)
    for recorded in chain:
        head = await index.append(recorded.segment, recorded.number, recorded.gap, head)


async def state_now(store: PostgresEvidence, until_us: int) -> SignedStatement:
    newest = await store.newest_statement()
    signed = HourlyStatement.over(await store.heads(), until_us, newest).signed(KEY)
    await store.add_statement(signed)
    return signed


async def a_sealed_case(store: PostgresEvidence, of: StreamRef, from_us: int, to_us: int, bucket: Bucket) -> bytes:
    statement = await store.first_statement_over(of, to_us)
    assert statement is not None
    to_number = next(head.number for head in statement.statement.heads if head.of == of)
    stream = await store.case_stream(of, from_us, to_us, to_number)
    return await sealed(Case("case-7", "Li Wei", to_us, "why", (stream,), (statement,)), bucket)


async def test_a_case_from_the_database_checks(index: PostgresIndex, store: PostgresEvidence) -> None:
    chains = [chain_of(of, 10) for of in STREAMS]
    for chain in chains:
        await record(index, chain[:6])
    first = await state_now(store, HOUR + 180_000_000)
    for chain in chains:
        await record(index, chain[6:])
    second = await state_now(store, HOUR + HOUR_US)
    assert await store.newest_statement() == second
    assert await store.statements(1, 9) == [first, second]
    assert second.body["previous"] == first.sha256

    bucket = Bucket(chains)
    for from_number, to_number, proven_by, anchor in ((3, 4, 1, 2), (1, 2, 1, 1), (5, 9, 2, 4)):
        from_us = chains[1][from_number - 1].segment.starts_us
        to_us = chains[1][to_number - 1].segment.ends_us
        archive = await a_sealed_case(store, STREAMS[1], from_us, to_us, bucket)
        assert check(io.BytesIO(archive), KEY.public_pem).wrong == []
        statement = await store.first_statement_over(STREAMS[1], to_us)
        assert statement is not None
        assert statement.statement.number == proven_by
        assert (await store.case_stream(STREAMS[1], from_us, to_us, 6)).chain[0].number == anchor


async def test_a_clock_set_back_leaves_no_hole(index: PostgresIndex, store: PostgresEvidence) -> None:
    early, late = chain_of(STREAMS[0], 8, HOUR), chain_of(STREAMS[0], 4, HOUR + HOUR_US)
    mixed = [*late[:4], *(replace(one, segment=replace(one.segment, run="r2")) for one in early[4:8])]
    await record(index, mixed)
    stream = await store.case_stream(STREAMS[0], late[1].segment.starts_us, late[2].segment.ends_us, 8)
    assert [recorded.number for recorded in stream.chain] == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_where_the_old_end_was_deleted_the_rest_still_checks(
    index: PostgresIndex, store: PostgresEvidence, database: Database
) -> None:
    chain = chain_of(STREAMS[0], 6)
    await record(index, chain)
    await state_now(store, HOUR + HOUR_US)
    async with database.transaction() as session:
        await session.execute(text("delete from segments where number <= 2"))
    from_us, to_us = chain[4].segment.starts_us, chain[4].segment.ends_us
    assert check(io.BytesIO(await a_sealed_case(store, STREAMS[0], from_us, to_us, Bucket([chain])))).wrong == []
    # Of a range that began in what was deleted the verifier says so.
    archive = await a_sealed_case(store, STREAMS[0], HOUR, to_us, Bucket([chain]))
    assert "segments before 4 may belong" in check(io.BytesIO(archive)).wrong[0]


async def test_nothing_filmed_is_an_empty_chain(store: PostgresEvidence) -> None:
    assert (await store.case_stream(STREAMS[0], HOUR, HOUR + 1, 5)).chain == ()
    assert await store.newest_statement() is None
    assert await store.first_statement_over(STREAMS[0], 0) is None
    assert list(await store.heads()) == []


async def test_of_two_workers_one_makes_the_statement(index: PostgresIndex, store: PostgresEvidence) -> None:
    await record(index, chain_of(STREAMS[0], 1))
    # All three have read the same newest one: who adds second is late, however the machine is loaded.
    heads, newest = await store.heads(), await store.newest_statement()
    made = [HourlyStatement.over(heads, HOUR + HOUR_US, newest).signed(KEY) for _ in range(3)]
    results = await asyncio.gather(*(store.add_statement(one) for one in made), return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, StatementTaken) for result in results) == 2


async def test_a_time_stamp_comes_later_and_stays(index: PostgresIndex, store: PostgresEvidence) -> None:
    await record(index, chain_of(STREAMS[0], 1))
    signed = await state_now(store, HOUR + HOUR_US)
    await store.add_time_stamp(1, b"token")
    await store.add_time_stamp(1, b"another")
    assert await store.newest_statement() == replace(signed, time_stamp=b"token")


async def test_a_sealed_case_is_found_again(store: PostgresEvidence) -> None:
    await store.add_case(SEALED)
    assert await store.case("case-7") == SEALED
    assert await store.case("case-8") is None


@pytest.mark.parametrize(
    "change",
    [
        "update statements set signature = ''",
        "delete from statement_heads",
        "update time_stamps set token = ''",
        "truncate case_files",
        "update case_files set locked_until_us = 0",
    ],
)
async def test_evidence_is_append_only(store: PostgresEvidence, database: Database, change: str) -> None:
    with pytest.raises(DBAPIError, match="evidence is never changed"):
        async with database.transaction() as session:
            await session.execute(text(change))
