"""What of one camera may be shown to everybody: the newest picture that is settled, and what is hidden in it. Pure.

Theory of operation. A picture is settled when one more was looked at after it: so a head that the model missed in it is
hidden by where it was before *and* where it is after. Pictures are shown while the last looks all went well and in no
other case: a model that is away, a picture that cannot be judged, a hole in the looks each end it, with a reason.
Pictures are kept only while somebody asks (`asked`), two of them; where heads were is kept always, a few numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.detector.camera_sight import PictureLook
from services.detector.geometry import Box
from services.detector.hidden_parts import around_heads, parts_of, way_of_heads
from services.detector.people import Found
from services.detector.picture import Canvas, Picture
from services.detector.picture_eye import Shown
from shared.errors import RequestRefused

# No finer than what heads are looked for in: who is too small for the model is too small to be known by anybody.
SIDE_MAX_PX = 640
# = how long pictures are kept after the last question
LEASE_US = 10_000_000
_NEEDED = ("heads", "people")
# Where somebody was is hidden for so long, and in so many looks at least.
_MEMORY_US = 5_000_000
_LOOKS_MIN = 4
# = how many looks must have gone well before a picture is shown
_WELL_MIN = 3
_LOOKS_KEPT = 160
# = parts of a picture that what is hidden is widened to
_COLUMNS, _ROWS = 80, 45
_STALE_US = 10_000_000
_STALE_INTERVALS = 3.0


@dataclass(frozen=True, slots=True)
class _Look:
    at_us: int
    parts: tuple[Box, ...] = ()
    moving: tuple[Box, ...] = ()
    heads: tuple[Box, ...] = ()
    fault: str | None = None
    canvas: Canvas = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A picture and all that must be hidden in it. `canvas`: (height, width, 3) RGB, wherever it was made."""

    at_us: int
    canvas: Canvas
    parts: tuple[Box, ...]


class PublicSight:
    """Of one camera. `prepare` is called in its decoding thread, everything else in the event loop."""

    def __init__(self, rate_hz: float) -> None:
        self._stale_us = max(_STALE_US, round(_STALE_INTERVALS / rate_hz * 1e6))
        self._looks: deque[_Look] = deque(maxlen=_LOOKS_KEPT)
        self._wanted_until_us = 0

    def asked(self, now_us: int) -> None:
        """Somebody watches: pictures are kept for a while from now on."""
        self._wanted_until_us = now_us + LEASE_US

    def prepare(self, picture: Picture, now_us: int) -> None:
        """Make it small here, where it was decoded, if it will be wanted."""
        if now_us < self._wanted_until_us:
            picture.canvas(*size_of(picture))

    def looked(self, shown: Shown, look: PictureLook, now_us: int) -> None:
        """What the models saw in a picture; in the order in which they were taken."""
        is_wanted = now_us < self._wanted_until_us
        if self._looks and shown.picture.captured_us - self._looks[-1].at_us > self._stale_us:
            self._looks.clear()  # whoever came meanwhile is known to nobody
        self._looks.append(_look(shown, look, is_wanted))
        # Two pictures at most: the newest, and the one it settles.
        self._forget_pictures(2 if is_wanted else 0)

    def let_go(self, now_us: int) -> None:
        """About once a second: pictures that nobody asks for any more."""
        if now_us >= self._wanted_until_us:
            self._forget_pictures(0)

    def settled(self, now_us: int) -> Settled:
        """Raises RequestRefused with the reason why nothing can be shown."""
        looks = list(self._looks)
        if not looks or now_us - looks[-1].at_us > self._stale_us:
            raise refused("no_picture", "The camera sends nothing that could be looked at.")
        for look in reversed(looks[-_WELL_MIN:]):
            if look.fault is not None:
                raise refused(look.fault, _WORDS[look.fault])
        if len(looks) < _WELL_MIN or looks[-2].canvas is None:
            raise refused("not_yet", "The first pictures are being looked at: ask again in a second.")
        return Settled(looks[-2].at_us, looks[-2].canvas, _hidden_in(looks))

    def _forget_pictures(self, but: int) -> None:
        """All but the newest so many."""
        for at in range(len(self._looks) - but):
            if self._looks[at].canvas is not None:
                self._looks[at] = replace(self._looks[at], canvas=None)


def size_of(picture: Picture) -> tuple[int, int]:
    """Width and height of what is shown: even, the larger at most SIDE_MAX_PX, never enlarged."""
    share = min(1.0, SIDE_MAX_PX / max(picture.width, picture.height))
    return max(2, round(picture.width * share) & ~1), max(2, round(picture.height * share) & ~1)


def refused(code: str, words: str) -> RequestRefused:
    return RequestRefused(code, words, status=503)


_WORDS = {
    "models_unavailable": "Heads and people cannot be recognised now, so no face can be hidden: see the capabilities.",
    "picture_unusable": "The picture cannot be judged (covered, blurred, dark ...), so no face can be hidden in it.",
}


def _look(shown: Shown, look: PictureLook, is_wanted: bool) -> _Look:
    picture = shown.picture
    if not shown.verdict.is_usable:
        return _Look(picture.captured_us, fault="picture_unusable")
    if any(name not in look.models or name in look.unavailable for name in _NEEDED):
        return _Look(picture.captured_us, fault="models_unavailable")
    heads = [Found(head.box, head.score) for head in look.heads]
    return _Look(
        picture.captured_us,
        parts=parts_of(look.bodies, heads, (), picture.aspect),
        moving=parts_of(look.bodies, heads, shown.motion, picture.aspect),
        heads=around_heads(heads, picture.aspect),
        canvas=picture.made(*size_of(picture)) if is_wanted else None,
    )


def _hidden_in(looks: Sequence[_Look]) -> tuple[Box, ...]:
    """Of the last but one: what was found in it, in those before it, and in the one after it."""
    at_us, first = looks[-2].at_us, max(0, len(looks) - _LOOKS_MIN)
    near = [look for number, look in enumerate(looks) if number >= first or at_us - look.at_us <= _MEMORY_US]
    # What moves is a matter of the moment; who was there is remembered.
    parts = [part for look in (looks[-2], looks[-1]) for part in look.moving]
    parts += [part for look in near for part in look.parts]
    parts += way_of_heads(looks[-3].heads, looks[-1].heads)
    # On a grid: whoever stands still is one box in a hundred looks, and its blocks do not wander over the face.
    return tuple(dict.fromkeys(part.widened_to(_COLUMNS, _ROWS) for part in parts))
