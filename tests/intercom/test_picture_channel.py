"""A camera's stream as RTP: nothing of a picture is lost or changed, every IDR brings what opens a decoder."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import av
import pytest

from services.intercom.picture_channel import GOP_LIMIT_BYTES, PAYLOAD_BYTES, Picture, PictureChannel, require_watchable
from services.intercom.picture_queue import PictureQueue
from shared.errors import RequestRefused
from shared.media.formats import VideoCodec
from shared.media.fragment import Fragment
from shared.media.fragmenter import WATCHED_90K
from tests.detector.filmed import BEGAN_US, filmed, number_of, numbered

RUN = "00112233445566ff"


@lru_cache(maxsize=8)
def cut(codec: VideoCodec = "h264", b_frames: int = 0, run: str = RUN, pictures: int = 30) -> tuple[Fragment, ...]:
    return tuple(
        filmed(numbered(pictures, (640, 480)), gop=10, codec=codec, b_frames=b_frames, target_90k=WATCHED_90K, run=run)
    )


class Looker:
    """Takes everything."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []

    def begin(self, gop: list[Picture], now_s: float) -> None:
        self.pictures += gop

    def offer(self, picture: Picture, now_s: float) -> None:
        self.pictures.append(picture)


def opened(fragments: tuple[Fragment, ...], looker: Looker) -> PictureChannel:
    channel = PictureChannel()
    channel.seed([], 0.0)
    channel.join(looker, 0.0, BEGAN_US)
    for fragment in fragments:
        channel.live(fragment, 0.0)
    return channel


def annex_b(picture: Picture) -> bytes:
    """What a receiver makes of the payloads (RFC 6184 5.8)."""
    nals: list[bytearray] = []
    for payload in picture.payloads:
        assert len(payload) <= PAYLOAD_BYTES
        if payload[0] & 0x1F == 28:
            if payload[1] & 0x80:
                nals.append(bytearray([payload[0] & 0xE0 | payload[1] & 0x1F]))
            nals[-1] += payload[2:]
        else:
            nals.append(bytearray(payload))
    return b"".join(b"\0\0\0\1" + bytes(nal) for nal in nals)


def test_every_picture_can_be_decoded_from_any_idr_on() -> None:
    looker = Looker()
    channel = opened(cut(), looker)
    assert len(looker.pictures) == 30
    assert [each.is_idr for each in looker.pictures].count(True) == 3
    assert (channel.is_h264, channel.width, channel.height, channel.has_sound) == (True, 640, 480, False)
    assert [later.at_90k - one.at_90k for one, later in pairwise(looker.pictures)] == [3600] * 29
    decoder = av.CodecContext.create("h264", "r")
    numbers = []
    for picture in looker.pictures[10:]:  # from the second IDR: nothing was seen before it
        for frame in decoder.decode(av.Packet(annex_b(picture))):
            numbers.append(number_of(frame.to_ndarray(format="yuv420p")[:480]))
    for frame in decoder.decode(None):
        numbers.append(number_of(frame.to_ndarray(format="yuv420p")[:480]))
    assert numbers == list(range(10, 30))


def test_the_bytes_of_a_slice_are_those_of_the_bus() -> None:
    looker = Looker()
    opened(cut(), looker)
    fragment, picture = cut()[1], looker.pictures[1]
    slices = annex_b(picture).split(b"\0\0\0\1")[1:]
    assert all(nal in fragment.payload for nal in slices)


def test_who_joins_late_gets_the_gop_so_far() -> None:
    channel, late = opened(cut()[:18], Looker()), Looker()
    channel.join(late, 0.0, BEGAN_US + 17 * 40_000)
    assert len(late.pictures) == 8
    assert late.pictures[0].is_idr
    stale = Looker()
    channel.join(stale, 0.0, BEGAN_US + 10_000_000)
    assert stale.pictures == [], "the present alone is shown"


def test_time_goes_on_through_runs() -> None:
    looker = Looker()
    channel = opened(cut(), looker)
    at_90k = looker.pictures[-1].at_90k
    received_us = cut()[-1].header.received_us
    for fragment in cut(run="ffeeddccbbaa0099"):
        header = replace(fragment.header, received_us=fragment.header.received_us - BEGAN_US + received_us + 5_000_000)
        channel.live(Fragment(header, fragment.payload), 0.0)
    assert looker.pictures[30].is_idr
    assert looker.pictures[30].at_90k - at_90k == 450_000, "as much later as it came later"
    assert looker.pictures[31].at_90k - looker.pictures[30].at_90k == 3600


def test_what_webrtc_cannot_carry_is_named() -> None:
    for fragments, code in ((cut("h265"), "not_h264"), (cut(b_frames=2), "reordered_pictures"), ((), "no_picture")):
        looker = Looker()
        channel = opened(fragments, looker)
        with pytest.raises(RequestRefused) as refused:
            require_watchable(channel, "cook-1")
        assert refused.value.code == code
    require_watchable(opened(cut(), Looker()), "cook-1")


def test_a_gop_without_end_is_not_kept() -> None:
    channel = opened(cut()[:1], Looker())
    channel._gop_bytes = GOP_LIMIT_BYTES
    channel.live(cut()[1], 0.0)
    late = Looker()
    channel.join(late, 0.0, BEGAN_US)
    assert late.pictures == []


def test_a_queue_can_be_fed() -> None:
    channel, queue = opened(cut()[:15], Looker()), PictureQueue(lambda: None)
    channel.join(queue, 0.0, BEGAN_US + 14 * 40_000)
    taken = [queue.take() for _ in range(5)]
    assert [each is not None and each[0].is_idr for each in taken] == [True, False, False, False, False]
    assert queue.take() is None
