"""What only time changes: everything that is looked at once a second is looked at in one wake."""

from __future__ import annotations

from collections.abc import Callable

from shared.clock import Clock

SECOND_S = 1.0


class EachSecond:
    """Supervised, for ever: a round a second, give or take. The looks do not wait, and come in order."""

    def __init__(self, clock: Clock, *looks: Callable[[], None]):
        self._clock = clock
        self._looks = looks

    async def run_once(self) -> None:
        while True:
            await self._clock.doze(SECOND_S)
            for look in self._looks:
                look()
