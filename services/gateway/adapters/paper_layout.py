"""Lays a paper out on A4 and draws it: fpdf2, with the glyphs that are used put into the file."""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import segno
from fpdf import FPDF
from fpdf.enums import TextMode
from PIL import Image

from services.gateway.papers.line_breaks import lines_of, printable
from services.gateway.papers.paper import Facts, Heading, Paper, Picture, Pictures, Ruled, Signatures, Words
from shared.chinese_font import ChineseFont
from shared.messages.detector import SeenBox

_FAMILY = "cjk"
_LEFT, _TOP, _RIGHT, _BOTTOM = 20.0, 16.0, 190.0, 272.0
_WIDTH = _RIGHT - _LEFT
_BODY_PT, _BODY_MM = 10.5, 6.2
_SMALL_PT, _SMALL_MM = 8.0, 4.5
_GAP = 4.0
_QR_MM = 21.0
# How high a picture is at most, by how many stand side by side.
_HEIGHT_MM = {1: 88.0, 2: 60.0, 3: 54.0}
_PIXELS_MAX = 80_000_000
# = three hundred dots an inch where three photos stand side by side
_PHOTO_SIDE_MAX = 900
_RED, _GREY, _PALE, _BLACK = (178, 24, 30), (110, 110, 110), (242, 242, 242), (0, 0, 0)
_BOX = (255, 205, 40)
# What somebody wrote in a cell of the table of facts is cut there: it stands whole in the system.
_CELL_LINES_MAX = 6

# It tells of each table of a font that it leaves out.
logging.getLogger("fontTools.subset").setLevel(logging.ERROR)


def draw(paper: Paper, font: ChineseFont) -> bytes:
    """The paper as a PDF. Takes some hundred milliseconds of a core."""
    sheet = _Sheet(paper, font)
    sheet.head()
    for block in paper.blocks:
        sheet.block(block)
    return bytes(sheet.output())


