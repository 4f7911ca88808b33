"""A playlist of recorded GOPs: HLS with fragmented MP4 (RFC 8216), every GOP a byte range of the object that holds it.

A GOP in an object is its init segment and then its pictures; a player is given the init once for each run
(EXT-X-MAP), and of every GOP the pictures only. So it may begin anywhere and read nothing it does not show.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.recorder.segment import Gop, Recorded, Segment

CLOCK = 90_000
# Two GOPs of one run follow each other when so little lies between them (a rounding, not a picture).
_SMALLEST_HOLE_90K = 900


@dataclass(frozen=True, slots=True)
class Piece:
    """One GOP as it is played.

    Attributes:
        uri: of the object, as the player asks for it.
    """

    uri: str
    run: str
    gop: Gop

    @property
    def ends_us(self) -> int:
        return self.gop.captured_us + self.gop.duration_90k * 100 // 9


def pieces(recorded: Iterable[Recorded], from_us: int, to_us: int, uri_of: Callable[[Segment], str]) -> list[Piece]:
    """The GOPs that show something of [from_us, to_us), in order."""
    found = []
    for row in recorded:
        uri = uri_of(row.segment)
        for gop in row.segment.gops:
            piece = Piece(uri, row.segment.run, gop)
            if gop.captured_us < to_us and piece.ends_us > from_us:
                found.append(piece)
    return found


def playlist(shown: Sequence[Piece], *, is_ended: bool) -> str:
    """The text of it. Not ended: more will be appended (EVENT); ended: this is all (VOD)."""
    longest_s = max((piece.gop.duration_90k / CLOCK for piece in shown), default=1.0)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        # RFC 8216, 4.3.3.1: no EXTINF, rounded, is longer
        f"#EXT-X-TARGETDURATION:{max(1, math.ceil(longest_s))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if is_ended else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    before: Piece | None = None
    for piece in shown:
        lines += _of_piece(piece, before)
        before = piece
    if is_ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _of_piece(piece: Piece, before: Piece | None) -> list[str]:
    gop = piece.gop
    lines = []
    follows = before is not None and _follows(before, piece)
    if before is not None and not follows:
        lines.append("#EXT-X-DISCONTINUITY")
    if before is None or before.run != piece.run:
        lines.append(f'#EXT-X-MAP:URI="{piece.uri}",BYTERANGE="{gop.init_bytes}@{gop.offset}"')
    if not follows:
        # Within a run the player counts on; the camera's clock is told anew where counting ends.
        moment = datetime.fromtimestamp(gop.captured_us / 1e6, UTC).isoformat(timespec="milliseconds")
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{moment.replace('+00:00', 'Z')}")
    lines.append(f"#EXTINF:{gop.duration_90k / CLOCK:.5f},")
    lines.append(f"#EXT-X-BYTERANGE:{gop.size_bytes - gop.init_bytes}@{gop.offset + gop.init_bytes}")
    lines.append(piece.uri)
    return lines


def _follows(before: Piece, piece: Piece) -> bool:
    ended_90k = before.gop.pts_90k + before.gop.duration_90k
    return before.run == piece.run and abs(piece.gop.pts_90k - ended_90k) <= _SMALLEST_HOLE_90K
