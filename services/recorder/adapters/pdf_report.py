"""Prints the report of a case file as a PDF, with the machine's Chinese font put into it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.recorder.evidence.case_report import HtmlReport, Part, ReportPrinter
from shared.chinese_font import FONTS, ChineseFont, chinese_font

_FAMILY = "cjk"


def report_printer(fonts: Sequence[Path] = FONTS) -> ReportPrinter:
    """A PDF where one of the fonts is there; else HTML, because a PDF without a font would show empty boxes."""
    font = chinese_font(fonts)
    return HtmlReport() if font is None else PdfReport(font)


class PdfReport:
    """Implements `ReportPrinter`; the glyphs used are embedded, so that it looks the same everywhere."""

    suffix = "pdf"

    def __init__(self, font: ChineseFont):
        self._font = font

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
        page.add_font(_FAMILY, fname=self._font.path, collection_font_number=self._font.face)
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
