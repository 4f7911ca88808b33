"""The report is a PDF with Chinese in it that other software reads, or HTML where no font is there."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from services.recorder.adapters.pdf_report import PdfReport, report_printer
from services.recorder.evidence.case_report import HtmlReport, Part, time_text
from services.recorder.evidence.case_verifier import check
from shared.chinese_font import FONTS
from tests.recorder.evidence_cases import KEY, a_case, sealed

needs_font = pytest.mark.skipif(not any(font.exists() for font in FONTS), reason="no font with Chinese here")


def _mapped_to(pdf: bytes) -> set[str]:
    """The characters that its embedded glyphs stand for (ToUnicode, ISO 32000-1, 9.10.3)."""
    found: set[str] = set()
    for text in re.findall(rb"beginbfchar(.*?)endbfchar", pdf, re.DOTALL):
        codes = re.findall(rb"<[0-9A-Fa-f]+> <([0-9A-Fa-f]+)>", text)
        found |= {bytes.fromhex(code.decode()).decode("utf-16-be") for code in codes}
    return found


@needs_font
async def test_the_pdf_embeds_the_characters_it_shows() -> None:
    pdf = await report_printer().render("zh-CN", [Part("证据包 7", ("事由：未戴帽",)), Part("附件", ("无",))])
    assert pdf.startswith(b"%PDF-")
    assert set("证据包事由未戴帽附件无") <= _mapped_to(pdf)
    assert len(pdf) < 200_000


@needs_font
async def test_a_long_report_goes_over_several_pages() -> None:
    pdf = await report_printer().render("en", [Part("Case", tuple(f"line {number} " * 30 for number in range(60)))])
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 3


@needs_font
async def test_a_case_with_pdf_reports_checks() -> None:
    case, bucket = a_case()
    archive = await sealed(case, bucket, printer=report_printer())
    assert check(io.BytesIO(archive), KEY.public_pem).wrong == []
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        assert {"report.zh-CN.pdf", "report.en.pdf"} <= set(read.namelist())


async def test_without_a_font_it_is_html(tmp_path: Path) -> None:
    printer = report_printer([tmp_path / "none.ttc"])
    assert isinstance(printer, HtmlReport)
    page = await printer.render("zh-CN", [Part("事由 <script>", ("一 & 二",))])
    assert '<html lang="zh-CN">' in page.decode()
    assert "事由 &lt;script&gt;" in page.decode()
    assert "一 &amp; 二" in page.decode()


@needs_font
def test_with_a_font_it_is_a_pdf() -> None:
    assert isinstance(report_printer(), PdfReport)


def test_times_are_chinas_and_say_so() -> None:
    assert time_text(1_800_000_000_123_999) == "2027-01-15 16:00:00.123 UTC+8"
