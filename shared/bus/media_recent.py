"""Stored fragments of one subject with a single request: JetStream's batched direct get (ADR-31)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus.errors import BusUnreachable
from shared.bus.media_headers import decode_fragment
from shared.media.fragment import Fragment

LIMIT_S = 3.0
# = how long 32 MB may take from a disk that is busy
BATCH_LIMIT_S = 15.0
# = how much one viewer may ask NATS to send at once; a GOP of 4 s at 8 Mbit/s fits
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """Fragments with the number the bus gave each, in its order; `has_more` where the batch was full."""

    items: list[tuple[int, Fragment]]
    has_more: bool


async def recent_fragments(client: Client, subject: str, since_us: int, limit: int) -> list[Fragment]:
    """Oldest first, at most `limit` messages less the repeats; empty where nothing is stored. Raises BusUnreachable."""
    wanted = {"batch": limit, "max_bytes": MAX_BYTES, "next_by_subj": subject, "start_time": _moment(since_us)}
    # by run and seq: what was sent twice is stored twice
    found: dict[tuple[str, int], Fragment] = {}
    for _, fragment in (await _batch(client, wanted, LIMIT_S)).items:
        found.setdefault((fragment.header.run, fragment.header.seq), fragment)
    return list(found.values())


async def fragments_after(
    client: Client, subject: str, media_seq: int, max_bytes: int, since_us: int | None = None
) -> StoredBatch:
    """What was stored behind that number (or since then), repeats included, up to about `max_bytes`.

    Raises BusUnreachable.
    """
    wanted: dict[str, object] = {"batch": 5000, "max_bytes": max_bytes, "next_by_subj": subject}
    if since_us is None:
        wanted["seq"] = media_seq + 1
    else:
        wanted["start_time"] = _moment(since_us)
    return await _batch(client, wanted, BATCH_LIMIT_S)


def _moment(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat().replace("+00:00", "Z")


async def _batch(client: Client, wanted: Mapping[str, object], limit_s: float) -> StoredBatch:
    inbox = client.new_inbox()
    items: list[tuple[int, Fragment]] = []
    pending = 0
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def on_message(msg: Msg) -> None:
        nonlocal pending
        headers = msg.headers or {}
        status = headers.get("Status")
        if status is None:
            items.append((int(headers["Nats-Sequence"]), decode_fragment(headers, msg.data)))
            pending = int(headers.get("Nats-Num-Pending", "0"))
        elif not ended.done():
            ended.set_result(status)

    try:
        # A batch is bounded by what was asked for, not by what nats-py thinks a slow reader may hold.
        subscription = await client.subscribe(
            inbox, cb=on_message, pending_msgs_limit=10_000, pending_bytes_limit=4 * MAX_BYTES
        )
        try:
            await client.publish("$JS.API.DIRECT.GET.MEDIA", json.dumps(wanted).encode(), reply=inbox)
            async with asyncio.timeout(limit_s):
                status = await ended
        finally:
            await subscription.unsubscribe()
    except (nats.errors.Error, TimeoutError) as error:
        raise BusUnreachable(f"MEDIA does not answer: {error or type(error).__name__}") from error
    # ADR-31: 204 ends a batch, 404 says that there is nothing; 503: there is no such stream.
    if status not in ("204", "404"):
        raise BusUnreachable(f"MEDIA is not there (status {status})")
    return StoredBatch(items, pending > 0)
