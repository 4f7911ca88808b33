"""A program of its own that makes sounds: text spoken, files of strangers decoded, both brought to one loudness.

It reads one JSON line and the bytes behind it, writes one JSON line and the sound behind it (mono, 16 bits, RATE), and
ends. Files of strangers meet decoders written in C, and a voice is a library with a state for the whole process: here
neither can hurt the service, which gives this program no secrets, no network name to call and little time.
"""

from __future__ import annotations

import ctypes
import io
import json
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

RATE = 16_000
_LOUDNESS_RATE = 48_000
_CPU_LIMIT_S = 20
_MEMORY_LIMIT_BYTES = 2 << 30
# True peaks above it may clip behind a G.711 codec.
_PEAK_MAX_DBFS = -1.5
# Below it a file holds nothing that anybody could hear.
_SILENT_LUFS = -60.0
_CLOSE_ENOUGH_LU = 0.3
# The limiter takes loudness away again: some more, a few times.
_PASSES = 4
_SHORTEST_S = 0.2
_VOICES = {"zh-CN": b"cmn", "en": b"en"}
_WORDS_PER_MINUTE = 165
_ESPEAK_SYNCHRONOUS, _ESPEAK_UTF8, _ESPEAK_DONT_EXIT, _ESPEAK_RATE = 2, 1, 0x8000, 1

Samples = NDArray[np.float32]
"""(samples,) from -1 to 1."""


class Refused(Exception):
    """What the person who gave the text or file must change."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def sniffed(data: bytes) -> str:
    """The demuxer for these bytes, by what they are and never by a name. Raises Refused.

    Playlists and scripts (HLS, concat, SDP) are not among them: they make a decoder open other files and addresses.
    """
    head = data[:64]
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    for magic, name in ((b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"#!AMR", "amr"), (b"FORM", "aiff")):
        if head.startswith(magic):
            return name
    if head[4:8] == b"ftyp":
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac"  # ADTS, ISO/IEC 13818-7: twelve ones, layer 0
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "mp3"
    raise Refused("not_a_sound", "It is no sound file that is known here: send WAV, MP3, M4A, AAC, Ogg, Opus or FLAC.")


def decoded(data: bytes, longest_s: float) -> Samples:
    """The first sound of a file, mono at RATE. Raises Refused."""
    kind = sniffed(data)
    try:
        with av.open(io.BytesIO(data), "r", format=kind, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise Refused("not_a_sound", "There is no sound in this file.")
            return _resampled(container.decode(container.streams.audio[0]), longest_s)
    except (av.FFmpegError, ValueError, MemoryError) as error:
        raise Refused("not_a_sound", f"It cannot be read to its end as {kind}: it is broken or disguised.") from error


def _resampled(frames: Iterator[Any], longest_s: float) -> Samples:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    parts: list[Samples] = []
    count = 0
    for frame in frames:
        for made in resampler.resample(frame):
            parts.append(made.to_ndarray()[0])
            count += len(parts[-1])
        if count > longest_s * RATE:
            raise Refused("too_long", f"It is longer than {longest_s:.0f} s: cut it.")
    parts += [made.to_ndarray()[0] for made in resampler.resample(None)]
    return np.nan_to_num(np.concatenate(parts)) if parts else np.zeros(0, np.float32)


def spoken(text: str, language: str) -> Samples:
    """By espeak-ng. Raises Refused."""
    import espeakng_loader  # here: whoever sends a file needs no voice

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(
        _ESPEAK_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _ESPEAK_DONT_EXIT
    )
    sound = bytearray()

    def take(samples: int | None, count: int, events: int | None) -> int:
        if samples and count > 0:
            sound.extend(ctypes.string_at(samples, 2 * count))
        return 0

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(take)
    library.espeak_SetSynthCallback(callback)
    if rate <= 0 or library.espeak_SetVoiceByName(_VOICES[language]):
        raise RuntimeError("espeak-ng has no voice for this language")
    library.espeak_SetParameter(_ESPEAK_RATE, _WORDS_PER_MINUTE, 0)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 0, 0, _ESPEAK_UTF8, None, None)
    library.espeak_Synchronize()
    samples = np.frombuffer(bytes(sound), np.int16)
    if not np.any(samples):
        raise Refused("nothing_to_say", "There is nothing in this text that can be spoken: write words.")
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
    frame.sample_rate = rate
    return _resampled(iter([frame]), len(samples) / rate + 1)


def loudness(sound: Samples) -> tuple[float, float]:
    """(integrated loudness in LUFS, true peak in dBFS), EBU R128 / ITU-R BS.1770, by libavfilter's ebur128."""
    measured = _filtered(
        sound,
        ("aresample", str(_LOUDNESS_RATE)),
        # Its first measure is that of 0.4 s: what is shorter is measured with silence behind it.
        ("apad", "whole_dur=0.5"),
        ("ebur128", "metadata=1:peak=true"),
    )
    said: dict[str, str] = {}
    for frame in measured:
        said.update(frame.metadata)
    peak = float(said.get("lavfi.r128.true_peak", said.get("lavfi.r128.true_peaks_ch0", "nan")))
    if np.isnan(peak):
        peak = float(np.abs(sound).max(initial=0.0))
    return float(said.get("lavfi.r128.I", "-inf")), float(20 * np.log10(max(peak, 1e-6)))


