"""Pictures out of recordings: the one that was shown at a moment, and a sheet of thumbnails for an hour."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from services.recorder.adapters.still import first_picture, still
from services.recorder.gop_bytes import GopBytes, GopSource
from services.recorder.playback import PlaybackIndex
from services.recorder.segment import Gop, Segment, StreamRef
from services.recorder.tail import TailGop, TailLog, Tails
from services.recorder.thumbnails import CELL_HEIGHT, CELL_WIDTH, MINUTE_US, MINUTES, Sheet
from shared.errors import RequestRefused
from shared.messages.clips import StillReply, StillWanted, ThumbnailsReply, ThumbnailsWanted
from shared.subjects import CameraRef

HOUR_US = MINUTES * MINUTE_US
# An answer on the bus may have 8 MB, and base64 makes four of three.
STILL_BYTES_MAX = 5 * 1024 * 1024
# Decoding is work for a core: so many at once, the others wait.
DECODERS = 2


class Sheets(Protocol):
    """Where finished sheets are kept. Raises PeerError."""

    async def filled(self, name: str) -> Sequence[bool] | None:
        """Which minutes of a kept sheet have a picture; None: there is no such sheet."""
        ...

    async def keep(self, name: str, jpeg: bytes, filled: Sequence[bool]) -> None: ...


class PicturesDesk:
    """One function for each request; decoding runs beside the event loop."""

    def __init__(
        self,
        index: PlaybackIndex,
        tails: Tails,
        log: TailLog,
        gops: GopSource,
        sheets: Sheets,
        now_us: Callable[[], int],
    ):
        self._index = index
        self._tails = tails
        self._log = log
        self._gops = gops
        self._sheets = sheets
        self._now_us = now_us
        self._turns = asyncio.Semaphore(DECODERS)

    async def still(self, request: bytes) -> StillReply:
        wanted = StillWanted.decode(request)
        of = StreamRef(CameraRef(wanted.site, wanted.camera), wanted.stream)
        gop = await self._gop_at(of, wanted.at_us)
        async with self._turns:
            made = await asyncio.to_thread(still, gop, wanted.at_us, wanted.kind, wanted.max_width)
        if len(made.data) > STILL_BYTES_MAX:
            raise RequestRefused("too_large", "This picture is too large as PNG: ask for jpeg, or a smaller width.")
        return StillReply(
            data_base64=base64.b64encode(made.data).decode(),
            captured_us=made.captured_us,
            width=made.width,
            height=made.height,
        )

    async def thumbnails(self, request: bytes) -> ThumbnailsReply:
        """A whole hour's sheet is made once; one of an hour that goes on is made anew."""
        wanted = ThumbnailsWanted.decode(request)
        of = StreamRef(CameraRef(wanted.site, wanted.camera), wanted.stream)
        hour_us = wanted.hour_us - wanted.hour_us % HOUR_US
        # A minute later its last segment is stored too.
        is_over = hour_us + HOUR_US + MINUTE_US < self._now_us()
        name = _sheet_name(of, hour_us, is_over)
        filled = await self._sheets.filled(name) if is_over else None
        if filled is None:
            sheet = await self._sheet(of, hour_us)
            filled = sheet.filled
            await self._sheets.keep(name, sheet.jpeg(), filled)
        return ThumbnailsReply(object_name=name, filled=tuple(filled), cell_width=CELL_WIDTH, cell_height=CELL_HEIGHT)

    async def _sheet(self, of: StreamRef, hour_us: int) -> Sheet:
        sheet = Sheet()
        found: dict[int, tuple[Segment, Gop]] = {}
        for row in await self._index.between(of, hour_us, hour_us + HOUR_US):
            for gop in row.segment.gops:
                minute = (gop.captured_us - hour_us) // MINUTE_US
                if 0 <= minute < MINUTES:
                    found.setdefault(minute, (row.segment, gop))
        for minute, (segment, gop) in found.items():
            data = await self._gops.read(segment, gop)
            async with self._turns:
                picture = await asyncio.to_thread(first_picture, GopBytes(segment.run, gop, data))
            sheet.place(minute, picture)
        return sheet

    async def _gop_at(self, of: StreamRef, at_us: int) -> GopBytes:
        for row in await self._index.between(of, at_us, at_us + 1):
            for gop in row.segment.gops:
                if gop.captured_us <= at_us < gop.captured_us + gop.duration_90k * 100 // 9:
                    return GopBytes(row.segment.run, gop, await self._gops.read(row.segment, gop))
        head = await self._index.head(of)
        for tail in await self._tails.gops(of, *((0, 0) if head is None else (head.media_seq, head.ends_us))):
            if tail.gop.captured_us <= at_us < tail.gop.captured_us + tail.gop.duration_90k * 100 // 9:
                return GopBytes(tail.run, tail.gop, await self._from_bus(of, tail))
        raise RequestRefused("nothing_recorded", "Nothing was recorded at this moment.", status=404)

    async def _from_bus(self, of: StreamRef, tail: TailGop) -> bytes:
        batch, _ = await self._log.after(of, tail.first_media_seq - 1)
        seen: dict[int, bytes] = {}
        for one in batch:
            if one.media_seq <= tail.last_media_seq and one.fragment.header.run == tail.run:
                seen.setdefault(one.fragment.header.seq, one.fragment.payload)
        return b"".join(seen.values())


def _sheet_name(of: StreamRef, hour_us: int, is_over: bool) -> str:
    hour = datetime.fromtimestamp(hour_us / 1e6, UTC)
    return f"thumbnails/{of}/{hour:%Y/%m/%d/%H}{'' if is_over else '-so-far'}.jpg"
