"""Recording one stream: in order, each once, whatever fails on the way; against a log, objects and an index in memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.recorder.index import Head, HeadMoved
from services.recorder.recording import Recording
from services.recorder.recording_plan import Wish
from services.recorder.segment import Gap, Segment, StreamRef, link_of
from services.recorder.segmenter import StoredFragment
from shared.errors import PeerError
from shared.media.fragment import Fragment, FragmentHeader
from shared.subjects import CameraRef

OF = StreamRef(CameraRef("school", "wok"), "main")
BEGAN_US = 1_700_000_000_000_000
EACH_90K = 18_000  # 200 ms
GOP = 10  # fragments


def filmed(run: str, count: int, from_us: int, first_seq: int = 0) -> list[Fragment]:
    """Fragments of 200 ms, an IDR every 2 s."""
    return [
        Fragment(
            FragmentHeader(
                run=run,
                seq=seq,
                pts_90k=seq * EACH_90K,
                duration_90k=EACH_90K,
                captured_us=from_us + (seq - first_seq) * 200_000,
                received_us=from_us + (seq - first_seq) * 200_000,
                is_idr=seq % GOP == 0,
                init_bytes=3 if seq % GOP == 0 else 0,
                codecs="avc1.64002A",
                sha256="",
            ),
            f"{run}{seq:05d}".encode(),
        )
        for seq in range(first_seq, first_seq + count)
    ]


class Away(PeerError):
    """A peer of the test."""


class Plant:
    """The bus's memory, S3 and the index; each can fail once at a chosen call."""

    def __init__(self) -> None:
        self.log: list[StoredFragment] = []
        self.objects: dict[str, bytes] = {}
        self.rows: list[tuple[Segment, Gap | None]] = []
        self.head_now: Head | None = None
        self.now_us = BEGAN_US
        self.fails: list[str] = []
        self.reads = 0
        self.causes: dict[int, str] = {}

    def store(self, fragments: Sequence[Fragment]) -> None:
        for fragment in fragments:
            self.log.append(StoredFragment(len(self.log) + 1, fragment))
        self.now_us = fragments[-1].header.received_us + 100_000

    def _fail_if(self, what: str) -> None:
        if what in self.fails:
            self.fails.remove(what)
            raise Away(what)

    async def after(self, of: StreamRef, media_seq: int) -> tuple[Sequence[StoredFragment], bool]:
        self._fail_if("after")
        found = [one for one in self.log if one.media_seq > media_seq]
        self.reads += len(found[:60])
        return found[:60], len(found) > 60

    async def put(self, segment: Segment, parts: Sequence[bytes]) -> None:
        self._fail_if("put")
        self.objects[segment.object_name] = b"".join(parts)
        self._fail_if("after put")

    async def head(self, of: StreamRef) -> Head | None:
        self._fail_if("head")
        return self.head_now

    async def append(self, segment: Segment, media_seq: int, gap: Gap | None, after: Head | None) -> Head:
        self._fail_if("append")
        if self.head_now != after:
            raise HeadMoved(self.head_now)
        number = 1 if after is None else after.number + 1
        link = link_of(segment, number, "0" * 64 if after is None else after.link, gap)
        self.head_now = Head(segment.run, segment.last_seq, segment.ends_us, media_seq, number, link)
        self.rows.append((segment, gap))
        self._fail_if("after append")
        return self.head_now

    def recording(self, wish: object = None) -> Recording:
        return Recording(
            OF,
            self,
            self,
            self,
            lambda: self.now_us,
            20.0,
            wish if callable(wish) else lambda captured_us: Wish.KEEP,
            lambda from_us, to_us: self.causes.get(to_us, "unknown"),
        )

    def recorded(self) -> list[str]:
        """What is in the objects that the rows name, fragment by fragment."""
        found: list[str] = []
        for segment, _ in self.rows:
            data = self.objects[segment.object_name]
            found += [data[place : place + 7].decode() for place in range(0, len(data), 7)]
        return found


async def until_all(plant: Plant, recording: Recording) -> None:
    plant.now_us += 60_000_000  # nothing more comes: what is open is stored
    for _ in range(10):
        try:
            await recording.advance()
        except Away:
            continue


async def test_what_was_filmed_is_stored_in_order_in_segments_that_begin_with_an_idr() -> None:
    plant = Plant()
    plant.store(filmed("aa", 437, BEGAN_US))
    recording = plant.recording()
    await until_all(plant, recording)
    assert plant.recorded() == [f"aa{seq:05d}" for seq in range(437)]
    assert all(segment.first_seq % GOP == 0 for segment, _ in plant.rows)
    lengths = [(segment.ends_us - segment.starts_us) / 1e6 for segment, _ in plant.rows]
    assert lengths[1:-1] == [20.0] * (len(lengths) - 2)
    assert 10 <= lengths[0] <= 20


