"""Sealing from end to end on a real PostgreSQL and S3: recorded, stated, sealed, locked, read back, checked."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.recorder.adapters.postgres.evidence import PostgresEvidence
from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.s3_case_source import S3CaseSource
from services.recorder.adapters.s3_vault import S3Vault
from services.recorder.evidence.case_report import HtmlReport
from services.recorder.evidence.case_verifier import check
from services.recorder.evidence.evidence_desk import CaseWanted, EvidenceDesk
from services.recorder.evidence.hourly_statement import HOUR_US
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.errors import RequestRefused
from shared.objects import ObjectStore
from tests.recorder.evidence_cases import KEY, STREAMS, VERIFIER, chain_of, video_of

DAY_US = 24 * HOUR_US
NOW_US = time.time_ns() // 1000
BEGAN_US = NOW_US - HOUR_US


@pytest.fixture
async def buckets(data: Path) -> AsyncIterator[tuple[ObjectStore, ObjectStore]]:
    """The recordings, and what is locked."""
    credentials = Credentials.load_or_create(data / "secrets.json", ("recorder",))
    server = EmbeddedS3(data, Ports(data / "ports.json"), credentials)
    await server.start()
    keys = (server.endpoint, credentials.s3_access_key, credentials.s3_secret_key)
    media, vault = ObjectStore(*keys, BUCKET), ObjectStore(*keys, f"{BUCKET}-evidence")
    await vault.ensure_bucket(can_lock=True)
    yield media, vault
    media.close()
    vault.close()
    await server.stop()


def wanted(id: str, from_us: int, to_us: int) -> CaseWanted:
    return CaseWanted(id, "Li Wei", "no hat", STREAMS[:2], from_us, to_us, NOW_US + 90 * DAY_US)


async def test_a_case_is_sealed(database: Database, buckets: tuple[ObjectStore, ObjectStore]) -> None:
    media, vault = buckets
    index = PostgresIndex(database)
    chains = [chain_of(of, 5, BEGAN_US) for of in STREAMS[:2]]
    for chain in chains:
        head = None
        for recorded in chain:
            head = await index.append(recorded.segment, recorded.number, recorded.gap, head)
            await media.put(recorded.segment.object_name, video_of(recorded.segment.of, recorded.number))
    desk = EvidenceDesk(
        PostgresEvidence(database), S3Vault(vault), S3CaseSource(media), KEY, HtmlReport(),
        Path(VERIFIER).read_bytes(), lambda: NOW_US, 400 * DAY_US,
    )  # fmt: skip

    # No statement is over the range yet: sealing makes one, and locks it.
    from_us, to_us = chains[0][1].segment.starts_us, chains[0][3].segment.ends_us
    sealed = await desk.seal(wanted("case-7", from_us, to_us))
    assert await vault.names("") == ["cases/case-7.zip", "statements/000000001.json"]
    for name in await vault.names(""):
        assert await vault.locked_until(name) is not None
    archive = await vault.get(sealed.object_name)
    assert (len(archive), hashlib.sha256(archive).hexdigest()) == (sealed.size_bytes, sealed.sha256)
    assert check(io.BytesIO(archive), KEY.public_pem).wrong == []

    # Asked again it is the same one; a statement made later follows the first.
    assert await desk.seal(wanted("case-7", from_us, to_us)) == sealed
    assert (await desk.state()).statement.number == 2

    # A segment that is gone from S3 does not stop it, and does not pass.
    await media.remove(chains[0][2].segment.object_name)
    damaged = await desk.seal(wanted("case-8", from_us, to_us))
    found = check(io.BytesIO(await vault.get(damaged.object_name)), KEY.public_pem)
    assert found.wrong == ["school/stove/main: the video of segment 3 is missing"]

    with pytest.raises(RequestRefused, match="not in the future"):
        await desk.seal(wanted("case-9", from_us, NOW_US + 1))
    nobody = CaseWanted("case-9", "Li Wei", "no hat", STREAMS[2:], from_us, to_us, NOW_US + DAY_US)
    with pytest.raises(RequestRefused, match="nothing was ever recorded"):
        await desk.seal(nobody)
