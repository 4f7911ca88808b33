"""Collects what proves an alert: the recording held, the picture and the facts kept, the clip asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from hashlib import sha256

from services.alerting.adapters.bus_recorder import BusRecorder
from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.proofs import PostgresProofs
from services.alerting.handlers.proofs import PROOFS, facts_name, picture_name
from services.alerting.handlers.rules import FactHistory, Rules
from services.alerting.proofs import collecting as rules_of
from services.alerting.proofs.kept_facts import FactMoment, kept
from services.alerting.rules.kitchen_clock import KitchenClock
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.alert_proofs import AlertProof
from shared.messages.alerting import Alert
from shared.messages.cameras import DesiredCamera
from shared.messages.clips import ClipStatus
from shared.objects import ObjectStore
from shared.subjects import CameraRef
from shared.telemetry import counter, log

# = how many are collected at once by one worker; each is some requests
AT_ONCE = 4
# = how long a new alert waits at most to be begun with
ROUND_S = 2.0
_SWEEP_S = 3600.0
_OLD_AT_ONCE = 200
# = how much later than the span a fact about it may be said
_SAID_LATER_US = 60_000_000
# Of a clip that is being made, how soon it is asked again.
_LOOK_AGAIN_US = 2_000_000

_ready = counter("alerting_proofs_ready_total", "alerts whose clip, picture and facts are kept")
_impossible = counter("alerting_proofs_impossible_total", "alerts whose clip cannot be had", ["why"])


class ProofKeeper:
    """Supervised."""

    def __init__(
        self,
        store: PostgresProofs,
        alerts: PostgresAlerts,
        rules: Rules,
        history: FactHistory,
        recorder: BusRecorder,
        objects: ObjectStore,
        kitchen: KitchenClock,
        camera: Callable[[CameraRef], DesiredCamera | None],
        clock: Clock,
        kept_days: int,
    ):
        self._store = store
        self._alerts = alerts
        self._rules = rules
        self._history = history
        self._recorder = recorder
        self._objects = objects
        self._kitchen = kitchen
        self._camera = camera
        self._clock = clock
        self._kept_days = kept_days
        self._sweep_at = clock.monotonic() + _SWEEP_S

    async def run_once(self) -> None:
        """Those that are due; then until one is."""
        claimed_us = self._clock.now_us()
        due = await self._store.claim(claimed_us, AT_ONCE)
        await asyncio.gather(*(self._advance(alert, claimed_us) for alert in due))
        if due:
            return
        await self._sweep()
        next_us = await self._store.next_us()
        wait_s = ROUND_S if next_us is None else min(ROUND_S, max(0.05, (next_us - self._clock.now_us()) / 1e6))
        await self._clock.sleep(wait_s)

    async def _advance(self, id: str, claimed_us: int) -> None:
        """As far as it goes now. A recorder or a store that is away is asked again."""
        alert = await self._alerts.get(id)
        if alert is None:
            return
        now_us = self._clock.now_us()
        proof = alert.proof
        if proof is None or not proof.to_us:
            proof = rules_of.begun(alert, self._kept_days, now_us)
        was, tried = proof.state, proof.tries
        steps = (self._hold, self._keep_picture, self._keep_facts, self._cut_clip, self._cut_crop)
        due_us: list[int] = []
        for step in steps:
            try:
                proof, again_us = await step(alert, proof, now_us)
            except PeerError as error:
                # One more try, however many of its parts could not be had.
                proof = rules_of.waits(proof.model_copy(update={"tries": tried}), "peer_away", str(error))
                again_us = now_us + rules_of.retry_us(tried)
            if again_us is not None:
                due_us.append(again_us)
        if due_us and rules_of.is_hopeless(alert, now_us):
            proof, due_us = _given_up(proof), []
        await self._store.save(id, proof, min(due_us, default=None), claimed_us)
        if proof.state != was:
            _say(id, proof)

    async def _hold(self, alert: Alert, proof: AlertProof, now_us: int) -> tuple[AlertProof, int | None]:
        if not proof.is_held:
            await self._recorder.hold(alert, proof.from_us, proof.to_us, proof.kept_until_us)
            proof = proof.model_copy(update={"is_held": True})
        return proof, None

    async def _keep_picture(self, alert: Alert, proof: AlertProof, now_us: int) -> tuple[AlertProof, int | None]:
        best = alert.best
        if best is None or not rules_of.needs_picture(proof, alert):
            return proof, None
        if not proof.from_us <= best.at_us <= proof.to_us:
            around = (best.at_us - rules_of.PAD_US, best.at_us + rules_of.PAD_US)
            await self._recorder.hold(alert, *around, proof.kept_until_us, f"-{best.at_us}")
        try:
            data, captured_us = await self._recorder.still(alert.site, best)
        except RequestRefused as error:
            if rules_of.may_come(proof, error.code, now_us):
                return proof, now_us + rules_of.retry_us(proof.tries)
            return proof.model_copy(update={"picture_why": error.code}), None
        await self._objects.put(picture_name(alert.alert, best.at_us), data, "image/jpeg")
        more: dict[str, object] = {
            "picture_at_us": best.at_us,
            "picture_captured_us": captured_us,
            "picture_bytes": len(data),
        }
        more |= {"picture_sha256": sha256(data).hexdigest(), "picture_why": ""}
        return proof.model_copy(update=more), None

    async def _keep_facts(self, alert: Alert, proof: AlertProof, now_us: int) -> tuple[AlertProof, int | None]:
        if proof.facts_sha256 is not None:
            return proof, None
        due_us = alert.raised_us + rules_of.FACTS_AFTER_US
        if now_us < due_us:
            return proof, due_us
        ref = CameraRef(alert.site, alert.camera)
        camera = self._camera(ref)
        rule = next(
            (one.rule for one in await self._rules.versions(alert.rule) if one.rule.version == alert.rule_version), None
        )
        if camera is None or rule is None:
            return proof.model_copy(update={"facts": 0}), None  # it was removed meanwhile
        span = rules_of.facts_range(alert, rule)
        heard = [one async for one in self._heard(ref, span)]
        data = kept(alert.alert, rule, camera, self._kitchen, span, heard).encode()
        await self._objects.put(facts_name(alert.alert), data, "application/gzip")
        more = {"facts": len(heard), "facts_sha256": sha256(data).hexdigest(), "facts_bytes": len(data)}
        return proof.model_copy(update=more), None

    async def _heard(self, ref: CameraRef, span: tuple[int, int]) -> AsyncIterator[tuple[str, bytes]]:
        async for fact in self._history.since(span[0], (ref,)):
            at_us = FactMoment.decode(fact.data).at_us
            if span[0] <= at_us <= span[1]:
                yield fact.name, fact.data
            elif at_us > span[1] + _SAID_LATER_US:
                return

    async def _cut_clip(self, alert: Alert, proof: AlertProof, now_us: int) -> tuple[AlertProof, int | None]:
        if proof.state != "waiting":
            return proof, None
        due_us = rules_of.clip_due_us(proof)
        if now_us < due_us:
            return proof, due_us
        try:
            status = await self._asked_clip(alert, proof)
        except RequestRefused as error:
            return self._refused(proof, error.code, str(error), now_us)
        proof = proof.model_copy(update={"clip": status.clip, "clips_asked": max(1, proof.clips_asked)})
        match status.state:
            case "ready":
                return _with_clip(proof, status), None
            case "failed":
                proof, again_us = self._refused(proof, status.error_code or "failed", status.error or "", now_us)
                return proof.model_copy(update={"clip": None, "clips_asked": proof.clips_asked + 1}), again_us
        return proof.model_copy(
            update={"why": "clip_being_made", "detail": "The recorder cuts it."}
        ), now_us + _LOOK_AGAIN_US

    async def _cut_crop(self, alert: Alert, proof: AlertProof, now_us: int) -> tuple[AlertProof, int | None]:
        """Something small is hardly seen in the whole picture: its part, when the whole is there."""
        if alert.crop is None or proof.state != "ready" or proof.crop is not None or proof.crop_why:
            return proof, None
        id, span = f"alert-{alert.alert}-crop", rules_of.crop_range(alert, proof)
        try:
            status = await self._recorder.make_clip(alert, id, *span, proof.kept_until_us, alert.crop.crop)
        except RequestRefused as error:
            if rules_of.may_come(proof, error.code, now_us):
                return proof, now_us + rules_of.retry_us(proof.tries)
            return proof.model_copy(update={"crop_why": error.code}), None
        match status.state:
            case "ready":
                more = {"crop": id, "crop_sha256": status.sha256, "crop_bytes": status.size_bytes}
                return proof.model_copy(update=more), None
            case "failed":
                return proof.model_copy(update={"crop_why": status.error_code or "failed"}), None
        return proof, now_us + _LOOK_AGAIN_US

    async def _asked_clip(self, alert: Alert, proof: AlertProof) -> ClipStatus:
        if proof.clip is not None:
            try:
                return await self._recorder.clip(proof.clip)
            except RequestRefused as error:
                if error.code != "no_such_clip":
                    raise
        wanted = rules_of.clip_id(alert, max(1, proof.clips_asked))
        return await self._recorder.make_clip(alert, wanted, proof.from_us, proof.to_us, proof.kept_until_us)

    def _refused(self, proof: AlertProof, code: str, detail: str, now_us: int) -> tuple[AlertProof, int | None]:
        if rules_of.may_come(proof, code, now_us):
            proof = rules_of.waits(proof, code, detail)
            return proof, now_us + rules_of.retry_us(proof.tries - 1)
        return rules_of.impossible(proof, code, detail), None

    async def _sweep(self) -> None:
        """What was kept for long enough, now and then. Holds and clips end by themselves at the recorder."""
        if self._clock.monotonic() < self._sweep_at:
            return
        self._sweep_at = self._clock.monotonic() + _SWEEP_S
        for id in await self._store.old(self._clock.now_us(), _OLD_AT_ONCE):
            alert = await self._alerts.get(id)
            if alert is None or alert.proof is None:
                continue
            await self._objects.remove_many(await self._objects.names(f"{PROOFS}/{id}/"))
            gone = {"picture_at_us": None, "picture_sha256": None, "facts_sha256": None, "clip": None}
            over = alert.proof.model_copy(update=gone)
            await self._store.forget(id, rules_of.impossible(over, "expired", "It was kept for as long as it should."))


def _with_clip(proof: AlertProof, status: ClipStatus) -> AlertProof:
    more = {"state": "ready", "why": "", "detail": "", "clip_sha256": status.sha256, "clip_bytes": status.size_bytes}
    return proof.model_copy(update=more | {"clip_from_us": status.shows_from_us, "clip_to_us": status.shows_to_us})


def _given_up(proof: AlertProof) -> AlertProof:
    if proof.state != "waiting":
        return proof
    return rules_of.impossible(proof, proof.why, f"Tried for a day, then given up: {proof.detail}")


def _say(id: str, proof: AlertProof) -> None:
    if proof.state == "ready":
        _ready.inc()
    else:
        _impossible.labels(why=proof.why).inc()
        log().warning("no clip of this alert", alert=id, why=proof.why, detail=proof.detail)
