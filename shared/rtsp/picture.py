"""Gathers the NAL units of one picture, and decides what a lost packet costs."""

from __future__ import annotations

import struct

from shared.errors import ProtocolViolation
from shared.media.access_unit import AccessUnit, Buffer
from shared.media.sink import MediaSink

LARGEST_PICTURE_BYTES = 8 * 1024 * 1024
MOST_PARTS = 32_768
_MOST_SETS = 64

_LENGTH = struct.Struct(">I")


class Picture:
    """The access unit under construction; one object serves a whole connection.

    What a loss costs: the picture that packets are missing from is dropped. What follows refers to it, so it is
    dropped too, up to the next picture where decoding can start: a frozen picture is honest, a smeared one raises
    alarms that nobody can judge. Only where the missing packets surely belong to a picture that nothing refers to
    (both neighbours carry its timestamp, and nal_ref_idc is 0) does the stream go on with the next.

    A picture ends at the marker bit, or where the timestamp changes (cameras forget either). A camera that sets the
    marker on every slice is noticed when a slice follows that does not begin a picture; from then on only its
    timestamps count.

    `open_nal` is the place in `parts` of the head of a NAL unit whose fragments are still coming, -1 where there is
    none, and `open_bytes` what has come of it.
    """

    __slots__ = (
        "_after_loss_pts",
        "_ended_pts",
        "_has_slice",
        "_has_started",
        "_is_waiting",
        "_lacks_previous",
        "_refers_back",
        "_sets",
        "_sink",
        "_trusts_marker",
        "is_damaged",
        "is_disposable",
        "is_idr",
        "open_bytes",
        "open_nal",
        "parts",
        "pts",
        "size_bytes",
    )

    def __init__(self, sink: MediaSink):
        self._sink = sink
        self._sets: list[bytes] = []
        self._is_waiting = False
        self._has_started = False
        self._lacks_previous = False
        self._refers_back = False
        self._trusts_marker = True
        self._ended_pts = -1
        self._after_loss_pts: int | None = None
        self.pts = -1
        self._clear()

    def _clear(self) -> None:
        self.parts: list[Buffer] = []
        self.size_bytes = 0
        self.open_nal = -1
        self.open_bytes = 0
        self._has_slice = False
        self.is_idr = False
        self.is_damaged = False
        self.is_disposable = False

    def begin_packet(self, pts: int, received_us: int) -> None:
        """Before each packet's NAL units: a new timestamp ends the picture before it."""
        if pts != self.pts:
            if self.parts or self._has_slice or self.is_damaged:
                self._end(received_us)
            self.pts = pts
        if self._after_loss_pts is not None:
            if self._after_loss_pts != pts:
                self._is_waiting = True
            self._after_loss_pts = None

    def end_packet(self, received_us: int) -> None:
        """After a packet with the marker bit. Markers behind parameter sets alone end nothing."""
        if self._trusts_marker and (self._has_slice or self.is_damaged):
            self._end(received_us)

    def lose(self) -> None:
        """Packets are missing here."""
        if self._has_slice or self.parts or self.is_damaged:
            self._after_loss_pts = self.pts if self.is_disposable else -1
            self.damage()
        else:
            self._after_loss_pts = -1

    def damage(self) -> None:
        """Something of this picture is missing: what has come is let go, what comes is not kept."""
        self.is_damaged = True
        self.parts = []
        self.size_bytes = 0
        self.open_nal = -1

    def note_slice(self, is_first: bool, is_idr: bool, is_disposable: bool, refers_back: bool = False) -> None:
        """A slice is about to be added.

        Args:
            is_first: it begins the picture (first_mb_in_slice is 0, first_slice_segment_in_pic_flag is set).
            is_idr: decoding can start here.
            is_disposable: no other picture refers to this one.
            refers_back: it needs pictures from before the random access point it follows (H.265 RASL).
        """
        if self._has_slice or self.is_damaged:
            return
        if not is_first:
            if self.pts == self._ended_pts:
                self._trusts_marker = False
            self._is_waiting = self._is_waiting or not is_disposable
            self.damage()
        self._has_slice = True
        self.is_idr = is_idr
        self.is_disposable = is_disposable
        self._refers_back = refers_back

    def add(self, nal: bytes) -> None:
        """A whole NAL unit that belongs into the sample."""
        if self.is_damaged:
            return
        size_bytes = len(nal)
        self.parts.append(_LENGTH.pack(size_bytes))
        self.parts.append(nal)
        self.size_bytes += 4 + size_bytes
        if self.size_bytes > LARGEST_PICTURE_BYTES or len(self.parts) > MOST_PARTS:
            raise _too_large()

    def add_parameter_set(self, nal: bytes) -> None:
        """Set apart for the picture it comes with, also where it comes with a timestamp of its own."""
        if nal not in self._sets:
            if len(self._sets) >= _MOST_SETS:
                raise ProtocolViolation("too many parameter sets before one picture")
            self._sets.append(nal)

    def open(self, data: bytes) -> None:
        """The first fragment of a NAL unit; its head is put before it by `close`."""
        if self.is_damaged:
            return
        self.open_nal = len(self.parts)
        self.parts.append(b"")
        self.parts.append(data)
        self.open_bytes = len(data)

    def extend(self, data: bytes) -> None:
        """A further fragment."""
        if self.open_nal < 0:  # its beginning never came
            if not self.is_damaged:
                self._is_waiting = True
                self.damage()
            return
        self.parts.append(data)
        self.note_extended(len(data))

    def note_extended(self, size_bytes: int) -> None:
        """Further fragments of that many bytes were appended to `parts` directly."""
        self.open_bytes += size_bytes
        if self.size_bytes + self.open_bytes > LARGEST_PICTURE_BYTES or len(self.parts) > MOST_PARTS:
            raise _too_large()

    def close(self, nal_head: bytes) -> None:
        """The last fragment was added; `nal_head` is the NAL unit header that the fragments leave out."""
        if self.open_nal < 0:
            return
        size_bytes = len(nal_head) + self.open_bytes
        self.parts[self.open_nal] = _LENGTH.pack(size_bytes) + nal_head
        self.size_bytes += 4 + size_bytes
        self.open_nal = -1
        self.open_bytes = 0

    def take_open(self) -> bytes:
        """What has come of the open NAL unit, taken out of the sample (parameter sets in fragments)."""
        joined = b"".join(self.parts[self.open_nal + 1 :])
        del self.parts[self.open_nal :]
        self.open_nal = -1
        return joined

    def _end(self, received_us: int) -> None:
        if self.open_nal >= 0:  # the fragment with the end bit never came, though no packet is missing
            self.damage()
        if self.is_damaged:
            self._is_waiting = self._is_waiting or not self.is_disposable
        elif self._has_slice and (
            self.is_idr or not (self._is_waiting or (self._refers_back and self._lacks_previous))
        ):
            if self.is_idr:
                # After a gap, or at the very start, what is shown before this point refers to what we do not have
                # (H.265 8.1.3, NoRaslOutputFlag).
                self._lacks_previous = self._is_waiting or not self._has_started
                self._has_started = True
                self._is_waiting = False
            sets = tuple(self._sets) if self._sets else None
            self._sets = []
            unit = AccessUnit(self.parts, self.size_bytes, self.pts, self.is_idr, received_us, sets)
            self._ended_pts = self.pts
            self._clear()
            self._sink.on_video(unit)
            return
        self._ended_pts = self.pts
        self._clear()


def _too_large() -> ProtocolViolation:
    return ProtocolViolation(f"a picture of more than {LARGEST_PICTURE_BYTES} bytes or {MOST_PARTS} parts")
