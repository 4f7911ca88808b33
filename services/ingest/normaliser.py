"""Turns what one camera sends into runs of fragments: formats, timelines, sound and losses in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.ingest.audio_alignment import AudioAlignment
from services.ingest.capture_clock import CaptureClock
from services.ingest.gop_joint import GopSoFar
from services.ingest.stream_figures import StreamFigures
from shared.errors import ProtocolViolation
from shared.media.access_unit import AccessUnit, AudioUnit
from shared.media.formats import AudioFormat, StreamFormat, VideoCodec, VideoFormat
from shared.media.fragment import Fragment
from shared.media.fragmenter import UNWATCHED_90K, WATCHED_90K, Fragmenter
from shared.media.timeline import TimelineBroken
from shared.media.video_format import video_format

# A run starts at one second, not at zero: sound recorded a little before the first picture has a place.
_RUN_START_90K = 90_000


@dataclass(frozen=True, slots=True)
class Tracks:
    """What a source says it will send, before the first byte of it.

    `parameter_sets` may be empty: then they come in band. `audio` is the AAC-LC that the run will carry.
    """

    video: VideoCodec
    parameter_sets: tuple[bytes, ...] = ()
    audio: AudioFormat | None = None
    audio_clock_rate: int = 0


class AudioEncoder(Protocol):
    """Makes AAC-LC of what is not AAC. PTS and durations are ticks of the track's clock rate."""

    def push(self, unit: AudioUnit) -> list[tuple[bytes, int, int]]: ...


class RunEvents(Protocol):
    """Who wants to know what becomes of the stream, beside the fragments."""

    def on_run(self, run: str, stream: StreamFormat, why: str) -> None:
        """A run begins; `why` is started, format or timeline."""
        ...


