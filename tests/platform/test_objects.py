"""Objects on a real S3 server: written, read in ranges, missing ones named, a dead server named."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from shared.embedded.credentials import Credentials
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.objects import ObjectMissing, ObjectStore, ObjectsUnreachable


async def test_objects(s3: EmbeddedS3, credentials: Credentials) -> None:
    store = ObjectStore(s3.endpoint, credentials.s3_access_key, credentials.s3_secret_key, BUCKET)
    data = bytes(range(256)) * 40_000

    await store.put("segments/a/1.mp4", data, "video/mp4")
    await store.put("segments/a/2.mp4", b"two")
    assert await store.get("segments/a/1.mp4") == data
    assert await store.get("segments/a/1.mp4", offset=256, length=3) == b"\0\1\2"
    assert (await store.stat("segments/a/1.mp4")).size_bytes == len(data)
    assert await store.names("segments/a/") == ["segments/a/1.mp4", "segments/a/2.mp4"]
    assert await store.names("segments/a/", limit=1) == ["segments/a/1.mp4"]
    assert await store.why_not_ready() is None

    url = store.url("segments/a/2.mp4", lasts_s=60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"two"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.replace("2.mp4", "1.mp4"))

    await store.remove("segments/a/2.mp4")
    for call in (store.get, store.stat):
        with pytest.raises(ObjectMissing, match=r"2\.mp4"):
            await call("segments/a/2.mp4")

    stranger = ObjectStore(s3.endpoint, credentials.s3_access_key, "wrong", BUCKET)
    with pytest.raises(ObjectsUnreachable, match="SignatureDoesNotMatch"):
        await stranger.get("segments/a/1.mp4")

    await s3.stop()
    with pytest.raises(ObjectsUnreachable):
        await store.get("segments/a/1.mp4")
    assert "no answer from S3" in str(await store.why_not_ready())
    await s3.start()
    assert await store.get("segments/a/1.mp4") == data
    store.close()
    stranger.close()


async def test_the_port_behind_s3_lets_nobody_in(s3: EmbeddedS3, data: Path) -> None:
    """Its filer listens on loopback too; without a signed token it neither reads nor writes."""
    filer = json.loads((data / "ports.json").read_text())["s3-filer"]
    for method, body in (("GET", None), ("PUT", b"x")):
        url = f"http://127.0.0.1:{filer}/buckets/{BUCKET}/.probe"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(urllib.request.Request(url, method=method, data=body))
