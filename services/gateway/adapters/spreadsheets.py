"""Rows as CSV and XLSX: written page by page, in memory that does not grow with them, and nothing in them runs."""

from __future__ import annotations

import asyncio
import csv
import io
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import xlsxwriter

from services.gateway.handlers.exports import Cell, Rows
from shared.errors import RequestRefused

# What spreadsheets take for the beginning of a formula; the wide forms of Chinese keyboards too.
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# = about 150 MB on disk while it is written; Excel itself ends at 1,048,576 rows
ROWS_MAX = 200_000
_CHUNK_BYTES = 256 * 1024
# = how many are made at the same time: each takes a core while it is written
_AT_ONCE = 2
# = how many may wait for their turn
_WAITING_MAX = 8


class Spreadsheets:
    """Makes both forms."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._here = 0

    async def csv(self, pages: AsyncIterator[Rows]) -> AsyncIterator[bytes]:
        """UTF-8 with BOM (Excel takes it for the system's code page otherwise), CRLF (RFC 4180)."""
        yield b"\xef\xbb\xbf"
        async for page in pages:
            text = io.StringIO(newline="")
            csv.writer(text).writerows([[_csv_cell(cell) for cell in row] for row in page])
            yield text.getvalue().encode()

    async def xlsx(self, pages: AsyncIterator[Rows]) -> AsyncIterator[bytes]:
        """Written to disk, for the format wants its table of contents last, then sent. Raises RequestRefused."""
        if self._here >= _AT_ONCE + _WAITING_MAX:
            raise RequestRefused("too_many_exports", "Spreadsheets are being made for others: try again.", status=503)
        self._here += 1
        try:
            async with self._turns:
                return _sent(await _made(pages))
        finally:
            self._here -= 1


async def _made(pages: AsyncIterator[Rows]) -> Path:
    """The folder with the file in it; whoever sends it removes it."""
    folder = Path(await asyncio.to_thread(mkdtemp, prefix="bk-export-"))
    try:
        await _write(folder, pages)
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise
    return folder


async def _write(folder: Path, pages: AsyncIterator[Rows]) -> None:
    options = {
        "constant_memory": True,
        "tmpdir": str(folder),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(folder / "sheet.xlsx"), options)
    sheet = book.add_worksheet()
    moments = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    number = 0
    async for page in pages:
        if number + len(page) > ROWS_MAX:
            raise RequestRefused("too_many_rows", f"More than {ROWS_MAX} rows: choose a shorter range, or CSV.")
        await asyncio.to_thread(_write_page, sheet, moments, number, page)
        number += len(page)
    await asyncio.to_thread(book.close)


def _write_page(
    sheet: xlsxwriter.worksheet.Worksheet, moments: xlsxwriter.format.Format, first: int, page: Rows
) -> None:
    for number, row in enumerate(page, first):
        _write_row(sheet, moments, number, row)


def _write_row(
    sheet: xlsxwriter.worksheet.Worksheet, moments: xlsxwriter.format.Format, number: int, row: Sequence[Cell]
) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, datetime):
            # The format knows no time zones: UTC, as everywhere.
            sheet.write_datetime(number, column, cell.astimezone(UTC).replace(tzinfo=None), moments)
        elif isinstance(cell, str):
            sheet.write_string(number, column, cell[:32_767])
        elif cell is not None:
            sheet.write_number(number, column, cell)


async def _sent(folder: Path) -> AsyncIterator[bytes]:
    try:
        file = await asyncio.to_thread((folder / "sheet.xlsx").open, "rb")
        with file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_RUNS) else cell
    return str(cell)
