"""A case file: the segments of a range with all that a stranger needs to check them, as one streamed ZIP."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any, Protocol, cast

from services.recorder.evidence.case_report import LANGUAGES, CaseReport, ReportedStream, ReportPrinter, parts_of
from services.recorder.evidence.hourly_statement import SignedStatement
from services.recorder.evidence.signature import SigningKey
from services.recorder.segment import Recorded, StreamRef

KIND = "bright-kitchen case file 1"
CHAIN_KIND = "bright-kitchen chain 1"
# = what of a case is in memory at once, however large the case is.
PIECE_BYTES = 1024 * 1024
# Segments one behind the other may be dated some milliseconds apart.
HOLE_US = 1_000_000


@dataclass(frozen=True, slots=True)
class CaseStream:
    """One stream of a case.

    Attributes:
        chain: every record from the one before the range (the anchor, where it still exists) to the end of the
            statement, in order of number, without holes; those that overlap the range bring their video.
        before_link: the link that the first of them is chained to.
    """

    of: StreamRef
    from_us: int
    to_us: int
    chain: Sequence[Recorded]
    before_link: str

    def is_wanted(self, recorded: Recorded) -> bool:
        return recorded.segment.starts_us < self.to_us and recorded.segment.ends_us > self.from_us


@dataclass(frozen=True, slots=True)
class Attachment:
    """A still, or a record in JSON: `path` is where it lies in the ZIP, such as `stills/1.jpg`."""

    path: str
    data: bytes

    def __post_init__(self) -> None:
        folder, _, name = self.path.partition("/")
        if folder not in ("stills", "records") or not name or {"", ".", ".."} & set(name.split("/")):
            raise ValueError(f"an attachment lies in stills/ or records/, not at {self.path!r}")


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked for, who asks, and why."""

    id: str
    asked_by: str
    asked_us: int
    reason: str
    streams: tuple[CaseStream, ...]
    statements: tuple[SignedStatement, ...]
    attachments: tuple[Attachment, ...] = ()


class SegmentBytes(Protocol):
    """Where the video is read from, in pieces."""

    def pieces(self, object_name: str, size_bytes: int, piece_bytes: int) -> AsyncIterator[bytes]:
        """Its bytes in order. Ends at once where there is no such object."""
        ...


async def case_file(
    case: Case, source: SegmentBytes, key: SigningKey, verifier: bytes, printer: ReportPrinter
) -> AsyncIterator[bytes]:
    """The bytes of the ZIP as they come about. `verifier` is the text of case_verifier.py.

    A segment that is away or damaged does not stop the sealing: the report says so, and the verifier finds it.
    """
    out = _Archive(case.asked_us)
    reported: list[ReportedStream] = []
    for stream in case.streams:
        files: dict[int, str] = {}
        lacking: list[str] = []
        for recorded in stream.chain:
            if not stream.is_wanted(recorded):
                continue
            path = _video_path(recorded)
            segment = recorded.segment
            written = 0
            async for piece in source.pieces(segment.object_name, segment.size_bytes, PIECE_BYTES):
                written += len(piece)
                out.write_piece(path, piece)
                yield out.take()
            if written:
                files[recorded.number] = path
            if out.end_file() != segment.sha256:
                lacking.append(f"{path} ({'damaged' if written else 'missing'})")
            yield out.take()
        out.add(_chain_path(stream), _document(_chain_of(stream, files, case.statements)))
        reported.append(_reported(stream, lacking))
    await _add_rest(out, case, key, verifier, printer, tuple(reported))
    yield out.take()


async def _add_rest(
    out: _Archive,
    case: Case,
    key: SigningKey,
    verifier: bytes,
    printer: ReportPrinter,
    streams: tuple[ReportedStream, ...],
) -> None:
    for signed in case.statements:
        out.add(f"statements/{signed.statement.number:06d}.json", signed.document)
        if signed.time_stamp is not None:
            out.add(f"statements/{signed.statement.number:06d}.tsr", signed.time_stamp)
    for attachment in case.attachments:
        out.add(attachment.path, attachment.data)
    report = CaseReport(
        case=case.id,
        asked_by=case.asked_by,
        asked_us=case.asked_us,
        reason=case.reason,
        key_id=key.key_id,
        statements=tuple(signed.statement.number for signed in case.statements),
        streams=streams,
        attachments=tuple(attachment.path for attachment in case.attachments),
    )
    for language in LANGUAGES:
        out.add(f"report.{language}.{printer.suffix}", await printer.render(language, parts_of(report, language)))
    out.add("public-key.pem", key.public_pem)
    out.add("verify.py", verifier)
    manifest = {
        "kind": KIND,
        "case": case.id,
        "asked_by": case.asked_by,
        "asked_us": case.asked_us,
        "reason": case.reason,
        "key_id": key.key_id,
        "streams": [
            {"stream": str(stream.of), "from_us": stream.from_us, "to_us": stream.to_us, "chain": _chain_path(stream)}
            for stream in case.streams
        ],
        "statements": [f"statements/{signed.statement.number:06d}.json" for signed in case.statements],
        "files": out.files,
    }
    out.close({"manifest": manifest, "signature": key.sign(manifest)})


