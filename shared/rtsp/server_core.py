"""The server side of one RTSP connection, without I/O: bytes in, events out (RFC 2326)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from shared.clock import Clock
from shared.errors import ProtocolViolation
from shared.rtsp.gatekeeper import Gatekeeper, Verdict
from shared.rtsp.message_reader import MessageReader
from shared.rtsp.messages import Headers, InterleavedFrame, Request, Response
from shared.rtsp.server_presentation import BACKCHANNEL_FEATURE, Presentation, control_of
from shared.rtsp.server_transport import Leg, choose_transport

SESSION_TIMEOUT_S = 60
MOST_REQUEST_FAILURES = 20

State = Literal["init", "ready", "playing"]


class Stage(Protocol):
    """What is played here."""

    def find(self, path: str) -> Presentation | None: ...

    def position(self, path: str, track: int) -> tuple[int, int]:
        """Sequence number and RTP time of the first packet a PLAY now will send (RTP-Info, RFC 2326 12.33)."""
        ...

    def may_speak(self, path: str, talker: object) -> bool:
        """Whether this talker gets the backchannel; it holds it until it falls silent."""
        ...

    def fall_silent(self, talker: object) -> None:
        """Its connection or session ended."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """To be written to the connection."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Played:
    path: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Stopped:
    """PAUSE, TEARDOWN or the end: nothing more is to be sent."""


@dataclass(frozen=True, slots=True)
class Received:
    """One packet from the client: RTP of a backchannel, or RTCP."""

    leg: Leg
    is_rtcp: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Hangup:
    """Close the connection when all replies are written."""


ServerEvent = Reply | Played | Stopped | Received | Hangup