async def test_the_next_round_is_due_when_the_next_segment_is_whole() -> None:
    plant = Plant()
    recording = plant.recording()
    plant.store(filmed("aa", 150, BEGAN_US))
    first = await recording.advance()
    assert len(first.stored) == 1
    waited = int(first.due_in_s * 5) + 1
    plant.store(filmed("aa", waited, BEGAN_US + 30_000_000, 150))
    second = await recording.advance()
    assert len(second.stored) == 1
    assert plant.reads <= 150 + (150 - 50) + waited + GOP, "only what is not a whole segment is read again"


@pytest.mark.parametrize("where", ["head", "after", "put", "after put", "append", "after append"])
@pytest.mark.parametrize("is_same_worker", [True, False])
async def test_a_failure_anywhere_loses_nothing_and_doubles_nothing(where: str, is_same_worker: bool) -> None:
    plant = Plant()
    plant.store(filmed("aa", 200, BEGAN_US))
    plant.fails = [where]
    recording = plant.recording()
    with pytest.raises(Away):
        await recording.advance()
    await until_all(plant, recording if is_same_worker else plant.recording())
    assert plant.recorded() == [f"aa{seq:05d}" for seq in range(200)]
    assert len(plant.objects) == len(plant.rows)


async def test_two_workers_at_once_store_each_segment_once() -> None:
    plant = Plant()
    plant.store(filmed("aa", 200, BEGAN_US))
    one, other = plant.recording(), plant.recording()
    await one.advance()
    plant.store(filmed("aa", 200, BEGAN_US + 40_000_000, 200))
    for _ in range(3):
        await other.advance()
        await one.advance()
    await until_all(plant, one)
    assert plant.recorded() == [f"aa{seq:05d}" for seq in range(400)]


async def test_repeats_on_the_bus_are_stored_once() -> None:
    plant = Plant()
    film = filmed("aa", 120, BEGAN_US)
    plant.store([*film[:60], *film[40:60], *film[60:]])
    await until_all(plant, plant.recording())
    assert plant.recorded() == [f"aa{seq:05d}" for seq in range(120)]


@pytest.mark.parametrize(
    ("second", "cause"),
    [
        (filmed("bb", 60, BEGAN_US + 40_000_000), "port_closed"),
        (filmed("aa", 60, BEGAN_US + 40_000_000, 120), "missing_on_bus"),
    ],
)
async def test_a_hole_is_told_with_its_cause(second: list[Fragment], cause: str) -> None:
    plant = Plant()
    plant.causes[BEGAN_US + 40_000_000] = "port_closed"
    plant.store([*filmed("aa", 100, BEGAN_US), *second])
    await until_all(plant, plant.recording())
    gaps = [gap for _, gap in plant.rows if gap is not None]
    assert gaps == [Gap(BEGAN_US + 20_000_000, BEGAN_US + 40_000_000, cause)]


async def test_runs_that_follow_at_once_are_no_hole() -> None:
    plant = Plant()
    plant.store([*filmed("aa", 100, BEGAN_US), *filmed("bb", 60, BEGAN_US + 20_100_000)])
    await until_all(plant, plant.recording())
    assert [gap for _, gap in plant.rows if gap is not None] == []


async def test_what_is_not_wanted_is_not_kept() -> None:
    plant = Plant()
    plant.store(filmed("aa", 300, BEGAN_US))

    def wish(captured_us: int) -> Wish:
        return Wish.DROP if 20_000_000 <= captured_us - BEGAN_US < 40_000_000 else Wish.KEEP

    await until_all(plant, plant.recording(wish))
    assert plant.recorded() == [f"aa{seq:05d}" for seq in (*range(100), *range(200, 300))]
    gaps = [gap for _, gap in plant.rows if gap is not None]
    assert gaps == [Gap(BEGAN_US + 20_000_000, BEGAN_US + 40_000_000, "not_wanted")]


async def test_what_is_not_settled_yet_waits_on_the_bus() -> None:
    plant = Plant()
    plant.store(filmed("aa", 300, BEGAN_US))
    settled_s = 30

    def wish(captured_us: int) -> Wish:
        after_s = (captured_us - BEGAN_US) / 1e6
        if after_s >= settled_s:
            return Wish.NOT_YET
        return Wish.KEEP if 10 <= after_s < 20 else Wish.DROP

    recording = plant.recording(wish)
    await recording.advance()
    assert plant.recorded() == [f"aa{seq:05d}" for seq in range(50, 100)]
    settled_s = 60
    await recording.advance()
    assert plant.recorded() == [f"aa{seq:05d}" for seq in range(50, 100)]


async def test_a_camera_whose_clock_is_set_back_an_hour_is_stored_in_order_and_shows_no_hole() -> None:
    plant = Plant()
    plant.store([*filmed("aa", 100, BEGAN_US), *filmed("bb", 100, BEGAN_US - 3_600_000_000)])
    plant.now_us = BEGAN_US + 100_000_000
    await until_all(plant, plant.recording())
    assert plant.recorded() == [f"aa{seq:05d}" for seq in range(100)] + [f"bb{seq:05d}" for seq in range(100)]
    assert [gap for _, gap in plant.rows if gap is not None] == []
    assert all(segment.ends_us >= segment.starts_us for segment, _ in plant.rows)
