"""OpenTelemetry's context in message headers (W3C trace context)."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry import propagate
from opentelemetry.context import Context


def trace_headers() -> dict[str, str]:
    """The current trace, to go with a message; empty where there is none."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


def context_of(headers: Mapping[str, str] | None) -> Context:
    """The trace a message came with."""
    return propagate.extract(dict(headers or {}))
