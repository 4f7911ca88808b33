"""Evidence: case files that are sealed, and what a kitchen's cameras covered on a day."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.ingest import AT_US
from shared.messages.playback import RecordedStream

EvidenceState = Literal["queued", "running", "sealed", "failed"]
_US = "UTC microseconds"
REASON_BEGINS_CHARS = 80
ReasonBegins = Annotated[str, Field(min_length=1, max_length=REASON_BEGINS_CHARS)]


class EvidenceStream(Message):
    """One stream of a case."""

    site: str
    camera: str
    stream: RecordedStream = "main"


class EvidenceStill(Message):
    """A picture that is put into the case."""

    site: str
    camera: str
    stream: RecordedStream = "main"
    at_us: int = Field(description=_US)


class EvidenceRecord(Message):
    """A record (alert, order, …) that is put into the case as it is."""

    name: str = Field(description="such as alert-7", pattern=r"^[A-Za-z0-9_-]{1,80}$")
    body: dict[str, Any]


class EvidenceWanted(Message):
    """Command `evidence_seal`: a case file of a range, locked. The same id again is the same case."""

    case: str = Field(description="id, chosen by who asks")
    asked_by: str
    reason: str = Field(min_length=1, max_length=2000)
    streams: tuple[EvidenceStream, ...] = Field(min_length=1, max_length=64)
    from_us: int = Field(description=_US)
    to_us: int
    locked_until_us: int = Field(description="nobody can delete or change it before, ourselves included")
    stills: tuple[EvidenceStill, ...] = Field((), max_length=100)
    records: tuple[EvidenceRecord, ...] = Field((), max_length=100)


class EvidenceRef(Message):
    """Commands `evidence`, `evidence_file`: one case; of `sites` alone: one that shows another school is not there."""

    case: str
    sites: tuple[str, ...] | None = None


class EvidenceStatus(Message):
    """A case, sealed or being sealed."""

    case: str
    asked_by: str
    asked_us: int
    reason: str
    streams: tuple[EvidenceStream, ...]
    from_us: int
    to_us: int
    locked_until_us: int
    state: EvidenceState
    progress: float = Field(description="0 to 1")
    size_bytes: int | None = None
    sha256: str | None = None
    error_code: str | None = None
    error: str | None = None


class EvidenceOf(Message):
    """Command `evidence_list`: cases, newest first."""

    sites: tuple[str, ...] | None = Field(
        None, description="of these schools alone; a case that shows another one too is none of theirs"
    )
    reasons: tuple[ReasonBegins, ...] = Field(
        (), max_length=100, description="whose reason begins with one of these; empty: whatever their reason"
    )
    before: str | None = Field(None, description="`<asked_us>.<case>` of the last one of the page before")
    limit: int = Field(100, ge=1, le=501)


class EvidenceList(Message):
    """Cases, newest first."""

    items: tuple[EvidenceStatus, ...] = ()


class EvidenceSealed(Fact):
    """Fact `evidence_sealed`: a case file lies under object lock."""

    owner: ClassVar[str] = "recorder"

    case: str
    asked_by: str
    sha256: str
    size_bytes: int
    locked_until_us: int
    at_us: int = Field(description=AT_US)


class CoverageOf(Message):
    """Command `coverage`: the signed statements of a site, from a day to a day, both included (YYYY-MM-DD)."""

    site: str
    from_day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    to_day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class CoverageList(Message):
    """Documents `{"statement": …, "signature": …}` as they were signed, by day."""

    items: tuple[dict[str, Any], ...] = ()
    public_key_pem: str = Field(description="with it the signatures are checked")
