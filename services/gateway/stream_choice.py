"""Which stream of a camera a viewer gets: what was asked for, and what the browser can decode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from services.gateway.cameras import Camera
from shared.errors import RequestRefused
from shared.messages.cameras import StreamName

AskedStream = Literal["main", "sub", "h264", "auto"]
# Of the main stream: a fragment for each picture as it comes, or for 200 ms of them, at a fifth of the messages.
AskedPictures = Literal["each", "grouped"]


def candidates(asked: AskedStream, camera: Camera) -> tuple[StreamName, ...]:
    """The streams to try, best first. Raises RequestRefused where there is no such stream."""
    if asked == "sub" and camera.sub is None:
        raise RequestRefused("no_sub_stream", "This camera has no sub stream: ask for main or auto.", status=404)
    if asked != "auto":
        return (asked,)
    return ("main", "h264") if camera.sub is None else ("main", "sub", "h264")


def can_play(codecs: str, decodable: frozenset[str]) -> bool:
    """`codecs` is an RFC 6381 list, video first; `decodable` holds what the client named, empty = anything."""
    if not decodable:
        return True
    return codecs.partition(",")[0].partition(".")[0] in decodable


def decodable_of(text: str | None) -> frozenset[str]:
    """From `?codecs=avc1,hvc1`: sample entry names, with or without profile."""
    return frozenset(part.strip().partition(".")[0] for part in (text or "").split(",") if part.strip())


def first_choice(
    streams: tuple[StreamName, ...], decodable: frozenset[str], known_codecs: Mapping[StreamName, str]
) -> int:
    """Index of the first of `streams` not known to be beyond the client; the last one where all are."""
    for index, stream in enumerate(streams):
        if stream == "h264" or can_play(known_codecs.get(stream, ""), decodable) or stream not in known_codecs:
            return index
    return len(streams) - 1
