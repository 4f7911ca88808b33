"""Every subject of the bus, spelled here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

SHARD_COUNT = 128
_TOKEN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True, order=True)
class CameraRef:
    """Names one camera for ever. Both ids match `[a-z0-9][a-z0-9_-]{0,62}`: they are subject tokens."""

    site: str
    camera: str

    def __post_init__(self) -> None:
        for token in (self.site, self.camera):
            if not _TOKEN.fullmatch(token):
                raise ValueError(f"not an id (lower-case letters, digits, '-', '_', at most 63): {token!r}")

    @property
    def shard(self) -> int:
        """The shard it belongs to for ever, 0 to 127."""
        return crc32(f"{self.site}/{self.camera}".encode()) % SHARD_COUNT

    @property
    def key(self) -> str:
        """Its key in every KV bucket about cameras: `<shard>.<site>.<camera>`."""
        return f"{self.shard}.{self.site}.{self.camera}"

    @classmethod
    def from_key(cls, key: str) -> CameraRef:
        _, site, camera = key.split(".")[:3]
        return cls(site, camera)

    def __str__(self) -> str:
        return f"{self.site}/{self.camera}"


def media(camera: CameraRef, stream: str) -> str:
    """`bk.v1.media.<shard>.<site>.<camera>.<stream>`; stream is main, sub or h264 (transcoded on demand)."""
    return f"bk.v1.media.{camera.key}.{stream}"
