"""The audit trail as a chain: each row's hash covers the row and the hash before it; and the two forms it leaves in.

PostgreSQL computes the hashes while rows are written (the gateway's migrations); here the same bytes are made again
from what was exported, by somebody who need not trust who exported it.
"""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

GENESIS = bytes(32)
COLUMNS = (
    "number", "at", "action", "outcome", "who", "camera", "site", "address", "seconds", "detail", "previous", "hash",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# What spreadsheets take for a formula when a cell begins with it (OWASP, CSV injection); and our own mark.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


class NotARow(Exception):
    """A line that is no row of an export."""


@dataclass(frozen=True, slots=True)
class ChainedRow:
    """One row. `previous` is the hash of the row before, 32 zero bytes where there is none."""

    number: int
    at: datetime
    action: str
    outcome: str
    who: str | None
    camera: str | None
    site: str | None
    address: str | None
    seconds: float | None
    detail: Mapping[str, Any] = field(default_factory=dict)
    previous: bytes = GENESIS
    hash: bytes = GENESIS

    def computed_hash(self) -> bytes:
        """What `hash` must be."""
        at_us = (self.at - _EPOCH) // _MICROSECOND
        seconds = None if self.seconds is None else struct.pack(">d", self.seconds).hex()
        ordered = sorted(self.detail.items(), key=lambda item: item[0].encode())
        detail = b"".join(_field(key) + _field(_text(value)) for key, value in ordered)
        texts = (
            str(self.number), str(at_us), self.action, self.outcome, self.who, self.camera, self.site, self.address,
            seconds,
        )  # fmt: skip
        fields = b"".join(_field(text) for text in texts)
        return sha256(self.previous.hex().encode() + fields + _field(detail.decode())).digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken_at` is the number of the first row that does not fit, None where all do; `head` the last that does."""

    rows: int
    first: int | None
    last: int | None
    head: bytes
    broken_at: int | None = None
    reason: str = ""


def verify(rows: Iterable[ChainedRow], expected: Mapping[int, bytes] | None = None) -> Verdict:
    """Walk the chain until it breaks.

    Args: expected: hashes by number that were noted elsewhere: who rewrote the whole chain cannot know of them.
    """
    noted = dict(expected or {})
    count, first, last, head = 0, None, None, GENESIS
    for row in rows:
        reason = _fault(row, last, head if count else None, noted.pop(row.number, None))
        if reason:
            return Verdict(count, first, last, head, row.number, reason)
        count, last, head = count + 1, row.number, row.hash
        first = row.number if first is None else first
    if noted:
        missing = min(noted)
        return Verdict(
            count, first, last, head, missing, "this row was noted elsewhere and is not here: it was removed"
        )
    return Verdict(count, first, last, head)


def _fault(row: ChainedRow, last: int | None, head: bytes | None, noted: bytes | None) -> str:
    if last is not None and row.number <= last:
        return f"it stands after row {last}: rows were moved or doubled"
    if head is not None and row.previous != head:
        return f"it does not follow row {last}: a row between them was removed, or one of them changed"
    if row.number == 1 and row.previous != GENESIS:
        return "it is the first and names a row before it"
    if row.computed_hash() != row.hash:
        return "what it says is not what its hash was made over: it was changed"
    if noted is not None and noted != row.hash:
        return "its hash is another than the one that was noted elsewhere: the chain was written anew"
    return ""


def as_json(row: ChainedRow) -> str:
    """One line of JSON."""
    return json.dumps(_plain(row), ensure_ascii=False, separators=(",", ":"))


def as_csv(row: ChainedRow) -> str:
    """One row of CSV (RFC 4180) in which no cell is taken for a formula; `from_csv` reads it back exactly."""
    plain = _plain(row)
    plain["detail"] = json.dumps(plain["detail"], ensure_ascii=False, separators=(",", ":"))
    return _csv_line([_safe(plain[name]) for name in COLUMNS])


def csv_header() -> str:
    return _csv_line(COLUMNS)


def read_json(lines: Iterable[str]) -> Iterator[ChainedRow]:
    """Raises NotARow with the number of the line."""
    for at, line in enumerate(lines, 1):
        if line.strip():
            yield _row(at, partial(json.loads, line))


def read_csv(lines: Iterable[str]) -> Iterator[ChainedRow]:
    """Raises NotARow with the number of the line."""
    reader = csv.reader(lines, strict=True)
    try:
        if tuple(next(reader, ())) != COLUMNS:
            raise NotARow("line 1 does not name the columns of an export of the audit trail")
        for cells in reader:
            yield _row(reader.line_num, partial(_of_cells, cells))
    except csv.Error as error:
        raise NotARow(f"line {reader.line_num} is no CSV: {error}") from error


def _of_cells(cells: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: _unsafe(cell) for name, cell in zip(COLUMNS, cells, strict=True)}
    values["detail"] = json.loads(values["detail"])
    values["seconds"] = None if values["seconds"] is None else float(values["seconds"])
    return values


def _row(line: int, read: Callable[[], Any]) -> ChainedRow:
    try:
        values = read()
        return ChainedRow(
            number=int(values["number"]),
            at=datetime.fromisoformat(values["at"]),
            action=values["action"],
            outcome=values["outcome"],
            who=values["who"],
            camera=values["camera"],
            site=values["site"],
            address=values["address"],
            seconds=values["seconds"],
            detail=values["detail"],
            previous=bytes.fromhex(values["previous"]),
            hash=bytes.fromhex(values["hash"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise NotARow(f"line {line} is no row of an export: {error}") from error


def _plain(row: ChainedRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": row.action,
        "outcome": row.outcome,
        "who": row.who,
        "camera": row.camera,
        "site": row.site,
        "address": row.address,
        "seconds": row.seconds,
        "detail": dict(row.detail),
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
    }


def _field(text: str | None) -> bytes:
    if text is None:
        return b"-"
    raw = text.encode()
    return str(len(raw)).encode() + b":" + raw


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _safe(value: Any) -> str:
    """Nothing there is an empty cell; an empty text is a lone mark."""
    if value is None:
        return ""
    text = repr(value) if isinstance(value, float) else str(value)
    return "'" + text if isinstance(value, str) and (not text or text.startswith(_FORMULA)) else text


def _unsafe(cell: str) -> str | None:
    if not cell:
        return None
    return cell[1:] if cell.startswith("'") else cell


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
