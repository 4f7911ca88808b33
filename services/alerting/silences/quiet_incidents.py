"""Incidents that are kept quiet, and those that outlast what keeps them so. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.alerting.rules.camera_watch import Change
from services.alerting.rules.incident import Incident
from services.alerting.silences.silence_book import Cover, SilenceBook

_LASTING = ("offline", "picture_fault")


class QuietIncidents:
    """Of all shards of a worker. Times are those of pictures, so that it is the same whoever asks and when."""

    def __init__(self, book: SilenceBook):
        self._book = book
        self._silent: dict[int, dict[str, Incident]] = {}
        self._covers: dict[str, tuple[int, Cover | None]] = {}

    def remember(self, shard: int, incident: Incident) -> None:
        """It was raised before, here or by another worker."""
        if incident.silence is not None:
            self._silent.setdefault(shard, {})[incident.id] = incident

    def forget(self, shard: int) -> None:
        for id in self._silent.pop(shard, {}):
            self._covers.pop(id, None)

    def judged(self, shard: int, change: Change, horizon_us: int) -> Change:
        """What is to be told of a change. Args: horizon_us: until then everything was judged."""
        incident = change.incident
        if change.happening == "raised":
            cover = self._cover(incident)
            incident.silence = None if cover is None else cover.silence
        if incident.silence is None:
            return change
        self._silent.setdefault(shard, {})[incident.id] = incident
        is_over = self._is_over(incident, horizon_us)
        if is_over or incident.closed_us is not None:
            self._drop(shard, incident)
        return self._told(incident) if is_over else change

    def over(self, shard: int, horizon_us: int) -> Iterator[Change]:
        """Those that still go on although nothing keeps them quiet any more: from now on people are told."""
        for incident in list(self._silent.get(shard, {}).values()):
            if self._is_over(incident, horizon_us):
                self._drop(shard, incident)
                yield self._told(incident)

    def _told(self, incident: Incident) -> Change:
        incident.silence = None
        return Change("raised", incident)

    def _drop(self, shard: int, incident: Incident) -> None:
        self._silent.get(shard, {}).pop(incident.id, None)
        self._covers.pop(incident.id, None)

    def _is_over(self, incident: Incident, horizon_us: int) -> bool:
        cover = self._cover(incident)
        seen_us = incident.last_us
        if incident.closed_us is None and incident.rule.watched.kind in _LASTING:
            seen_us = max(seen_us, horizon_us)
        return cover is None or seen_us >= cover.until_us

    def _cover(self, incident: Incident) -> Cover | None:
        known = self._covers.get(incident.id)
        if known is not None and known[0] == self._book.revision:
            return known[1]
        found = self._book.cover(incident.site, incident.camera, incident.rule, incident.raised_us)
        self._covers[incident.id] = (self._book.revision, found)
        return found
