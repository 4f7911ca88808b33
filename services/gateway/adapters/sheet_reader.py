"""CSV and XLSX files from outside, as rows of text: by their bytes and not their name, in bounded time and memory."""

from __future__ import annotations

import asyncio
import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

from services.gateway.canteen_sheet import ROWS_MAX, Cell, Formula
from shared.errors import RequestRefused, ResourceExhausted

BYTES_MAX = 4_000_000
# What an archive may unpack to, all in all and each part: a sheet of ROWS_MAX full rows has about 3 MB.
_UNPACKED_MAX = 40_000_000
_PARTS_MAX = 500
_COLUMNS_MAX = 60
# A few more than may be imported, so that the reader can say how many there are.
_ROWS_READ = ROWS_MAX + 50
_CELL_MAX = 5000
# A sheet has no more rows (ECMA-376, as Excel has it); a file may claim any number.
_HEIGHT_MAX = 1_048_576
_AT_ONCE = 1
_WAITING = 8
_ZIP = b"PK\x03\x04"


class SpreadsheetReader:
    """Implements `SheetReader`, in a thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sheets")
        self._asked = 0

    async def read(self, file: bytes) -> list[list[Cell]]:
        if self._asked >= _AT_ONCE + _WAITING:
            raise ResourceExhausted("Too many spreadsheets are being read at once: try again in a moment.")
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, read, file)
        finally:
            self._asked -= 1

    async def close(self) -> None:
        self._threads.shutdown(wait=False)


def read(file: bytes) -> list[list[Cell]]:
    """Rows of the first sheet. Raises RequestRefused."""
    if len(file) > BYTES_MAX:
        raise _refused(f"It has {len(file) // 1000} kB; at most {BYTES_MAX // 1000}. Send several files.")
    return _xlsx(file) if file.startswith(_ZIP) else _csv(file)


def _csv(file: bytes) -> list[list[Cell]]:
    text = _text(file)
    first = text.partition("\n")[0]
    # Excel writes the list separator of the system.
    separator = max(",;\t", key=first.count)
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            rows.append([_as_typed(cell) for cell in row[:_COLUMNS_MAX]])
            if len(rows) > _ROWS_READ:
                raise _refused(f"It has more than {ROWS_MAX} rows. Send several files.")
    except csv.Error as error:
        raise _refused(f"It is no whole CSV file: {error}. Save it again as CSV or XLSX.") from error
    return rows


def _text(file: bytes) -> str:
    """UTF-8, or what Excel writes on a Chinese system."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = file.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _refused("It is neither CSV (UTF-8 or GB 18030) nor XLSX. Save it again as one of these.")


def _as_typed(cell: str) -> str:
    # Our own exports put a ' before what a spreadsheet would run.
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@＝＋－＠" else cell


def _xlsx(file: bytes) -> list[list[Cell]]:
    try:
        _require_small(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about parts of the file that are not read
            book = load_workbook(io.BytesIO(file), read_only=True, data_only=False, keep_links=False)
            try:
                return list(_cells(book.worksheets[0].iter_rows(max_col=_COLUMNS_MAX)))
            finally:
                book.close()
    except RequestRefused:
        raise
    except Exception as error:  # the archive's, the parser's, the reader's: whatever hostile bytes lead to is theirs
        raise _refused("It is no whole XLSX workbook. Save it again as XLSX or CSV.") from error


def _require_small(file: bytes) -> None:
    """Everything is unpacked once and counted: what an archive says of its own size proves nothing."""
    unpacked = 0
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        parts = archive.infolist()
        if len(parts) > _PARTS_MAX or sum(part.file_size for part in parts) > _UNPACKED_MAX:
            raise _too_much()
        for part in parts:
            end = b""
            with archive.open(part) as content:
                while piece := content.read(1 << 16):
                    unpacked += len(piece)
                    if unpacked > _UNPACKED_MAX:
                        raise _too_much()
                    end = _plain(end + piece)[-16:]


def _plain(piece: bytes) -> bytes:
    """The bytes without NULs (UTF-16 has one in every letter). No office program writes entities (XML 1.0, 4.2)."""
    piece = piece.replace(b"\x00", b"")
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
        raise _refused("It holds a document type declaration. Save it again with a spreadsheet program.")
    return piece


def _cells(rows: Iterable[Any]) -> Iterator[list[Cell]]:
    for number, row in enumerate(rows):
        if number < _ROWS_READ:
            yield [_cell(cell) for cell in row]
        elif number >= _HEIGHT_MAX or any(cell.value is not None for cell in row):
            # Empty rows below the list are usual; what stands further down would be lost without a word.
            raise _refused(f"Something stands below row {_ROWS_READ}. Send several files, or delete what is there.")


def _cell(cell: Any) -> Cell:
    if cell.data_type == "f":
        return Formula()
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value)[:_CELL_MAX]


def _too_much() -> RequestRefused:
    return _refused("It unpacks to more than a list of canteens is. Save the one sheet as a file of its own.")


def _refused(words: str) -> RequestRefused:
    return RequestRefused("bad_spreadsheet", f"This file cannot be read. {words}", status=422)
