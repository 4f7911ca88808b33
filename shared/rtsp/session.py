"""A playing RTSP session: the receivers of its tracks, receiver reports and keep-alives."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from shared.clock import DOZE_S, Clock
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.media.sink import MediaSink
from shared.pulse import Appointment, pulse
from shared.rtsp.connection import RtspConnection
from shared.rtsp.dialogue import Dialogue
from shared.rtsp.messages import InterleavedFrame, Request, Response
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.rtcp import ReceiverReport, SourceDescription, build_rtcp
from shared.rtsp.track_receiver import ReportHandler, TrackReceiver
from shared.rtsp.tracks import Track
from shared.rtsp.transport import Transport, parse_transport
from shared.rtsp.udp_pair import UdpPair

REPORT_INTERVAL_S = 5.0  # RFC 3550 6.2
_CNAME = "receiver"


@dataclass(slots=True)
class _Carrier:
    """How one track arrives: on an interleaved channel, or at a pair of UDP ports. Not read without a receiver."""

    receiver: TrackReceiver | None
    channel: int
    udp: UdpPair | None


class MediaSession:
    """Tracks are offered and accepted one by one; `start` after PLAY, `stop` in any case."""

    def __init__(
        self,
        connection: RtspConnection,
        dialogue: Dialogue,
        mill: ReadMill,
        clock: Clock,
        aggregate_url: str,
    ):
        self._connection = connection
        self._dialogue = dialogue
        self._mill = mill
        self._clock = clock
        self._url = aggregate_url
        self._ssrc = secrets.randbits(32)
        self._carriers: list[_Carrier] = []
        self._packets_at_report = 0
        self._first_packet = asyncio.Event()
        self._next: Appointment | None = None
        self._keep_alive_due = 0.0

    def offer(self, track: Track, sink: MediaSink | None, is_tcp: bool) -> Transport:
        """Prepare to receive a track; returns what to ask SETUP for. Without a sink it is set up and never read; not
        the first."""
        receiver = None if sink is None else TrackReceiver(track, sink)
        channel = 2 * len(self._carriers)
        if is_tcp:
            self._carriers.append(_Carrier(receiver, channel, None))
            return Transport(is_tcp=True, interleaved=(channel, channel + 1))
        udp = UdpPair(self._connection.link.local_host, self._mill.datagrams, self._clock, self._note_datagrams)
        self._carriers.append(_Carrier(receiver, -1, udp))
        return Transport(is_tcp=False, client_port=udp.ports)

    @property
    def is_interleaved(self) -> bool:
        """Whether media comes through the RTSP connection itself."""
        return any(carrier.udp is None for carrier in self._carriers)

    def accept(self, response: Response, is_immediate: bool) -> None:
        """SETUP of the track offered last was granted. From here on its packets are taken: cameras send before PLAY
        is answered.

        Raises:
            CameraRefused: it chose a transport that was not offered.
        """
        carrier = self._carriers[-1]
        chosen = next(iter(parse_transport(response.headers.get("Transport") or "")), None)
        if chosen is None:
            raise ProtocolViolation("SETUP was answered without a Transport", sequence=response.cseq)
        if chosen.is_tcp != (carrier.udp is None) or chosen.is_multicast:
            raise CameraRefused("The camera chose a transport that we did not offer.", status=461)
        if carrier.udp is None:
            carrier.channel = chosen.interleaved[0] if chosen.interleaved is not None else carrier.channel
            if carrier.receiver is not None:
                self._connection.attach(carrier.channel, carrier.receiver)
        elif carrier.receiver is None:
            carrier.udp.ignore()
        else:
            host = self._connection.link.peer_host
            carrier.udp.start(carrier.receiver, host, chosen.server_port, is_immediate, self._connection.end)

    def start(self) -> None:
        """The session stands, or plays: report and keep it alive. Again is no harm."""
        if self._next is not None:
            return
        now = self._clock.monotonic()
        self._keep_alive_due = now + self._keep_alive_interval_s()
        self._arm()

    def send(self, number: int, packet: bytes) -> None:
        """One RTP packet on the track that was offered as that number: sound toward the camera."""
        carrier = self._carriers[number]
        if carrier.udp is None:
            self._connection.write(InterleavedFrame(carrier.channel, packet).to_bytes())
        else:
            carrier.udp.send_media(packet)

    def listen(self, number: int, on_reports: ReportHandler) -> None:
        """What the camera's reports say of the sound that `send` gave it on that track."""
        receiver = self._carriers[number].receiver
        assert receiver is not None
        receiver.on_reports = on_reports

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        for carrier in self._carriers:
            if carrier.udp is not None:
                carrier.udp.close()

    def set_immediate(self, is_immediate: bool) -> None:
        for carrier in self._carriers:
            if carrier.udp is not None:
                carrier.udp.set_immediate(is_immediate)

    def _note_datagrams(self) -> None:
        receiver = self._carriers[0].receiver
        if not self._first_packet.is_set() and receiver is not None and receiver.reception is not None:
            self._first_packet.set()

    async def wait_first_packet(self, limit_s: float) -> bool:
        try:
            async with asyncio.timeout(limit_s):
                await self._first_packet.wait()
        except TimeoutError:
            return False
        return True

    def _arm(self) -> None:
        latest = asyncio.get_running_loop().time() + min(REPORT_INTERVAL_S, self._keep_alive_interval_s())
        self._next = pulse().call(latest - 3 * DOZE_S, latest, self._tend)  # more than the time between two reads

    def _keep_alive_interval_s(self) -> float:
        return self._dialogue.timeout_s / 2

    def _tend(self) -> None:
        """Every few seconds: reports, a keep-alive when it is due, and a look for a camera that said goodbye."""
        if self._connection.failure is not None:
            return
        first = self._carriers[0].receiver
        assert first is not None
        packets = first.reception.next_sequence if first.reception is not None else 0
        # Some cameras say goodbye at a wrap of their own and go on; only with silence after it the stream has ended.
        if first.has_ended and packets == self._packets_at_report:
            self._connection.end(CameraUnreachable("The camera ended the stream (RTCP BYE).", code="closed"))
            return
        self._packets_at_report = packets
        for carrier in self._carriers:
            if carrier.receiver is not None:
                self._report(carrier, carrier.receiver)
        if self._clock.monotonic() >= self._keep_alive_due:
            self._keep_alive_due = self._clock.monotonic() + self._keep_alive_interval_s()
            self._keep_alive()
        self._arm()

    def _report(self, carrier: _Carrier, receiver: TrackReceiver) -> None:
        reception = receiver.reception
        blocks = (reception.report(self._clock.now_us()),) if reception is not None else ()
        packet = build_rtcp(ReceiverReport(self._ssrc, blocks), SourceDescription(self._ssrc, _CNAME))
        if carrier.udp is None:
            self._connection.write(InterleavedFrame(carrier.channel + 1, packet).to_bytes())
        else:
            carrier.udp.send_control(packet)

    def _keep_alive(self) -> None:
        request = self._dialogue.keep_alive(self._url)
        self._connection.send(request, lambda response: self._note_keep_alive(request, response))

    def _note_keep_alive(self, request: Request, response: Response) -> None:
        """Sent without waiting: a camera that does not answer while it plays is no reason to leave it."""
        try:
            verdict = self._dialogue.judge(request, response)
        except CameraRefused as refusal:
            if refusal.is_credentials:
                self._connection.end(refusal)
            else:
                self._dialogue.note_keep_alive_refused()
            return
        except PeerError as error:
            self._connection.end(error)
            return
        again = getattr(verdict, "request", None)
        if isinstance(again, Request):
            self._connection.send(again, lambda answer: self._note_keep_alive(again, answer))
