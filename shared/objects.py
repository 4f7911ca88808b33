"""Objects in S3, the only module that knows the minio client: bounded, off the event loop, errors named."""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.retention import Retention
from urllib3.exceptions import HTTPError

from shared.errors import BrightKitchenError, PeerError
from shared.settings import ObjectSettings

CONNECT_LIMIT_S = 3.0
READ_LIMIT_S = 30.0
MAX_AT_ONCE = 8
# What a large object is sent in; of one with a lock S3 wants a checksum of each part before it is sent.
PART_BYTES = 16 * 1024 * 1024

T = TypeVar("T")


class ObjectsUnreachable(PeerError):
    """The S3 server is away, full or refuses our key."""


class ObjectMissing(BrightKitchenError):
    """No object of that name."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What S3 says about one object."""

    name: str
    size_bytes: int
    etag: str
    modified_at: datetime | None


class ObjectStore:
    """One bucket. At most `max_at_once` requests of this process are under way; others wait their turn."""

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        *,
        is_secure: bool = False,
        max_at_once: int = MAX_AT_ONCE,
    ):
        self._bucket = bucket
        self._turns = asyncio.Semaphore(max_at_once)
        self._pool = urllib3.PoolManager(
            maxsize=max_at_once,
            timeout=urllib3.Timeout(connect=CONNECT_LIMIT_S, read=READ_LIMIT_S),
            retries=urllib3.Retry(total=1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
        )
        # A region given spares one request that would ask for it.
        self._client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            secure=is_secure,
            region="us-east-1",
            http_client=self._pool,
        )

    @classmethod
    def from_settings(cls, settings: ObjectSettings, *, endpoint: str = "", bucket: str = "") -> ObjectStore:
        """`endpoint` where others reach the same server (for signed URLs); empty: as we do. `bucket`: another one."""
        return cls(
            endpoint or settings.s3_endpoint,
            settings.s3_access_key,
            settings.s3_secret_key.get_secret_value(),
            bucket or settings.s3_bucket,
            is_secure=settings.s3_secure,
        )

    async def ensure_bucket(self, *, can_lock: bool = False) -> None:
        """Make it where it is missing. Whether its objects can be locked is settled when it is made."""

        def make() -> None:
            if not self._client.bucket_exists(self._bucket):
                try:
                    self._client.make_bucket(self._bucket, object_lock=can_lock)
                except S3Error as error:
                    # Another process was faster.
                    if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                        raise

        await self._run(make)

    async def put(self, name: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Write one object; the same name again replaces it."""
        await self._run(
            lambda: self._client.put_object(self._bucket, name, io.BytesIO(data), len(data), content_type=content_type)
        )

    async def upload(self, name: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Write one object from a file, in parts where it is large; the same name again replaces it."""
        await self._run(lambda: self._client.fput_object(self._bucket, name, str(path), content_type=content_type))

    async def put_locked(
        self, name: str, data: bytes | BinaryIO, until: datetime, content_type: str = "application/octet-stream"
    ) -> None:
        """Write one object that nobody, the bucket's owner included, may change or delete before `until`.

        Object lock in compliance mode; a file is read in parts of PART_BYTES. The bucket must have been made with
        `can_lock`. The same name again, or a removal, makes a new version and leaves the locked one.
        Raises ObjectsUnreachable where the server did not keep the lock: nobody must believe that it is locked.
        """
        retention = Retention(COMPLIANCE, until)

        def write() -> None:
            source = io.BytesIO(data) if isinstance(data, bytes) else data
            written = self._client.put_object(
                self._bucket, name, source, -1, content_type, part_size=PART_BYTES, retention=retention
            )
            kept = self._client.get_object_retention(self._bucket, name, written.version_id)
            if kept is None or kept.mode != COMPLIANCE or kept.retain_until_date < until.replace(microsecond=0):
                raise ObjectsUnreachable(f"S3 took {name} and did not lock it")

        await self._run(write)

    async def locked_until(self, name: str) -> datetime | None:
        """Until when its newest version is locked; None where it is not."""

        def read() -> datetime | None:
            kept = self._client.get_object_retention(self._bucket, name)
            return None if kept is None else kept.retain_until_date

        return await self._run(read)

    async def get(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes, or `length` of them from `offset`. Raises ObjectMissing."""

        def read() -> bytes:
            response = self._client.get_object(self._bucket, name, offset=offset, length=length or 0)
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

        return await self._run(read)

    async def stat(self, name: str) -> StoredObject:
        """Raises ObjectMissing."""
        found = await self._run(lambda: self._client.stat_object(self._bucket, name))
        return StoredObject(name, found.size or 0, found.etag or "", found.last_modified)

    async def has(self, name: str) -> bool:
        """Whether there is an object of that name."""
        try:
            await self.stat(name)
        except ObjectMissing:
            return False
        return True

    async def names(self, prefix: str, *, limit: int = 10_000) -> list[str]:
        """Names that begin with `prefix`, in order, at most `limit`."""

        def read() -> list[str]:
            found: list[str] = []
            for item in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                if len(found) >= limit:
                    break
                if item.object_name is not None:
                    found.append(item.object_name)
            return found

        return await self._run(read)

    async def page(self, prefix: str, *, after: str = "", limit: int = 1000) -> list[StoredObject]:
        """The next at most `limit` objects that begin with `prefix` and come behind the name `after`, in order."""

        def read() -> list[StoredObject]:
            listed = self._client.list_objects(self._bucket, prefix=prefix, recursive=True, start_after=after or None)
            return [
                StoredObject(item.object_name or "", item.size or 0, item.etag or "", item.last_modified)
                for item in itertools.islice(listed, limit)
            ]

        return await self._run(read)

    async def remove(self, name: str) -> None:
        """Gone afterwards, whether it was there or not."""
        await self._run(lambda: self._client.remove_object(self._bucket, name))

    async def remove_many(self, names: Sequence[str]) -> None:
        """All gone afterwards, whether they were there or not."""

        def remove() -> None:
            failed = list(self._client.remove_objects(self._bucket, [DeleteObject(name) for name in names]))
            wrong = next((each for each in failed if each.code != "NoSuchKey"), None)
            if wrong is not None:
                raise ObjectsUnreachable(f"S3 did not remove {wrong.name}: {wrong.code}: {wrong.message}")

        if names:
            await self._run(remove)

    def url(self, name: str, *, lasts_s: int) -> str:
        """A signed URL that reads this one object for `lasts_s` seconds. Computed here, asks nobody."""
        return self._client.presigned_get_object(self._bucket, name, expires=timedelta(seconds=lasts_s))

    async def why_not_ready(self) -> str | None:
        """None when the bucket is there, else the reason."""
        try:
            is_there = await self._run(lambda: self._client.bucket_exists(self._bucket))
        except ObjectsUnreachable as error:
            return str(error)
        return None if is_there else f"no bucket {self._bucket!r} in S3"

    def close(self) -> None:
        self._pool.clear()

    async def _run(self, call: Callable[[], T]) -> T:
        async with self._turns:
            try:
                return await asyncio.to_thread(call)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    raise ObjectMissing(error.object_name or "") from error
                raise ObjectsUnreachable(f"S3 refuses: {error.code}: {error.message}") from error
            except (HTTPError, OSError, ServerError, InvalidResponseError) as error:
                raise ObjectsUnreachable(f"no answer from S3: {error}".partition("\n")[0]) from error
