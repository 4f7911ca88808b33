"""What pullers report, stamped and entered into the ledger; and metrics of it."""

from __future__ import annotations

from services.ingest.camera_ledger import CameraLedger
from services.ingest.conditions import Finding
from services.ingest.fleet import StreamRef
from shared.clock import Clock
from shared.media.formats import StreamFormat
from shared.telemetry import counter, log

_findings = counter("ingest_findings_total", "Conditions found on connections to cameras", ["condition", "reason_code"])
_runs = counter("ingest_runs_total", "Runs begun", ["why"])


class StreamReports:
    """Implements StreamEvents."""

    def __init__(self, ledger: CameraLedger, clock: Clock):
        self._ledger = ledger
        self._clock = clock
        self.unheard = _Unheard()

    def found(self, stream: StreamRef, finding: Finding) -> None:
        _findings.labels(finding.condition, finding.reason_code).inc()
        if finding.condition not in ("online", "connecting"):
            log().warning("camera not online", camera=str(stream), reason_code=finding.reason_code)
        self._ledger.found(stream, finding, self._clock.now_us())

    def run_began(self, stream: StreamRef, run: str, fmt: StreamFormat, why: str) -> None:
        _runs.labels(why).inc()
        log().info("run began", camera=str(stream), run=run, codecs=fmt.codecs, why=why)
        self._ledger.run_began(stream, run, fmt, why, self._clock.now_us())


class _Unheard:
    """For streams of our own making (transcodes), whose runs say nothing about the camera."""

    def on_run(self, run: str, stream: StreamFormat, why: str) -> None:
        _runs.labels("transcode").inc()