class Normaliser:
    """A MediaSink for one connection to one stream.

    Access units before the first IDR are left out. A new run begins with each connection, with each change
    of format, and wherever presentation time breaks; a run never changes what its init segment said.
    """

    def __init__(
        self,
        publish: Callable[[Fragment], None],
        events: RunEvents,
        new_run: Callable[[], str],
        clock_tolerance_us: int,
        is_watched: bool = False,
    ):
        self._publish = publish
        self._events = events
        self._new_run = new_run
        self._tolerance_us = clock_tolerance_us
        self._target_90k = WATCHED_90K if is_watched else UNWATCHED_90K
        self._tracks: Tracks | None = None
        self._encoder: AudioEncoder | None = None
        self._format: VideoFormat | None = None
        self._fragmenter: Fragmenter | None = None
        self._base_90k = 0
        self._clock = CaptureClock(clock_tolerance_us)
        self._alignment: AudioAlignment | None = None
        self._last_pts_90k = 0
        self._last_received_us = 0
        self._idr_received_us = 0
        self._why = "started"
        self.figures = StreamFigures()
        self.tap: Callable[[AccessUnit, VideoFormat], None] | None = None
        """Also given every picture of a run, while somebody needs it transcoded."""

    def describe(self, tracks: Tracks, encoder: AudioEncoder | None = None) -> None:
        """Say what will come. Raises ProtocolViolation where the parameter sets cannot be parsed."""
        self._tracks = tracks
        self._encoder = encoder
        self._alignment = AudioAlignment(tracks.audio_clock_rate) if tracks.audio is not None else None
        if tracks.parameter_sets:
            self._format = video_format(tracks.video, tracks.parameter_sets)

    @property
    def drift_us(self) -> int | None:
        """Camera's clock minus ours, where it sends reports."""
        return self._clock.drift_us

    @property
    def is_camera_believed(self) -> bool:
        return self._clock.is_camera_believed

    @property
    def run(self) -> str | None:
        return None if self._fragmenter is None else self._fragmenter.run

    def watch(self, is_watched: bool) -> None:
        """One access unit a fragment while somebody wants each picture, 200 ms otherwise; at once."""
        self._target_90k = WATCHED_90K if is_watched else UNWATCHED_90K
        if self._fragmenter is not None:
            for fragment in self._fragmenter.retarget(self._target_90k):
                self._publish(fragment)

    def publish_open(self) -> GopSoFar | None:
        """Publish what is open, and say what the bus is to hold then; None before a run's first picture."""
        if self._fragmenter is None or self._format is None:
            return None
        for fragment in self._fragmenter.flush():
            self._publish(fragment)
        newest_pts_90k = self._last_pts_90k - self._base_90k
        return GopSoFar(self._fragmenter.run, self._format, newest_pts_90k, self._idr_received_us)

    def rest_s(self) -> float:
        """For how many seconds from the newest picture on none can come that completes a fragment."""
        return 0.0 if self._fragmenter is None else self._fragmenter.rest_90k / 90_000

    def finish(self) -> None:
        """The connection ended: what is open is published."""
        self._end_run("started")

    # MediaSink

    def on_video(self, unit: AccessUnit) -> None:
        sets = unit.parameter_sets
        if sets is not None:
            self._notice_parameter_sets(sets)
        pts_90k = unit.pts_90k
        self._last_pts_90k = pts_90k
        self._last_received_us = unit.received_us
        captured_us = self._clock.captured_us(pts_90k, unit.received_us)
        fragmenter = self._fragmenter
        if fragmenter is None:
            if not unit.is_idr or self._format is None:
                return
            fragmenter = self._begin_run(pts_90k)
        if unit.is_idr:
            self._idr_received_us = unit.received_us
        self.figures.picture(pts_90k, unit.size_bytes, unit.is_idr)
        unit.pts_90k = pts_90k - self._base_90k
        try:
            fragments = fragmenter.push_video(unit, captured_us)
        except TimelineBroken:
            self._end_run("timeline")
            unit.pts_90k = pts_90k
            if unit.is_idr:
                self.on_video(unit)
            return
        for fragment in fragments:
            self._publish(fragment)
        if self.tap is not None and self._format is not None:
            self.tap(unit, self._format)

    def on_audio(self, unit: AudioUnit) -> None:
        fragmenter, alignment = self._fragmenter, self._alignment
        if fragmenter is None or alignment is None or fragmenter.stream.audio is None:
            return
        alignment.anchor(unit.pts, unit.received_us, self._last_pts_90k, self._last_received_us)
        rate = fragmenter.stream.audio.sample_rate
        for data, pts, duration in self._aac_of(unit):
            at_90k = alignment.pts_90k(pts)
            if at_90k is None:
                continue
            captured_us = self._clock.captured_audio_us(at_90k)
            at = (at_90k - self._base_90k) * rate // 90_000
            try:
                fragments = fragmenter.push_audio(
                    data, at, duration * rate // unit.clock_rate, captured_us, unit.received_us
                )
            except TimelineBroken:
                # Sound that went astray does not end a run of good pictures: it is put in its place anew.
                self._alignment = AudioAlignment(unit.clock_rate)
                return
            for fragment in fragments:
                self._publish(fragment)

    def on_loss(self, packets: int) -> None:
        self.figures.lost_packets += packets

    def on_sender_report(self, media: str, wall_us: int, pts: int, received_us: int) -> None:
        if media == "video":
            self._clock.sender_report(wall_us, pts, received_us)
            if self._alignment is not None:
                self._alignment.video_report(wall_us, pts)
        elif self._alignment is not None:
            self._alignment.audio_report(wall_us, pts)

    def _aac_of(self, unit: AudioUnit) -> list[tuple[bytes, int, int]]:
        if unit.codec == "aac":
            return [(bytes(unit.data), unit.pts, 1024)]
        if self._encoder is None:
            return []
        return self._encoder.push(unit)

    def _notice_parameter_sets(self, sets: tuple[bytes, ...]) -> None:
        current = self._format
        if current is not None and (sets == current.parameter_sets or set(sets) <= set(current.parameter_sets)):
            return
        assert self._tracks is not None, "a source describes its tracks before it sends"
        try:
            changed = video_format(self._tracks.video, sets)
        except ProtocolViolation:
            if current is None:
                raise
            # A camera that repeats only its PPS, say: what it said before still holds.
            changed = video_format(self._tracks.video, (*current.parameter_sets, *sets))
        if changed != current:
            self._end_run("format" if current is not None else "started")
            self._format = changed

    def _begin_run(self, first_pts_90k: int) -> Fragmenter:
        assert self._tracks is not None
        stream = StreamFormat(self._format, self._tracks.audio)
        self._base_90k = first_pts_90k - _RUN_START_90K
        fragmenter = self._fragmenter = Fragmenter(stream, self._new_run(), self._target_90k)
        self.figures.begin_run()
        self._events.on_run(fragmenter.run, stream, self._why)
        return fragmenter

    def _end_run(self, why: str) -> None:
        self._why = why
        if self._fragmenter is not None:
            for fragment in self._fragmenter.flush():
                self._publish(fragment)
            self._fragmenter = None
        if why == "timeline":
            self._clock = CaptureClock(self._tolerance_us)
