"""What of a camera's fragments is decoded, and when: only what leads to the next picture that is wanted. Pure.

Theory of operation. Pictures are wanted at a rate. Fragments are kept as they come, from an IDR on; when the picture
that is due has arrived, everything between what is decoded already and it becomes one job. An IDR that comes before
that makes all before it needless. Where GOPs are no longer than the interval, IDRs alone are decoded: each job is one
picture, and the decoder has no memory. A job that waits when the next picture is due already is overtaken: the newest
wins, and the one before counts as late. A hole in the sequence ends it until the next IDR.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from shared.media.fragment import Fragment

# = memory per camera while it waits for its turn to be decoded; a longer GOP is left until its next IDR
PENDING_MAX_BYTES = 24 * 1024 * 1024
# An IDR that comes a little early is taken: the next would be much too late.
_EARLY_SHARE = 0.15
_GOPS_REMEMBERED = 4
_LATE_MAX = 1500  # a minute at 25 a second: more is no lateness


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """Fragments to be decoded in this order.

    Attributes:
        continues: the decoder goes on where the last job ended; else the first fragment begins with an IDR.
        is_idr_alone: only the first picture of the first fragment is wanted.
        due_us: the pictures wanted begin at this moment, UTC microseconds.
        interval_us: between pictures that are wanted.
        heard_us: when the newest of them was heard.
    """

    fragments: tuple[Fragment, ...]
    continues: bool
    is_idr_alone: bool
    due_us: int
    interval_us: int
    heard_us: int


class GopIntake:
    """Of one stream of one camera."""

    def __init__(self, rate_hz: float):
        self.interval_us = round(1e6 / rate_hz)
        self._late_us: list[int] = []
        self._pending: list[Fragment] = []
        self._pending_bytes = 0
        self._continues = False
        self._is_whole = False
        self._run, self._seq = "", -1
        self._due_us = 0
        self._is_due = False
        self._heard_us = 0
        self._idr_us = 0
        self._gops_us: deque[int] = deque(maxlen=_GOPS_REMEMBERED)

    def set_rate(self, rate_hz: float) -> None:
        self.interval_us = round(1e6 / rate_hz)

    @property
    def uses_idrs_alone(self) -> bool:
        """Whether GOPs are short enough for that rate."""
        return bool(self._gops_us) and max(self._gops_us) <= self.interval_us * (1 + _EARLY_SHARE)

    @property
    def is_due(self) -> bool:
        """Whether there is a job."""
        return self._is_due

    def overtaken(self) -> list[int]:
        """When pictures were filmed that were due and are not decoded any more; each once."""
        late_us, self._late_us = self._late_us, []
        return late_us

    def take(self, fragment: Fragment, heard_us: int) -> bool:
        """Keep it as far as it may be needed; returns whether there is a job."""
        header = fragment.header
        if header.is_idr:
            self._begin(fragment)
        elif not self._goes_on(fragment):
            return self._is_due
        else:
            self._pending.append(fragment)
            self._pending_bytes += len(fragment.payload)
        self._run, self._seq = header.run, header.seq
        if self._pending_bytes > PENDING_MAX_BYTES:
            self._give_up()
            return False
        self._judge(fragment, heard_us)
        return self._is_due

    def job(self) -> DecodeJob:
        """What is to be decoded now; `is_due` is False after it."""
        is_idr_alone = self.uses_idrs_alone and self._pending[0].header.is_idr
        fragments = tuple(self._pending[:1] if is_idr_alone else self._pending)
        newest = fragments[-1].header
        ends_us = newest.captured_us + newest.duration_90k * 100 // 9
        job = DecodeJob(fragments, self._continues, is_idr_alone, self._due_us, self.interval_us, self._heard_us)
        self._due_us = self._next_due(fragments[0].header.captured_us if is_idr_alone else None, ends_us)
        self._pending, self._pending_bytes = [], 0
        self._continues = not is_idr_alone
        self._is_whole = not is_idr_alone
        self._is_due = False
        return job

    def _next_due(self, taken_us: int | None, ends_us: int) -> int:
        """Args: taken_us: of the one picture that is decoded, None for all up to `ends_us`."""
        interval_us, due_us = self.interval_us, self._due_us
        if taken_us is None:
            behind = max(0, -((due_us - ends_us) // interval_us))
            begins_anew_us = ends_us
        else:
            behind = max(0, (taken_us + round(interval_us * _EARLY_SHARE) - due_us) // interval_us + 1)
            begins_anew_us = taken_us + interval_us
        # The rhythm is kept where it can be; after a pause it begins anew.
        is_pause = ends_us - due_us > 3 * interval_us + 1_000_000
        return begins_anew_us if is_pause else due_us + behind * interval_us

    def _begin(self, fragment: Fragment) -> None:
        header = fragment.header
        if self._is_due:
            self._overtake(header.captured_us)
        if self._idr_us and header.run == self._run:
            self._gops_us.append(header.captured_us - self._idr_us)
        elif header.run != self._run:
            self._gops_us.clear()
        self._idr_us = header.captured_us
        self._pending, self._pending_bytes = [fragment], len(fragment.payload)
        self._continues = False
        self._is_whole = True

    def _goes_on(self, fragment: Fragment) -> bool:
        header = fragment.header
        if self._is_whole and header.run == self._run and header.seq == self._seq + 1:
            return True
        if self._is_whole and not (header.run == self._run and header.seq <= self._seq):
            self._is_whole = False
            if self._continues:
                self._pending, self._pending_bytes = [], 0
                self._is_due = False
        return False

    def _judge(self, fragment: Fragment, heard_us: int) -> None:
        header = fragment.header
        if not self._due_us or abs(header.captured_us - self._due_us) > 60_000_000:
            self._due_us = header.captured_us  # the first, or the clock was set
        early_us = self.interval_us * _EARLY_SHARE
        if self.uses_idrs_alone:
            is_due = header.is_idr and header.captured_us >= self._due_us - early_us
        else:
            is_due = header.captured_us + header.duration_90k * 100 // 9 > self._due_us
        if is_due:
            self._is_due = True
            self._heard_us = heard_us

    def _give_up(self) -> None:
        if self._is_due:
            newest = self._pending[-1].header
            self._overtake(newest.captured_us + newest.duration_90k * 100 // 9)
        self._pending, self._pending_bytes = [], 0
        self._is_whole = False

    def _overtake(self, by_us: int) -> None:
        """What is due and not begun yet is given up for what was filmed at `by_us`."""
        passed_us = by_us - self._due_us
        if self.uses_idrs_alone:
            # An IDR that comes within the same interval takes the place of the one before.
            count = int((passed_us + self.interval_us * _EARLY_SHARE) // self.interval_us)
        else:
            count = -(-passed_us // self.interval_us)
        if not 0 <= count <= _LATE_MAX:
            count = 1  # the clock was set
        self._late_us += [self._due_us + at * self.interval_us for at in range(count)]
        self._due_us += count * self.interval_us
        self._is_due = False
