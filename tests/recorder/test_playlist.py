"""Playlists: which GOPs, their byte ranges, where the init is told again, where time jumps."""

from __future__ import annotations

import pytest

from services.recorder.playlist import pieces, playlist
from services.recorder.segment import Gop, Recorded, Segment, StreamRef
from shared.subjects import CameraRef

BEGAN_US = 1_700_000_000_000_000


def row(run: str, first_gop: int, gops: int, starts_us: int) -> Recorded:
    """GOPs of 2 s: an init of 700 bytes and 1000 bytes of pictures each."""
    table = tuple(
        Gop(place * 1700, 700, 1700, (first_gop + place) * 180_000, 180_000, starts_us + place * 2_000_000)
        for place in range(gops)
    )
    segment = Segment(
        of=StreamRef(CameraRef("school", "wok"), "main"),
        run=run,
        first_seq=first_gop * 10,
        last_seq=(first_gop + gops) * 10 - 1,
        starts_us=starts_us,
        ends_us=starts_us + gops * 2_000_000,
        size_bytes=1700 * gops,
        codecs="avc1.64002A",
        gops=table,
        sha256="00" * 32,
    )
    return Recorded(segment, 1, "00" * 32, None)


def text_of(*rows: Recorded, from_s: float = 0, to_s: float = 1e6, is_ended: bool = True) -> list[str]:
    shown = pieces(
        rows,
        BEGAN_US + int(from_s * 1e6),
        BEGAN_US + int(to_s * 1e6),
        lambda segment: f"recordings/{segment.run}-{segment.first_seq}.mp4",
    )
    return playlist(shown, is_ended=is_ended).splitlines()


def test_a_run_is_told_once_and_every_gop_is_the_bytes_of_its_pictures() -> None:
    assert text_of(row("aa", 0, 2, BEGAN_US), row("aa", 2, 1, BEGAN_US + 4_000_000)) == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="recordings/aa-0.mp4",BYTERANGE="700@0"',
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z",
        "#EXTINF:2.00000,",
        "#EXT-X-BYTERANGE:1000@700",
        "recordings/aa-0.mp4",
        "#EXTINF:2.00000,",
        "#EXT-X-BYTERANGE:1000@2400",
        "recordings/aa-0.mp4",
        "#EXTINF:2.00000,",
        "#EXT-X-BYTERANGE:1000@700",
        "recordings/aa-20.mp4",
        "#EXT-X-ENDLIST",
    ]


@pytest.mark.parametrize(
    ("from_s", "to_s", "expected"),
    [(0, 2, 1), (1.9, 2.1, 2), (2, 4, 1), (3.9, 100, 4), (-5, 0, 0), (10, 20, 0), (0, 100, 5)],
)
def test_what_shows_something_of_the_time(from_s: float, to_s: float, expected: int) -> None:
    lines = text_of(row("aa", 0, 3, BEGAN_US), row("aa", 3, 2, BEGAN_US + 6_000_000), from_s=from_s, to_s=to_s)
    assert sum(line.startswith("#EXTINF") for line in lines) == expected


@pytest.mark.parametrize(
    ("second", "has_new_map"),
    [(row("bb", 0, 1, BEGAN_US + 4_000_000), True), (row("aa", 9, 1, BEGAN_US + 18_000_000), False)],
    ids=["another run", "a hole in a run"],
)
def test_where_time_jumps_there_is_a_discontinuity_with_its_date(second: Recorded, has_new_map: bool) -> None:
    lines = text_of(row("aa", 0, 2, BEGAN_US), second)
    place = lines.index("#EXT-X-DISCONTINUITY")
    assert lines[place + 1].startswith("#EXT-X-MAP") == has_new_map
    assert lines[place + 1 + has_new_map].startswith("#EXT-X-PROGRAM-DATE-TIME")
    assert lines.count("#EXT-X-DISCONTINUITY") == 1


def test_what_goes_on_is_an_event_without_an_end() -> None:
    lines = text_of(row("aa", 0, 1, BEGAN_US), is_ended=False)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in lines
    assert "#EXT-X-ENDLIST" not in lines


def test_nothing_recorded_is_an_empty_playlist() -> None:
    assert text_of()[-1] == "#EXT-X-ENDLIST"
