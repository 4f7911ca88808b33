"""Asks the intercom to speak in kitchens, each sentence once, and writes down what it answered."""

from __future__ import annotations

import asyncio

from services.alerting.adapters.postgres.warnings import KeptWarning, PostgresWarnings
from services.alerting.announcing.spoken_warning import LATE_US, answered, refused, request
from shared.bus import Bus
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.alerting import SpokenWarning
from shared.messages.broadcasts import BroadcastRef, BroadcastStatus
from shared.telemetry import counter

LOOK_S = 0.5
_AT_ONCE = 8
_ASK_LIMIT_S = 15.0
# = when it is asked how a sentence ended, and when nobody asks any more
_ENDED_AFTER_US = 20_000_000
_GIVE_UP_US = 300_000_000

_spoken = counter("alerting_announcements_total", "sentences for kitchens, by what became of them", ["state"])


class Announcer:
    """Supervised. A sentence that waited too long is not spoken any more."""

    def __init__(self, bus: Bus, warnings: PostgresWarnings, clock: Clock):
        self._bus = bus
        self._warnings = warnings
        self._clock = clock

    async def run_once(self) -> None:
        await self._clock.doze(LOOK_S)
        await self.look()

    async def look(self) -> None:
        """What is due, and how that ended which was asked a while ago. Raises PeerError of the database alone."""
        now_us = self._clock.now_us()
        await asyncio.gather(*(self._ask(one) for one in await self._warnings.take_due(_AT_ONCE, now_us)))
        asked = await self._warnings.not_known_yet(now_us - _ENDED_AFTER_US, _AT_ONCE)
        await asyncio.gather(*(self._ask_how_it_ended(one) for one in asked))

    async def _ask(self, kept: KeptWarning) -> None:
        now_us = self._clock.now_us()
        warning = kept.warning.model_copy(update={"asked_us": now_us})
        if now_us - warning.due_us > LATE_US["at_once"]:
            late = {"state": "too_late", "detail": "alerting was away when it was to be spoken"}
            await self._put(kept, warning.model_copy(update=late))
            return
        play = request(warning, kept.alert, kept.site, kept.camera, kept.rule)
        try:
            data = await self._bus.request("intercom", "announcement_play", play, timeout_s=_ASK_LIMIT_S)
            made = answered(warning, BroadcastStatus.decode(data), self._clock.now_us())
        except RequestRefused as error:
            made = refused(warning, error.code, str(error), self._clock.now_us())
        except PeerError as error:
            made = refused(warning, "intercom_away", str(error), self._clock.now_us())
        await self._put(kept, made)

    async def _ask_how_it_ended(self, kept: KeptWarning) -> None:
        now_us, warning = self._clock.now_us(), kept.warning
        try:
            if warning.broadcast is None:
                made = refused(warning, "not_known", warning.detail, now_us)
            else:
                ref = BroadcastRef(broadcast=warning.broadcast)
                data = await self._bus.request("intercom", "broadcast_past", ref, timeout_s=_ASK_LIMIT_S)
                made = answered(warning, BroadcastStatus.decode(data), now_us)
        except (RequestRefused, PeerError) as error:
            if now_us - warning.due_us < _GIVE_UP_US:
                return  # it may still be speaking
            made = refused(warning, "not_known", str(error), now_us)
        if made.state == "asked" and now_us - warning.due_us >= _GIVE_UP_US:
            made = refused(made, "not_known", "the intercom never said how it ended", now_us)
        await self._put(kept, made)

    async def _put(self, kept: KeptWarning, made: SpokenWarning) -> None:
        await self._warnings.put(kept.alert, made)
        if made.state != "asked":
            _spoken.labels(state=made.state).inc()
