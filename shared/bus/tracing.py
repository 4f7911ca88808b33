"""OpenTelemetry's context in message headers (W3C trace context)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, propagate


def trace_headers() -> dict[str, str]:
    """The current trace, to go with a message; empty where there is none."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


@contextmanager
def within_trace(headers: Mapping[str, str] | None) -> Iterator[None]:
    """Whatever is done inside belongs to the trace that a message came with."""
    if not headers or "traceparent" not in headers:
        yield
        return
    token = context.attach(propagate.extract(dict(headers)))
    try:
        yield
    finally:
        context.detach(token)
