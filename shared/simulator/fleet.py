"""Many simulated cameras in one process, on one RTSP port."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shared.clock import Clock
from shared.errors import ResourceExhausted
from shared.rtsp.gatekeeper import Gatekeeper
from shared.rtsp.server_connection import RtspServer
from shared.rtsp.server_outlet import Outlet
from shared.rtsp.server_presentation import Presentation
from shared.simulator.camera import (
    CameraOffers,
    CameraStream,
    SimulatedCamera,
    StreamName,
    StreamPerformance,
    spread_begin_s,
)
from shared.simulator.loudspeaker import Loudspeaker
from shared.simulator.microphone_reel import with_microphone
from shared.simulator.pacer import SLOT_S, Pacer
from shared.simulator.room import Room

# /cam/3 and /cam/3/sub, and the longer form that the demo registers.
_PATH = re.compile(r"/(?:cam/|camera-)([1-9][0-9]{0,4})(?:/(main|sub))?")
_PIECES_SLOT_S = 0.001


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """`pieces`: in how many writes, spread over its time, a picture is sent; 1 = whole.

    `heard_dir`: where each camera's backchannel is kept as `camera-<n>.ulaw`; None: only the last 30 s in memory.

    `has_room`: the main stream's sound is a microphone's, which hears the camera's loudspeaker.

    `has_one_talker`: a second session with a camera's backchannel is refused, as many cameras do.
    """

    count: int
    host: str = "127.0.0.1"
    port: int = 0
    user: str | None = None
    password: str = ""
    has_backchannel: bool = False
    pieces: int = 1
    heard_dir: Path | None = None
    has_room: bool = False
    has_one_talker: bool = False


class Fleet:
    """Serves cameras 1 to `count`; camera n shows offer (n - 1) modulo their number."""

    def __init__(self, options: FleetOptions, offers: Sequence[CameraOffers], clock: Clock):
        self._options = options
        loop = asyncio.get_running_loop()
        self._pacer = Pacer(loop, SLOT_S if options.pieces == 1 else _PIECES_SLOT_S)
        start_s = self._pacer.now_s()
        self.cameras: dict[int, SimulatedCamera] = {}
        self.rooms: dict[int, Room] = {}
        self._talkers: dict[int, object] = {}
        for place in range(options.count):
            shown = offers[place % len(offers)]
            number = place + 1
            begin_s = start_s - spread_begin_s(place, options.count, shown.main)
            heard = None if options.heard_dir is None else options.heard_dir / f"camera-{number}.ulaw"
            if options.has_room:
                room = self.rooms[number] = Room(self._pacer.now_s, begin_s, number)
                shown = replace(shown, main=with_microphone(shown.main, room, secrets.randbits(32)))
            self.cameras[number] = SimulatedCamera(
                number, shown, self._pacer, clock, begin_s, Loudspeaker(clock, heard), options.pieces
            )
            if options.has_room:
                self.put_speaker(number, number)
        # Without qop, as cameras ask: GStreamer's client and old recorders do not answer it.
        gatekeeper = None if options.user is None else Gatekeeper(options.user, options.password, clock, uses_qop=False)
        self._server = RtspServer(self, gatekeeper, clock)

    async def listen(self) -> None:
        options = self._options
        try:
            await self._server.listen(options.host, options.port)
        except OSError as error:
            raise ResourceExhausted(f"cannot listen on {options.host}:{options.port}: {error.strerror}") from error

    def put_speaker(self, number: int, where: int) -> None:
        """From now on the loudspeaker of camera `number` sounds in the room of camera `where`."""
        speaker, room, knobs = self.cameras[number].loudspeaker, self.rooms[where], self.rooms[number].knobs

        def sounds(timestamp: int, ulaw: bytes) -> None:
            if knobs.speaker:
                room.say(number, timestamp, ulaw, knobs.speaker)

        speaker.sounds = sounds

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def connection_count(self) -> int:
        return self._server.connection_count

    def url(self, number: int, stream: StreamName = "main") -> str:
        suffix = "" if stream == "main" else f"/{stream}"
        return f"rtsp://{self._options.host}:{self.port}/cam/{number}{suffix}"

    async def close(self) -> None:
        await self._server.close()
        self._pacer.close()
        for camera in self.cameras.values():
            camera.loudspeaker.close()

    def find(self, path: str) -> Presentation | None:
        found = self._stream(path)
        return None if found is None else found[1].offer.presentation

    def position(self, path: str, track: int) -> tuple[int, int]:
        _, stream = self._stream_there(path)
        playout = stream.playouts[track]
        number = playout.position()
        return playout.reel.sequence(number), playout.reel.timestamp(number)

    def perform(self, path: str, outlets: Sequence[tuple[int, Outlet]]) -> StreamPerformance:
        return self._stream_there(path)[1].perform(outlets)

    def may_speak(self, path: str, talker: object) -> bool:
        camera = self._stream_there(path)[0].number
        return not self._options.has_one_talker or self._talkers.setdefault(camera, talker) is talker

    def fall_silent(self, talker: object) -> None:
        self._talkers = {camera: one for camera, one in self._talkers.items() if one is not talker}

    def hear(self, path: str, packet: bytes) -> None:
        self._stream_there(path)[0].loudspeaker.hear(packet)

    def note_report(self, path: str) -> None:
        found = self._stream(path)
        if found is not None:
            found[1].receiver_reports += 1

    def _stream_there(self, path: str) -> tuple[SimulatedCamera, CameraStream]:
        found = self._stream(path)
        if found is None:
            raise KeyError(path)
        return found

    def _stream(self, path: str) -> tuple[SimulatedCamera, CameraStream] | None:
        match = _PATH.fullmatch(path)
        camera = None if match is None else self.cameras.get(int(match[1]))
        if match is None or camera is None:
            return None
        stream = camera.streams.get("sub" if match[2] == "sub" else "main")
        return None if stream is None else (camera, stream)
