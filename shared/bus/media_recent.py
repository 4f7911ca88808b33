"""The newest fragments of one subject with a single request: JetStream's batched direct get (ADR-31)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus.errors import BusUnreachable
from shared.bus.media_headers import decode_fragment
from shared.media.fragment import Fragment

LIMIT_S = 3.0
# = how much one viewer may ask NATS to send at once; a GOP of 4 s at 8 Mbit/s fits
MAX_BYTES = 32 * 1024 * 1024


async def recent_fragments(client: Client, subject: str, since_us: int, limit: int) -> list[Fragment]:
    """Oldest first, at most `limit` messages less the repeats; empty where nothing is stored. Raises BusUnreachable."""
    start = datetime.fromtimestamp(since_us / 1e6, UTC).isoformat().replace("+00:00", "Z")
    request = json.dumps({"batch": limit, "max_bytes": MAX_BYTES, "next_by_subj": subject, "start_time": start})
    inbox = client.new_inbox()
    # by run and seq: what was sent twice is stored twice
    found: dict[tuple[str, int], Fragment] = {}
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def on_message(msg: Msg) -> None:
        status = (msg.headers or {}).get("Status")
        if status is None:
            fragment = decode_fragment(msg.headers, msg.data)
            found.setdefault((fragment.header.run, fragment.header.seq), fragment)
        elif not ended.done():
            ended.set_result(status)

    try:
        subscription = await client.subscribe(inbox, cb=on_message)
        try:
            await client.publish("$JS.API.DIRECT.GET.MEDIA", request.encode(), reply=inbox)
            async with asyncio.timeout(LIMIT_S):
                status = await ended
        finally:
            await subscription.unsubscribe()
    except (nats.errors.Error, TimeoutError) as error:
        raise BusUnreachable(f"MEDIA does not answer: {error or type(error).__name__}") from error
    # ADR-31: 204 ends a batch, 404 says that there is nothing; 503: there is no such stream.
    if status not in ("204", "404"):
        raise BusUnreachable(f"MEDIA is not there (status {status})")
    return list(found.values())
