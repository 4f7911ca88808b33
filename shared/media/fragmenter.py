"""Turns the access units of one run into fragments: one pass over the pictures, one join of their bytes."""

from __future__ import annotations

from hashlib import sha256

from shared.media.access_unit import AccessUnit, Buffer
from shared.media.formats import StreamFormat
from shared.media.fragment import Fragment, FragmentHeader
from shared.media.init_segment import (
    AUDIO_TRACK,
    NON_SYNC_SAMPLE,
    SYNC_SAMPLE,
    VIDEO_TIMESCALE,
    VIDEO_TRACK,
    init_segment,
)
from shared.media.moof import SampleRun, moof_of, moof_of_one
from shared.media.sound_run import SoundRun
from shared.media.timeline import Timeline

UNWATCHED_90K = 18_000  # 200 ms = how far live lags while nobody looks
WATCHED_90K = 0  # one access unit a fragment

# A fragment is one message of the bus, whose limit is 8 MB: a camera whose PTS stand still must not fill memory.
_LARGEST_BYTES = 4_000_000

Fragments = tuple[Fragment, ...]


class Fragmenter:
    """One run of one stream.

    Pictures come in decoding order. Those before the first IDR are left out, and so is the sound of that time: every
    run begins with an IDR, and every IDR is a fragment of its own whose payload starts with the init segment: it is the
    largest picture and the longest to decode, so nobody waits for it until others have come. Sound shares the timeline
    of the pictures (tick 0 of both is the same instant) and travels in the fragment that is open.

    When `TimelineBroken` is raised the offending unit was not taken: `flush`, then begin a new run with another
    Fragmenter. The same holds, without an exception, when the format changes: one run has one format.
    """

    def __init__(self, stream: StreamFormat, run: str, target_90k: int = UNWATCHED_90K):
        """`run` is 16 hex digits. Raises ProtocolViolation where the parameter sets cannot be parsed."""
        self.stream = stream
        self.run = run
        self._target_90k = target_90k
        self._init = init_segment(stream)
        self._codecs = stream.codecs
        self._has_video = stream.video is not None
        self._reorders = stream.video is not None and stream.video.reorder_depth > 0
        self._sound = SoundRun(stream.audio.sample_rate) if stream.audio is not None else None
        self._timeline: Timeline | None = None
        self._seq = 0
        self._parts: list[Buffer] = []
        self._entries: list[int] = []
        self._size_bytes = 0
        self._first_dts = 0
        self._last_dts = 0
        self._pts_90k = 0
        self._captured_us = 0
        self._received_us = 0
        self._is_idr = False

    @property
    def target_90k(self) -> int:
        """A fragment is closed by the picture that fills this time; 0 = every picture is a fragment."""
        return self._target_90k

    @property
    def next_seq(self) -> int:
        """The number that the next fragment will have."""
        return self._seq

    @property
    def rest_90k(self) -> int:
        """How long after the newest picture the last one before that which fills the open fragment is expected."""
        timeline = self._timeline
        if timeline is None:
            return 0
        interval = timeline.interval_90k
        filled = self._last_dts - self._first_dts + interval if self._entries else 0
        missing = -((filled + (interval >> 1) - self._target_90k) // interval)
        return max(0, missing - 1) * interval

    def retarget(self, target_90k: int) -> Fragments:
        """Change the length of fragments from now on; what is open and long enough already is returned."""
        self._target_90k = target_90k
        if self._entries and self._is_full():
            return (self._close(None),)
        return ()

    def push_video(self, unit: AccessUnit, captured_us: int) -> Fragments:
        """Add one picture; returns what is complete: nothing, the open fragment, or that and the picture's own.

        Raises:
            TimelineBroken: its PTS cannot belong to this run.
        """
        pts, is_idr = unit.pts_90k, unit.is_idr
        timeline = self._timeline
        if timeline is None:
            video = self.stream.video
            if not is_idr or video is None:
                return ()
            timeline = self._timeline = Timeline(video.reorder_depth, video.frame_rate, pts)
        dts = timeline.dts_of(pts, is_idr)
        entries = self._entries
        closed: Fragments = ()
        if is_idr and entries:
            closed = (self._close(dts),)
            entries = self._entries
        if self._reorders:
            self._append_reordered(unit, dts)
        else:
            pts = dts  # no composition offset: two pictures stamped alike are shown a tick apart
            if entries:
                entries[-2] = dts - self._last_dts
            entries += (0, unit.size_bytes)
        if len(entries) <= 3:
            self._first_dts = dts
            self._is_idr = is_idr
            self._pts_90k = pts
            self._captured_us = captured_us
        elif pts < self._pts_90k:
            self._pts_90k = pts
            self._captured_us = captured_us
        self._last_dts = dts
        self._parts += unit.parts
        self._size_bytes += unit.size_bytes
        self._received_us = unit.received_us
        if self._is_full():
            return (*closed, self._close(None))
        return closed

    def push_audio(self, data: Buffer, pts: int, duration: int, captured_us: int, received_us: int) -> Fragments:
        """Add one AAC access unit; `pts` and `duration` in ticks of its sample rate.

        A fragment comes back where pictures stay away for half a second, or where the stream has none.
        Sound that overlaps what came before is dropped.

        Raises:
            TimelineBroken: its PTS cannot belong to this run.
        """
        sound = self._sound
        if sound is None:
            raise ValueError("the format of this run has no sound")
        if self._has_video and self._timeline is None:
            return ()
        if not sound.append(data, pts, duration, captured_us, received_us):
            return ()
        limit_90k = VIDEO_TIMESCALE // 2 if self._has_video else self._target_90k
        if sound.span_90k >= limit_90k:
            return (self._close(None),)
        return ()

    def flush(self) -> Fragments:
        """Close what is open: the run ends, or nothing more is expected soon."""
        if self._entries or self._has_sound():
            return (self._close(None),)
        return ()

    def _has_sound(self) -> bool:
        return self._sound is not None and bool(self._sound.parts)

    def _is_full(self) -> bool:
        """Whether it is an IDR, or the newest picture, with its estimated duration, fills the target to the nearest."""
        timeline = self._timeline
        if timeline is None:
            return False
        if self._is_idr:
            return True
        interval = timeline.interval_90k
        span = self._last_dts - self._first_dts + interval
        return span + (interval >> 1) >= self._target_90k or self._size_bytes >= _LARGEST_BYTES

    def _append_reordered(self, unit: AccessUnit, dts: int) -> None:
        entries = self._entries
        if entries:
            entries[-3] = dts - self._last_dts
        entries += (0, unit.size_bytes, unit.pts_90k - dts)

    def _close(self, next_dts: int | None) -> Fragment:
        """Make the open fragment; `next_dts` is known where the picture after it has come already."""
        entries, timeline, sound = self._entries, self._timeline, self._sound
        if not entries or timeline is None:
            return self._close_sound_only()
        last_duration = timeline.interval_90k if next_dts is None else next_dts - self._last_dts
        entries[-3 if self._reorders else -2] = last_duration
        first_flags = SYNC_SAMPLE if self._is_idr else NON_SYNC_SAMPLE
        if sound is None or not sound.parts:
            head = moof_of_one(
                self._seq + 1, VIDEO_TRACK, self._first_dts, entries, self._size_bytes, first_flags, self._reorders
            )
        else:
            pictures = SampleRun(VIDEO_TRACK, self._first_dts, entries, self._size_bytes, first_flags, self._reorders)
            head = moof_of(self._seq + 1, [pictures, sound.samples()])
            self._parts += sound.parts
            sound.clear()
        duration_90k = self._last_dts - self._first_dts + last_duration
        fragment = self._fragment(
            head, self._parts, self._is_idr, self._pts_90k, duration_90k, self._captured_us, self._received_us
        )
        self._entries = []
        self._parts = []
        self._size_bytes = 0
        return fragment

    def _close_sound_only(self) -> Fragment:
        """In a stream without pictures every fragment can be joined; elsewhere this one only bridges a stall."""
        sound = self._sound
        assert sound is not None
        run = sound.samples()
        head = moof_of_one(self._seq + 1, AUDIO_TRACK, run.decode_time, run.entries, run.size_bytes, SYNC_SAMPLE, False)
        fragment = self._fragment(
            head, sound.parts, not self._has_video, sound.pts_90k, sound.span_90k, sound.captured_us, sound.received_us
        )
        sound.clear()
        return fragment

    def _fragment(
        self,
        head: bytes,
        parts: list[Buffer],
        is_idr: bool,
        pts_90k: int,
        duration_90k: int,
        captured_us: int,
        received_us: int,
    ) -> Fragment:
        init = self._init if is_idr else b""
        payload = b"".join((init, head, *parts))
        seq = self._seq
        self._seq = seq + 1
        return Fragment(
            FragmentHeader(
                self.run, seq, pts_90k, duration_90k, captured_us, received_us,
                is_idr, len(init), self._codecs, sha256(payload).hexdigest(),
            ),
            payload,
        )  # fmt: skip
