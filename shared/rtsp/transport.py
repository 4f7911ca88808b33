"""The Transport header (RFC 2326 12.39): what a client offers and what a server chose."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ProtocolViolation

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Transport:
    """One way of carrying a track. Pairs are (RTP, RTCP); `ssrc` as stated, which cameras often state wrong."""

    is_tcp: bool
    interleaved: Pair | None = None
    client_port: Pair | None = None
    server_port: Pair | None = None
    is_multicast: bool = False
    ssrc: int | None = None
    mode: str = ""

    def to_text(self) -> str:
        words = ["RTP/AVP/TCP" if self.is_tcp else "RTP/AVP", "multicast" if self.is_multicast else "unicast"]
        for name, pair in (
            ("interleaved", self.interleaved),
            ("client_port", self.client_port),
            ("server_port", self.server_port),
        ):
            if pair is not None:
                words.append(f"{name}={pair[0]}-{pair[1]}")
        if self.ssrc is not None:
            words.append(f"ssrc={self.ssrc:08X}")
        if self.mode:
            words.append(f'mode="{self.mode}"')
        return ";".join(words)


def parse_transport(text: str) -> list[Transport]:
    """Every alternative of a Transport header, best first; carriers other than RTP are left out.

    Raises:
        ProtocolViolation: a port, channel or SSRC that is none.
    """
    return [
        _parse_one(words)
        for alternative in text.split(",")
        if (words := [word.strip() for word in alternative.split(";")])[0].upper().startswith("RTP/")
    ]


def _parse_one(words: list[str]) -> Transport:
    named = {name.strip().lower(): value.strip() for name, _, value in (word.partition("=") for word in words[1:])}
    ssrc = named.get("ssrc", "")
    try:
        # Some cameras write the SSRC in decimals or with blanks; we only need it to be a number of 32 bits.
        number = int(ssrc, 16) & 0xFFFF_FFFF if ssrc else None
    except ValueError:
        number = None
    return Transport(
        words[0].upper().endswith("/TCP"),
        _pair(named.get("interleaved"), 255),
        _pair(named.get("client_port"), 65535),
        _pair(named.get("server_port"), 65535),
        "multicast" in named,
        number,
        named.get("mode", "").strip('"').lower(),
    )


def _pair(text: str | None, highest: int) -> Pair | None:
    """Such as 6970-6971, or the first of them alone."""
    if not text:
        return None
    first, dash, second = (word.strip() for word in text.partition("-"))
    words = (first, second) if dash else (first,)
    if not all(word.isascii() and word.isdecimal() and int(word[:6]) <= highest for word in words):
        raise ProtocolViolation(f"{text[:20]!r} is no pair of ports or channels")
    begin = int(first[:6])
    return begin, int(second[:6]) if dash else begin + 1
