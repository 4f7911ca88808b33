"""What a browser offers, read from its SDP (RFC 8866) and from the candidates it sends later (RFC 8840). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import RequestRefused

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_SECTIONS_MAX = 8
_CANDIDATES_MAX = 64
_PROFILE = re.compile(r"profile-level-id=([0-9a-fA-F]{6})")
# RFC 8828: a browser that may not tell its addresses sends names that only its own network segment resolves.
_MDNS = re.compile(r"^a=candidate:(\S+ ){4}\S+\.local .*$\r?\n?", re.MULTILINE)
_END = re.compile(r"^a=end-of-candidates\r?\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """One m-section. `direction` is the browser's: sendonly is its microphone."""

    kind: str
    mid: str
    direction: str

    @property
    def sends(self) -> bool:
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        return self.direction in ("sendrecv", "recvonly")


@dataclass(frozen=True, slots=True)
class TalkOffer:
    """A microphone; perhaps the camera's sound (in the same section or one of its own) and picture back."""

    sections: tuple[Section, ...]
    microphone: Section
    sound: Section | None
    picture: Section | None


@dataclass(frozen=True, slots=True)
class ViewOffer:
    """The camera's picture, and perhaps its sound."""

    sections: tuple[Section, ...]
    picture: Section
    sound: Section | None


@dataclass(frozen=True, slots=True)
class Trickled:
    """Candidates that came after the offer, for the section `mid`."""

    ufrag: str
    mid: str
    candidates: tuple[str, ...]


def sections(offer: str) -> tuple[Section, ...]:
    """Raises RequestRefused where they are not all in one bundle."""
    found: list[Section] = []
    bundled: set[str] = set()
    session_direction = "sendrecv"
    for line in offer.splitlines():
        if line.startswith("a=group:BUNDLE"):
            bundled |= set(line.split()[1:])
        elif line.startswith("m="):
            found.append(Section(line[2:].partition(" ")[0], "", session_direction))
        elif line.startswith("a=mid:") and found:
            found[-1] = Section(found[-1].kind, line[6:].strip(), found[-1].direction)
        elif line[2:].strip() in _DIRECTIONS and line.startswith("a="):
            if found:
                found[-1] = Section(found[-1].kind, found[-1].mid, line[2:].strip())
            else:
                session_direction = line[2:].strip()
        if len(found) > _SECTIONS_MAX:
            raise _bad(f"more than {_SECTIONS_MAX} sections")
    # RFC 9725 4.4.1: everything goes over one connection.
    if not found or not {section.mid for section in found} <= bundled:
        raise _bad("every section must be in one BUNDLE group")
    return tuple(found)


def talk_offer(offer: str) -> TalkOffer:
    """Raises RequestRefused for what is no talk."""
    found = sections(offer)
    sounds, pictures = _of(found, "audio"), _of(found, "video")
    microphones = [each for each in sounds if each.sends]
    if len(microphones) != 1:
        raise _bad("a talk has exactly one sound that the browser sends")
    back = [each for each in sounds if each.receives]
    if len(sounds) > 2 or len(back) > 1 or len(pictures) > 1 or any(each.sends for each in pictures):
        raise _bad("beside the microphone there may be one sound and one picture that the browser receives, no others")
    return TalkOffer(found, microphones[0], back[0] if back else None, _receiving(pictures))


def view_offer(offer: str) -> ViewOffer:
    """Raises RequestRefused for what is no view."""
    found = sections(offer)
    sounds, pictures = _of(found, "audio"), _of(found, "video")
    picture = _receiving(pictures)
    if picture is None or len(pictures) > 1 or len(sounds) > 1:
        raise _bad("a view has one picture, recvonly, and at most one sound")
    return ViewOffer(found, picture, _receiving(sounds))


def h264_profiles(offer: str) -> Sequence[str]:
    """profile-level-ids of packetization mode 1, in which large pictures come in pieces (RFC 6184 6.3)."""
    lines = [line for line in offer.splitlines() if line.startswith("a=fmtp:") and "packetization-mode=1" in line]
    return [found[1].lower() for line in lines if (found := _PROFILE.search(line))]


def has_opus(offer: str) -> bool:
    return re.search(r"^a=rtpmap:\d+ opus/48000", offer, re.MULTILINE | re.IGNORECASE) is not None


def ice_ufrag(offer: str) -> str:
    found = re.search(r"^a=ice-ufrag:(\S+)", offer, re.MULTILINE)
    return found[1] if found else ""


def without_mdns(offer: str) -> str:
    """The offer without candidates whose names we could ask our own network for alone, a second in vain each.

    The browser reaches us at ours, and so shows its address.
    """
    shorter = _MDNS.sub("", offer)
    # Whoever is told that these were all gives up at once where none is left.
    return shorter if shorter == offer else _END.sub("", shorter)


def trickled(fragment: str) -> Trickled:
    """Of an `application/trickle-ice-sdpfrag` (RFC 8840 9). Raises RequestRefused where it is none."""
    ufrag, mid, candidates = ice_ufrag(fragment), "", []
    for line in _MDNS.sub("", fragment).splitlines():
        if line.startswith("a=mid:") and not mid:
            mid = line[6:].strip()
        elif line.startswith("a=candidate:"):
            candidates.append(line[12:].strip())
    if not ufrag or not mid or len(candidates) > _CANDIDATES_MAX:
        raise RequestRefused("bad_fragment", "Send a=ice-ufrag, a=ice-pwd, a=mid and candidates (RFC 8840, 9).")
    return Trickled(ufrag, mid, tuple(candidates))


def _of(found: Sequence[Section], kind: str) -> list[Section]:
    return [each for each in found if each.kind == kind and each.direction != "inactive"]


def _receiving(found: Sequence[Section]) -> Section | None:
    return next((each for each in found if each.receives), None)


def _bad(why: str) -> RequestRefused:
    return RequestRefused("bad_offer", f"The SDP cannot be answered: {why}.", status=422)
