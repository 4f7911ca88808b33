"""What goes with a command so that it is done once, though its answer is lost and it is asked again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from services.gateway.idempotency import fingerprint_of


async def _request_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    # With another body it is another request, whatever its key.
    return fingerprint_of(request.url.path, key.encode(), await request.body())


RequestKey = Annotated[str | None, Depends(_request_key)]
"""64 hex digits of the Idempotency-Key, its path and its body; None where the request has no such header."""
