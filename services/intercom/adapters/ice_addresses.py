"""Which of our addresses browsers are told to send to.

aioice offers every address of the machine but loopback, which in a pod are addresses nobody outside can reach, and on
one machine leaves out the only one there is. It asks one function; that function is ours from here on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import aioice.ice

_SEAM = "get_host_addresses"
_found = getattr(aioice.ice, _SEAM)
_CANDIDATE = re.compile(r"^(a=candidate:\S+ \d+ \S+ \d+ )(\S+)( .*typ host.*)$", re.MULTILINE)
_CONNECTION = re.compile(r"^c=IN IP[46] \S+$", re.MULTILINE)


def bind_to(addresses: Sequence[str]) -> None:
    """ICE uses these addresses of this machine; none: every one but loopback, and that where there is no other."""

    def chosen(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        there = addresses or _found(use_ipv4, use_ipv6) or ("127.0.0.1",)
        return [one for one in there if (use_ipv6 if ":" in one else use_ipv4)]

    setattr(aioice.ice, _SEAM, chosen)


def addresses() -> list[str]:
    """Those of this machine that ICE uses now."""
    return list(getattr(aioice.ice, _SEAM)(True, True))


def announced(sdp: str, address: str) -> str:
    """The SDP with our candidates at the address we are reached by from outside (NAT 1:1); empty: as it is."""
    if not address:
        return sdp
    version = 6 if ":" in address else 4
    return _CONNECTION.sub(f"c=IN IP{version} {address}", _CANDIDATE.sub(rf"\g<1>{address}\g<3>", sdp))
