"""How much of each minute of each camera was looked at, and what became of the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.messages.detector import CoverageMinute
from shared.subjects import CameraRef

MINUTE_US = 60_000_000


@dataclass(slots=True)
class _Minute:
    wanted: float = 0.0
    analysed: int = 0
    late: int = 0
    undecodable: int = 0
    unusable: int = 0
    unavailable: set[str] = field(default_factory=set)


@dataclass(slots=True)
class CameraCoverage:
    """Of one camera. Pictures count in the minute in which they were filmed; if that was said already, in the next."""

    camera: CameraRef
    _minutes: dict[int, _Minute] = field(default_factory=dict)
    _wanted_to_us: int = 0
    _said_to_us: int = 0

    def want(self, rate_hz: float, now_us: int) -> None:
        """From the last call until now, pictures were wanted at that rate."""
        from_us = self._wanted_to_us or now_us
        self._wanted_to_us = now_us
        while from_us < now_us:
            ends_us = min((from_us // MINUTE_US + 1) * MINUTE_US, now_us)
            self._at(from_us).wanted += (ends_us - from_us) / 1e6 * rate_hz
            from_us = ends_us

    def analysed(self, captured_us: int, is_usable: bool, unavailable: tuple[str, ...]) -> None:
        minute = self._at(captured_us)
        minute.analysed += 1
        minute.unusable += not is_usable
        minute.unavailable.update(unavailable)

    def late(self, captured_us: Iterable[int]) -> None:
        """Pictures that were dropped, by when they were filmed."""
        for at_us in captured_us:
            self._at(at_us).late += 1

    def undecodable(self, at_us: int) -> None:
        self._at(at_us).undecodable += 1

    def ended(self, now_us: int, settle_us: int = 5_000_000) -> list[CoverageMinute]:
        """Minutes that are over, and long enough that nothing of them is on its way any more; each once."""
        done = [begins for begins in self._minutes if begins + MINUTE_US + settle_us <= now_us]
        self._said_to_us = max([self._said_to_us, *(begins + MINUTE_US for begins in done)])
        return [self._said(begins, self._minutes.pop(begins)) for begins in sorted(done)]

    def _said(self, begins_us: int, minute: _Minute) -> CoverageMinute:
        # A minute may hold a picture more than its length and the rate say.
        accounted = minute.analysed + minute.late + minute.undecodable
        wanted = max(round(minute.wanted), accounted)
        return CoverageMinute(
            site=self.camera.site,
            camera=self.camera.camera,
            at_us=begins_us + MINUTE_US,
            minute_us=begins_us,
            wanted=wanted,
            analysed=minute.analysed,
            late=minute.late,
            undecodable=minute.undecodable,
            unusable=minute.unusable,
            absent=wanted - accounted,
            unavailable=tuple(sorted(minute.unavailable)),
        )

    def _at(self, at_us: int) -> _Minute:
        return self._minutes.setdefault(max(at_us // MINUTE_US * MINUTE_US, self._said_to_us), _Minute())
