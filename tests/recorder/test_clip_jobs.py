"""Clips as jobs on a real PostgreSQL: a queue, one maker each, taken over, removed."""

from __future__ import annotations

import pytest

from services.recorder.adapters.postgres.clips import DEAD_AFTER_US, PostgresClips
from services.recorder.clip_desk import KEPT_MOST_S, KEPT_S, LONGEST_S, WAITING_MAX, ClipDesk
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.clips import ClipRef, ClipsOf, ClipWanted

NOW = 1_800_000_000_000_000
S = 1_000_000
WANTED = ClipWanted(
    clip="clip-0001", site="school", camera="wok", from_us=NOW - 100 * S, to_us=NOW - 40 * S, asked_by="li"
)


def asked(**changes: object) -> bytes:
    return WANTED.model_copy(update=changes).encode()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to_us": NOW - 100 * S}, "bad_range"),
        ({"to_us": NOW + S}, "range_not_over"),
        ({"from_us": NOW - (LONGEST_S + 50) * S}, "range_too_long"),
        ({"clip": "a/b"}, "bad_id"),
    ],
)
async def test_what_cannot_be_is_refused(database: Database, changes: dict[str, object], code: str) -> None:
    desk = ClipDesk(PostgresClips(database), lambda: NOW, lambda: None)
    with pytest.raises(RequestRefused) as refused:
        await desk.make(asked(**changes))
    assert refused.value.code == code


async def test_from_asking_to_forgetting(database: Database) -> None:
    store = PostgresClips(database)
    desk = ClipDesk(store, lambda: NOW, lambda: None)
    first = await desk.make(asked())
    assert (first.state, first.progress, first.object_name) == ("queued", 0, None)
    assert await desk.make(asked(from_us=NOW - 90 * S)) == first, "the same id is the same clip"
    await desk.make(asked(clip="clip-0002", asked_by="wang"))

    clip = await store.claim("one", NOW)
    assert clip is not None
    assert clip.id == "clip-0001"
    other = await store.claim("two", NOW)
    assert other is not None
    assert other.id == "clip-0002"
    assert await store.claim("three", NOW) is None
    assert await store.beat("clip-0001", "one", 30 * S, NOW + S)
    assert (await desk.clip(ClipRef(clip="clip-0001").encode())).progress == 0.5

    late = NOW + S + DEAD_AFTER_US + 1
    taken_over = await store.claim("three", late)
    assert taken_over is not None
    assert not await store.beat(taken_over.id, "one" if taken_over.id == "clip-0001" else "two", 0, late)
    await store.ready("clip-0001", 1234, "ab" * 32, NOW - 100 * S, NOW - 41 * S)
    done = await desk.clip(ClipRef(clip="clip-0001").encode())
    assert (done.state, done.progress, done.size_bytes) == ("ready", 1, 1234)
    assert done.object_name == "clips/school/wok/clip-0001.mp4"
    listed = await desk.clips(ClipsOf(camera="wok").encode())
    assert {clip.clip for clip in listed.items} == {"clip-0001", "clip-0002"}
    assert (await desk.clips(ClipsOf(sites=("school",)).encode())).items == listed.items
    assert (await desk.clips(ClipsOf(sites=("another",)).encode())).items == ()

    await desk.remove(ClipRef(clip="clip-0001").encode())
    with pytest.raises(RequestRefused, match="no such clip"):
        await desk.clip(ClipRef(clip="clip-0001").encode())
    assert [clip.id for clip in await store.expired(NOW, 10)] == ["clip-0001"]
    await store.forget("clip-0001")
    assert await store.expired(NOW, 10) == []


async def test_one_that_is_being_made_is_removed_when_its_maker_has_stopped(database: Database) -> None:
    store = PostgresClips(database)
    desk = ClipDesk(store, lambda: NOW, lambda: None)
    await desk.make(asked())
    await store.claim("one", NOW)
    await desk.remove(ClipRef(clip="clip-0001").encode())
    assert await store.expired(NOW, 10) == []
    assert not await store.beat("clip-0001", "one", 0, NOW)
    await store.give_up("clip-0001", "one")
    assert [clip.id for clip in await store.expired(NOW, 10)] == ["clip-0001"]


async def test_nobody_may_fill_the_queue(database: Database) -> None:
    desk = ClipDesk(PostgresClips(database), lambda: NOW, lambda: None)
    for number in range(WAITING_MAX):
        await desk.make(asked(clip=f"clip-{number:04}"))
    with pytest.raises(RequestRefused) as refused:
        await desk.make(asked(clip="one-more-clip"))
    assert (refused.value.code, refused.value.status) == ("too_many_clips", 429)
    await desk.make(asked(clip="of-somebody-else", asked_by="wang"))


async def test_who_asks_for_longer_gets_it_and_not_for_ever(database: Database) -> None:
    desk = ClipDesk(PostgresClips(database), lambda: NOW, lambda: None)
    year = NOW + 365 * 24 * 3600 * S
    kept = await desk.make(asked(clip="clip-longer", asked_by="alerting", keep_until_us=year))
    usual = await desk.make(asked(clip="clip-usual", asked_by="alerting", keep_until_us=NOW + S))
    bounded = await desk.make(asked(clip="clip-bounded", asked_by="alerting", keep_until_us=NOW + 10**18))
    assert (kept.expires_us, usual.expires_us) == (year, NOW + KEPT_S * S)
    assert bounded.expires_us == NOW + KEPT_MOST_S * S
