"""Playback: what was recorded when, a playlist of it, and where its bytes lie. Answers requests; holds nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.recorder.index import Head, SegmentReader
from services.recorder.playlist import Piece, pieces, playlist
from services.recorder.recording import SMALLEST_GAP_US
from services.recorder.segment import Gop, Segment, StreamRef
from services.recorder.tail import TailGop, Tails
from services.recorder.timeline import Range, Timeline
from shared.errors import RequestRefused
from shared.messages.playback import (
    GopPlace,
    GopWanted,
    ObjectPlace,
    ObjectWanted,
    PlaylistReply,
    PlaylistWanted,
    RecordedGap,
    RecordedRange,
    TimelineReply,
    TimelineWanted,
)
from shared.subjects import CameraRef

PLAYLIST_MAX_S = 6 * 3600
TIMELINE_MAX_S = 32 * 24 * 3600
URL_LASTS_S = 600
# What one answer on the bus may carry, less its frame.
_TEXT_MAX = 7 * 1024 * 1024


class PlaybackIndex(SegmentReader, Protocol):
    """What playback asks of the index. Raises PeerError where the database is away."""

    async def head(self, of: StreamRef) -> Head | None: ...

    async def timeline(self, of: StreamRef, from_us: int, to_us: int) -> Timeline: ...


@dataclass(frozen=True, slots=True)
class PlaybackDesk:
    """One function for each request.

    Args:
        url_of: object name, seconds -> a signed URL that reads it for so long.
    """

    index: PlaybackIndex
    tails: Tails
    url_of: Callable[[str, int], str]
    now_us: Callable[[], int]

    async def timeline(self, request: bytes) -> TimelineReply:
        wanted = TimelineWanted.decode(request)
        of = _stream(wanted.site, wanted.camera, wanted.stream)
        _require_range(wanted.from_us, wanted.to_us, TIMELINE_MAX_S, "32 days")
        found = await self.index.timeline(of, wanted.from_us, wanted.to_us)
        ranges = list(found.ranges)
        for gop in await self._tail(of, wanted.to_us):
            _extend(ranges, gop, wanted.from_us, wanted.to_us)
        return TimelineReply(
            ranges=tuple(RecordedRange(from_us=each.from_us, to_us=each.to_us) for each in ranges),
            gaps=tuple(RecordedGap(from_us=gap.from_us, to_us=gap.to_us, cause=gap.cause) for gap in found.gaps),
        )

    async def playlist(self, request: bytes) -> PlaylistReply:
        """Ended: objects by byte ranges. Growing: every GOP under an address that never changes (RFC 8216, 6.2.1)."""
        wanted = PlaylistWanted.decode(request)
        of = _stream(wanted.site, wanted.camera, wanted.stream)
        now_us = self.now_us()
        is_ended = wanted.to_us is not None and wanted.to_us <= now_us
        to_us = wanted.from_us + PLAYLIST_MAX_S * 1_000_000 if wanted.to_us is None else wanted.to_us
        _require_range(wanted.from_us, to_us, PLAYLIST_MAX_S, "6 hours")
        rows = await self.index.between(of, wanted.from_us, to_us)
        shown = pieces(rows, wanted.from_us, to_us, lambda segment: _object_uri(segment) + wanted.suffix)
        if not is_ended:
            shown = [_by_itself(of, piece, wanted.suffix) for piece in shown]
        known = {(piece.run, piece.gop.pts_90k) for piece in shown}
        for tail in await self._tail(of, to_us):
            piece = Piece(_gop_uri(of, tail.run, tail.gop) + wanted.suffix, tail.run, tail.gop)
            is_inside = tail.gop.captured_us < to_us and piece.ends_us > wanted.from_us
            if is_inside and (tail.is_whole or is_ended) and (tail.run, tail.gop.pts_90k) not in known:
                shown.append(piece)
        if not shown:
            raise RequestRefused(
                "nothing_recorded", "Nothing was recorded then: the timeline shows what there is.", status=404
            )
        text = playlist(shown, is_ended=is_ended)
        if len(text) > _TEXT_MAX:
            raise RequestRefused("range_too_long", "This range has too many pieces: ask for a shorter one.")
        return PlaylistReply(
            text=text, is_ended=is_ended, from_us=shown[0].gop.captured_us, to_us=max(piece.ends_us for piece in shown)
        )

    async def object(self, request: bytes) -> ObjectPlace:
        wanted = ObjectWanted.decode(request)
        camera = CameraRef(wanted.site, wanted.camera)
        kinds = ("media", "thumbnails", "clips")
        if not any(wanted.name.startswith(f"{kind}/{camera}/") for kind in kinds):
            raise RequestRefused("no_such_recording", "This camera has no such recording.", status=404)
        return ObjectPlace(url=self.url_of(wanted.name, URL_LASTS_S), lasts_s=URL_LASTS_S)

    async def gop(self, request: bytes) -> GopPlace:
        wanted = GopWanted.decode(request)
        of = _stream(wanted.site, wanted.camera, wanted.stream)
        for row in await self.index.between(of, wanted.captured_us, wanted.captured_us + 1):
            for gop in row.segment.gops:
                if row.segment.run == wanted.run and gop.pts_90k == wanted.pts_90k:
                    url = self.url_of(row.segment.object_name, URL_LASTS_S)
                    return GopPlace(url=url, offset=gop.offset, size_bytes=gop.size_bytes)
        for tail in await self._tail(of, None):
            if tail.run == wanted.run and tail.gop.pts_90k == wanted.pts_90k:
                return GopPlace(
                    size_bytes=tail.gop.size_bytes,
                    is_whole=tail.is_whole,
                    first_media_seq=tail.first_media_seq,
                    last_media_seq=tail.last_media_seq,
                )
        raise RequestRefused("no_such_recording", "This GOP is not recorded (any more).", status=404)

    async def _tail(self, of: StreamRef, to_us: int | None) -> Sequence[TailGop]:
        """What is not stored yet, where a time reaches so far."""
        head = await self.index.head(of)
        if head is not None and to_us is not None and to_us <= head.ends_us:
            return ()
        return await self.tails.gops(of, *((0, 0) if head is None else (head.media_seq, head.ends_us)))


def _stream(site: str, camera: str, stream: str) -> StreamRef:
    try:
        return StreamRef(CameraRef(site, camera), stream)
    except ValueError as error:
        raise RequestRefused("no_such_camera", str(error), status=404) from error


def _require_range(from_us: int, to_us: int, most_s: int, words: str) -> None:
    if to_us <= from_us:
        raise RequestRefused("bad_range", "The range ends before it begins: let `end` be later than `start`.")
    if to_us - from_us > most_s * 1_000_000:
        raise RequestRefused("range_too_long", f"Ask for at most {words} at once.")


def _extend(ranges: list[Range], tail: TailGop, from_us: int, to_us: int) -> None:
    """One more GOP behind what the ranges have; a hole before it is not known to the index yet and has no cause."""
    begins_us = max(from_us, tail.gop.captured_us)
    ends_us = min(to_us, tail.gop.captured_us + tail.gop.duration_90k * 100 // 9)
    if ends_us <= begins_us:
        return
    last = ranges[-1] if ranges else None
    if last is None or begins_us - last.to_us > SMALLEST_GAP_US:
        ranges.append(Range(begins_us, ends_us))
    elif ends_us > last.to_us:
        ranges[-1] = Range(last.from_us, ends_us)


def _object_uri(segment: Segment) -> str:
    *_, year, month, day, name = segment.object_name.split("/")
    return f"recordings/{segment.of.stream}/{year}/{month}/{day}/{name}"


def _gop_uri(of: StreamRef, run: str, gop: Gop) -> str:
    return f"gops/{of.stream}/{run}/{gop.captured_us}-{gop.pts_90k}.mp4"


def _by_itself(of: StreamRef, piece: Piece, suffix: str) -> Piece:
    gop = piece.gop
    alone = Gop(0, gop.init_bytes, gop.size_bytes, gop.pts_90k, gop.duration_90k, gop.captured_us)
    return Piece(_gop_uri(of, piece.run, gop) + suffix, piece.run, alone)
