"""What watching needs of whoever keeps alerts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerting.rules.camera_watch import Happening
from services.alerting.rules.shard_watch import Position
from shared.messages.alerting import Alert, SpokenWarning
from shared.messages.rules import Rule


@dataclass(frozen=True, slots=True)
class Written:
    """An incident to be written. `happening`: what it is news of; None: it only counts on.

    `can_storm`: a camera that is away; many of them at once are an outage. `warning`: what is spoken there at once.
    """

    shard: int
    alert: Alert
    happening: Happening | None
    folds_at_site: bool
    reopen_us: int
    can_storm: bool = False
    warning: SpokenWarning | None = None


class AlertStore(Protocol):
    """Where alerts are kept. All raise PeerError while it is away."""

    async def positions(self, shards: Sequence[int]) -> dict[int, Position]: ...

    async def going_on(self, shard: int, since_us: int) -> list[tuple[Alert, Rule]]:
        """Incidents of that shard that go on, or that were broken last since then, each under its rule."""
        ...

    async def write(self, written: Sequence[Written], positions: dict[int, Position], now_us: int) -> None:
        """All of it or nothing, and what is to be told of it."""
        ...

    async def settle(self) -> None:
        """What a worker that died did not live to put together."""
        ...
