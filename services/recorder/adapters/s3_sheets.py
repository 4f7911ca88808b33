"""Sheets of thumbnails in S3; which minutes are filled is in the sheet's own name list beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from shared.objects import ObjectMissing, ObjectStore


class S3Sheets:
    """Implements `Sheets`. The list goes last: where it is, the sheet is whole."""

    def __init__(self, objects: ObjectStore):
        self._objects = objects

    async def filled(self, name: str) -> Sequence[bool] | None:
        try:
            return [bool(each) for each in json.loads(await self._objects.get(f"{name}.json"))]
        except ObjectMissing:
            return None

    async def keep(self, name: str, jpeg: bytes, filled: Sequence[bool]) -> None:
        await self._objects.put(name, jpeg, "image/jpeg")
        await self._objects.put(f"{name}.json", json.dumps([int(each) for each in filled]).encode(), "application/json")
