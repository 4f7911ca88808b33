"""What became of every pack that was found, since when, and what it says of itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from services.detector.pack_manifest import PackManifest
from shared.messages.detector import PackFigure, PackState

FIGURES_MAX = 300
_TEXT_MAX = 500
# Whoever made a manifest may nest it as deep as JSON goes.
_DEPTH_MAX = 8


@dataclass(frozen=True, slots=True)
class PackSeen:
    """A pack as one round found it. `manifest` None: it cannot be read."""

    pack: str
    state: Literal["in_force", "shadow", "spare", "refused"]
    origin: Literal["shipped", "folder", "bucket"]
    manifest: PackManifest | None = None
    reason: str = ""
    size_bytes: int | None = None
    devices: tuple[str, ...] = ()


_Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class PackLedger:
    """`saw` once a round; `states` when somebody asks."""

    _seen: list[tuple[PackSeen, int]] = field(default_factory=list)
    _since: dict[_Key, int] = field(default_factory=dict)

    def saw(self, packs: Iterable[PackSeen], now_us: int) -> None:
        """All that there is now: what is not among them any more is forgotten."""
        before, self._since, self._seen = self._since, {}, []
        for pack in packs:
            key = _key(pack)
            self._since[key] = before.get(key, now_us)
            self._seen.append((pack, self._since[key]))

    def states(self) -> tuple[PackState, ...]:
        return tuple(_state(pack, since_us) for pack, since_us in self._seen)


def figures_of(figures: dict[str, Any]) -> tuple[PackFigure, ...]:
    """Numbers and sentences of a manifest's `figures`, each by its path; a bounded number of them."""
    found: list[PackFigure] = []
    for name, value in _leaves(figures, "", 0):
        if len(found) == FIGURES_MAX:
            break
        found.append(PackFigure(name=name[:_TEXT_MAX], value=value[:_TEXT_MAX]))
    return tuple(found)


def _leaves(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEPTH_MAX:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{at}", depth + 1)
    elif value is not None:
        yield path, str(value)


def _key(pack: PackSeen) -> _Key:
    digest = "" if pack.manifest is None else pack.manifest.weights.sha256
    return pack.pack, pack.origin, pack.state, digest, pack.reason


def _state(pack: PackSeen, since_us: int) -> PackState:
    state = PackState(
        pack=pack.pack, state=pack.state, since_us=since_us, reason=pack.reason[:_TEXT_MAX], origin=pack.origin,
        size_bytes=pack.size_bytes, devices=pack.devices,
    )  # fmt: skip
    manifest = pack.manifest
    if manifest is None:
        return state
    return state.model_copy(
        update={
            "capability": manifest.capability,
            "digest": manifest.weights.sha256,
            "format": manifest.weights.format,
            "input": f"{manifest.input.width} x {manifest.input.height}",
            "labels": manifest.classes,
            "licence": manifest.licence[:_TEXT_MAX],
            "source": manifest.source[:_TEXT_MAX],
            "figures": figures_of(manifest.figures),
        }
    )
