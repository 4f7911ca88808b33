"""A look behind simulated cameras over HTTP on loopback: what was sent when, what was said to them; and their knobs."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from shared.simulator.camera import SimulatedCamera
from shared.simulator.fleet import Fleet

_READ_LIMIT_S = 5.0
_REQUEST = re.compile(rb"(GET|POST) (/[^ ]*) HTTP/1\.[01]\r\n")
_ROOM = re.compile(r"/cameras/([0-9]{1,5})/room\?([a-z0-9.=&]+)")
_ONE = re.compile(r"/cameras/([0-9]{1,5})(?:/(main|sub))?")


class Control:
    """`GET /cameras`: all of them, in short. `GET /cameras/<n>[/sub]`: one.

    `written` is [[wall time in microseconds, picture index in the loop], ...] of the last 10 s and more, oldest
    first: the moment when the picture was handed to the network (in pieces: its first). `speeches` are what was said to
    it: when each began, could be heard and ended, and of how many packets it was.

    `POST /cameras/<n>/room?speaker=0&microphone=1&into=<m>` of a fleet with rooms: gains, 0 is mute, and in whose room
    the loudspeaker sounds.
    """

    def __init__(self, fleet: Fleet):
        self._fleet = fleet
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _READ_LIMIT_S)
            status, body = self.answer(head)
            payload = json.dumps(body).encode()
            lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
            writer.write(lines.encode() + b"Connection: close\r\n\r\n" + payload)
            await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # whoever asked has gone, or asked nonsense
        finally:
            writer.close()

    def answer(self, head: bytes) -> tuple[str, Any]:
        """Status line and JSON body for a request."""
        asked = _REQUEST.match(head)
        path = asked[2].decode("latin-1") if asked else ""
        if asked and asked[1] == b"POST":
            return self._turn(path)
        if path == "/cameras":
            return "200 OK", [self._short(camera) for camera in self._fleet.cameras.values()]
        one = _ONE.fullmatch(path)
        camera = self._fleet.cameras.get(int(one[1])) if one else None
        stream = "sub" if one and one[2] == "sub" else "main"
        if camera is None or stream not in camera.streams:
            return "404 Not Found", {"detail": "GET /cameras, /cameras/<n> or /cameras/<n>/sub"}
        return "200 OK", self._short(camera) | {"written": camera.written("sub" if stream == "sub" else "main")}

    def _turn(self, path: str) -> tuple[str, Any]:
        found = _ROOM.fullmatch(path)
        room = self._fleet.rooms.get(int(found[1])) if found else None
        if found is None or room is None:
            return "404 Not Found", {
                "detail": "POST /cameras/<n>/room?speaker=&microphone=&into= of a fleet with --room"
            }
        try:
            wanted = {name: float(text) for name, text in parse_qsl(found[2])}
        except ValueError:
            return "400 Bad Request", {"detail": "gains and cameras are numbers"}
        room.knobs.speaker = wanted.get("speaker", room.knobs.speaker)
        room.knobs.microphone = wanted.get("microphone", room.knobs.microphone)
        into = int(wanted.get("into", 0))
        if into in self._fleet.rooms:
            self._fleet.put_speaker(int(found[1]), into)
        return "200 OK", {"speaker": room.knobs.speaker, "microphone": room.knobs.microphone}

    def _short(self, camera: SimulatedCamera) -> dict[str, Any]:
        speaker = camera.loudspeaker
        return {
            "number": camera.number,
            "url": self._fleet.url(camera.number),
            "receiver_reports": {name: stream.receiver_reports for name, stream in camera.streams.items()},
            "heard": {"packets": speaker.packets, "octets": speaker.octets, "lost": speaker.lost},
            "speeches": [asdict(speech) for speech in speaker.speeches],
        }
