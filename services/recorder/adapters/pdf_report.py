"""Prints the report of a case file as a PDF, with the machine's Chinese font put into it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PIL import ImageFont

from services.recorder.evidence.case_report import HtmlReport, Part, ReportPrinter

# Where Debian, Alpine, Fedora and Arch keep a font with Chinese; the image installs fonts-noto-cjk.
FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
)
_FAMILY = "cjk"
# In Noto's collection each language has a face of its own; simplified Chinese draws the characters as schools do.
_SIMPLIFIED = "CJK SC"
_FACES_MAX = 32


def report_printer(fonts: Sequence[Path] = FONTS) -> ReportPrinter:
    """A PDF where one of the fonts is there; else HTML, because a PDF without a font would show empty boxes."""
    font = next((path for path in fonts if path.exists()), None)
    return HtmlReport() if font is None else PdfReport(font)


class PdfReport:
    """Implements `ReportPrinter`; the glyphs used are embedded, so that it looks the same everywhere."""

    suffix = "pdf"

    def __init__(self, font: Path):
        self._font = font
        self._face = _face_of(font)

    async def render(self, language: str, parts: Sequence[Part]) -> bytes:
        # Picking the glyphs out of a font of 20 MB takes most of a second and some 80 MB for that long.
        return await asyncio.to_thread(self._printed, language, parts)

    def _printed(self, language: str, parts: Sequence[Part]) -> bytes:
        # Needed a few times a month; at the start of the service it would cost 0.6 s.
        from fpdf import FPDF
        from fpdf.enums import WrapMode

        page = FPDF(format="A4")
        page.set_lang(language)
        page.set_margin(20)
        page.set_auto_page_break(True, margin=20)
        page.add_font(_FAMILY, fname=self._font, collection_font_number=self._face)
        page.add_page()
        page.set_title(parts[0].heading)
        for at, part in enumerate(parts):
            page.set_font(_FAMILY, size=18 if at == 0 else 13)
            page.multi_cell(0, 9, part.heading, new_x="LMARGIN", new_y="NEXT")
            page.set_font(_FAMILY, size=10)
            for line in part.lines:
                # Chinese has no blanks between words: it may be broken anywhere.
                wrap = WrapMode.CHAR if language.startswith("zh") else WrapMode.WORD
                page.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT", align="L", wrapmode=wrap)
            page.ln(3)
        return bytes(page.output())


def _face_of(font: Path) -> int:
    """Which face of a collection to take; 0 of a font that has none for simplified Chinese."""
    for at in range(_FACES_MAX):
        try:
            family, _ = ImageFont.truetype(str(font), 10, index=at).getname()
        except OSError:
            break  # no more faces
        if _SIMPLIFIED in (family or ""):
            return at
    return 0
