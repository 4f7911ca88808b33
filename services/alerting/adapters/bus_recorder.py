"""The recorder, asked over the bus for what an alert is proved with."""

from __future__ import annotations

import base64
from typing import Literal

from shared.bus import Bus
from shared.messages.alerting import Alert, BestFrame
from shared.messages.base import Message
from shared.messages.clips import ASKED_BY_ALERTING, ClipRef, ClipStatus, ClipWanted, StillReply, StillWanted
from shared.messages.detector import SeenBox
from shared.messages.evidence import EvidenceRef, EvidenceStatus, EvidenceWanted
from shared.messages.retention import HoldStatus, HoldWanted

_LIMIT_S = 10.0
# A picture is decoded out of a GOP, after others that wait their turn.
_STILL_LIMIT_S = 30.0


class BusRecorder:
    """All raise RequestRefused as it refused, PeerError where none answers."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def hold(self, alert: Alert, from_us: int, to_us: int, until_us: int, part: str = "") -> HoldStatus:
        """The same hold however often it is asked for."""
        wanted = HoldWanted(
            hold=f"alert-{alert.alert}{part}",
            site=alert.site,
            camera=alert.camera,
            from_us=from_us,
            to_us=to_us,
            why=f"alert {alert.alert} ({alert.rule})",
            kind="evidence",
            by=ASKED_BY_ALERTING,
            until_us=until_us,
        )
        return HoldStatus.decode(await self._ask("hold", wanted))

    async def make_clip(
        self, alert: Alert, clip: str, from_us: int, to_us: int, until_us: int, crop: SeenBox | None = None
    ) -> ClipStatus:
        """The same clip however often it is asked for."""
        wanted = ClipWanted(
            clip=clip,
            site=alert.site,
            camera=alert.camera,
            stream=_stream(alert.best),
            from_us=from_us,
            to_us=to_us,
            is_exact=True,
            asked_by=ASKED_BY_ALERTING,
            keep_until_us=until_us,
            crop=crop,
        )
        return ClipStatus.decode(await self._ask("clip_make", wanted))

    async def clip(self, id: str) -> ClipStatus:
        return ClipStatus.decode(await self._ask("clip", ClipRef(clip=id)))

    async def still(self, site: str, best: BestFrame) -> tuple[bytes, int]:
        """A JPEG at full resolution, and when it was taken."""
        wanted = StillWanted(site=site, camera=best.camera, stream=_stream(best), at_us=best.at_us)
        data = await self._bus.request("recorder", "still", wanted, timeout_s=_STILL_LIMIT_S)
        made = StillReply.decode(data)
        return base64.b64decode(made.data_base64), made.captured_us

    async def seal(self, wanted: EvidenceWanted) -> EvidenceStatus:
        return EvidenceStatus.decode(await self._ask("evidence_seal", wanted))

    async def sealed(self, case: str) -> EvidenceStatus:
        return EvidenceStatus.decode(await self._ask("evidence", EvidenceRef(case=case)))

    async def _ask(self, name: str, wanted: Message) -> bytes:
        return await self._bus.request("recorder", name, wanted, timeout_s=_LIMIT_S)


def _stream(best: BestFrame | None) -> Literal["main", "sub"]:
    return "sub" if best is not None and best.stream == "sub" else "main"
