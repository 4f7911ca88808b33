"""Cases for the tests of evidence: chained segments of three cameras, signed statements, and altered ZIPs."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from typing import Any

from services.recorder.evidence import case_verifier
from services.recorder.evidence.case_file import Attachment, Case, CaseStream, case_file
from services.recorder.evidence.case_report import HtmlReport, ReportPrinter
from services.recorder.evidence.hourly_statement import HOUR_US, ChainHead, HourlyStatement, SignedStatement
from services.recorder.evidence.signature import SigningKey
from services.recorder.segment import FIRST_LINK, Gap, Recorded, Segment, StreamRef, link_of
from shared.subjects import CameraRef

KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(b"\x07" * 32)
HOUR = 500_000 * HOUR_US
SEGMENT_US = 20_000_000
STREAMS = [StreamRef(CameraRef("school", name), "main") for name in ("stove", "sink", "door")]
VERIFIER = case_verifier.__file__


def video_of(of: StreamRef, number: int) -> bytes:
    """Some bytes that are no other segment's."""
    return hashlib.sha256(f"{of} {number}".encode()).digest() * 50_000


def chain_of(of: StreamRef, count: int, starts_us: int = HOUR) -> list[Recorded]:
    """`count` segments one behind the other, with a hole of a minute before the third."""
    chain: list[Recorded] = []
    link = FIRST_LINK
    for number in range(1, count + 1):
        begins = starts_us + (number - 1) * SEGMENT_US + (60_000_000 if number >= 3 else 0)
        data = video_of(of, number)
        segment = Segment(
            of, "r1", number * 100, number * 100 + 99, begins, begins + SEGMENT_US, len(data), "avc1.42c01f", (),
            hashlib.sha256(data).hexdigest(),
        )  # fmt: skip
        gap = Gap(begins - 60_000_000, begins, "camera_refused") if number == 3 else None
        link = link_of(segment, number, link, gap)
        chain.append(Recorded(segment, number, link, gap))
    return chain


def head_of(chain: list[Recorded], number: int) -> ChainHead:
    recorded = chain[number - 1]
    return ChainHead(recorded.segment.of, recorded.number, recorded.link)


def statements_over(chains: list[list[Recorded]], numbers: tuple[int, ...], key: SigningKey) -> list[SignedStatement]:
    """One statement behind the other, over the chains as they were when so many segments were there."""
    made: list[SignedStatement] = []
    for at, number in enumerate(numbers):
        heads = [head_of(chain, number) for chain in chains]
        after = made[-1] if made else None
        made.append(HourlyStatement.over(heads, HOUR + (at + 1) * HOUR_US, after).signed(key))
    return made


class Bucket:
    """Serves the made-up video in pieces; `lost` are the numbers that are away."""

    def __init__(self, chains: list[list[Recorded]], lost: tuple[int, ...] = ()):
        self._data = {
            recorded.segment.object_name: video_of(recorded.segment.of, recorded.number)
            for chain in chains
            for recorded in chain
            if recorded.number not in lost
        }
        self.piece_bytes_max = 0

    async def pieces(self, object_name: str, size_bytes: int, piece_bytes: int) -> AsyncIterator[bytes]:
        data = self._data.get(object_name, b"")
        for offset in range(0, len(data), piece_bytes):
            piece = data[offset : offset + piece_bytes]
            self.piece_bytes_max = max(self.piece_bytes_max, len(piece))
            yield piece


def a_case(key: SigningKey = KEY) -> tuple[Case, Bucket]:
    """Segments 3 to 6 of two of three cameras, anchor 2, chained on to 9, where the second statement was made."""
    chains = [chain_of(of, 10) for of in STREAMS]
    statements = statements_over(chains, (5, 9), key)
    from_us, to_us = chains[0][2].segment.starts_us - 30_000_000, chains[0][5].segment.ends_us
    streams = tuple(CaseStream(chain[0].segment.of, from_us, to_us, chain[1:9], chain[0].link) for chain in chains[:2])
    attachments = (Attachment("stills/1.jpg", b"\xff\xd8still"), Attachment("records/alert.json", b'{"alert": "7"}'))
    case = Case("case-7", "Li Wei", HOUR + 2 * HOUR_US, "no hat at the stove", streams, tuple(statements), attachments)
    return case, Bucket(chains)


async def sealed(case: Case, bucket: Bucket, key: SigningKey = KEY, printer: ReportPrinter | None = None) -> bytes:
    with open(VERIFIER, "rb") as file:
        verifier = file.read()
    return b"".join([piece async for piece in case_file(case, bucket, key, verifier, printer or HtmlReport())])


Change = Callable[[dict[str, bytes]], None]


def altered(archive: bytes, change: Change, key: SigningKey | None = None) -> bytes:
    """The ZIP packed anew after `change`; with a key the hash list is made to fit and signed again, as an insider
    could."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    change(files)
    if key is not None:
        sign_again(files, key)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for name, data in files.items():
            new.writestr(name, data)
    return made.getvalue()


def sign_again(files: dict[str, bytes], key: SigningKey) -> None:
    manifest = json.loads(files["manifest.json"])["manifest"]
    manifest["key_id"] = key.key_id
    manifest["files"] = [
        {"path": name, "size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
        if name != "manifest.json"
    ]
    files["manifest.json"] = json.dumps({"manifest": manifest, "signature": key.sign(manifest)}).encode()


def in_json(path: str, change: Callable[[Any], None]) -> Change:
    """Change one document of the ZIP."""

    def apply(files: dict[str, bytes]) -> None:
        document = json.loads(files[path])
        change(document)
        files[path] = json.dumps(document).encode()

    return apply
