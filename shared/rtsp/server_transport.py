"""The Transport header as a server reads it and answers it (RFC 2326 12.39)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leg:
    """How one track travels to one client: on two interleaved channels, or to two of its UDP ports."""

    track: int
    is_backchannel: bool
    channels: tuple[int, int] | None = None
    client_ports: tuple[int, int] | None = None


def choose_transport(
    header: str, track: int, is_backchannel: bool, taken: frozenset[int], server_ports: tuple[int, int] | None
) -> tuple[Leg, str] | None:
    """The first transport of the client's list that we can do, and our answer to it; None: not one.

    Args:
        taken: interleaved channels that other tracks of the session use.
        server_ports: our RTP and RTCP ports, None where UDP is not served.
    """
    for offer in header.split(","):
        protocol, *parameters = (word.strip() for word in offer.split(";"))
        given = {name.lower(): value for name, _, value in (parameter.partition("=") for parameter in parameters)}
        if "multicast" in given:
            continue
        if protocol.upper() == "RTP/AVP/TCP":
            channels = _pair(given.get("interleaved", ""), 255)
            if channels is None or taken & set(channels):
                channels = _free_channels(taken)
            leg = Leg(track, is_backchannel, channels=channels)
            return leg, f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"
        if protocol.upper() in ("RTP/AVP", "RTP/AVP/UDP") and server_ports is not None:
            ports = _pair(given.get("client_port", ""), 65535)
            if ports is None or 0 in ports:
                continue
            # A destination= that names somebody else is not heeded: no camera should be aimed at a third party.
            leg = Leg(track, is_backchannel, client_ports=ports)
            text = f"client_port={ports[0]}-{ports[1]};server_port={server_ports[0]}-{server_ports[1]}"
            return leg, f"{protocol};unicast;{text}"
    return None


def _pair(text: str, highest: int) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    numbers = [int(word) for word in (first, second or first) if word.isascii() and word.isdecimal() and len(word) < 6]
    if len(numbers) != 2:
        return None
    low, high = numbers[0], numbers[1] if second else numbers[0] + 1
    return (low, high) if low < high <= highest else None


def _free_channels(taken: frozenset[int]) -> tuple[int, int]:
    low = next(low for low in range(0, 254, 2) if not taken & {low, low + 1})
    return low, low + 1
