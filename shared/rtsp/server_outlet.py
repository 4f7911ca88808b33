"""Where one track of one client is written to: its RTSP connection, or UDP."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

from shared.rtsp.packetize_block import PacketBlock

MOST_WAITING_BYTES = 4 * 1024 * 1024
_RESUME_BELOW_BYTES = 256 * 1024


class Outlet(Protocol):
    """Takes units as they are due. False: it was dropped, because the client does not keep up."""

    def write_block(self, block: PacketBlock, rendered: bytes, is_start: bool) -> bool: ...

    def write_piece(self, block: PacketBlock, rendered: bytes, piece: int, pieces: int) -> None: ...

    def write_report(self, report: bytes) -> None: ...


class ConnectionWriter:
    """The one writer of an RTSP connection. While a picture is being written in pieces, all else waits behind it:
    an interleaved frame must not be cut in two (RFC 2326 10.12)."""

    __slots__ = ("_open_pieces", "_transport", "_waiting")

    def __init__(self, transport: asyncio.Transport):
        self._transport = transport
        self._open_pieces = 0
        self._waiting: list[bytes] = []

    @property
    def backlog_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        if self._open_pieces:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def begin_pieces(self) -> bool:
        """False where the picture before is not done yet."""
        if self._open_pieces:
            return False
        self._open_pieces = 1
        return True

    def write_piece(self, data: memoryview) -> None:
        if not self._transport.is_closing():
            self._transport.write(bytes(data))

    def end_pieces(self) -> None:
        self._open_pieces = 0
        if not self._transport.is_closing():
            self._transport.writelines(self._waiting)
        self._waiting.clear()


class InterleavedOutlet:
    """Two channels of an RTSP connection."""

    __slots__ = ("_channels", "_is_piecing", "_is_skipping", "_writer")

    def __init__(self, writer: ConnectionWriter, channels: tuple[int, int]):
        self._writer = writer
        self._channels = channels
        self._is_skipping = False
        self._is_piecing = False

    def write_block(self, block: PacketBlock, rendered: bytes, is_start: bool) -> bool:
        writer = self._writer
        backlog_bytes = writer.backlog_bytes
        if self._is_skipping or backlog_bytes > MOST_WAITING_BYTES:
            # As a camera does: what cannot be sent is lost, up to a picture with which decoding can begin.
            self._is_skipping = not (is_start and backlog_bytes < _RESUME_BELOW_BYTES)
            if self._is_skipping:
                return False
        writer.write(block.on_channel(rendered, self._channels[0]))
        return True

    def write_piece(self, block: PacketBlock, rendered: bytes, piece: int, pieces: int) -> None:
        if piece == 0:
            self._is_piecing = self._writer.backlog_bytes < MOST_WAITING_BYTES and self._writer.begin_pieces()
        if not self._is_piecing:
            return
        view = memoryview(block.on_channel(rendered, self._channels[0]))
        self._writer.write_piece(view[len(view) * piece // pieces : len(view) * (piece + 1) // pieces])
        if piece == pieces - 1:
            self._is_piecing = False
            self._writer.end_pieces()

    def write_report(self, report: bytes) -> None:
        head = b"$" + self._channels[1].to_bytes(1) + len(report).to_bytes(2)
        self._writer.write(head + report)


class UdpOutlet:
    """A pair of the client's UDP ports, written to from the server's pair."""

    __slots__ = ("_rtcp", "_rtcp_address", "_rtp", "_rtp_address")

    def __init__(self, rtp: socket.socket, rtcp: socket.socket, host: str, ports: tuple[int, int]):
        self._rtp, self._rtp_address = rtp, (host, ports[0])
        self._rtcp, self._rtcp_address = rtcp, (host, ports[1])

    def write_block(self, block: PacketBlock, rendered: bytes, is_start: bool) -> bool:
        try:
            for datagram in block.datagrams(rendered):
                self._rtp.sendto(datagram, self._rtp_address)
        except OSError:  # no buffer, or the port is closed: UDP loses it, and the session times out
            return False
        return True

    def write_piece(self, block: PacketBlock, rendered: bytes, piece: int, pieces: int) -> None:
        datagrams = list(block.datagrams(rendered))
        try:
            for datagram in datagrams[len(datagrams) * piece // pieces : len(datagrams) * (piece + 1) // pieces]:
                self._rtp.sendto(datagram, self._rtp_address)
        except OSError:  # as above
            return

    def write_report(self, report: bytes) -> None:
        try:
            self._rtcp.sendto(report, self._rtcp_address)
        except OSError:  # as above
            return