class ServerCore:
    """One connection and the one session it may hold.

    init --SETUP--> ready --PLAY--> playing --PAUSE--> ready; TEARDOWN leads back to init from anywhere (A.2).
    """

    def __init__(
        self, stage: Stage, gatekeeper: Gatekeeper | None, clock: Clock, udp_ports: tuple[int, int] | None = None
    ):
        self._stage = stage
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._udp_ports = udp_ports
        self._reader = MessageReader()
        self._state: State = "init"
        self._session = ""
        self._path = ""
        self._legs: dict[int, Leg] = {}
        self._failures = 0
        self._alive_at_s = clock.monotonic()

    @property
    def path(self) -> str:
        """What the session plays, "" where there is none."""
        return self._path

    @property
    def is_expired(self) -> bool:
        """Nothing was heard for longer than the time-out that SETUP told."""
        return self._clock.monotonic() - self._alive_at_s > SESSION_TIMEOUT_S

    def touch(self) -> None:
        """A sign of life that came by another way: RTCP over UDP."""
        self._alive_at_s = self._clock.monotonic()

    def receive(self, data: bytes) -> list[ServerEvent]:
        """What follows from these bytes, in order. Hostile ones end in a 400 and Hangup."""
        self.touch()
        events: list[ServerEvent] = []
        try:
            for message in self._reader.feed(data):
                if isinstance(message, InterleavedFrame):
                    events += self._take_frame(message)
                elif isinstance(message, Request):
                    events += self._answer(message)
        except ProtocolViolation:
            return [*events, Reply(Response(400).to_bytes()), *self.close(), Hangup()]
        if self._failures > MOST_REQUEST_FAILURES:
            events += [*self.close(), Hangup()]
        return events

    def close(self) -> list[ServerEvent]:
        """The connection is gone, or the session expired."""
        was_playing = self._state == "playing"
        self._stage.fall_silent(self)
        self._state, self._session, self._path = "init", "", ""
        self._legs.clear()
        return [Stopped()] if was_playing else []

    def _take_frame(self, frame: InterleavedFrame) -> list[ServerEvent]:
        for leg in self._legs.values():
            if leg.channels is not None and frame.channel in leg.channels:
                is_rtcp = frame.channel == leg.channels[1]
                if is_rtcp or leg.is_backchannel:
                    return [Received(leg, is_rtcp, frame.payload)]
        return []

    def _answer(self, request: Request) -> list[ServerEvent]:
        response, events = self._respond(request)
        self._failures = self._failures + 1 if response.status >= 400 else 0
        fields = [("CSeq", str(request.cseq))] if request.cseq is not None else []
        fields += [*response.headers, ("Server", "Bright Kitchen simulated camera")]
        return [Reply(Response(response.status, Headers(fields), response.body).to_bytes()), *events]

    def _respond(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        if request.cseq is None:
            return Response(400), []
        handler = _HANDLERS.get(request.method)
        if handler is None:
            return Response(501, Headers([("Public", _PUBLIC)])), []
        # OPTIONS is what clients ask to see whether anybody is there: free, as with most cameras.
        if self._gatekeeper is not None and request.method != "OPTIONS":
            verdict = self._gatekeeper.check(request)
            if verdict is not Verdict.GRANTED:
                return Response(401, Headers(self._gatekeeper.challenges(verdict is Verdict.STALE))), []
        unknown = [tag for tag in _required(request) if tag != BACKCHANNEL_FEATURE]
        if unknown:  # RFC 2326 12.32
            return Response(551, Headers([("Unsupported", ", ".join(unknown))])), []
        session = (request.headers.get("Session") or "").partition(";")[0].strip()
        if session != self._session and (session or request.method in _NEEDS_SESSION):
            return Response(454), []
        if self._state not in _ALLOWED_IN.get(request.method, (self._state,)):
            return Response(455, Headers([("Allow", _PUBLIC)])), []
        return handler(self, request)

    def _options(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        return Response(200, Headers([("Public", _PUBLIC)])), []

    def _describe(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        presentation = self._stage.find(_path_of(request.uri))
        if presentation is None:
            return Response(404), []
        wants_backchannel = BACKCHANNEL_FEATURE in _required(request)
        if wants_backchannel and presentation.backchannel is None:
            return Response(551, Headers([("Unsupported", BACKCHANNEL_FEATURE)])), []
        base = request.uri.rstrip("/") + "/"
        headers = Headers([("Content-Base", base), ("Content-Type", "application/sdp"), ("Cache-Control", "no-cache")])
        return Response(200, headers, presentation.to_sdp(wants_backchannel)), []

    def _setup(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        path, _, control = _path_of(request.uri).rpartition("/")
        presentation = self._stage.find(path)
        if presentation is None or (self._path and path != self._path):
            return Response(404 if presentation is None else 459), []
        tracks = presentation.all_tracks
        track = next((number for number in range(len(tracks)) if control == control_of(number)), None)
        if track is None:
            return Response(404), []
        others = (leg.channels or () for number, leg in self._legs.items() if number != track)
        taken = frozenset(channel for channels in others for channel in channels)
        chosen = choose_transport(
            request.headers.get("Transport") or "", track, presentation.is_backchannel(track), taken, self._udp_ports
        )
        if chosen is None:
            return Response(461), []
        leg, answer = chosen
        if leg.is_backchannel and not self._stage.may_speak(path, self):
            return Response(453), []  # Not Enough Bandwidth: what cameras say that hold one talker only
        self._legs[track] = leg
        self._state, self._path = "ready", path
        self._session = self._session or secrets.token_hex(8)
        if not leg.is_backchannel:
            answer += f";ssrc={tracks[track].ssrc:08X};mode=PLAY"
        fields = [("Transport", answer), ("Session", f"{self._session};timeout={SESSION_TIMEOUT_S}")]
        return Response(200, Headers(fields)), []

    def _play(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        base = request.uri.rstrip("/")
        info = []
        for track, leg in sorted(self._legs.items()):
            if not leg.is_backchannel:
                sequence, timestamp = self._stage.position(self._path, track)
                info.append(f"url={base}/{control_of(track)};seq={sequence & 0xFFFF};rtptime={timestamp & 0xFFFF_FFFF}")
        fields = [("Session", self._session), ("Range", "npt=now-")]
        if info:
            fields.append(("RTP-Info", ",".join(info)))
        was_playing = self._state == "playing"
        self._state = "playing"
        # A second PLAY of a live stream changes nothing (RFC 2326 10.5: keep-alive of some clients).
        events: list[ServerEvent] = [] if was_playing else [Played(self._path, tuple(self._legs.values()))]
        return Response(200, Headers(fields)), events

    def _pause(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        was_playing = self._state == "playing"
        self._state = "ready"
        return Response(200, Headers([("Session", self._session)])), [Stopped()] if was_playing else []

    def _parameter(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        # RFC 2326 10.8: without a body it is a ping. We have no parameters to tell.
        return Response(200, Headers([("Session", self._session)] if self._session else [])), []

    def _teardown(self, request: Request) -> tuple[Response, list[ServerEvent]]:
        return Response(200, Headers([("Session", self._session)])), self.close()


_Handler = Callable[[ServerCore, Request], tuple[Response, list[ServerEvent]]]

_HANDLERS: Mapping[str, _Handler] = {
    "OPTIONS": ServerCore._options,
    "DESCRIBE": ServerCore._describe,
    "SETUP": ServerCore._setup,
    "PLAY": ServerCore._play,
    "PAUSE": ServerCore._pause,
    "GET_PARAMETER": ServerCore._parameter,
    "SET_PARAMETER": ServerCore._parameter,
    "TEARDOWN": ServerCore._teardown,
}
_PUBLIC = ", ".join(_HANDLERS)
_NEEDS_SESSION = frozenset({"PLAY", "PAUSE", "TEARDOWN"})
_ALLOWED_IN: Mapping[str, tuple[State, ...]] = {
    "SETUP": ("init", "ready"),
    "PLAY": ("ready", "playing"),
    "PAUSE": ("ready", "playing"),
}


def _required(request: Request) -> list[str]:
    return [tag.strip() for value in request.headers.get_all("Require") for tag in value.split(",") if tag.strip()]


def _path_of(uri: str) -> str:
    try:
        return urlsplit(uri).path.rstrip("/")
    except ValueError:  # "rtsp://[::" and the like: no path that anybody has
        return ""
