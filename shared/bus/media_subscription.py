"""Live fragments of one subject: handed over as they come, shed when nobody keeps up."""

from __future__ import annotations

from collections.abc import Callable

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from shared.bus.errors import BusUnreachable
from shared.bus.media_headers import decode_fragment
from shared.bus.round_trip import confirmed
from shared.errors import ProtocolViolation
from shared.media.fragment import Fragment
from shared.telemetry import counter, log

_bad = counter("media_bad_messages_total", "Media messages whose headers could not be read")

# Far below nats-server's own bound for a slow consumer, so that we drop a fragment before it drops the connection.
PENDING_MESSAGES = 512
PENDING_BYTES = 32 * 1024 * 1024


class MediaSubscription:
    """Ends with `close`. nats-py drops what does not fit into the pending bounds."""

    def __init__(self, subject: str, on_fragment: Callable[[Fragment], None]):
        self._subject = subject
        self._on_fragment = on_fragment
        self._subscription: Subscription | None = None

    @classmethod
    async def open(cls, client: Client, subject: str, on_fragment: Callable[[Fragment], None]) -> MediaSubscription:
        media, is_open = cls(subject, on_fragment), False
        try:
            media._subscription = await client.subscribe(
                subject,
                cb=media._on_message,
                pending_msgs_limit=PENDING_MESSAGES,
                pending_bytes_limit=PENDING_BYTES,
            )
            # From here on nothing is missed: the server has confirmed that it knows the subscription.
            await confirmed(client)
            is_open = True
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnreachable(f"no media: {error or type(error).__name__}") from error
        finally:
            if not is_open:
                await media.close()  # nats-py keeps what was begun: every further try would add one
        return media

    async def close(self) -> None:
        if self._subscription is not None:
            try:
                await self._subscription.unsubscribe()
            except nats.errors.Error:
                return  # the connection is gone, and the subscription with it

    async def _on_message(self, msg: Msg) -> None:
        try:
            fragment = decode_fragment(msg.headers, msg.data)
        except ProtocolViolation as error:
            _bad.inc()
            log().warning("media message not readable", subject=self._subject, detail=str(error))
            return
        self._on_fragment(fragment)
