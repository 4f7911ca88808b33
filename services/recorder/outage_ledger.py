"""What the recorder has to say to others: segments, gaps and outages, each once, kept until the bus has taken it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from services.recorder.recording import Round
from services.recorder.segment import StreamRef
from shared.messages.base import Fact
from shared.messages.recorder import GapRecorded, RecordingResumed, RecordingStale, SegmentStored

# An outage so short is a restart: it is said only when it lasts.
STALE_AFTER_S = 10.0
FACTS_MAX = 20_000


@dataclass(slots=True)
class _Outage:
    since_us: int
    is_said: bool = False


class OutageLedger:
    """Pure: told what each round did, or why it failed."""

    def __init__(self) -> None:
        # Beyond the bound the oldest are forgotten: the index still has what they say.
        self.facts: deque[Fact] = deque(maxlen=FACTS_MAX)
        self._outages: dict[StreamRef, _Outage] = {}

    @property
    def stale(self) -> int:
        """Streams whose outage was said and has not ended."""
        return sum(outage.is_said for outage in self._outages.values())

    def done(self, of: StreamRef, did: Round, now_us: int) -> None:
        """A round that worked."""
        who = {"site": of.camera.site, "camera": of.camera.camera, "stream": of.stream, "at_us": now_us}
        outage = self._outages.pop(of, None)
        if outage is not None and outage.is_said:
            self.facts.append(RecordingResumed(**who, stale_s=round((now_us - outage.since_us) / 1e6, 1)))
        for gap in did.gaps:
            self.facts.append(GapRecorded(**who, from_us=gap.from_us, to_us=gap.to_us, cause=gap.cause))
        for segment in did.stored:
            self.facts.append(
                SegmentStored(
                    **who,
                    run=segment.run,
                    first_seq=segment.first_seq,
                    last_seq=segment.last_seq,
                    starts_us=segment.starts_us,
                    ends_us=segment.ends_us,
                    size_bytes=segment.size_bytes,
                )
            )

    def failed(self, of: StreamRef, began_us: int, stored_until_us: int, cause: str, reason: str, now_us: int) -> None:
        """A round that did not, since `began_us`; it is tried again."""
        outage = self._outages.setdefault(of, _Outage(began_us))
        if outage.is_said or now_us - outage.since_us < STALE_AFTER_S * 1e6:
            return
        outage.is_said = True
        self.facts.append(
            RecordingStale(
                site=of.camera.site,
                camera=of.camera.camera,
                stream=of.stream,
                at_us=now_us,
                since_us=stored_until_us,
                cause=cause,
                reason=reason,
            )
        )

    def forget(self, of: StreamRef) -> None:
        """Another worker records it now."""
        self._outages.pop(of, None)
