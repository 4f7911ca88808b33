"""The talks and the broadcasts of this worker while they run, and what is counted of them."""

from __future__ import annotations

from services.intercom.adapters.broadcast import Broadcast
from services.intercom.adapters.held_tasks import HeldTasks
from services.intercom.adapters.talk import Talk
from shared.telemetry import counter, gauge

_talks = gauge("intercom_talks", "talks held by this worker")
_talks_ended = counter("intercom_talks_ended_total", "talks that ended", ["ending"])
_broadcasts = gauge("intercom_broadcasts", "broadcasts held by this worker")
_broadcasts_ended = counter("intercom_broadcasts_ended_total", "broadcasts that ended", ["ending"])
_receipts = counter("intercom_receipts_total", "cameras of broadcasts that ended, by how", ["state", "reason"])


def talk_tasks() -> HeldTasks[Talk]:
    return HeldTasks("talk", _talks.set, _talk_over)


def broadcast_tasks() -> HeldTasks[Broadcast]:
    return HeldTasks("broadcast", _broadcasts.set, _broadcast_over)


def _talk_over(talk: Talk) -> dict[str, object]:
    status = talk.status()
    _talks_ended.labels(ending=status.ending or "failed").inc()
    return {"camera": str(talk.camera), "ending": status.ending, "detail": status.detail}


def _broadcast_over(broadcast: Broadcast) -> dict[str, object]:
    status = broadcast.status()
    _broadcasts_ended.labels(ending=status.ending or "failed").inc()
    for receipt in status.receipts:
        _receipts.labels(state=receipt.state, reason=receipt.reason or "").inc()
    return {"ending": status.ending, "counts": status.counts}
