"""Finds packs in folders and verifies them: manifest, weights, digest."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

from services.detector.pack_manifest import MANIFEST, PackManifest, read_manifest
from shared.errors import RequestRefused

# Larger is no model of ours, and would fill the memory.
WEIGHTS_MAX_BYTES = 2 * 1024**3
_MANIFEST_MAX_BYTES = 256 * 1024
_FOLDERS_MAX = 200

Origin = Literal["shipped", "folder", "bucket"]


@dataclass(frozen=True, slots=True)
class FoundPack:
    """A pack whose weights have the digest that its manifest names."""

    manifest: PackManifest
    weights: Path
    origin: Origin = "folder"
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class BrokenPack:
    """One that cannot be used, and why. `manifest` None: it cannot be read, `name` is that of its folder."""

    name: str
    reason: str
    origin: Origin
    manifest: PackManifest | None = None


@dataclass(slots=True)
class Found:
    """What one round found. `broken`: by capability, then by the pack's name, why it cannot be used."""

    whole: list[FoundPack] = field(default_factory=list)
    faulty: list[BrokenPack] = field(default_factory=list)

    @property
    def broken(self) -> dict[str, dict[str, str]]:
        reasons: dict[str, dict[str, str]] = {}
        for pack in self.faulty:
            # Whose capability it is cannot be read: all that have none are told.
            capability = "" if pack.manifest is None else pack.manifest.capability
            reasons.setdefault(capability, {})[pack.name] = pack.reason
        return reasons


class PackFolders:
    """Every folder with a manifest below some roots. A digest is computed anew when a file has changed.

    Args:
        roots: searched in this order.
        origins: of each root, where it comes from; left out: a folder.
    """

    def __init__(self, roots: tuple[Path, ...], origins: tuple[Origin, ...] = ()):
        unsaid: Origin = "folder"
        self._roots = tuple(zip(roots, (*origins, *(unsaid for _ in roots)), strict=False))
        self._digests: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def look(self) -> Found:
        """Reads what changed: milliseconds where nothing did. Call it off the event loop."""
        found = Found()
        seen: set[Path] = set()
        for root, origin in self._roots:
            for folder in _folders(root):
                self._look_at(folder, origin, found, seen)
        self._digests = {path: known for path, known in self._digests.items() if path in seen}
        return found

    def _look_at(self, folder: Path, origin: Origin, found: Found, seen: set[Path]) -> None:
        try:
            data = (folder / MANIFEST).read_bytes()[: _MANIFEST_MAX_BYTES + 1]
            manifest = read_manifest(data)
        except (RequestRefused, OSError) as error:
            found.faulty.append(BrokenPack(folder.name, str(error), origin))
            return
        weights = folder / manifest.weights.file
        try:
            digest = self._digest(weights)
        except OSError as error:
            reason = f"{manifest.weights.file}: {error.strerror or type(error).__name__}"
        else:
            seen.add(weights)
            if digest == manifest.weights.sha256:
                found.whole.append(FoundPack(manifest, weights, origin, self._digests[weights][0][0]))
                return
            reason = f"{manifest.weights.file} is not what the manifest names: sha256 {digest[:12]}…"
        found.faulty.append(BrokenPack(manifest.id, reason, origin, manifest))

    def _digest(self, weights: Path) -> str:
        state = weights.stat()
        if state.st_size > WEIGHTS_MAX_BYTES:
            raise OSError(27, f"larger than {WEIGHTS_MAX_BYTES} bytes")
        key = (state.st_size, state.st_mtime_ns, state.st_ino)
        known = self._digests.get(weights)
        if known is not None and known[0] == key:
            return known[1]
        digest = sha256()
        with weights.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        self._digests[weights] = key, digest.hexdigest()
        return self._digests[weights][1]


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))[:_FOLDERS_MAX]
    except OSError:
        return []
