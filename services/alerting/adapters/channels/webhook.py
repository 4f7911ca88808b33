"""Our own webhook: one signed POST to an address that was checked."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult

from services.alerting.adapters.channels.checked_post import CheckedPost
from services.alerting.notices.channel import ChannelFailed, Outgoing, Taken, sign, split_url
from shared.camera_networks import Network, may_connect
from shared.errors import CameraUnreachable, RequestRefused

ID, TIMESTAMP, SIGNATURE = "X-BK-Id", "X-BK-Timestamp", "X-BK-Signature"
# It has had this id already: that is what we wanted.
_HAS_IT = 409
# RFC 9110 15.5: the request itself is wrong; 408, 425 and 429 ask to come again.
_COME_AGAIN = frozenset((408, 425, 429))


class WebhookChannel:
    """Implements `Channel`. Args: now_s: UTC seconds, which the receiver compares with its own clock."""

    def __init__(self, networks: tuple[Network, ...], limit_s: float, now_s: Callable[[], int]):
        self._now_s = now_s
        self._post = CheckedPost(
            lambda address: may_connect(networks, address), limit_s, "receiver", ssl.create_default_context()
        )

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        try:
            url = split_url(address)
        except RequestRefused as error:
            raise ChannelFailed(str(error), is_final=True) from error
        body = json.dumps(message.body, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp_s = self._now_s()
        headers = {
            "Content-Type": "application/json",
            ID: message.id,
            TIMESTAMP: str(timestamp_s),
            SIGNATURE: f"v1={sign(secret, timestamp_s, message.id, body)}",
        }
        try:
            answer = await self._post.post(url, headers, body)
        except CameraUnreachable as error:
            raise _unreachable(error, url) from error
        return _judged(answer.status, answer.said)


def _unreachable(error: CameraUnreachable, url: SplitResult) -> ChannelFailed:
    if "not one we may connect to" in str(error):
        said = f"{url.hostname} is not in BK_NOTICE_NETWORKS: an operator adds the network there."
        return ChannelFailed(said, is_final=True)
    return ChannelFailed(str(error))


def _judged(status: int, said: str) -> Taken:
    if 200 <= status < 300:
        return Taken("delivered", f"{status}")
    if status == _HAS_IT:
        return Taken("delivered", "409: it has had this message already")
    words = " ".join(said.split())
    if 300 <= status < 400:
        raise ChannelFailed(f"{status}: redirects are not followed. Enter the address that it leads to.", is_final=True)
    is_final = 400 <= status < 500 and status not in _COME_AGAIN
    raise ChannelFailed(f"The receiver answered {status}: {words}", is_final=is_final)
