"""Object lock on a real S3 server: what is locked cannot be deleted or replaced, and a bucket without it says so."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio import Minio
from minio.error import S3Error

from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.objects import PART_BYTES, ObjectStore, ObjectsUnreachable

LOCKED = "bright-kitchen-evidence"


@pytest.fixture
def credentials(data: Path) -> Credentials:
    return Credentials.load_or_create(data / "secrets.json", ("recorder",))


@pytest.fixture
async def s3(data: Path, credentials: Credentials) -> AsyncIterator[EmbeddedS3]:
    server = EmbeddedS3(data, Ports(data / "ports.json"), credentials)
    await server.start()
    yield server
    await server.stop()


async def test_a_locked_object(s3: EmbeddedS3, credentials: Credentials) -> None:
    store = ObjectStore(s3.endpoint, credentials.s3_access_key, credentials.s3_secret_key, LOCKED)
    await store.ensure_bucket(can_lock=True)
    until = datetime.now(UTC) + timedelta(days=30)
    await store.put_locked("cases/7.zip", b"evidence", until)
    assert await store.get("cases/7.zip") == b"evidence"
    kept = await store.locked_until("cases/7.zip")
    assert kept is not None
    assert abs(kept - until) < timedelta(seconds=2)

    # A file of several parts.
    large = bytes(range(256)) * (PART_BYTES // 256 + 4096)
    await store.put_locked("cases/8.zip", io.BytesIO(large), until)
    assert (await store.stat("cases/8.zip")).size_bytes == len(large)
    assert await store.get("cases/8.zip", offset=PART_BYTES, length=256) == bytes(range(256))
    assert await store.locked_until("cases/8.zip") is not None

    # By the owner's own key, as a thief who has it would.
    client = Minio(s3.endpoint, credentials.s3_access_key, credentials.s3_secret_key, secure=False, region="us-east-1")
    for name in ("cases/7.zip", "cases/8.zip"):
        version = client.stat_object(LOCKED, name).version_id
        with pytest.raises(S3Error, match=r"AccessDenied|locked"):
            client.remove_object(LOCKED, name, version)
        # Without a version S3 only hides it: the locked bytes stay.
        await store.remove(name)
        with client.get_object(LOCKED, name, version_id=version) as answer:
            assert answer.read(4) == (b"evid" if name == "cases/7.zip" else bytes(range(4)))
    store.close()


async def test_a_bucket_that_cannot_lock_says_so(s3: EmbeddedS3, credentials: Credentials) -> None:
    store = ObjectStore(s3.endpoint, credentials.s3_access_key, credentials.s3_secret_key, BUCKET)
    with pytest.raises(ObjectsUnreachable):
        await store.put_locked("cases/7.zip", b"evidence", datetime.now(UTC) + timedelta(days=1))
    store.close()
