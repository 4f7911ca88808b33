"""The Fragmenter with values only: what opens, what closes, and every number in the boxes."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.media.access_unit import AccessUnit
from shared.media.boxes import walk
from shared.media.formats import AudioFormat, StreamFormat, VideoFormat
from shared.media.fragment import Fragment
from shared.media.fragmenter import UNWATCHED_90K, WATCHED_90K, Fragmenter
from shared.media.timeline import TimelineBroken

SPS = bytes.fromhex("67640028acb403c0113f2c2000000300200000065480")
PPS = bytes.fromhex("68ee3cb0")
TICK = 3600
RUN = "00112233445566ff"
SOUND = AudioFormat(48_000, 1, bytes.fromhex("1188"))


def stream(reorder_depth: int = 0, sound: AudioFormat | None = None, frame_rate: float | None = 25.0) -> StreamFormat:
    video = VideoFormat("h264", 1920, 1080, frame_rate, "avc1.640028", (SPS, PPS), reorder_depth)
    return StreamFormat(video, sound)


def unit(pts_90k: int, is_idr: bool = False, size: int = 10) -> AccessUnit:
    sample = (size - 4).to_bytes(4) + bytes(size - 4)
    return AccessUnit([sample[:4], sample[4:]], size, pts_90k, is_idr, pts_90k * 100 // 9)


class Track:
    """The samples of one track as a player adds them up from moof boxes."""

    def __init__(self) -> None:
        self.dts: list[int] = []
        self.pts: list[int] = []
        self.durations: list[int] = []
        self.samples: list[bytes] = []
        self.is_sync: list[bool] = []
        self.has_offsets: list[bool] = []


def played(fragments: Iterable[Fragment]) -> dict[int, Track]:
    """Read the boxes back by the standard alone (ISO/IEC 14496-12 8.8.4 to 8.8.12)."""
    tracks: dict[int, Track] = {}
    for fragment in fragments:
        data, moof, track, time = fragment.payload, 0, Track(), 0
        for box in walk(data):
            if box.path == "moof":
                moof = box.begin
            elif box.path == "moof/traf/tfhd":
                flags, track_id = struct.unpack_from(">II", data, box.body)
                assert flags == 0x020000
                track = tracks.setdefault(track_id, Track())
            elif box.path == "moof/traf/tfdt":
                version, time = struct.unpack_from(">IQ", data, box.body)
                assert version == 1 << 24
            elif box.path == "moof/traf/trun":
                head, count, offset, first_flags = struct.unpack_from(">IIII", data, box.body)
                assert head >> 24 == 1
                has_offsets = bool(head & 0x800)
                entry = struct.Struct(">IIi" if has_offsets else ">II")
                assert box.end == box.body + 16 + count * entry.size
                at = moof + offset
                for index in range(count):
                    duration, size, *shift = entry.unpack_from(data, box.body + 16 + index * entry.size)
                    track.dts.append(time)
                    track.pts.append(time + (shift[0] if shift else 0))
                    track.durations.append(duration)
                    track.samples.append(data[at : at + size])
                    track.is_sync.append(index == 0 and first_flags == 0x02000000)
                    track.has_offsets.append(has_offsets)
                    time += duration
                    at += size
            elif box.path == "mdat":
                assert box.end == len(data)
    return tracks


def pushed(fragmenter: Fragmenter, units: Iterable[AccessUnit]) -> list[Fragment]:
    return [fragment for one in units for fragment in fragmenter.push_video(one, one.received_us)]


def test_200_ms_close_with_the_fifth_picture_and_not_with_the_sixth() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    units = [unit(index * TICK, index == 0) for index in range(11)]
    counts = [len(fragmenter.push_video(one, one.received_us)) for one in units]
    assert counts == [1, *([0, 0, 0, 0, 1] * 2)]


def test_every_idr_is_a_fragment_of_its_own_at_once() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    counts = [len(fragmenter.push_video(unit(index * TICK, index % 7 == 0), 0)) for index in range(14)]
    assert counts == [1, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0]
    fragments = pushed(Fragmenter(stream(), RUN), (unit(index * TICK, index % 7 == 0) for index in range(15)))
    assert [len(played([fragment])[1].pts) for fragment in fragments] == [1, 5, 1, 1, 5, 1, 1]
    assert [fragment.header.is_idr for fragment in fragments] == [True, False, False] * 2 + [True]


CASES = [
    # frames a second, pictures in each fragment of about 200 ms
    (50, 10), (30, 6), (29.97, 6), (25, 5), (20, 4), (15, 3), (12.5, 2), (10, 2), (5, 1), (1, 1),
]  # fmt: skip


@pytest.mark.parametrize(("rate", "pictures"), CASES)
def test_pictures_in_a_fragment(rate: float, pictures: int) -> None:
    fragmenter = Fragmenter(stream(frame_rate=rate), RUN)
    fragments = pushed(fragmenter, (unit(round(index * 90_000 / rate), index == 0) for index in range(61)))
    counts = [len(track.pts) for track in (played([fragment])[1] for fragment in fragments)]
    assert counts[0] == 1
    assert set(counts[1:]) == {pictures}


def test_the_rate_is_learned_where_the_camera_states_none() -> None:
    fragmenter = Fragmenter(stream(frame_rate=None), RUN)
    fragments = pushed(fragmenter, (unit(index * 6000, index == 0) for index in range(60)))
    assert [len(played([fragment])[1].pts) for fragment in fragments][1:] == [3] * (len(fragments) - 1)


def test_header_of_each_fragment() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    first, second = pushed(fragmenter, (unit(900 + index * TICK, index == 0) for index in range(6)))
    assert first.header.run == RUN
    assert (first.header.seq, second.header.seq) == (0, 1)
    assert (first.header.pts_90k, second.header.pts_90k) == (900, 900 + TICK)
    assert (first.header.duration_90k, second.header.duration_90k) == (TICK, 5 * TICK)
    assert (first.header.is_idr, second.header.is_idr) == (True, False)
    assert first.header.captured_us == 10_000
    assert second.header.captured_us == 50_000
    assert first.header.received_us == 10_000
    assert second.header.received_us == 210_000
    assert first.header.codecs == "avc1.640028"
    for fragment in (first, second):
        assert fragment.header.sha256 == sha256(fragment.payload).hexdigest()
    assert first.payload[first.header.init_bytes :][4:8] == b"moof"
    assert first.payload[4:8] == b"ftyp"
    assert second.header.init_bytes == 0
    assert second.payload[4:8] == b"moof"


def test_rest_ends_with_the_last_picture_but_one() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    assert fragmenter.rest_90k == 0, "nothing is known before the first picture"
    rests = []
    for number in range(7):
        fragmenter.push_video(unit(number * TICK, is_idr=number == 0), 0)
        rests.append(fragmenter.rest_90k // TICK)
    assert rests == [4, 3, 2, 1, 0, 4, 3], "an IDR fills one, and five pictures another"
    fragmenter.retarget(WATCHED_90K)
    assert fragmenter.rest_90k == 0


def test_an_idr_closes_what_is_open_with_its_true_duration() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    units = [unit(0, True), unit(TICK), unit(TICK * 2), unit(TICK * 3 + 77, True)]
    _, cut, rest = pushed(fragmenter, units)
    assert cut.header.duration_90k == TICK * 2 + 77
    assert rest.header.is_idr
    assert rest.payload[4:8] == b"ftyp"
    assert fragmenter.flush() == ()


def test_watched_every_picture_is_a_fragment_at_once() -> None:
    fragmenter = Fragmenter(stream(), RUN, WATCHED_90K)
    units = [unit(index * TICK, index % 5 == 0) for index in range(12)]
    counts = [len(fragmenter.push_video(one, 0)) for one in units]
    assert counts == [1] * 12


def test_being_watched_sends_what_is_open_at_once() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    assert len(pushed(fragmenter, [unit(0, True), unit(TICK), unit(2 * TICK)])) == 1
    (fragment,) = fragmenter.retarget(WATCHED_90K)
    assert len(played([fragment])[1].pts) == 2
    assert len(fragmenter.push_video(unit(3 * TICK), 0)) == 1
    assert fragmenter.retarget(UNWATCHED_90K) == ()
    assert fragmenter.push_video(unit(4 * TICK), 0) == ()


def test_nothing_before_the_first_idr() -> None:
    fragmenter = Fragmenter(stream(sound=SOUND), RUN, WATCHED_90K)
    assert fragmenter.push_video(unit(0), 0) == ()
    assert fragmenter.push_audio(b"aac", 0, 1024, 0, 0) == ()
    assert fragmenter.flush() == ()
    (fragment,) = fragmenter.push_video(unit(TICK, True), 0)
    assert fragment.header.seq == 0


def test_no_composition_offsets_without_b_pictures() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    fragments = pushed(fragmenter, (unit(index * TICK, index == 0) for index in range(6)))
    assert played(fragments)[1].has_offsets == [False] * 6


# PTS in decoding order, in pictures; depth
REORDERED = [
    ("I P B P B", 1, [0, 2, 1, 4, 3, 6, 5]),
    ("pyramid", 2, [0, 4, 2, 1, 3, 8, 6, 5, 7]),
    ("deeper than stated", 1, [0, 4, 2, 1, 3, 8, 6, 5, 7]),
    ("depth stated, none used", 4, [0, 1, 2, 3, 4, 5, 6, 7]),
]


@pytest.mark.parametrize("first_pts", [0, 1000, 90_000, 2**33])
@pytest.mark.parametrize(("what", "depth", "order"), REORDERED, ids=[row[0] for row in REORDERED])
def test_b_pictures(what: str, depth: int, order: list[int], first_pts: int) -> None:
    fragmenter = Fragmenter(stream(depth), RUN)
    wanted = [first_pts + index * TICK for index in order]
    fragments = pushed(fragmenter, (unit(pts, index == 0) for index, pts in enumerate(wanted)))
    track = played([*fragments, *fragmenter.flush()])[1]
    assert track.pts == wanted
    assert track.dts == sorted(set(track.dts))
    assert track.dts[0] >= 0
    if what != "deeper than stated" and first_pts >= depth * TICK:
        assert all(dts <= pts for dts, pts in zip(track.dts, track.pts, strict=True))


BROKEN = [
    ("a jump of 11 s", 0, 100 * TICK + 11 * 90_000, False),
    ("a jump of 11 s at an IDR", 2, 100 * TICK + 11 * 90_000, True),
    ("back by a second", 0, 75 * TICK, False),
    ("back by a picture", 0, 98 * TICK, True),
    ("back by two seconds among B-pictures", 2, 50 * TICK, False),
    ("an IDR before its time", 2, 98 * TICK, True),
    ("back to zero", 2, 0, True),
]


@pytest.mark.parametrize(("what", "depth", "pts", "is_idr"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_timeline_is_said_and_leaves_the_run_whole(what: str, depth: int, pts: int, is_idr: bool) -> None:
    fragmenter = Fragmenter(stream(depth), RUN)
    fragments = pushed(fragmenter, (unit(index * TICK, index == 0) for index in range(100)))
    with pytest.raises(TimelineBroken):
        fragmenter.push_video(unit(pts, is_idr), 0)
    fragments += fragmenter.flush()
    assert played(fragments)[1].pts == [index * TICK for index in range(100)]


def test_pictures_stamped_alike_are_a_tick_apart() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    fragments = pushed(fragmenter, [unit(0, True), unit(TICK), unit(TICK), unit(TICK - 100), unit(2 * TICK)])
    assert played([*fragments, *fragmenter.flush()])[1].pts == [0, TICK, TICK + 1, TICK + 2, 2 * TICK]


def test_pts_that_stand_still_do_not_fill_memory() -> None:
    fragmenter = Fragmenter(stream(), RUN)
    units = (unit(0, index == 0, size=100_000) for index in range(200))
    sizes = [len(fragment.payload) for fragment in pushed(fragmenter, units)]
    assert len(sizes) >= 4
    assert max(sizes) < 4_200_000


def test_a_hole_lengthens_no_picture_after_it() -> None:
    """The last picture of a fragment is estimated; after a hole of 9 s the estimate is back within a few pictures."""
    fragmenter = Fragmenter(stream(), RUN)
    times = [0, TICK, 2 * TICK, *(9 * 90_000 + index * TICK for index in range(40))]
    fragments = pushed(fragmenter, (unit(pts, pts == 0) for pts in times))
    track = played(fragments)[1]
    assert track.pts == times[: len(track.pts)]
    assert {fragment.header.duration_90k for fragment in fragments[3:]} == {5 * TICK}


def test_sound_travels_in_the_open_fragment() -> None:
    fragmenter = Fragmenter(stream(sound=SOUND), RUN)
    fragments: list[Fragment] = []
    sent = 0
    for index in range(50):
        fragments += fragmenter.push_video(unit(index * TICK, index % 25 == 0), 0)
        while sent * 1024 * 90_000 < index * TICK * 48_000:
            fragments += fragmenter.push_audio(b"%04d" % sent, sent * 1024, 1024, 0, 0)
            sent += 1
    fragments += fragmenter.flush()
    tracks = played(fragments)
    assert tracks[1].pts == [index * TICK for index in range(50)]
    assert tracks[2].samples == [b"%04d" % index for index in range(sent)]
    assert tracks[2].dts == [index * 1024 for index in range(sent)]
    assert len(fragments) == 12  # two IDRs, five of up to 200 ms after each, the sound of the last in the last of them
    assert fragments[0].header.codecs == "avc1.640028,mp4a.40.2"


def test_sound_goes_on_while_pictures_stay_away() -> None:
    fragmenter = Fragmenter(stream(sound=SOUND), RUN)
    fragments = list(fragmenter.push_video(unit(0, True), 0))
    for index in range(100):
        fragments += fragmenter.push_audio(b"aac", index * 1024, 1024, 7, 8)
    tracks = played(fragments)
    assert len(tracks[1].pts) == 1
    assert len(tracks[2].pts) == 96
    assert [fragment.header.is_idr for fragment in fragments] == [True, False, False, False, False]
    assert fragments[1].header.duration_90k == 46_080
    assert fragments[1].header.captured_us == 7
    assert fragments[1].header.received_us == 8


def test_a_hole_in_the_sound_is_kept_and_an_overlap_dropped() -> None:
    fragmenter = Fragmenter(stream(sound=SOUND), RUN)
    fragmenter.push_video(unit(0, True), 0)
    for pts in (0, 1024, 1024, 900, 5000, 6024):
        fragmenter.push_audio(b"aac", pts, 1024, 0, 0)
    assert played(fragmenter.flush())[2].dts == [0, 1024, 5000, 6024]
    for pts in (6024 - 60_000, 6024 + 600_000):
        with pytest.raises(TimelineBroken):
            fragmenter.push_audio(b"aac", pts, 1024, 0, 0)


def test_sound_alone() -> None:
    fragmenter = Fragmenter(StreamFormat(None, SOUND), RUN)
    fragments = [
        fragment for index in range(100) for fragment in fragmenter.push_audio(b"aac", index * 1024, 1024, 0, 0)
    ]
    assert len(fragments) == 10
    assert all(fragment.header.is_idr and fragment.payload[4:8] == b"ftyp" for fragment in fragments)
    assert fragments[3].header.pts_90k == 57_600
    assert fragments[3].header.duration_90k == 19_200


def test_a_day_without_drift_across_the_wraps_of_32_and_33_bits() -> None:
    fragmenter = Fragmenter(stream(frame_rate=5.0), RUN)
    first = 2**32 - 12_345
    pictures = 24 * 3600 * 5  # 5 fps make a day of 432,000 pictures
    sample = unit(0, size=8)
    end = first
    for index in range(pictures):
        sample.pts_90k = first + index * 18_000
        sample.is_idr = index % 10 == 0
        for fragment in fragmenter.push_video(sample, 0):
            assert fragment.header.pts_90k == end
            end += fragment.header.duration_90k
    assert end == first + 24 * 3600 * 90_000
    assert fragmenter.next_seq == pictures


@st.composite
def any_units(draw: st.DrawFn) -> list[AccessUnit]:
    pts, units = draw(st.integers(0, 2**34)), []
    for index in range(draw(st.integers(1, 60))):
        units.append(unit(max(0, pts), index == 0 or draw(st.integers(0, 9)) == 0, draw(st.integers(5, 40))))
        pts += draw(st.one_of(st.just(TICK), st.integers(-9000, 20_000), st.integers(-(2**21), 2**21)))
    return units


@given(units=any_units(), depth=st.integers(0, 4), targets=st.lists(st.sampled_from([0, 9000, 18_000]), min_size=1))
def test_whatever_comes_bytes_are_kept_and_decoding_times_rise(
    units: list[AccessUnit], depth: int, targets: list[int]
) -> None:
    fragmenter = Fragmenter(stream(depth), RUN, targets[0])
    fragments: list[Fragment] = []
    taken: list[AccessUnit] = []
    for index, one in enumerate(units):
        fragments += fragmenter.retarget(targets[index % len(targets)])
        try:
            fragments += fragmenter.push_video(one, 0)
        except TimelineBroken:
            continue
        taken.append(one)
    fragments += fragmenter.flush()
    track = played(fragments)[1]
    assert b"".join(track.samples) == b"".join(part for one in taken for part in one.parts)
    assert all(earlier < later for earlier, later in zip(track.dts, track.dts[1:], strict=False))
    assert [fragment.header.seq for fragment in fragments] == list(range(len(fragments)))
    assert track.is_sync == [one.is_idr for one in taken]
    if depth:
        assert track.pts == [one.pts_90k for one in taken]
