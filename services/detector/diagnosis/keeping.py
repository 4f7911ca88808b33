"""Between what a decoding thread learns of a camera and what is kept of it: two places, each set whole. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.detector.diagnosis.baseline import Baselines

# = the most that is forgotten when a worker dies
_KEEP_EVERY_US = 600_000_000
_KEEP_FIRST_US = 60_000_000


@dataclass(slots=True)
class Kept:
    """Of one camera.

    Attributes:
        found: what was kept earlier; set once, when it has been fetched.
        news: what is to be kept now.
    """

    found: bytes | None = None
    news: bytes | None = None


class KeptBaselines:
    """The baselines of one camera as a decoding thread has them."""

    def __init__(self, kept: Kept, accepted_us: int = 0):
        """Args: accepted_us: what was learned before this moment counts no more."""
        self.baselines = Baselines()
        self._kept = kept
        self._accepted_us = accepted_us
        self._next_us = 0

    def turn(self, at_us: int) -> None:
        """With every picture: take what was fetched, hand over what is due."""
        if self._kept.found is not None:
            self._take(self._kept.found)
            self._kept.found = None
        if self.baselines.began_us == 0:
            self.baselines.began_us = at_us
        if self._next_us == 0:
            self._next_us = at_us + _KEEP_FIRST_US
        if at_us >= self._next_us and self.baselines.has_news:
            self._kept.news = self.baselines.pack()
            self._next_us = at_us + _KEEP_EVERY_US

    def _take(self, data: bytes) -> None:
        try:
            found = Baselines.unpack(data)
        except ValueError:
            return  # of another version, or broken: learned anew
        # What was learned in the seconds before it came is little.
        if found.began_us >= self._accepted_us:
            self.baselines = found
