"""From libav's streams and packets to our tracks, access units and pieces of sound."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from services.ingest.adapters.pyav_audio import AacEncoder
from services.ingest.conditions import NoVideo
from services.ingest.normaliser import Tracks
from shared.errors import ProtocolViolation
from shared.media.access_unit import AccessUnit, AudioCodec, AudioUnit
from shared.media.formats import AudioFormat, VideoCodec
from shared.media.nal_units import access_unit, split_annex_b, split_length_prefixed

AnyPacket: TypeAlias = "Packet[Any]"  # generic in the stubs only

_VIDEO_CODECS: dict[str, VideoCodec] = {"h264": "h264", "hevc": "h265"}
_TELEPHONE_CODECS: dict[str, Literal["pcmu", "pcma"]] = {"pcm_mulaw": "pcmu", "pcm_alaw": "pcma"}
# ISO/IEC 14496-3 table 1.18, sampling frequency index
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AAC_LC = 2
_MOST_CHANNELS = 6  # up to there the channel configuration is the number of channels (table 1.19)


class VideoTrack:
    """The video of one container, either in Annex B (MPEG-TS) or with lengths (MP4, FLV)."""

    def __init__(self, stream: VideoStream):
        codec = _VIDEO_CODECS.get(stream.codec_context.name)
        if codec is None:
            raise NoVideo(f"The picture is {stream.codec_context.name}, which browsers do not play.")
        assert stream.time_base is not None
        self.codec = codec
        self.stream = stream
        self._ticks_90k = stream.time_base * 90_000
        self._length_bytes = 0
        self._announced: tuple[bytes, ...] | None = None
        self.parameter_sets = self._configure(stream.codec_context.extradata or b"")

    def ticks_90k(self, ticks: int) -> int:
        """From the container's clock to 90 kHz, to the nearest tick."""
        return round(ticks * self._ticks_90k)

    def unit(self, packet: AnyPacket, offset_90k: int, received_us: int) -> AccessUnit | None:
        """None where the packet holds no picture. Raises ProtocolViolation where its lengths are wrong."""
        pts = packet.pts if packet.pts is not None else packet.dts
        if pts is None:
            return None
        if packet.has_sidedata("new_extradata"):  # an FLV camera that changed its format
            self.parameter_sets = self._configure(bytes(packet.get_sidedata("new_extradata")))
        data = bytes(packet)
        nals = split_length_prefixed(data, self._length_bytes) if self._length_bytes else split_annex_b(data)
        unit = access_unit(self.codec, nals, self.ticks_90k(pts) + offset_90k, received_us)
        if unit is not None and unit.is_idr and unit.parameter_sets is None:
            unit.parameter_sets, self._announced = self._announced, None
        return unit

    def _configure(self, extradata: bytes) -> tuple[bytes, ...]:
        """Parameter sets of extradata: avcC or hvcC (ISO/IEC 14496-15 5.3.3.1, 8.3.3.1), or Annex B."""
        if extradata[:1] != b"\1":
            sets = tuple(split_annex_b(extradata))
        else:
            try:
                self._length_bytes, sets = (_avc_sets if self.codec == "h264" else _hevc_sets)(extradata)
            except IndexError as error:
                raise ProtocolViolation("the decoder configuration record ends early") from error
        self._announced = sets or None
        return sets


class SoundTrack:
    """The sound of one container, AAC or telephone codecs."""

    def __init__(self, stream: AudioStream, codec: AudioCodec, sound: AudioFormat, encoder: AacEncoder | None):
        assert stream.time_base is not None
        self.stream = stream
        self.codec = codec
        self.format = sound
        self.encoder = encoder
        # The source's own clock: for AAC that of its samples.
        self.clock_rate = stream.codec_context.sample_rate if encoder is not None else sound.sample_rate
        self._ticks = stream.time_base * self.clock_rate

    @classmethod
    def of(cls, stream: AudioStream) -> SoundTrack | None:
        """None where browsers would not play it and we do not encode it anew."""
        context = stream.codec_context
        if context.name == "aac":
            found = _aac_format(stream)
            return None if found is None else cls(stream, "aac", found, None)
        codec = _TELEPHONE_CODECS.get(context.name)
        if codec is None or not context.sample_rate:
            return None
        encoder = AacEncoder(codec, context.sample_rate, context.channels)
        return cls(stream, codec, encoder.format, encoder)

    def unit(self, packet: AnyPacket, offset_90k: int, received_us: int) -> AudioUnit | None:
        if packet.pts is None:
            return None
        data = bytes(packet)
        if self.codec == "aac":
            data = _without_adts(data)
        pts = round(packet.pts * self._ticks) + offset_90k * self.clock_rate // 90_000
        return AudioUnit(self.codec, data, pts, self.clock_rate, received_us) if data else None


def tracks_of(container: InputContainer, wants_audio: bool) -> tuple[VideoTrack, SoundTrack | None, Tracks]:
    """The first video and, where wanted and possible, the first sound.

    Raises:
        NoVideo: there is none, or it is neither H.264 nor H.265.
    """
    if not container.streams.video:
        raise NoVideo("There is no picture in the stream.")
    video = VideoTrack(container.streams.video[0])
    sound = SoundTrack.of(container.streams.audio[0]) if wants_audio and container.streams.audio else None
    if sound is None:
        return video, None, Tracks(video.codec, video.parameter_sets)
    return video, sound, Tracks(video.codec, video.parameter_sets, sound.format, sound.clock_rate)


def _avc_sets(record: bytes) -> tuple[int, tuple[bytes, ...]]:
    sets, at = [], 6
    count = record[5] & 0x1F
    for _ in range(2):  # SPS, then PPS
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2])
            sets.append(record[at + 2 : at + 2 + size])
            at += 2 + size
        count = record[at] if at < len(record) else 0
        at += 1
    return (record[4] & 3) + 1, tuple(nal for nal in sets if nal)


def _hevc_sets(record: bytes) -> tuple[int, tuple[bytes, ...]]:
    sets, at = [], 23
    for _ in range(record[22]):
        count = int.from_bytes(record[at + 1 : at + 3])
        is_parameter_set = 32 <= record[at] & 0x3F <= 34  # SEI may be listed as well
        at += 3
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2])
            if is_parameter_set:
                sets.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return (record[21] & 3) + 1, tuple(nal for nal in sets if nal)


def _aac_format(stream: AudioStream) -> AudioFormat | None:
    context = stream.codec_context
    if context.extradata:
        config = bytes(context.extradata)
        index = int.from_bytes(config[:2].ljust(2, b"\0")) >> 7 & 0xF
        if config[0] >> 3 != _AAC_LC or index >= len(_AAC_RATES) or not 0 < context.channels <= _MOST_CHANNELS:
            return None
        return AudioFormat(_AAC_RATES[index], context.channels, config)
    # ADTS (MPEG-TS): libav says what it hears, with SBR that is twice what the core codes (ISO/IEC 14496-3 4.6.18).
    rate = context.sample_rate // (2 if "HE" in str(context.profile) else 1)
    if rate not in _AAC_RATES or not 0 < context.channels <= _MOST_CHANNELS:
        return None
    config = (_AAC_LC << 11 | _AAC_RATES.index(rate) << 7 | context.channels << 3).to_bytes(2)
    return AudioFormat(rate, context.channels, config)


def _without_adts(data: bytes) -> bytes:
    """ISO/IEC 13818-7 6.2: a header of 7 bytes, 9 with checksum, before each access unit in MPEG-TS."""
    if len(data) > 9 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return data[7 if data[1] & 1 else 9 :]
    return data
