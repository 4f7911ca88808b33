"""One stream of one camera as WebRTC carries it: its GOP so far, and everybody who looks at it. Pure.

Pictures stay as the camera encoded them: their NAL units are cut into RTP payloads (RFC 6184) once, for all who look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import RequestRefused
from shared.media.fragment import Fragment
from shared.media.joined_stream import JoinedStream
from shared.media.nal_units import split_length_prefixed
from shared.media.samples import (
    Sample,
    SoundSetup,
    decoder_setup,
    parameter_sets,
    sound_samples,
    sound_setup,
    video_samples,
)
from shared.rtsp.packetize_h264 import packetize_h264

# RFC 8834: what is left of 1280 (the least that IPv6 carries) beside IP, UDP, TURN, SRTP and header extensions.
PAYLOAD_BYTES = 1160
# A GOP larger than this is not kept: who joins then waits for the next IDR, instead of for all of this.
GOP_LIMIT_BYTES = 4 * 1024 * 1024
# A GOP whose newest picture is older would be taken for the present.
STALE_S = 3.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit in RTP payloads. `at_90k` counts on through all runs of the camera."""

    payloads: tuple[bytes, ...]
    at_90k: int
    is_idr: bool
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Heard:
    """AAC access units of one fragment, each with its time in ticks of the sample rate since its run began."""

    setup: SoundSetup
    run: str
    units: tuple[tuple[int, bytes], ...]


class Looker(Protocol):
    """One who looks."""

    def begin(self, gop: Sequence[Picture], now_s: float) -> None: ...

    def offer(self, picture: Picture, now_s: float) -> None: ...


class PictureChannel:
    """Fed by one subscription, whatever the number of lookers.

    Attributes:
        codecs: RFC 6381, of the newest run; None before there is one.
        width, height: of the same.
        is_reordered: it has pictures that are shown in another order than they are sent in (B-pictures).
    """

    def __init__(self) -> None:
        self.lookers: set[Looker] = set()
        self.codecs: str | None = None
        self.width = self.height = 0
        self.is_reordered = False
        self._stream = JoinedStream()
        self._gop: list[Picture] = []
        self._gop_bytes = 0
        self._gop_us = 0
        self._run: str | None = None
        self._offset_90k = 0
        self._at_90k = 0
        self._received_us = 0
        self._sets: tuple[bytes, ...] = ()
        self._sound: SoundSetup | None = None

    @property
    def is_h264(self) -> bool:
        return self.codecs is not None and self.codecs.startswith(("avc1", "avc3"))

    @property
    def has_sound(self) -> bool:
        return self._sound is not None

    def live(self, fragment: Fragment, now_s: float) -> Heard | None:
        """From the live subscription; the sound of it. Raises ProtocolViolation where it cannot be read."""
        heard = None
        for shown in self._stream.live(fragment):
            self._show(shown, now_s)
            heard = self._heard(shown)
        return heard

    def seed(self, past: Sequence[Fragment], now_s: float) -> None:
        """What the bus still held, oldest first; its sound is over."""
        for shown in self._stream.past(past):
            self._show(shown, now_s)

    def join(self, looker: Looker, now_s: float, now_us: int) -> None:
        """The GOP so far at once, then each picture as it comes."""
        self.lookers.add(looker)
        self.again(looker, now_s, now_us)

    def again(self, looker: Looker, now_s: float, now_us: int) -> None:
        """Begin anew with the GOP so far; nothing where there is none of the present."""
        if self._gop and now_us - self._gop_us <= STALE_S * 1e6:
            looker.begin(self._gop, now_s)

    def _show(self, fragment: Fragment, now_s: float) -> None:
        header = fragment.header
        samples = video_samples(fragment.payload, header.init_bytes)
        if header.is_idr:
            self._begin(fragment)
        if not self.is_h264:
            return
        if header.run != self._run and samples:
            self._next_run(fragment, samples[0].pts_90k)
        for sample in samples:
            self.is_reordered = self.is_reordered or sample.pts_90k != sample.dts_90k
            picture = self._picture(fragment.payload, sample)
            self._at_90k, self._received_us = picture.at_90k, header.received_us
            self._keep(picture, header.received_us)
            for looker in self.lookers:
                looker.offer(picture, now_s)

    def _begin(self, fragment: Fragment) -> None:
        """An IDR: what its init segment states holds for what follows."""
        init = fragment.payload[: fragment.header.init_bytes]
        setup = decoder_setup(init)
        self.codecs = fragment.header.codecs
        self.width, self.height = setup.width, setup.height
        self._sets = parameter_sets(setup.extradata) if setup.codec == "h264" else ()
        self._sound = sound_setup(init)

    def _next_run(self, fragment: Fragment, pts_90k: int) -> None:
        """PTS begin anew with a run; those of RTP go on, as much later as it came later."""
        passed_us = max(0, fragment.header.received_us - self._received_us) if self._run is not None else 0
        self._offset_90k = self._at_90k + max(1, passed_us * 9 // 100) - pts_90k
        self._run = fragment.header.run
        self.is_reordered = False
        self._gop.clear()

    def _picture(self, payload: bytes, sample: Sample) -> Picture:
        nals = list(split_length_prefixed(payload[sample.begin : sample.end]))
        if sample.is_sync:
            # In band, as RTP has no init segment: whoever begins here finds them (RFC 6184 8.4).
            nals = [*self._sets, *nals]
        payloads = tuple(packetize_h264(nals, PAYLOAD_BYTES))
        return Picture(payloads, sample.pts_90k + self._offset_90k, sample.is_sync, sum(map(len, payloads)))

    def _keep(self, picture: Picture, received_us: int) -> None:
        if picture.is_idr:
            self._gop.clear()
            self._gop_bytes = 0
        elif not self._gop:
            return
        self._gop_bytes += picture.size_bytes
        self._gop_us = received_us
        if self._gop_bytes > GOP_LIMIT_BYTES:
            self._gop.clear()
        else:
            self._gop.append(picture)

    def _heard(self, fragment: Fragment) -> Heard | None:
        if self._sound is None:
            return None
        found = sound_samples(fragment.payload, fragment.header.init_bytes)
        units = tuple((each.at, fragment.payload[each.begin : each.end]) for each in found)
        return Heard(self._sound, fragment.header.run, units) if units else None


def require_watchable(channel: PictureChannel, camera: str) -> None:
    """Raises RequestRefused where WebRTC cannot carry these pictures as they are."""
    if channel.codecs is None:
        raise RequestRefused("no_picture", f"No picture comes from {camera} now: see its state, try again.", status=409)
    if not channel.is_h264:
        kind = channel.codecs.partition(",")[0]
        raise RequestRefused(
            "not_h264",
            f"{camera} sends {kind}, and browsers take H.264 alone by WebRTC: use the live view, or its sub stream.",
            status=406,
        )
    if channel.is_reordered:
        raise RequestRefused(
            "reordered_pictures",
            f"{camera} sends B-pictures, which WebRTC cannot show in order: use the live view, or turn them off there.",
            status=406,
        )
