"""How a process tells what it does: JSON lines on stderr, Prometheus metrics, OpenTelemetry traces."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, TextIO

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from shared.clock import Clock, SystemClock

# Which fields, beside the message, make a repeated line "the same": another camera is another line.
_IDENTITY_FIELDS = ("camera", "task", "peer", "subject", "reason_code")
_QUIET_LOGGERS = ("uvicorn.access", "httpx", "urllib3", "sqlalchemy.engine.Engine", "aioice", "aiortc")

LogEvent = MutableMapping[str, Any]


class RepeatLimit:
    """A structlog processor: the same warning or error at most once in `interval_s`, the rest counted.

    The next line let through carries `suppressed`, how many were not.
    """

    def __init__(self, clock: Clock, interval_s: float = 1.0, max_kinds: int = 4096):
        self._clock = clock
        self._interval_s = interval_s
        self._max_kinds = max_kinds
        self._seen: dict[tuple[Any, ...], tuple[float, int]] = {}

    def __call__(self, logger: Any, method: str, event: LogEvent) -> LogEvent:
        if method not in ("warning", "error"):
            return event
        kind = (event.get("event"), *(event.get(name) for name in _IDENTITY_FIELDS))
        now = self._clock.monotonic()
        last, suppressed = self._seen.get(kind, (None, 0))
        if last is not None and now - last < self._interval_s:
            self._seen[kind] = (last, suppressed + 1)
            raise structlog.DropEvent
        if len(self._seen) >= self._max_kinds:
            self._seen.clear()
        self._seen[kind] = (now, 0)
        if suppressed:
            event["suppressed"] = suppressed
        return event


def configure_logging(
    service: str, worker: str, level: str = "info", *, clock: Clock | None = None, stream: TextIO | None = None
) -> None:
    """Send structlog and the standard library's logging to `stream` (stderr), one JSON object a line."""
    structlog.contextvars.clear_contextvars()
    base: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _stamp(service, worker),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    limit = RepeatLimit(clock or SystemClock())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *base,
            limit,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*base, structlog.stdlib.add_logger_name, structlog.processors.format_exc_info],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def _stamp(service: str, worker: str) -> Callable[[Any, str, LogEvent], LogEvent]:
    def add(logger: Any, method: str, event: LogEvent) -> LogEvent:
        event["service"] = service
        event["worker"] = worker
        return event

    return add


def log() -> structlog.stdlib.BoundLogger:
    """The logger. Messages are static, data goes in fields, personal data under `pii.` keys."""
    return structlog.stdlib.get_logger()


# Metrics: one namespace, names as Prometheus asks for them (unit at the end, `_total` for counters).


def counter(name: str, says: str, labels: Sequence[str] = ()) -> Counter:
    assert not name.startswith("bk_"), "the prefix is ours"
    return Counter(f"bk_{name}", says, labels)


def gauge(name: str, says: str, labels: Sequence[str] = ()) -> Gauge:
    assert not name.startswith("bk_"), "the prefix is ours"
    return Gauge(f"bk_{name}", says, labels)


def histogram(name: str, says: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
    return Histogram(f"bk_{name}", says, labels, buckets=buckets)


_before_scrapes: dict[str, Callable[[], None]] = {}


def before_scrape(name: str, bring_up_to_date: Callable[[], None]) -> None:
    """Have it called whenever the metrics are read: for what changes far more often than somebody looks.

    A later one of that name takes its place.
    """
    _before_scrapes[name] = bring_up_to_date


async def metrics_page(request: Request) -> Response:
    """`GET /metrics` in Prometheus' text format."""
    for bring_up_to_date in list(_before_scrapes.values()):
        bring_up_to_date()
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def configure_tracing(service: str, worker: str) -> None:
    """Make trace ids that travel in bus headers; nothing is exported unless a span processor is added."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        resource = Resource.create({"service.name": f"bright-kitchen-{service}", "service.instance.id": worker})
        trace.set_tracer_provider(TracerProvider(resource=resource))