class _Sheet(FPDF):
    """Where the pen is, and one function for each kind of block. Breaks pages itself."""

    def __init__(self, paper: Paper, font: ChineseFont):
        super().__init__(format="A4")
        self._paper = paper
        self._widths: dict[tuple[float, str], float] = {}
        # What somebody wrote must not be taken for the place where the number of pages goes.
        self._total = f"{{{secrets.token_hex(6)}}}"
        self.alias_nb_pages(self._total)
        self.set_auto_page_break(False)
        self.set_margins(_LEFT, _TOP, 210 - _RIGHT)
        self.c_margin = 0
        self.set_lang(paper.language)
        self.set_title(printable(paper.title + " · " + paper.subject).replace("\n", " "))
        self.set_author(printable(paper.bureau).replace("\n", " "))
        self.set_creation_date(datetime.fromtimestamp(paper.made_us / 1e6, UTC))
        self.add_font(_FAMILY, fname=font.path, collection_font_number=font.face)
        self.set_font(_FAMILY, size=_BODY_PT)
        self.add_page()

    def footer(self) -> None:
        """Called by fpdf2 at the end of each page."""
        size = self.font_size_pt
        self.set_draw_color(*_GREY)
        self.set_line_width(0.2)
        self.line(_LEFT, _BOTTOM + 4, _RIGHT, _BOTTOM + 4)
        self.set_text_color(*_GREY)
        y = _BOTTOM + 5.5
        for said in self._paper.foot:
            for line in self._lines(said, 7, _WIDTH - 32)[:3]:
                self._put(_LEFT, y, line, 7, 3.6)
                y += 3.6
        pages = self._paper.pages.format(page=self.page_no(), pages=self._total)
        self._put(_RIGHT - 28, _BOTTOM + 5.5, pages, 7, 3.6)
        self.set_text_color(*_BLACK)
        self.set_font_size(size)

    def head(self) -> None:
        """Bureau, title, a red line, and the code that leads to the order."""
        paper, between = self._paper, _WIDTH - 2 * (_QR_MM + 4)
        self._code(_RIGHT - _QR_MM, _TOP - 3)
        self._put(_RIGHT - _QR_MM, _TOP - 3 + _QR_MM, paper.scan, 6.5, 3.2, width=_QR_MM, align="C")
        y = _TOP
        for line in self._lines(paper.bureau, 13, between)[:2]:
            self._put(_LEFT, y, line, 13, 7, width=_WIDTH, align="C")
            y += 7
        with self._strong(0.3):
            self._put(_LEFT, y + 1, paper.title, 22, 12, width=_WIDTH, align="C")
        y = max(y + 16, _TOP + _QR_MM + 2)
        self.set_draw_color(*_RED)
        self.set_line_width(0.9)
        self.line(_LEFT, y, _RIGHT, y)
        self.set_line_width(0.25)
        self.line(_LEFT, y + 1.2, _RIGHT, y + 1.2)
        self.set_y(y + 5)

    def block(self, block: object) -> None:
        match block:
            case Heading():
                self._heading(block.text)
            case Words():
                self._words(block)
            case Facts():
                self._facts(block)
            case Pictures():
                for at in range(0, len(block.items), block.across):
                    self._row_of_pictures(block.items[at : at + block.across], block)
            case Ruled():
                self._ruled(block)
            case Signatures():
                self._signatures(block)

    def _heading(self, text: str) -> None:
        # Not alone at the foot of a page.
        self._room(8 + 3 * _BODY_MM)
        self.set_y(self.get_y() + 2.5)
        with self._strong(0.14):
            self._put(_LEFT, self.get_y(), printable(text), 12, 7.5)
        self.set_y(self.get_y() + 8)

    def _words(self, words: Words) -> None:
        size, height = (_SMALL_PT, _SMALL_MM) if words.is_small else (_BODY_PT, _BODY_MM)
        for line in self._lines(words.text, size, _WIDTH - words.indent_mm):
            self._room(height)
            if words.is_strong:
                with self._strong(0.1):
                    self._put(_LEFT + words.indent_mm, self.get_y(), line, size, height)
            else:
                self._put(_LEFT + words.indent_mm, self.get_y(), line, size, height)
            self.set_y(self.get_y() + height)
        self.set_y(self.get_y() + (0.4 if words.is_small else 1.2))

    def _facts(self, facts: Facts) -> None:
        label_mm, half = 20.0, _WIDTH / 2
        self.set_draw_color(*_BLACK)
        self.set_line_width(0.2)
        self.set_fill_color(*_PALE)
        for at in range(0, len(facts.items), 2):
            cells = [
                (self._lines(label, 9, label_mm - 4), self._lines(value, 9, half - label_mm - 4)[:_CELL_LINES_MAX])
                for label, value in facts.items[at : at + 2]
            ]
            height = max(len(lines) for cell in cells for lines in cell) * 5.2 + 3
            self._room(height)
            y = self.get_y()
            for column, (label, value) in enumerate(cells):
                x = _LEFT + column * half
                self.rect(x, y, label_mm, height, style="DF")
                self.rect(x + label_mm, y, half - label_mm, height)
                for left, lines in ((x, label), (x + label_mm, value)):
                    for number, line in enumerate(lines):
                        self._put(left + 2, y + 1.5 + number * 5.2, line, 9, 5.2)
            self.set_y(y + height)
        self.set_y(self.get_y() + 2)

    def _row_of_pictures(self, pictures: Sequence[Picture], of: Pictures) -> None:
        width = (_WIDTH - _GAP * (of.across - 1)) / of.across
        ready = [_readable(each.jpeg, is_exact=of.is_exact) for each in pictures]
        sizes = [_fitted(each, width, _HEIGHT_MM[of.across]) for each in ready]
        captions = [self._lines(each.caption, _SMALL_PT, width) for each in pictures]
        height = max(high for _, high in sizes) + max(map(len, captions)) * _SMALL_MM + 3
        self._room(height)
        y = self.get_y()
        for number, (picture, file) in enumerate(zip(pictures, ready, strict=True)):
            wide, high = sizes[number]
            left = _LEFT + number * (width + _GAP) + (0 if of.across > 1 else (width - wide) / 2)
            if file is None:
                self._missing(left, y, wide, high, picture.missing)
            else:
                self.image(io.BytesIO(file[0]), left, y, wide, high)
                for box in picture.boxes:
                    self._box(left, y, wide, high, box)
            for at, line in enumerate(captions[number]):
                self._put(left, y + high + 0.8 + at * _SMALL_MM, line, _SMALL_PT, _SMALL_MM)
        self.set_y(y + height)

    def _box(self, left: float, top: float, wide: float, high: float, box: SeenBox) -> None:
        """Drawn by the reader's program over the picture, whose bytes stay as they are."""
        x0, y0 = (min(max(each, 0.0), 1.0) for each in (box.x, box.y))
        x1, y1 = (min(max(each, 0.0), 1.0) for each in (box.x + box.width, box.y + box.height))
        for colour, thick in ((_BLACK, 1.0), (_BOX, 0.6)):
            self.set_draw_color(*colour)
            self.set_line_width(thick)
            self.rect(left + x0 * wide, top + y0 * high, (x1 - x0) * wide, (y1 - y0) * high)

    def _missing(self, left: float, top: float, wide: float, high: float, why: str) -> None:
        self.set_draw_color(*_GREY)
        self.set_line_width(0.2)
        self.set_fill_color(*_PALE)
        self.rect(left, top, wide, high, style="DF")
        lines = self._lines(why, 9, wide - 8)
        for number, line in enumerate(lines):
            y = top + (high - len(lines) * 5) / 2 + number * 5
            self._put(left + 4, y, line, 9, 5, width=wide - 8, align="C")

    def _ruled(self, ruled: Ruled) -> None:
        self._room(7 + 9.0 * ruled.count)
        self._put(_LEFT, self.get_y(), ruled.label, _BODY_PT, _BODY_MM)
        self.set_draw_color(*_GREY)
        self.set_line_width(0.15)
        for number in range(1, ruled.count + 1):
            y = self.get_y() + 4 + 9.0 * number
            self.line(_LEFT, y, _RIGHT, y)
        self.set_y(self.get_y() + 7 + 9.0 * ruled.count)

    def _signatures(self, signatures: Signatures) -> None:
        each_mm, width = 14.0, (_WIDTH - 12) / 2
        height = each_mm * max(map(len, signatures.columns)) + 6
        self._room(height)
        self.set_draw_color(*_BLACK)
        self.set_line_width(0.2)
        top = self.get_y() + 3
        for column, labels in enumerate(signatures.columns):
            left = _LEFT + column * (width + 12)
            for number, label in enumerate(labels):
                y = top + number * each_mm
                self._put(left, y, label, 9.5, 5)
                self.line(left, y + each_mm - 1.5, left + width, y + each_mm - 1.5)
        self.set_y(top + height)

    def _code(self, left: float, top: float) -> None:
        """The address as a QR code (ISO/IEC 18004), as rectangles: sharp at any size."""
        rows = segno.make(self._paper.address, error="m", micro=False).matrix
        side = _QR_MM / len(rows)
        self.set_fill_color(*_BLACK)
        for y, row in enumerate(rows):
            x = 0
            while x < len(row):
                length = next((at for at in range(x, len(row)) if not row[at]), len(row)) - x
                if length:
                    self.rect(left + x * side, top + y * side, length * side, side, style="F")
                x += length or 1

    def _room(self, height: float) -> None:
        """A new page where this does not fit on what is left of the one there is."""
        if self.get_y() + height > _BOTTOM:
            self.add_page()

    def _put(
        self, x: float, y: float, text: str, size: float, height: float, width: float = 0.0, align: str = "L"
    ) -> None:
        """One line of text; the pen stays."""
        if not text:
            return  # fpdf2 cannot draw an empty cell without a width
        here = self.get_y()
        self.set_font_size(size)
        self.set_xy(x, y)
        self.cell(width or None, height, text, align=align)
        self.set_xy(_LEFT, here)

    @contextmanager
    def _strong(self, thick_mm: float) -> Iterator[None]:
        """Bold in a font that has one weight: outlined in its own colour (ISO 32000-1, 9.3.6)."""
        with self.local_context(text_mode=TextMode.FILL_STROKE, line_width=thick_mm, draw_color=_BLACK):
            yield

    def _lines(self, text: str, size: float, width: float) -> list[str]:
        def wide(piece: str) -> float:
            return sum(self._wide(each, size) for each in piece)

        return lines_of(printable(text), width, wide)

    def _wide(self, each: str, size: float) -> float:
        known = self._widths.get((size, each))
        if known is None:
            self.set_font_size(size)
            known = self._widths[size, each] = self.get_string_width(each)
        return known


def _fitted(file: tuple[bytes, int, int] | None, width: float, height: float) -> tuple[float, float]:
    """Millimetres; of one that is not there: as of a camera's picture."""
    wide, high = (16, 9) if file is None else file[1:]
    scale = min(width / wide, height / high)
    return (wide * scale, high * scale) if file is not None else (width, min(height, width * 9 / 16, 50.0))


def _readable(jpeg: bytes | None, *, is_exact: bool) -> tuple[bytes, int, int] | None:
    """Bytes, width and height; None where it is none that can be read."""
    if jpeg is None:
        return None
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            if image.width * image.height > _PIXELS_MAX:
                return None
            if is_exact:
                image.load()
                return jpeg, image.width, image.height
            image.draft("RGB", (_PHOTO_SIDE_MAX, _PHOTO_SIDE_MAX))
            small = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    small.thumbnail((_PHOTO_SIDE_MAX, _PHOTO_SIDE_MAX), reducing_gap=2.0)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    return file.getvalue(), small.width, small.height
