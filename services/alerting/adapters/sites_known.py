"""Which units of the organisation each school lies under, out of the bucket `sites`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from shared.bus.kv_watch import KvEntry
from shared.messages.notices import SiteKnown


class SitesKnown:
    """Changes as the bucket does."""

    def __init__(self) -> None:
        self._units: dict[str, frozenset[str]] = {}

    @property
    def units(self) -> Mapping[str, frozenset[str]]:
        """Of every school, none where it belongs to none. The same mapping for ever; what it holds changes."""
        return self._units

    def changed(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._units.pop(entry.key, None)
        else:
            self._units[entry.key] = _units_of(entry.value)


# = the units that there are: their schools share one set
@lru_cache(maxsize=20_000)
def _units_of(value: bytes) -> frozenset[str]:
    return frozenset(SiteKnown.decode(value).units)
