"""The desk of evidence: makes the hourly statements and seals cases, over what it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.recorder.evidence.case_file import Attachment, Case, CaseStream, SegmentBytes, case_file
from services.recorder.evidence.case_report import ReportPrinter
from services.recorder.evidence.evidence_store import EvidenceStore, SealedCase, StatementTaken
from services.recorder.evidence.hourly_statement import HourlyStatement, SignedStatement
from services.recorder.evidence.signature import SigningKey
from services.recorder.segment import StreamRef
from shared.errors import PeerError, RequestRefused


@dataclass(frozen=True, slots=True)
class CaseWanted:
    """What a case file is asked for: `streams` from `from_us` up to `to_us`; locked until `locked_until_us`."""

    id: str
    asked_by: str
    reason: str
    streams: Sequence[StreamRef]
    from_us: int
    to_us: int
    locked_until_us: int
    attachments: Sequence[Attachment] = ()


class Vault(Protocol):
    """Where what is locked lies. Raises PeerError where it is away or did not lock."""

    async def keep(self, name: str, data: bytes, until_us: int) -> None:
        """Write it once: what is there already stays as it is."""
        ...

    async def keep_stream(self, name: str, pieces: AsyncIterator[bytes], until_us: int) -> tuple[int, str]:
        """Write all of it; its size in bytes and its SHA-256."""
        ...


class Authority(Protocol):
    """Who says when something was there (RFC 3161)."""

    async def stamp(self, document: bytes) -> bytes: ...


class EvidenceDesk:
    """`statement_kept_us` is how long a statement is locked: at least as long as any recording or case."""

    def __init__(
        self,
        store: EvidenceStore,
        vault: Vault,
        source: SegmentBytes,
        key: SigningKey,
        printer: ReportPrinter,
        verifier: bytes,
        now_us: Callable[[], int],
        statement_kept_us: int,
        authority: Authority | None = None,
    ):
        self._store = store
        self._vault = vault
        self._source = source
        self._key = key
        self._printer = printer
        self._verifier = verifier
        self._now_us = now_us
        self._statement_kept_us = statement_kept_us
        self._authority = authority

    async def state(self) -> SignedStatement:
        """Make the next statement over all heads, store it, lock it, and have it stamped where somebody stamps."""
        newest = await self._store.newest_statement()
        if newest is not None:
            await self._lock(newest)  # whoever made it may have died before this
        until_us = self._now_us()  # before the heads are read: it is never later than what they cover
        signed = HourlyStatement.over(await self._store.heads(), until_us, newest).signed(self._key)
        try:
            await self._store.add_statement(signed)
        except StatementTaken:
            # Another worker's is as good: it was made a moment ago.
            taken = await self._store.newest_statement()
            assert taken is not None
            signed = taken
        await self._lock(signed)
        return await self._stamped(signed)

    async def seal(self, wanted: CaseWanted) -> SealedCase:
        """The case file, locked. The same id again gives what was sealed. Put a hold on the range before.

        Raises RequestRefused for a range that has not ended, or of which nothing was ever recorded.
        """
        sealed = await self._store.case(wanted.id)
        if sealed is not None:
            return sealed
        now_us = self._now_us()
        if not wanted.from_us < wanted.to_us <= now_us:
            raise RequestRefused("range_not_over", "a case ends after it begins, and not in the future")
        statements: dict[int, SignedStatement] = {}
        streams: list[CaseStream] = []
        for of in wanted.streams:
            signed, stream = await self._proven(of, wanted.from_us, wanted.to_us)
            statements[signed.statement.number] = signed
            streams.append(stream)
        in_order = tuple(statements[number] for number in sorted(statements))
        case = Case(
            wanted.id, wanted.asked_by, now_us, wanted.reason, tuple(streams), in_order, tuple(wanted.attachments)
        )
        name = f"cases/{wanted.id}.zip"
        pieces = case_file(case, self._source, self._key, self._verifier, self._printer)
        size_bytes, sha256 = await self._vault.keep_stream(name, pieces, wanted.locked_until_us)
        sealed = SealedCase(
            wanted.id, wanted.asked_by, now_us, wanted.reason, name, size_bytes, sha256, wanted.locked_until_us
        )
        await self._store.add_case(sealed)
        return sealed

    async def _proven(self, of: StreamRef, from_us: int, to_us: int) -> tuple[SignedStatement, CaseStream]:
        """The chain of a stream and the first statement over all of the range; one is made if none is yet."""
        signed = await self._store.first_statement_over(of, to_us)
        if signed is None:
            signed = await self.state()
        number = next((head.number for head in signed.statement.heads if head.of == of), None)
        if number is None:
            raise RequestRefused("nothing_recorded", f"nothing was ever recorded of {of}", status=404)
        return signed, await self._store.case_stream(of, from_us, to_us, number)

    async def _lock(self, signed: SignedStatement) -> None:
        made = signed.statement
        name = f"statements/{made.number:09d}.json"
        await self._vault.keep(name, signed.document, made.until_us + self._statement_kept_us)

    async def _stamped(self, signed: SignedStatement) -> SignedStatement:
        if self._authority is None or signed.time_stamp is not None:
            return signed
        try:
            token = await self._authority.stamp(signed.document)
        except PeerError:
            return signed  # signed and locked it is all the same; the next one follows it and is stamped
        await self._store.add_time_stamp(signed.statement.number, token)
        return SignedStatement(signed.statement, signed.body, signed.signature, token)
