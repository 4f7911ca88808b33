"""One simulated camera: a main and perhaps a smaller stream, and a loudspeaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.clock import Clock
from shared.rtsp.server_outlet import Outlet
from shared.simulator.loudspeaker import Loudspeaker
from shared.simulator.offer import Offer
from shared.simulator.pacer import Pacer
from shared.simulator.playout import Playout, Receiver

StreamName = Literal["main", "sub"]


@dataclass(frozen=True, slots=True)
class CameraOffers:
    """What a kind of camera shows."""

    main: Offer
    sub: Offer | None = None


class CameraStream:
    """The playouts of one stream's tracks."""

    def __init__(self, offer: Offer, pacer: Pacer, clock: Clock, begin_s: float, cname: str, pieces: int):
        self.offer = offer
        self.receiver_reports = 0
        # Only pictures are written in pieces; sound is one packet anyway.
        self.playouts = [
            Playout(reel, pacer, clock, begin_s, cname, pieces if number == 0 else 1)
            for number, reel in enumerate(offer.reels)
        ]

    def perform(self, outlets: Sequence[tuple[int, Outlet]]) -> StreamPerformance:
        return StreamPerformance(
            [(self.playouts[track], self.playouts[track].add(outlet)) for track, outlet in outlets]
        )


class StreamPerformance:
    """One client of a stream."""

    def __init__(self, receivers: list[tuple[Playout, Receiver]]):
        self._receivers = receivers

    def stop(self) -> None:
        for playout, receiver in self._receivers:
            playout.remove(receiver)
        self._receivers = []


class SimulatedCamera:
    """`begin_s` is when its footage began, on the pacer's clock."""

    def __init__(
        self,
        number: int,
        offers: CameraOffers,
        pacer: Pacer,
        clock: Clock,
        begin_s: float,
        loudspeaker: Loudspeaker,
        pieces: int,
    ):
        cname = f"camera-{number}@simulated"
        self.number = number
        self.loudspeaker = loudspeaker
        self.streams: dict[StreamName, CameraStream] = {
            "main": CameraStream(offers.main, pacer, clock, begin_s, cname, pieces)
        }
        if offers.sub is not None:
            self.streams["sub"] = CameraStream(offers.sub, pacer, clock, begin_s, cname, pieces)

    def written(self, stream: StreamName) -> list[tuple[int, int]]:
        """(wall time in microseconds, picture index) of the last pictures that were sent, oldest first."""
        return list(self.streams[stream].playouts[0].written)


def spread_begin_s(place: int, count: int, offer: Offer) -> float:
    """How long before the fleet's start camera `place` of `count` began, less than one loop.

    IDRs, which weigh six times as much as other pictures, are spread evenly over a GOP; the whole GOPs beside it make
    neighbours show different parts of the footage.
    """
    gops = max(1, round(offer.duration_s / offer.gop_s))
    return (place * 5 % gops) * offer.gop_s + offer.gop_s * place / count
