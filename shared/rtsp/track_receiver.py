"""One track being received: RTP and RTCP packets in, depacketized media and statistics out."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from shared.errors import ProtocolViolation
from shared.media.sink import MediaSink
from shared.rtsp.depacketize_aac import LatmDepacketizer, Mpeg4GenericDepacketizer
from shared.rtsp.depacketize_h264 import H264Depacketizer
from shared.rtsp.depacketize_h265 import H265Depacketizer
from shared.rtsp.depacketize_samples import SampleDepacketizer
from shared.rtsp.depacketizer import Depacketizer
from shared.rtsp.reception import Reception
from shared.rtsp.reorder import ReorderBuffer
from shared.rtsp.rtcp import Goodbye, ReceiverReport, ReportBlock, SenderReport, parse_rtcp, unix_us_from_ntp
from shared.rtsp.rtp import HEADER_BYTES, TimestampExtender, parse_rtp
from shared.rtsp.tracks import Track

# A number this little behind the due one is a late copy, a second of 1080p; further back the camera has begun anew.
_MAX_MISORDER = 1000

_HEADER = struct.Struct(">BBHII")

Video = H264Depacketizer | H265Depacketizer
ReportHandler = Callable[[tuple[ReportBlock, ...]], None]


class PacketHandler(Protocol):
    """Takes one packet: data[begin:end]."""

    def __call__(self, data: bytes, begin: int, end: int, received_us: int) -> None: ...


class TrackReceiver:
    """Checks the sequence, extends the time, and hands payloads to the depacketizer of the track's codec.

    `time` extends the timestamps. `reception` is None until the first packet. `has_ended` is set by the camera's RTCP
    BYE. `on_reports` is told what each of its reports says of what we send it: nothing, where it received nothing.
    """

    __slots__ = (
        "_depacketizer",
        "_reorder",
        "_sink",
        "_track",
        "has_ended",
        "on_reports",
        "reception",
        "time",
        "video",
    )

    def __init__(self, track: Track, sink: MediaSink):
        self._track = track
        self._sink = sink
        self.time = TimestampExtender()
        self._reorder = ReorderBuffer()
        self._depacketizer = _depacketizer_of(track, sink)
        self.video: Video | None = None
        if isinstance(self._depacketizer, Video):
            self.video = self._depacketizer
        self.reception: Reception | None = None
        self.has_ended = False
        self.on_reports: ReportHandler = _not_asked

    @property
    def track(self) -> Track:
        return self._track

    def receive(self, data: bytes, begin: int, end: int, received_us: int) -> None:
        """One RTP packet from a carrier that keeps the order (TCP).

        Raises:
            ProtocolViolation: with the packet's sequence number and offset.
        """
        sequence: int | None = None
        try:
            if end - begin < HEADER_BYTES:
                raise ProtocolViolation(f"RTP packet of {end - begin} bytes", offset=begin)
            flags, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(data, begin)
            payload = begin + HEADER_BYTES
            if flags != 0x80:
                packet = parse_rtp(data, begin, end)
                payload, end = packet.payload_begin, packet.payload_end
            if kind & 0x7F != self._track.payload_type:
                return
            reception = self.reception
            if reception is not None and sequence == reception.next_sequence & 0xFFFF and ssrc == reception.ssrc:
                reception.next_sequence += 1
            elif not self._is_next(sequence, ssrc):
                return
            pts = self.time.extend(timestamp)
            self._depacketizer.push(data, payload, end, pts, kind >= 0x80, received_us)
        except ProtocolViolation as violation:
            violation.sequence = sequence
            raise
        except (IndexError, struct.error) as error:
            raise ProtocolViolation("RTP payload ends early", sequence=sequence, offset=begin) from error

    def receive_unordered(self, data: bytes, begin: int, end: int, received_us: int) -> None:
        """One RTP packet from UDP: put into order first, and timed for the jitter of the next report."""
        reception = self.reception
        if reception is None or end - begin < HEADER_BYTES:
            self.receive(data, begin, end, received_us)
            return
        sequence = int.from_bytes(data[begin + 2 : begin + 4])
        if int.from_bytes(data[begin + 8 : begin + 12]) == reception.ssrc:
            timestamp = int.from_bytes(data[begin + 4 : begin + 8])
            reception.note_arrival(timestamp, received_us, self._track.clock_rate)
        due = reception.next_sequence & 0xFFFF
        if sequence == due or (sequence - due) & 0xFFFF >= 0x8000:
            self.receive(data, begin, end, received_us)
        else:
            self._reorder.hold(sequence, data[begin:end], received_us)
        if self._reorder:
            self.release_reordered(received_us)

    def release_reordered(self, now_us: int) -> None:
        """Hand on what need not wait any longer."""
        reception = self.reception
        if reception is not None:
            for packet in self._reorder.take(reception.next_sequence & 0xFFFF, now_us):
                self.receive(packet, 0, len(packet), now_us)

    def receive_control(self, data: bytes, begin: int, end: int, received_us: int) -> None:
        """One compound RTCP packet."""
        for packet in parse_rtcp(data, begin, end):
            if isinstance(packet, SenderReport | ReceiverReport):
                self.on_reports(packet.blocks)
            if isinstance(packet, SenderReport):
                self._note_sender_report(packet, received_us)
            elif isinstance(packet, Goodbye):
                self.has_ended = self.reception is not None and self.reception.ssrc in packet.sources

    def _note_sender_report(self, report: SenderReport, received_us: int) -> None:
        reception = self.reception
        # Without a packet there is no extended time to relate to; another source's report is none of ours.
        if reception is None or report.ssrc != reception.ssrc:
            return
        reception.note_sender_report(report, received_us)
        if report.ntp:  # 0 = a camera without a clock (RFC 3550 6.4.1)
            wall_us, pts = unix_us_from_ntp(report.ntp), self.time.peek(report.timestamp)
            self._sink.on_sender_report(self._track.media, wall_us, pts, received_us)

    def _is_next(self, sequence: int, ssrc: int) -> bool:
        """Note the number of a packet that is not the due one; False = it is a copy, or came too late."""
        reception = self.reception
        if reception is None or reception.ssrc != ssrc:
            if reception is not None:
                self._lose(1)
            reception = self.reception = Reception(ssrc, sequence)
        missing = (sequence - reception.next_sequence) & 0xFFFF
        if missing:
            if missing >= 0x1_0000 - _MAX_MISORDER:
                return False
            if missing >= 0x8000:  # begun anew: how many were lost nobody can tell
                self._lose(1)
                reception = self.reception = Reception(ssrc, sequence)
            else:
                reception.packets_lost += missing
                reception.next_sequence += missing
                self._lose(missing)
        reception.next_sequence += 1
        return True

    def _lose(self, packets: int) -> None:
        self._depacketizer.lose()
        self._sink.on_loss(packets)


def _not_asked(blocks: tuple[ReportBlock, ...]) -> None:
    """Who only watches sends nothing that could be reported."""


def _depacketizer_of(track: Track, sink: MediaSink) -> Depacketizer:
    builders: dict[str, Callable[[], Depacketizer]] = {
        "h264": lambda: H264Depacketizer(sink),
        "h265": lambda: H265Depacketizer(sink),
        "aac": lambda: _aac(track, sink),
        "pcmu": lambda: SampleDepacketizer(sink, "pcmu", track.clock_rate),
        "pcma": lambda: SampleDepacketizer(sink, "pcma", track.clock_rate),
        "g726": lambda: SampleDepacketizer(sink, "g726", track.clock_rate),
    }
    if track.codec not in builders:
        raise ValueError(f"no depacketizer for {track.encoding}")
    return builders[track.codec]()


def _aac(track: Track, sink: MediaSink) -> Depacketizer:
    sample_rate = track.audio.sample_rate if track.audio is not None else 0
    if track.encoding == "MP4A-LATM":
        return LatmDepacketizer(sink, track.clock_rate, sample_rate)
    return Mpeg4GenericDepacketizer(sink, track.clock_rate, sample_rate, track.format_parameters)
