"""The bytes of a fragment before its samples: `moof` and the header of `mdat` (ISO/IEC 14496-12 8.8, 8.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from struct import Struct, pack

from shared.media.init_segment import AUDIO_TRACK, SYNC_SAMPLE, VIDEO_TRACK

_MFHD = pack(">4sI4sI", b"moof", 16, b"mfhd", 0)
_TFHD_DEFAULT_BASE_IS_MOOF = 0x02_0000
_TRUN_SIGNED = 0x0100_0000  # version 1: composition offsets have a sign
_TRUN_FLAGS = 0x001 | 0x004 | 0x100 | 0x200  # data offset, first sample's flags, durations, sizes
_TRUN_COMPOSITION_OFFSETS = 0x800
_MOOF_TO_TRAF_BYTES = 8 + 16
_TRAF_TO_ENTRIES_BYTES = 8 + 16 + 20 + 24


def _traf_head(track: int) -> bytes:
    """From `traf` to the version of `tfdt`; a time of 64 bits follows."""
    tfhd = pack(">I4sII", 16, b"tfhd", _TFHD_DEFAULT_BASE_IS_MOOF, track)
    return b"traf" + tfhd + pack(">I4sI", 20, b"tfdt", 0x0100_0000)


_TRAF = {track: _traf_head(track) for track in (VIDEO_TRACK, AUDIO_TRACK)}


def _trun_head(has_offsets: bool) -> bytes:
    flags = _TRUN_SIGNED | _TRUN_FLAGS | (_TRUN_COMPOSITION_OFFSETS if has_offsets else 0)
    return pack(">4sI", b"trun", flags)


_TRUN = (_trun_head(False), _trun_head(True))

# moof size, mfhd, sequence | traf size, traf to tfdt, time | trun size, trun, count, data offset, first flags | entries
_MOOF_HEAD = ">I16sI"
_TRAF_HEAD = "I32sQI8sIII"


@lru_cache(maxsize=256)
def _one_track(count: int, has_offsets: bool) -> Struct:
    return Struct(_MOOF_HEAD + _TRAF_HEAD + ("IIi" if has_offsets else "II") * count + "I4s")


@lru_cache(maxsize=256)
def _traf(count: int, has_offsets: bool) -> Struct:
    return Struct(">" + _TRAF_HEAD + ("IIi" if has_offsets else "II") * count)


@dataclass(slots=True)
class SampleRun:
    """The samples of one track in one fragment.

    `entries` are duration, size and (where `has_offsets`) composition offset of each sample, flat.
    """

    track: int
    decode_time: int
    entries: list[int]
    size_bytes: int
    first_sample_flags: int = SYNC_SAMPLE
    has_offsets: bool = False


def moof_of_one(
    sequence: int,
    track: int,
    decode_time: int,
    entries: list[int],
    size_bytes: int,
    first_sample_flags: int,
    has_offsets: bool,
) -> bytes:
    """`moof` and `mdat` header of a fragment with one track: the arguments of a `SampleRun`, one pack."""
    count = len(entries) // (3 if has_offsets else 2)
    entries_bytes = 4 * len(entries)
    moof_bytes = _MOOF_TO_TRAF_BYTES + _TRAF_TO_ENTRIES_BYTES + entries_bytes
    return _one_track(count, has_offsets).pack(
        moof_bytes, _MFHD, sequence & 0xFFFF_FFFF,
        _TRAF_TO_ENTRIES_BYTES + entries_bytes, _TRAF[track], decode_time,
        24 + entries_bytes, _TRUN[has_offsets], count, moof_bytes + 8, first_sample_flags,
        *entries,
        8 + size_bytes, b"mdat",
    )  # fmt: skip


def moof_of(sequence: int, runs: list[SampleRun]) -> bytes:
    """`moof` and `mdat` header of a fragment whose `mdat` holds the samples of each run one after the other."""
    moof_bytes = _MOOF_TO_TRAF_BYTES + sum(_TRAF_TO_ENTRIES_BYTES + 4 * len(run.entries) for run in runs)
    pieces = [pack(_MOOF_HEAD, moof_bytes, _MFHD, sequence & 0xFFFF_FFFF)]
    data_offset = moof_bytes + 8
    for run in runs:
        count = len(run.entries) // (3 if run.has_offsets else 2)
        entries_bytes = 4 * len(run.entries)
        pieces.append(
            _traf(count, run.has_offsets).pack(
                _TRAF_TO_ENTRIES_BYTES + entries_bytes, _TRAF[run.track], run.decode_time,
                24 + entries_bytes, _TRUN[run.has_offsets], count, data_offset, run.first_sample_flags,
                *run.entries,
            )
        )  # fmt: skip
        data_offset += run.size_bytes
    pieces.append(pack(">I4s", data_offset - moof_bytes, b"mdat"))  # data_offset is now the end of the samples
    return b"".join(pieces)
