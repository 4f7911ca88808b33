"""The index on a real PostgreSQL: the chain, two writers at once, days, and what overlaps a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from services.recorder.adapters.postgres.index import DAY_US, PostgresIndex
from services.recorder.index import Head, HeadMoved
from services.recorder.segment import FIRST_LINK, Gap, Gop, Segment, StreamRef, link_of
from shared.database import Database
from shared.subjects import CameraRef

OF = StreamRef(CameraRef("school", "wok"), "main")
OTHER = StreamRef(CameraRef("school", "wok"), "sub")
BEGAN_US = 20_000 * DAY_US - 30_000_000  # half a minute before midnight


def segment(number: int, of: StreamRef = OF) -> Segment:
    """20 s long, one behind the other."""
    starts_us = BEGAN_US + number * 20_000_000
    return Segment(
        of=of,
        run="aa",
        first_seq=number * 100,
        last_seq=number * 100 + 99,
        starts_us=starts_us,
        ends_us=starts_us + 20_000_000,
        size_bytes=10_000_000,
        codecs="avc1.64002A",
        gops=tuple(Gop(place * 1000, 700, 1000, place * 180_000, 180_000, starts_us) for place in range(10)),
        sha256=f"{number:064x}",
    )


async def fill(index: PostgresIndex, count: int, of: StreamRef = OF) -> Head:
    head = await index.head(of)
    for number in range(count):
        head = await index.append(segment(number, of), number + 1, None, head)
    assert head is not None
    return head


async def test_what_was_entered_comes_back_chained(index: PostgresIndex) -> None:
    gap = Gap(BEGAN_US + 20_000_000, BEGAN_US + 40_000_000, "port_closed")
    first = await index.append(segment(0), 7, None, None)
    second = await index.append(segment(2), 19, gap, first)
    assert await index.head(OF) == second
    assert (second.media_seq, second.number) == (19, 2)
    found = await index.between(OF, BEGAN_US, BEGAN_US + 60_000_000)
    assert [one.segment for one in found] == [segment(0), segment(2)]
    assert [one.gap for one in found] == [None, gap]
    assert found[0].link == link_of(segment(0), 1, FIRST_LINK, None)
    assert found[1].link == link_of(segment(2), 2, found[0].link, gap) == second.link


async def test_of_two_writers_one_is_told_that_the_head_moved(index: PostgresIndex) -> None:
    results = await asyncio.gather(
        *(index.append(segment(0), place, None, None) for place in range(4)), return_exceptions=True
    )
    heads = [one for one in results if isinstance(one, Head)]
    moved = [one for one in results if isinstance(one, HeadMoved)]
    assert len(heads) == 1
    assert [one.head for one in moved] == heads * 3
    assert len(await index.between(OF, BEGAN_US, BEGAN_US + DAY_US)) == 1


async def test_days_are_partitions_made_by_whoever_is_first(index: PostgresIndex) -> None:
    await asyncio.gather(fill(index, 4), fill(index, 4, OTHER))
    assert len(await index.between(OF, BEGAN_US, BEGAN_US + DAY_US)) == 4
    assert len(await index.between(OTHER, BEGAN_US, BEGAN_US + DAY_US)) == 4


@pytest.mark.parametrize(
    ("from_s", "to_s", "numbers"),
    [(0, 20, [0]), (19, 21, [0, 1]), (20, 40, [1]), (-50, 0, []), (60, 600, [3]), (80, 600, []), (5, 75, [0, 1, 2, 3])],
)
async def test_what_overlaps_a_time(index: PostgresIndex, from_s: int, to_s: int, numbers: list[int]) -> None:
    await fill(index, 4)
    found = await index.between(OF, BEGAN_US + from_s * 1_000_000, BEGAN_US + to_s * 1_000_000)
    assert [one.segment.first_seq // 100 for one in found] == numbers


async def test_a_row_and_its_head_are_one(index: PostgresIndex) -> None:
    head = await fill(index, 2)
    with pytest.raises(HeadMoved):
        await index.append(segment(2), 3, None, replace(head, number=1))
    assert await index.head(OF) == head
    assert len(await index.between(OF, BEGAN_US, BEGAN_US + DAY_US)) == 2


async def test_a_timeline_is_ranges_and_holes_with_causes(index: PostgresIndex) -> None:
    head = await fill(index, 3)
    lost = Gap(BEGAN_US + 60_000_000, BEGAN_US + 100_000_000, "port_closed")
    head = await index.append(segment(5), 6, lost, head)
    await index.append(segment(6), 7, None, head)
    shown = await index.timeline(OF, BEGAN_US - 10_000_000, BEGAN_US + 500_000_000)
    assert [(each.from_us - BEGAN_US, each.to_us - BEGAN_US) for each in shown.ranges] == [
        (0, 60_000_000),
        (100_000_000, 140_000_000),
    ]
    assert shown.gaps == (lost,)
    in_the_hole = await index.timeline(OF, BEGAN_US + 70_000_000, BEGAN_US + 80_000_000)
    assert in_the_hole.ranges == ()
    assert in_the_hole.gaps == (Gap(BEGAN_US + 70_000_000, BEGAN_US + 80_000_000, "port_closed"),)
    assert (await index.timeline(OTHER, BEGAN_US, BEGAN_US + DAY_US)).ranges == ()


async def test_a_day_that_was_dropped_is_made_again(index: PostgresIndex, database: Database) -> None:
    head = await index.append(segment(0), 1, None, None)
    async with database.transaction() as session:
        await session.execute(text("delete from segments"))
        for name in (
            await session.scalars(
                text("select inhrelid::regclass::text from pg_inherits where inhparent = 'segments'::regclass")
            )
        ).all():
            await session.execute(text(f"drop table {name}"))
    second = await index.append(segment(1), 2, None, head)
    assert second.number == 2
