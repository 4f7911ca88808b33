"""Has the recorder seal what orders rest on: asked until it takes it, followed until it lies under lock."""

from __future__ import annotations

from services.alerting.adapters.bus_recorder import BusRecorder
from services.alerting.adapters.postgres.proofs import PostgresProofs
from services.alerting.proofs.collecting import GIVE_UP_US, retry_us
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.evidence import EvidenceWanted
from shared.telemetry import counter, log

ROUND_S = 5.0
_AT_ONCE = 4
_LOOK_AGAIN_US = 5_000_000

_sealed = counter("alerting_checks_sealed_total", "files with a picture before or after a correction that were sealed")
_failed = counter("alerting_seals_failed_total", "files that could not be sealed", ["why"])


class SealKeeper:
    """Supervised."""

    def __init__(self, store: PostgresProofs, recorder: BusRecorder, clock: Clock):
        self._store = store
        self._recorder = recorder
        self._clock = clock

    async def run_once(self) -> None:
        await self._clock.sleep(ROUND_S)
        await self.look()

    async def look(self) -> None:
        """Everything that is due now."""
        for wanted, state, tries, begun_us in await self._store.claim_seals(self._clock.now_us(), _AT_ONCE):
            await self._advance(wanted, state, tries, begun_us)

    async def _advance(self, wanted: EvidenceWanted, state: str, tries: int, begun_us: int) -> None:
        now_us = self._clock.now_us()
        try:
            status = await (self._recorder.seal(wanted) if state == "waiting" else self._recorder.sealed(wanted.case))
        except PeerError as error:
            if now_us - begun_us > GIVE_UP_US:
                await self._over(wanted, "peer_away", str(error), tries)
                return
            await self._store.save_seal(wanted.case, state, "peer_away", tries + 1, now_us + retry_us(tries))
            return
        except RequestRefused as error:
            await self._over(wanted, error.code, str(error), tries)
            return
        if status.state == "sealed":
            _sealed.inc()
            await self._store.save_seal(wanted.case, "sealed", "", tries, None)
        elif status.state == "failed":
            await self._over(wanted, status.error_code or "failed", status.error or "", tries)
        else:
            await self._store.save_seal(wanted.case, "asked", "", tries, now_us + _LOOK_AGAIN_US)

    async def _over(self, wanted: EvidenceWanted, why: str, detail: str, tries: int) -> None:
        _failed.labels(why=why).inc()
        log().warning("not sealed", case=wanted.case, why=why, detail=detail)
        await self._store.save_seal(wanted.case, "failed", why, tries, None)
