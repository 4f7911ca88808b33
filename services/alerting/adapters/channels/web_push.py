"""Web Push (RFC 8030): a message that only the device can read, handed to its browser's push service."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cryptography.hazmat.primitives.asymmetric import ec

from services.alerting.adapters.channels.checked_post import Answer, CheckedPost
from services.alerting.notices.channel import ChannelFailed, Outgoing, Taken, split_endpoint
from services.alerting.notices.note import Note
from services.alerting.push.encryption import SALT_BYTES, DeviceKeys, encrypt
from services.alerting.push.services import PushServices, require_keys
from services.alerting.push.vapid import VapidKey
from shared.errors import CameraUnreachable, RequestRefused

_GONE = frozenset((404, 410))
# RFC 9110 15.5: come again.
_COME_AGAIN = frozenset((408, 425, 429))
_CLOSED = "On a closed network the console alone tells you."


class WebPushChannel:
    """Implements `Channel`. Args: key: None while it cannot be opened; contact: of who runs this installation."""

    def __init__(
        self,
        services: PushServices,
        key: Callable[[], VapidKey | None],
        contact: str,
        limit_s: float,
        now_s: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ):
        self._services = services
        self._key = key
        self._contact = contact
        self._now_s = now_s
        self._post = CheckedPost(services.allows_address, limit_s, "push service", tls or ssl.create_default_context())

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        key = self._key()
        if not self._services.is_on or key is None or message.note is None:
            raise ChannelFailed(f"Web Push is switched off here (BK_NOTICE_PUSH_HOSTS). {_CLOSED}", is_final=True)
        try:
            # Anew each time: what may be spoken to can have changed since the device subscribed.
            url, device = split_endpoint(self._services, address), require_keys(secret)
        except RequestRefused as error:
            raise ChannelFailed(str(error), is_final=True) from error
        note = message.note
        # RFC 8292 2: the origin of the push service, without its path.
        authorization = key.authorization(f"https://{url.netloc}", self._contact, self._now_s())
        headers = _headers(note) | {"Authorization": authorization}
        try:
            answer = await self._post.post(url, headers, _sealed_for(device, note))
        except CameraUnreachable as error:
            raise _unreachable(error) from error
        return self._judged(answer)

    def _judged(self, answer: Answer) -> Taken:
        status, words = answer.status, " ".join(answer.said.split())
        if 200 <= status < 300:
            return Taken("sent", f"{status}: the push service took it.")
        if status in _GONE:
            said = f"{status}: this device's subscription is over. Switch notifications on again on that device."
            raise ChannelFailed(said, is_gone=True)
        if status in (401, 403):
            said = f"{status}: the push service does not accept us for this device. Switch it off and on there. {words}"
            raise ChannelFailed(said, is_final=True)
        is_final = 300 <= status < 500 and status not in _COME_AGAIN
        retry_in_s = _retry_in_s(answer.headers.get("retry-after", ""), self._now_s())
        raise ChannelFailed(f"The push service answered {status}: {words}", is_final=is_final, retry_in_s=retry_in_s)


def _headers(note: Note) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(note.ttl_s),
        "Urgency": note.urgency,
        "Topic": note.topic,
    }


def _sealed_for(device: DeviceKeys, note: Note) -> bytes:
    # RFC 8291 3.1: a key of its own for every message.
    return encrypt(note.payload, device, ec.generate_private_key(ec.SECP256R1()), os.urandom(SALT_BYTES))


def _unreachable(error: CameraUnreachable) -> ChannelFailed:
    if "not one we may connect to" in str(error):
        said = f"The push service's address is not one of BK_NOTICE_PUSH_NETWORKS. {_CLOSED}"
        return ChannelFailed(said, is_final=True)
    return ChannelFailed(f"The push service cannot be reached from here ({error.code}). {_CLOSED}")


def _retry_in_s(text: str, now_s: int) -> float | None:
    """Seconds, or a date (RFC 9110 10.2.3); None for nonsense."""
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 10**6))
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.fromtimestamp(now_s, UTC)).total_seconds())
