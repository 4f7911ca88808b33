"""Which downloads are on record already: a file that comes in parts is one download, whichever part comes first."""

from __future__ import annotations

from collections import OrderedDict

from services.gateway.identity import Identity
from services.gateway.recordings import ByteRange

_SAME_FOR_S = 3600.0
_KEPT = 4096


class Downloads:
    """In this process alone: what is resumed at another gateway is on record twice rather than not at all."""

    def __init__(self) -> None:
        self._recorded: OrderedDict[tuple[str, str | None, str], float] = OrderedDict()

    def begins(self, identity: Identity, file: str, wanted: ByteRange | None, now_s: float) -> bool:
        """Whether it must be put on record: the whole, the first part, or a part of what they did not begin here.

        Args: now_s: of a clock that only goes forward.
        """
        if wanted is None or not wanted.first:
            return True
        at = self._recorded.get(_key(identity, file))
        return at is None or now_s - at > _SAME_FOR_S

    def recorded(self, identity: Identity, file: str, now_s: float) -> None:
        key = _key(identity, file)
        self._recorded[key] = now_s
        self._recorded.move_to_end(key)
        if len(self._recorded) > _KEPT:
            self._recorded.popitem(last=False)


def _key(identity: Identity, file: str) -> tuple[str, str | None, str]:
    return identity.name, identity.login, file
