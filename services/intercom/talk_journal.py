"""What a talk was, moment by moment: the form in which it is written down while it lasts. Pure.

Theory of operation. A talk in an emergency waits for no database and no disk that is slow, and a worker may die in the
middle of it. So what happens is written down at once, entry behind entry, into a file that only grows; only when the
talk is over are tables and standard files made of it, by whoever finds the journal. An entry that is cut short by a
death ends the journal, and nothing else of it is lost.

Times are UTC microseconds. An entry is a letter, a time, a length and so many bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from services.intercom.g711 import RATE
from shared.errors import ProtocolViolation
from shared.messages.intercom import TalkEnding, TalkPriority

PressEnding = TalkEnding | Literal["released", "worker_lost"]
_ENDINGS = frozenset((*get_args(TalkEnding), "released"))
Kind = Literal["about", "press", "release", "sent", "microphone", "heard"]

_HEAD = struct.Struct("<cqI")
_LETTERS: dict[Kind, bytes] = {
    "about": b"A",
    "press": b"P",
    "release": b"R",
    "sent": b"S",
    "microphone": b"M",
    "heard": b"H",
}
_KINDS: dict[bytes, Kind] = {letter: kind for kind, letter in _LETTERS.items()}
_LONGEST_ENTRY_BYTES = 64 * 1024


class About(BaseModel):
    """The first entry: whose talk it is."""

    model_config = ConfigDict(frozen=True)

    record: str
    talk: str
    site: str
    camera: str
    case: str | None = None
    talker: str
    priority: TalkPriority
    codec: str


@dataclass(frozen=True, slots=True)
class Entry:
    """`microphone` holds the AudioSpecificConfig of what is `heard` from then on; `release` holds the ending."""

    kind: Kind
    at_us: int
    data: bytes = b""

    def encode(self) -> bytes:
        return _HEAD.pack(_LETTERS[self.kind], self.at_us, len(self.data)) + self.data


@dataclass(slots=True)
class Told:
    """A journal read back."""

    about: About
    presses: list[tuple[int, int]] = field(default_factory=list)
    ending: PressEnding = "worker_lost"
    sent: list[Entry] = field(default_factory=list)
    microphone: bytes | None = None
    heard: list[Entry] = field(default_factory=list)

    @property
    def from_us(self) -> int:
        """The first press: what was heard before it is not kept."""
        return self.presses[0][0]

    @property
    def to_us(self) -> int:
        ends = [self.presses[-1][1]]
        ends += [self.sent[-1].at_us + len(self.sent[-1].data) * 1_000_000 // RATE] if self.sent else []
        ends += [self.heard[-1].at_us] if self.heard else []
        return max(ends)

    @property
    def spoken_s(self) -> float:
        return sum(end - begin for begin, end in self.presses) / 1e6

    @property
    def has_sound(self) -> bool:
        return bool(self.sent or self.heard)


def read(data: bytes) -> Told:
    """A whole journal, or as much as was written before its worker died.

    Raises:
        ProtocolViolation: nothing in it can be used.
    """
    entries = entries_of(data)
    first = next(entries, None)
    if first is None or first.kind != "about":
        raise ProtocolViolation("a journal without a beginning")
    try:
        told = Told(About.model_validate_json(first.data))
    except ValidationError as error:
        raise ProtocolViolation("a journal that does not say whose it is") from error
    pressed_us: int | None = None
    began_us: int | None = None
    is_same = False
    last_us = first.at_us
    for entry in entries:
        last_us = max(last_us, entry.at_us)
        if entry.kind == "press":
            pressed_us = entry.at_us
            began_us = began_us if began_us is not None else pressed_us
        elif entry.kind == "release" and pressed_us is not None:
            told.presses.append((pressed_us, entry.at_us))
            told.ending, pressed_us = _ending(entry.data), None
        elif entry.kind == "sent":
            told.sent.append(entry)
        elif entry.kind == "microphone":
            told.microphone = told.microphone or entry.data
            # Another format would be another track: what comes then is left out.
            is_same = told.microphone == entry.data
        elif entry.kind == "heard" and is_same and began_us is not None and entry.at_us >= began_us:
            told.heard.append(entry)
    if pressed_us is not None:
        told.presses.append((pressed_us, last_us))
        told.ending = "worker_lost"
    if not told.presses:
        raise ProtocolViolation("a journal in which nobody pressed")
    return told


def entries_of(data: bytes) -> Iterator[Entry]:
    """Up to the first that is cut short, or is none of ours."""
    at = 0
    while at + _HEAD.size <= len(data):
        letter, at_us, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if letter not in _KINDS or length > _LONGEST_ENTRY_BYTES or at + length > len(data):
            return
        yield Entry(_KINDS[letter], at_us, data[at : at + length])
        at += length


def _ending(data: bytes) -> PressEnding:
    text = data.decode("ascii", "replace")
    return cast(PressEnding, text) if text in _ENDINGS else "worker_lost"
