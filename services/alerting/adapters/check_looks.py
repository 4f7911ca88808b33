"""What the machine has seen since each answer: read on from where it was, not from the answer on each time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from services.alerting.handlers.rules import FactHistory
from services.alerting.loop.machine_check import CheckPolicy, Observation
from shared.messages.alerting import Alert
from shared.messages.cameras import DesiredCamera
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Rule
from shared.subjects import CameraRef


@dataclass(slots=True)
class _Look:
    """`seq`: of the last fact that was shown."""

    seen: Observation
    seq: int = 0


class CheckLooks:
    """Of orders that were answered and are not judged yet. In memory: after a restart each is begun anew, and comes to
    the same."""

    def __init__(self, history: FactHistory, policy: CheckPolicy):
        self._history = history
        self._policy = policy
        self._looks: dict[str, _Look] = {}

    def keep_only(self, orders: Collection[str]) -> None:
        """Nothing is kept of those that wait for no look any more: it is no more than was answered in a day."""
        for order in self._looks.keys() - orders:
            del self._looks[order]

    async def seen(self, order: str, alert: Alert, rule: Rule, camera: DesiredCamera, answered_us: int) -> Observation:
        """All there is to see by now. Raises BusUnreachable; the next time it goes on behind what was shown."""
        look = self._looks.get(order)
        if look is None or not _is_same(look.seen, alert, rule, camera, answered_us):
            look = self._looks[order] = _Look(Observation(alert, rule, camera, answered_us, self._policy))
        look.seen.alert = alert
        ref = CameraRef(alert.site, alert.camera)
        async for fact in self._history.since(answered_us, (ref,), after_seq=look.seq):
            if fact.name == "frame_analysed":
                look.seen.show(FrameAnalysed.decode(fact.data))
            look.seq = fact.seq
        return look.seen


def _is_same(seen: Observation, alert: Alert, rule: Rule, camera: DesiredCamera, answered_us: int) -> bool:
    """Answered again, or under another rule or plan, everything is looked at anew."""
    return (seen.alert.alert, seen.rule, seen.camera, seen.from_us) == (alert.alert, rule, camera, answered_us)
