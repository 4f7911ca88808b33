"""A clip: one MP4 of recorded GOPs, their packets copied as they are.

The clip keeps real time: where nothing was recorded the last picture stands until the next one came. With
`is_exact` an edit list hides what has to be decoded before the first picture wanted, and what comes after the last
one is left out; without it the clip covers the whole GOPs at both ends.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from services.recorder.gop_bytes import GopBytes
from shared.errors import RequestRefused

CLOCK = Fraction(1, 90_000)
CLOCK_WAS_SET_US = 1_000_000


@dataclass(frozen=True, slots=True)
class ClipMade:
    """`starts_us` and `ends_us` are what it shows, UTC microseconds."""

    size_bytes: int
    sha256: str
    starts_us: int
    ends_us: int


class ClipWriter:
    """`add` GOP by GOP in order, then `finish`. Takes as long as copying: call it off the event loop.

    Args:
        max_bytes: it refuses to become larger (RequestRefused `clip_too_large`).
    """

    def __init__(self, path: Path, from_us: int, to_us: int, is_exact: bool, max_bytes: int):
        self._path = path
        self._from_us = from_us
        self._to_us = to_us
        self._is_exact = is_exact
        self._max_bytes = max_bytes
        self._out: OutputContainer | None = None
        self._video: VideoStream | None = None
        self._audio: AudioStream | None = None
        self._parameters: tuple[object, ...] = ()
        # what the file's time 0 is, in UTC microseconds
        self._zero_us = 0
        self._ends_us = 0
        self._last_dts: dict[int, int] = {}
        self._copied = 0
        self._run = ""
        # from the run's time to the clip's
        self._shift_us = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is not None and kind is not None:
            self._out.close()
            self._out = None

    def add(self, gop: GopBytes) -> None:
        """Raises RequestRefused where the camera changed its format, or the bytes are broken."""
        self._copied += len(gop.data)
        if self._copied > self._max_bytes:
            raise RequestRefused(
                "clip_too_large", f"A clip may have {self._max_bytes // 10**6} MB: ask for a shorter one."
            )
        try:
            with av.open(io.BytesIO(gop.data), "r") as file:
                video = file.streams.video[0]
                audio = file.streams.audio[0] if file.streams.audio else None
                self._open(gop, video, audio)
                self._place(gop)
                for packet in file.demux(video if audio is None else (video, audio)):
                    if packet.size:
                        self._copy(gop, packet)
        except (av.FFmpegError, IndexError) as error:
            raise RequestRefused("picture_not_decodable", f"A recorded piece cannot be read: {error}.") from error

    def finish(self) -> ClipMade:
        """Raises RequestRefused `nothing_recorded` where nothing was added."""
        if self._out is None:
            raise RequestRefused("nothing_recorded", "Nothing was recorded then: the timeline shows what there is.")
        self._out.close()
        self._out = None
        digest = hashlib.sha256()
        with self._path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return ClipMade(self._path.stat().st_size, digest.hexdigest(), self._zero_us, self._ends_us)

    def _open(self, gop: GopBytes, video: VideoStream, audio: AudioStream | None) -> None:
        parameters = _parameters(video)
        if self._out is None:
            self._zero_us = max(self._from_us, gop.gop.captured_us) if self._is_exact else gop.gop.captured_us
            moment = datetime.fromtimestamp(self._zero_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            # An edit list is written where the first packets lie before time 0: they are decoded, not shown.
            options = {"movflags": "faststart+use_metadata_tags", "use_editlist": "1"}
            self._out = av.open(str(self._path), "w", format="mp4", options=options)
            self._out.metadata["creation_time"] = moment
            self._video = self._out.add_stream_from_template(video)
            self._video.time_base = CLOCK
            if audio is not None:
                self._audio = self._out.add_stream_from_template(audio)
            self._parameters = parameters
        elif parameters != self._parameters:
            when = datetime.fromtimestamp(gop.gop.captured_us / 1e6, UTC).isoformat(timespec="seconds")
            raise RequestRefused(
                "clip_spans_formats", f"The camera changed its format at {when}: ask for two clips, cut there."
            )

    def _place(self, gop: GopBytes) -> None:
        """Within a run the camera's own count holds; a new run, or a clock that was set, is placed anew."""
        shift_us = gop.gop.captured_us - self._zero_us - gop.gop.pts_90k * 100 / 9
        if gop.run != self._run or abs(shift_us - self._shift_us) > CLOCK_WAS_SET_US:
            # Where the camera's clock was set back, the next picture follows the last: a file's time never goes back.
            back_us = max(0.0, self._ends_us - gop.gop.captured_us) if self._run else 0.0
            self._run, self._shift_us = gop.run, shift_us + back_us

    def _copy(self, gop: GopBytes, packet: Packet[Any]) -> None:
        assert self._out is not None
        if packet.pts is None or packet.dts is None or packet.time_base is None:
            return
        out = self._video if packet.stream.type == "video" else self._audio
        if out is None or out.time_base is None:
            return  # sound that began later than the clip
        shift_us = self._shift_us
        pts_us = float(packet.pts * packet.time_base * 1_000_000) + shift_us
        dts_us = float(packet.dts * packet.time_base * 1_000_000) + shift_us
        length_us = float((packet.duration or 0) * packet.time_base * 1_000_000)
        is_late = pts_us >= self._to_us - self._zero_us
        is_early = packet.stream.type == "audio" and pts_us < 0
        if self._is_exact and (is_late or is_early):
            return
        base = out.time_base
        packet.pts, packet.dts = round(pts_us / 1e6 / base), round(dts_us / 1e6 / base)
        # With B-frames the decoding times of two runs may overlap though their pictures do not.
        least = self._last_dts.get(out.index)
        if least is not None and packet.dts <= least:
            packet.pts += least + 1 - packet.dts
            packet.dts = least + 1
        self._last_dts[out.index] = packet.dts
        packet.time_base = base
        packet.stream = out
        if packet.stream.type == "video":
            self._ends_us = max(self._ends_us, self._zero_us + round(pts_us + length_us))
        self._out.mux(packet)


def _parameters(video: VideoStream) -> tuple[object, ...]:
    context = video.codec_context
    return (context.name, video.width, video.height, bytes(context.extradata or b""))
