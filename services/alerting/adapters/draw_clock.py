"""What time does to draws: whose time to commit or to reveal is over, goes on without those who are late."""

from __future__ import annotations

from services.alerting.handlers.draws import DrawDesk
from shared.clock import Clock

# Two workers may look at the same time: the row is locked, and the second finds nothing to do.
LOOK_S = 5.0


class DrawClock:
    """Supervised."""

    def __init__(self, desk: DrawDesk, clock: Clock):
        self._desk = desk
        self._clock = clock

    async def run_once(self) -> None:
        await self._clock.sleep(LOOK_S)
        await self._desk.time_over()
