"""Sounds a drill must not be fooled by, and rooms and codecs it must be heard through; all synthesised here."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from services.intercom.drills.tone import RATE
from services.intercom.g711 import Law, decoded, encoded
from shared.simulator.hum import kitchen_hum

Sound = NDArray[np.float32]
Random = np.random.Generator


def white(seconds: float, random: Random) -> Sound:
    return np.asarray(random.standard_normal(round(seconds * RATE)) * 0.05, np.float32)


def fan(seconds: float, random: Random) -> Sound:
    """An extractor hood: hum, hiss, clinks (shared/simulator/hum.py), 14 dB louder than there."""
    return kitchen_hum(max(1, round(seconds)), RATE, int(random.integers(1 << 31)))[: round(seconds * RATE)] * 5


def dishes(seconds: float, random: Random) -> Sound:
    """Crockery and steel knocked together, some thirty times a second."""
    count = round(seconds * RATE)
    sound = random.standard_normal(count) * 0.003
    for _ in range(round(30 * seconds)):
        begin = int(random.integers(count))
        length = min(count - begin, round(random.uniform(0.02, 0.4) * RATE))
        at = np.arange(length) / RATE
        ring = sum(
            random.uniform(0.2, 1) * np.sin(2 * np.pi * random.uniform(600, 3800) * at + random.uniform(0, 6))
            for _ in range(5)
        )
        sound[begin : begin + length] += random.uniform(0.02, 0.3) * np.exp(-at * random.uniform(10, 90)) * ring
    return sound.astype(np.float32)


def speech(seconds: float, random: Random) -> Sound:
    """Somebody who talks without words: pitch, formants and consonants that change with every syllable."""
    parts: list[NDArray[np.float64]] = []
    while sum(map(len, parts)) < seconds * RATE:
        length = round(random.uniform(0.08, 0.3) * RATE)
        at = np.arange(length) / RATE
        envelope = np.hanning(length)
        if random.random() < 0.25:
            noise = random.standard_normal(length)
            parts.append(np.diff(noise, prepend=0) * envelope * random.uniform(0.02, 0.1))
            continue
        pitch = random.uniform(90, 260) * (1 + random.uniform(-0.2, 0.2) * at / at[-1])
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        formants = [(random.uniform(300, 900), 90), (random.uniform(900, 2400), 120), (random.uniform(2300, 3300), 180)]
        voice = np.zeros(length)
        for harmonic in range(1, 36):
            hz = harmonic * float(pitch.mean())
            if hz > 3800:
                break
            strength = sum(1 / (1 + ((hz - centre) / wide) ** 2) for centre, wide in formants) / harmonic**0.5
            voice += strength * np.sin(harmonic * phase)
        parts.append(0.08 * voice * envelope)
        if random.random() < 0.3:
            parts.append(np.zeros(round(random.uniform(0.02, 0.2) * RATE)))
    return np.concatenate(parts)[: round(seconds * RATE)].astype(np.float32)


def music(seconds: float, random: Random) -> Sound:
    """Chords, a tune and a drum."""
    count = round(seconds * RATE)
    sound = np.zeros(count)
    beat = round(random.uniform(0.18, 0.5) * RATE)
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19]) / 12)
    for begin in range(0, count, beat):
        length = min(count - begin, 2 * beat)
        at = np.arange(length) / RATE
        for _ in range(4):
            hz = float(random.choice(scale)) * int(random.choice([1, 2, 4]))
            for harmonic in range(1, 7):
                if hz * harmonic < 3900:
                    wave = np.sin(2 * np.pi * hz * harmonic * at + random.uniform(0, 6))
                    sound[begin : begin + length] += 0.03 / harmonic * np.exp(-at * 3) * wave
        hit = min(length, RATE // 20)
        sound[begin : begin + hit] += 0.1 * random.standard_normal(hit) * np.exp(-np.arange(hit) / RATE * 60)
    return sound.astype(np.float32)


def beeps(seconds: float, random: Random) -> Sound:
    """Timers and alarms: beeps, warbles and sirens between 1 and 3 kHz."""
    count = round(seconds * RATE)
    sound = random.standard_normal(count) * 0.004
    at = np.arange(count) / RATE
    for _ in range(3):
        low, high = np.sort(random.uniform(1000, 3000, 2))
        warble = low + (high - low) * (0.5 + 0.5 * np.sin(2 * np.pi * random.uniform(0.5, 9) * at))
        gate = (at * random.uniform(0.7, 6) % 1) < random.uniform(0.2, 0.9)
        sound += random.uniform(0.05, 0.3) * gate * np.sin(2 * np.pi * np.cumsum(warble) / RATE)
    return sound.astype(np.float32)


def frying(seconds: float, random: Random) -> Sound:
    """Fat that crackles: short clicks, hundreds a second, of very different loudness."""
    count = round(seconds * RATE)
    clicks = np.where(random.random(count) < 0.05, random.standard_normal(count) * random.exponential(1, count), 0)
    return np.asarray(np.convolve(clicks, np.exp(-np.arange(24) / 6) * np.cos(np.arange(24)))[:count] * 0.1, np.float32)


NOISES: dict[str, Callable[[float, Random], Sound]] = {
    noise.__name__: noise for noise in (white, fan, dishes, speech, music, beeps, frying)
}


def room(reverberation_s: float, direct_db: float, random: Random) -> Sound:
    """An impulse response: the sound itself, then an exponential tail that falls by 60 dB in `reverberation_s`.

    Args:
        direct_db: of the sound itself beside all of the tail.
    """
    count = round(reverberation_s * RATE)
    at = np.arange(count) / RATE
    tail = random.standard_normal(count) * 10 ** (-3 * at / reverberation_s)
    tail[: round(0.003 * RATE)] = 0
    tail /= np.sqrt(np.sum(tail**2))
    tail[0] = 10 ** (direct_db / 20)
    return np.asarray(tail / np.sqrt(np.sum(tail**2)), np.float32)


def through_room(sound: Sound, response: Sound) -> Sound:
    size = 1 << (len(sound) + len(response)).bit_length()
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    return np.asarray(heard[: len(sound)], np.float32)


def through_g711(sound: Sound, law: Law = "pcma") -> Sound:
    pcm = np.asarray((sound * 32767).clip(-32768, 32767), np.int16)
    return np.asarray(decoded(encoded(pcm, law), law) / 32768, np.float32)


def through_aac(sound: Sound, bit_rate: int = 32_000, rate: int = 32_000) -> Sound:
    """Encoded and decoded by libav, at the rate that ingest makes of telephone sound."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", "fltp"
    encoder.bit_rate, encoder.time_base = bit_rate, Fraction(1, rate)
    encoder.options = {"aac_coder": "fast"}
    up = av.AudioResampler(format="fltp", layout="mono", rate=rate, frame_size=1024)
    frame = av.AudioFrame.from_ndarray(sound[None, :].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    packets = [packet for part in [*up.resample(frame), *up.resample(None)] for packet in encoder.encode(part)]
    packets += encoder.encode(None)
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder.extradata
    down = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    made = [part.to_ndarray()[0] for packet in packets for f in decoder.decode(packet) for part in down.resample(f)]
    heard = np.concatenate(made)[1024 * RATE // rate :]
    return np.asarray(np.pad(heard, (0, max(0, len(sound) - len(heard))))[: len(sound)], np.float32)


def played_faster(sound: Sound, parts_in_a_million: float) -> Sound:
    """By a clock that strays."""
    count = len(sound)
    at = np.arange(count) * (1 + parts_in_a_million / 1e6)
    spectrum_up = np.fft.irfft(np.fft.rfft(sound), count * 8) * 8
    return np.asarray(np.interp(at * 8, np.arange(count * 8), spectrum_up), np.float32)


def mixed(tone: Sound, noise: Sound, snr_db: float, begin_s: float) -> Sound:
    """The tone in a noise. Args: snr_db: their powers between 1 and 3 kHz, while the tone sounds."""
    begin = round(begin_s * RATE)
    heard = np.zeros(len(noise), np.float32)
    heard[begin : begin + len(tone)] = tone[: len(noise) - begin]
    gain = 10 ** (snr_db / 20) * np.sqrt(_power(noise) / _power(heard) * len(tone) / len(noise))
    return np.asarray(noise + gain * heard, np.float32)


def _power(sound: Sound) -> float:
    spectrum = np.abs(np.fft.rfft(sound.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return float(spectrum[(hz >= 1000) & (hz <= 3000)].sum()) + 1e-9
