"""Brings packs from S3 into a folder: `packs/<any name>/manifest.json` and the weights that it names."""

from __future__ import annotations

import shutil
from pathlib import Path

from services.detector.adapters.pack_folders import WEIGHTS_MAX_BYTES
from services.detector.pack_manifest import MANIFEST, read_manifest
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.objects import ObjectStore
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
        self._have: dict[str, bytes] = {}

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
        except PeerError as error:
            log().warning("packs not fetched", detail=str(error))

    async def _fetch(self, pack: str) -> None:
        if not pack or pack.startswith(".") or "\\" in pack:
            return
        data = await self._objects.get(f"{PREFIX}{pack}/{MANIFEST}")
        if self._have.get(pack) == data:
            return
        folder = self.folder / pack
        folder.mkdir(parents=True, exist_ok=True)
        try:
            manifest = read_manifest(data)
        except RequestRefused:
            manifest = None  # the shelf reads it again and says what is wrong with it
        if manifest is not None:
            await self._fetch_weights(f"{PREFIX}{pack}/{manifest.weights.file}", folder / manifest.weights.file)
        (folder / MANIFEST).write_bytes(data)
        self._have[pack] = data

    async def _fetch_weights(self, name: str, path: Path) -> None:
        size_bytes = (await self._objects.stat(name)).size_bytes
        if size_bytes > WEIGHTS_MAX_BYTES:
            return
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            for offset in range(0, size_bytes, _CHUNK):
                file.write(await self._objects.get(name, offset=offset, length=min(_CHUNK, size_bytes - offset)))
        part.replace(path)

    def close(self) -> None:
        self._objects.close()
        shutil.rmtree(self.folder, ignore_errors=True)
