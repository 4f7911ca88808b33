"""Where statements, chains and sealed cases are kept, as the core sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.recorder.evidence.case_file import CaseStream
from services.recorder.evidence.hourly_statement import ChainHead, SignedStatement
from services.recorder.segment import StreamRef


@dataclass(frozen=True, slots=True)
class SealedCase:
    """A case file that lies under object lock."""

    id: str
    asked_by: str
    asked_us: int
    reason: str
    object_name: str
    size_bytes: int
    sha256: str
    locked_until_us: int


class StatementTaken(Exception):
    """Another worker made the statement of that number meanwhile: read the newest again."""


class EvidenceStore(Protocol):
    """Raises PeerError where the database is away."""

    async def heads(self) -> Sequence[ChainHead]:
        """The heads of all chains at one moment."""
        ...

    async def newest_statement(self) -> SignedStatement | None: ...

    async def add_statement(self, signed: SignedStatement) -> None:
        """Raises StatementTaken."""
        ...

    async def add_time_stamp(self, number: int, token: bytes) -> None: ...

    async def statements(self, from_number: int, to_number: int) -> Sequence[SignedStatement]:
        """Both included, in order."""
        ...

    async def first_statement_over(self, of: StreamRef, until_us: int) -> SignedStatement | None:
        """The first made at or after `until_us` that knows the stream."""
        ...

    async def case_stream(self, of: StreamRef, from_us: int, to_us: int, to_number: int) -> CaseStream:
        """The chain from the record before the range on to `to_number`, the head of the statement that proves it."""
        ...

    async def add_case(self, sealed: SealedCase) -> None: ...

    async def case(self, id: str) -> SealedCase | None: ...
