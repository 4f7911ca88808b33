"""Two halves of one stream joined: what comes live since the subscription, and the past that the bus still holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.media.fragment import Fragment


class JoinedStream:
    """Says of each fragment whether it is to be shown: in order, each once, none of a run whose beginning is not known.

    An IDR that comes live before the past does makes the past unnecessary.
    """

    def __init__(self) -> None:
        self._is_open = False
        self._early: list[Fragment] = []
        self._run: str | None = None
        self._last_seq = -1

    def live(self, fragment: Fragment) -> Sequence[Fragment]:
        """From the subscription: what is to be shown now."""
        if not self._is_open:
            if not fragment.header.is_idr:
                self._early.append(fragment)
                return ()
            self._is_open = True
            self._early.clear()
        return (fragment,) if self._follows(fragment) else ()

    def past(self, stored: Sequence[Fragment]) -> Sequence[Fragment]:
        """What the bus still held, oldest first; empty where it holds nothing or could not be asked."""
        if self._is_open:
            return ()
        self._is_open = True
        early, self._early = self._early, []
        return [fragment for fragment in joined(stored, early) if self._follows(fragment)]

    def _follows(self, fragment: Fragment) -> bool:
        header = fragment.header
        if header.run != self._run:
            if not header.is_idr:
                return False  # of a run whose beginning we did not see: nobody can decode it
            self._run = header.run
        elif header.seq <= self._last_seq:
            return False  # resent after ingest lost the bus for a moment
        self._last_seq = header.seq
        return True


def joined(past: Sequence[Fragment], early: Iterable[Fragment]) -> list[Fragment]:
    """Past and live as one, from the last IDR on; empty where there is none.

    The past was asked for after the subscription stood, so they overlap or touch: what is in both is taken once.
    """
    seen = {(fragment.header.run, fragment.header.seq) for fragment in past}
    whole = [*past, *(f for f in early if (f.header.run, f.header.seq) not in seen)]
    for index in range(len(whole) - 1, -1, -1):
        if whole[index].header.is_idr:
            return whole[index:]
    return []
