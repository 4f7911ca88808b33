"""The accounts as the gateway has them, out of the bucket `people`."""

from __future__ import annotations

from collections.abc import Mapping

from services.alerting.notices.audience import may_hear
from shared.bus.kv_watch import KvEntry
from shared.messages.notices import PersonKnown


class PeopleKnown:
    """Changes as the bucket does."""

    def __init__(self) -> None:
        self._by_key: dict[str, PersonKnown] = {}
        self._by_name: dict[str, PersonKnown] = {}

    @property
    def by_name(self) -> Mapping[str, PersonKnown]:
        """The same mapping for ever; what it holds changes."""
        return self._by_name

    def changed(self, entry: KvEntry) -> None:
        before = self._by_key.pop(entry.key, None)
        if before is not None:
            self._by_name.pop(before.person, None)
        if entry.value is not None:
            known = PersonKnown.decode(entry.value)
            self._by_key[entry.key] = self._by_name[known.person] = known

    def may_hear(self, person: str, site: str) -> bool:
        return may_hear(self._by_name.get(person), site)
