"""The sound of a talk laid out on one clock, and the file that keeps its bytes as they were. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.intercom.g711 import RATE
from services.intercom.matroska import Block, SoundTrack, matroska
from services.intercom.talk_journal import Entry, Told
from shared.errors import ProtocolViolation
from shared.rtsp.audio_config import AudioConfig, parse_audio_config

# What was sent is paced by a timer that wavers; what wavers less than that is one stretch of sound.
_WAVER_US = 60_000


def sent_at_us(entries: Sequence[Entry]) -> list[int]:
    """When each packet begins to sound: behind the one before it, unless there was a pause."""
    found: list[int] = []
    due_us: int | None = None
    for entry in entries:
        at_us = entry.at_us if due_us is None or entry.at_us - due_us > _WAVER_US else due_us
        found.append(at_us)
        due_us = at_us + len(entry.data) * 1_000_000 // RATE
    return found


def microphone_of(told: Told) -> AudioConfig | None:
    """What the camera's own sound is; None where none was heard, or it is none that can be read."""
    if told.microphone is None or not told.heard:
        return None
    try:
        return parse_audio_config(told.microphone)
    except ProtocolViolation:
        return None


def sound_file(told: Told) -> bytes:
    """Matroska: what was said to the kitchen, and what was heard there, not one byte encoded again."""
    about, begins_us = told.about, told.from_us
    tracks = [SoundTrack("to the kitchen", about.codec, RATE, 1)]
    blocks = [
        Block(0, (at_us - begins_us) // 1000, entry.data)
        for at_us, entry in zip(sent_at_us(told.sent), told.sent, strict=True)
    ]
    microphone = microphone_of(told)
    if microphone is not None:
        tracks.append(
            SoundTrack("from the kitchen", "aac", microphone.sample_rate, microphone.channels, microphone.data)
        )
        blocks += [Block(1, (entry.at_us - begins_us) // 1000, entry.data) for entry in told.heard]
    return matroska(tracks, blocks, begins_us, (told.to_us - begins_us) // 1000, _tags(told))


def _tags(told: Told) -> Mapping[str, str]:
    about = told.about
    tags = {
        "RECORD": about.record,
        "TALK": about.talk,
        "SITE": about.site,
        "CAMERA": about.camera,
        "TALKER": about.talker,
        "PRIORITY": about.priority,
        "FROM_US": str(told.from_us),
    }
    return tags if about.case is None else tags | {"CASE": about.case}