def _chain_of(stream: CaseStream, files: Mapping[int, str], statements: Iterable[SignedStatement]) -> dict[str, Any]:
    numbers = {recorded.number for recorded in stream.chain}
    proofs = [signed.proof_for(stream.of) for signed in statements]
    return {
        "kind": CHAIN_KIND,
        "stream": str(stream.of),
        "before_link": stream.before_link,
        "records": [_record(recorded, files.get(recorded.number)) for recorded in stream.chain],
        "proofs": [proof for proof in proofs if proof is not None and proof["number"] in numbers],
    }


def _record(recorded: Recorded, file: str | None) -> dict[str, Any]:
    segment, gap = recorded.segment, recorded.gap
    return {
        "number": recorded.number,
        "run": segment.run,
        "first_seq": segment.first_seq,
        "last_seq": segment.last_seq,
        "starts_us": segment.starts_us,
        "ends_us": segment.ends_us,
        "size_bytes": segment.size_bytes,
        "codecs": segment.codecs,
        "sha256": segment.sha256,
        "link": recorded.link,
        "gap": None if gap is None else {"from_us": gap.from_us, "to_us": gap.to_us, "cause": gap.cause},
        "file": file,
    }


def _reported(stream: CaseStream, lacking: Sequence[str]) -> ReportedStream:
    wanted = [recorded for recorded in stream.chain if stream.is_wanted(recorded)]
    return ReportedStream(
        name=str(stream.of),
        from_us=stream.from_us,
        to_us=stream.to_us,
        segments=len(wanted),
        size_bytes=sum(recorded.segment.size_bytes for recorded in wanted),
        first_number=stream.chain[0].number if stream.chain else 0,
        last_number=stream.chain[-1].number if stream.chain else 0,
        gaps=tuple(_holes(stream, wanted)),
        lacking=tuple(lacking),
    )


def _holes(stream: CaseStream, wanted: Sequence[Recorded]) -> Iterable[tuple[int, int, str]]:
    """What of the range no segment covers, whether a gap was written down for it or not."""
    at_us = stream.from_us
    for recorded in sorted(wanted, key=lambda recorded: recorded.segment.starts_us):
        starts_us = recorded.segment.starts_us
        if starts_us - at_us > HOLE_US:
            yield at_us, starts_us, "unknown" if recorded.gap is None else recorded.gap.cause
        at_us = max(at_us, recorded.segment.ends_us)
    if stream.to_us - at_us > HOLE_US:
        yield at_us, stream.to_us, "not_recorded_when_sealed"


def _video_path(recorded: Recorded) -> str:
    segment = recorded.segment
    return f"video/{segment.of}/{recorded.number:09d}-{PurePosixPath(segment.object_name).name}"


def _chain_path(stream: CaseStream) -> str:
    return f"chains/{str(stream.of).replace('/', '.')}.json"


def _document(what: Mapping[str, Any]) -> bytes:
    return json.dumps(what, ensure_ascii=False, indent=1).encode()


class _Archive:
    """The ZIP under way: what was written and not yet taken is all that is kept of it."""

    def __init__(self, made_us: int):
        self._pending = bytearray()
        # A date before 1980 cannot be written (APPNOTE.TXT, 4.4.6).
        made = max(datetime.fromtimestamp(made_us / 1e6, UTC), datetime(1980, 1, 1, tzinfo=UTC))
        self._date = (made.year, made.month, made.day, made.hour, made.minute, made.second)
        self._zip = zipfile.ZipFile(cast(IO[bytes], self), "w", zipfile.ZIP_STORED)
        self._open: IO[bytes] | None = None
        self._path = ""
        self._size = 0
        self._digest = hashlib.sha256()
        self.files: list[dict[str, Any]] = []

    def write(self, data: bytes) -> int:
        """Where zipfile writes to."""
        self._pending += data
        return len(data)

    def flush(self) -> None:
        """zipfile asks for it; there is nothing behind `take`."""

    def take(self) -> bytes:
        taken = bytes(self._pending)
        self._pending.clear()
        return taken

    def write_piece(self, path: str, piece: bytes) -> None:
        """One more piece of the file at `path`, stored as it is: video does not become smaller."""
        if self._open is None:
            self._open = self._zip.open(zipfile.ZipInfo(path, self._date), "w", force_zip64=True)
            self._path = path
        self._open.write(piece)
        self._size += len(piece)
        self._digest.update(piece)

    def end_file(self) -> str:
        """The SHA-256 of the file that ends here, which is entered in the hash list if anything was written."""
        digest = self._digest.hexdigest()
        if self._open is not None:
            self._open.close()
            self.files.append({"path": self._path, "size_bytes": self._size, "sha256": digest})
        self._open, self._path, self._size, self._digest = None, "", 0, hashlib.sha256()
        return digest

    def add(self, path: str, data: bytes) -> None:
        """A small file, at once."""
        if path.endswith((".json", ".py", ".html")):
            info = zipfile.ZipInfo(path, self._date)
            info.compress_type = zipfile.ZIP_DEFLATED
            self._zip.writestr(info, data)
            sha256 = hashlib.sha256(data).hexdigest()
            self.files.append({"path": path, "size_bytes": len(data), "sha256": sha256})
        else:
            self.write_piece(path, data)
            self.end_file()

    def close(self, signed_manifest: Mapping[str, Any]) -> None:
        info = zipfile.ZipInfo("manifest.json", self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(info, _document(signed_manifest))
        self._zip.close()
