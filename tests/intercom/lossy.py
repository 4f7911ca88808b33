"""A bad network between a browser and the intercom: UDP through a relay that loses some and delays the rest unevenly.

The kernel's netem would do it in a network namespace; where a machine has none (`tc qdisc add ... netem` says that it
is unknown) this stands in: each side is told the relay's address in place of the other's.
"""

from __future__ import annotations

import asyncio
import random
import re

_CANDIDATE = re.compile(r"^(a=candidate:\S+ 1 udp \d+ )(\S+) (\d+)( typ host.*)$", re.MULTILINE | re.IGNORECASE)
_HOST = "127.0.0.1"


class BadNetwork(asyncio.DatagramProtocol):
    """
    Args:
        loss: share of the browser's packets that never arrive.
        jitter_s: each of the others is later by anything up to that, so that they overtake each other.

    Attributes:
        passed, lost: packets of the browser.
    """

    def __init__(self, loss: float, jitter_s: float, seed: int = 1):
        self._loss = loss
        self._jitter_s = jitter_s
        self._chance = random.Random(seed)
        self._browser: tuple[str, int] | None = None
        self._intercom: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self.passed = 0
        self.lost = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(_HOST, 0))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def offer(self, sdp: str) -> str:
        """The browser's, as the intercom is to see it."""
        self._browser, changed = self._between(sdp)
        return changed

    def answer(self, sdp: str) -> str:
        """The intercom's, as the browser is to see it."""
        self._intercom, changed = self._between(sdp)
        return changed

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr == self._intercom:
            self._send(data, self._browser)
        elif self._chance.random() < self._loss:
            self.lost += 1
        else:
            self.passed += 1
            wait_s = self._chance.uniform(0, self._jitter_s)
            asyncio.get_running_loop().call_later(wait_s, self._send, data, self._intercom)

    def _send(self, data: bytes, to: tuple[str, int] | None) -> None:
        if to is not None and self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, to)

    def _between(self, sdp: str) -> tuple[tuple[str, int], str]:
        assert self._transport is not None
        port = self._transport.get_extra_info("sockname")[1]
        found = _CANDIDATE.search(sdp)
        assert found is not None, sdp
        return (found[2], int(found[3])), _CANDIDATE.sub(rf"\g<1>{_HOST} {port}\g<4>", sdp)
