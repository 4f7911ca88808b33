"""Brings packs from S3 into a folder: `packs/<any name>/manifest.json` and the weights that it names."""

from __future__ import annotations

import shutil
from pathlib import Path

from services.detector.adapters.pack_folders import WEIGHTS_MAX_BYTES
from services.detector.pack_manifest import MANIFEST, read_manifest
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.objects import ObjectMissing, ObjectStore
from shared.telemetry import log

PREFIX = "packs/"
# = how soon a pack that was put into the bucket is seen
ROUND_S = 15.0
_CHUNK = 8 * 1024 * 1024
_PACKS_MAX = 200


class PackBucket:
    """`fetch` does nothing until a round is due. While S3 is away, what was fetched stays in force."""

    def __init__(self, objects: ObjectStore, folder: Path, clock: Clock):
        self._objects = objects
        self.folder = folder
        self._clock = clock
        self._due = 0.0
        # By the pack's folder: its manifest, and the entity tag of the weights that lie here.
        self._have: dict[str, tuple[bytes, str]] = {}

    async def fetch(self) -> None:
        if self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + ROUND_S
        try:
            names = await self._objects.names(PREFIX)
            there = {name[len(PREFIX) :].split("/")[0] for name in names if name.endswith(f"/{MANIFEST}")}
            for pack in sorted(there)[:_PACKS_MAX]:
                await self._fetch(pack)
            for pack in self._have.keys() - there:
                del self._have[pack]
                shutil.rmtree(self.folder / pack, ignore_errors=True)
        except (PeerError, OSError) as error:  # S3 is away, or the disk is full: what is here stays in force
            log().warning("packs not fetched", detail=str(error))

    async def _fetch(self, pack: str) -> None:
        if not pack or pack.startswith(".") or "\\" in pack:
            return
        folder = self.folder / pack
        try:
            data = await self._objects.get(f"{PREFIX}{pack}/{MANIFEST}")
            folder.mkdir(parents=True, exist_ok=True)
            tag = await self._fetch_weights(pack, data, folder)
        except ObjectMissing:
            return  # removed since it was listed; the next round sees that
        if self._have.get(pack) != (data, tag):
            (folder / MANIFEST).write_bytes(data)
            self._have[pack] = data, tag

    async def _fetch_weights(self, pack: str, data: bytes, folder: Path) -> str:
        """Returns the tag of what lies here now; empty: nothing, and the shelf will say what is missing."""
        try:
            file = read_manifest(data).weights.file
            there = await self._objects.stat(f"{PREFIX}{pack}/{file}")
        except (RequestRefused, ObjectMissing):
            return ""
        known = self._have.get(pack, (b"", ""))
        if there.size_bytes > WEIGHTS_MAX_BYTES or (known[1] == there.etag and (folder / file).exists()):
            return known[1]
        part = folder / f".{file}.part"
        with part.open("wb") as out:
            for offset in range(0, there.size_bytes, _CHUNK):
                out.write(
                    await self._objects.get(
                        f"{PREFIX}{pack}/{file}", offset=offset, length=min(_CHUNK, there.size_bytes - offset)
                    )
                )
        part.replace(folder / file)
        return there.etag

    def close(self) -> None:
        self._objects.close()
        shutil.rmtree(self.folder, ignore_errors=True)