def normalised(sound: Samples, target_lufs: float) -> tuple[Samples, float, float]:
    """At that loudness, its peaks limited; and what was reached. Raises Refused for silence."""
    measured, peak = loudness(sound)
    if len(sound) < _SHORTEST_S * RATE or not measured > _SILENT_LUFS:
        raise Refused("silent", "There is nothing to be heard in it.")
    gain = target_lufs - measured
    made = sound
    for _ in range(_PASSES):
        made = _limited(sound * np.float32(10 ** (gain / 20)))
        measured, peak = loudness(made)
        if abs(target_lufs - measured) < _CLOSE_ENOUGH_LU:
            break
        gain += target_lufs - measured
    return made, measured, peak


def _limited(sound: Samples) -> Samples:
    # Half a decibel for what lies between the samples.
    limit = 10 ** ((_PEAK_MAX_DBFS - 0.5) / 20)
    options = f"limit={limit:.4f}:attack=5:release=50:level=false:latency=true"
    frames = _filtered(sound, ("alimiter", options), ("aformat", "sample_fmts=fltp"))
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])[: len(sound)]


def _filtered(sound: Samples, *filters: tuple[str, str]) -> list[Any]:
    graph = Graph()
    nodes = [graph.add_abuffer(sample_rate=RATE, format="flt", layout="mono", time_base=Fraction(1, RATE))]
    nodes += [graph.add(name, options) for name, options in filters]
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()
    frames: list[Any] = []
    step = RATE // 10
    for begin in range(0, len(sound), step):
        piece = np.ascontiguousarray(sound[begin : begin + step])[None, :]
        frame = av.AudioFrame.from_ndarray(piece, format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE, begin
        nodes[0].push(frame)
        frames += _pulled(nodes[-1])
    nodes[0].push(None)
    return frames + _pulled(nodes[-1])


def _pulled(sink: Any) -> list[Any]:
    frames = []
    while True:
        try:
            frames.append(sink.pull())
        except (BlockingIOError, EOFError):
            return frames


def made(wanted: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """The answer to one request: about the sound, and the sound."""
    longest_s = float(wanted["longest_s"])
    sound = spoken(wanted["text"], wanted["language"]) if wanted["text"] is not None else decoded(data, longest_s)
    if len(sound) > longest_s * RATE:
        raise Refused("too_long", f"It takes {len(sound) / RATE:.0f} s to say; at most {longest_s:.0f} s: shorten it.")
    sound, lufs, peak = normalised(sound, float(wanted["lufs"]))
    pcm = (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes()
    return {"loudness_lufs": round(lufs, 2), "peak_dbfs": round(peak, 2)}, pcm


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    wanted = json.loads(sys.stdin.buffer.readline())
    try:
        about, pcm = made(wanted, sys.stdin.buffer.read())
    except Refused as refusal:
        about, pcm = {"code": refusal.code, "detail": str(refusal)}, b""
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + pcm)


if __name__ == "__main__":
    main()
