"""What the recorder has to say to others: segments, gaps and outages, each once, kept until the bus has taken it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from services.recorder.freshness import Staleness
from services.recorder.recording import Round
from services.recorder.segment import StreamRef
from shared.messages.base import Fact
from shared.messages.recorder import GapRecorded, RecordingAtRisk, RecordingResumed, RecordingStale, SegmentStored

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
        self._overdue: dict[StreamRef, _Outage] = {}
        self._at_risk: set[StreamRef] = set()
        # Beyond the bound the oldest are forgotten: the index still has what they say.
        self.facts: deque[Fact] = deque(maxlen=FACTS_MAX)
        self._outages: dict[StreamRef, _Outage] = {}

    @property
    def stale(self) -> int:
        """Streams whose outage was said and has not ended."""
        stale = {of for of, outage in self._outages.items() if outage.is_said}
        return len(stale | self._overdue.keys())

    def done(self, of: StreamRef, did: Round, now_us: int) -> None:
        """A round that worked."""
        who = _who(of, now_us)
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
                **_who(of, now_us),
                since_us=stored_until_us,
                cause=cause,
                reason=reason,
            )
        )

    def looked(self, of: StreamRef, stale: Staleness | None, now_us: int) -> None:
        """What a look at the stream found; said once, where no failed round has said it already."""
        overdue = self._overdue.get(of)
        if stale is None:
            if overdue is not None:
                del self._overdue[of]
                self.facts.append(
                    RecordingResumed(**_who(of, now_us), stale_s=round((now_us - overdue.since_us) / 1e6, 1))
                )
            return
        outage = self._outages.get(of)
        if overdue is not None or (outage is not None and outage.is_said):
            return
        self._overdue[of] = _Outage(now_us, is_said=True)
        self.facts.append(
            RecordingStale(**_who(of, now_us), since_us=stale.since_us, cause=stale.cause, reason=stale.reason)
        )

    def risk(self, of: StreamRef, is_at_risk: bool, media_used: float, now_us: int) -> None:
        """Whether MEDIA will soon drop what is not stored of it; said when it begins."""
        if not is_at_risk:
            self._at_risk.discard(of)
        elif of not in self._at_risk:
            self._at_risk.add(of)
            self.facts.append(RecordingAtRisk(**_who(of, now_us), media_used=round(media_used, 3)))

    def forget(self, of: StreamRef) -> None:
        """Another worker records it now."""
        self._outages.pop(of, None)
        self._overdue.pop(of, None)
        self._at_risk.discard(of)


def _who(of: StreamRef, now_us: int) -> dict[str, Any]:
    return {"site": of.camera.site, "camera": of.camera.camera, "stream": of.stream, "at_us": now_us}
