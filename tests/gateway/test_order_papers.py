"""Orders on paper: what stands on them in both languages, as another program reads and shows it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import get_args

import pypdfium2
import pypdfium2.raw
import pytest
from PIL import Image

from services.gateway.adapters.paper_printer import PaperPrinter, printed
from services.gateway.papers.line_breaks import lines_of, printable
from services.gateway.papers.order_paper import PHOTOS_MAX, Got, OrderFacts, SealedFile, SeenAlert, paper_of
from services.gateway.papers.order_words import WORDS
from services.gateway.papers.paper import Language
from shared.chinese_font import chinese_font
from shared.errors import RequestRefused
from shared.messages.orders import OrderAction, OrderKind, OrderState, OrderStep
from tests.gateway.order_papers import HEAD, MONDAY_US, alert, answered, facts, jpeg, order, run_on, shown, text_of

FONT = chinese_font()
needs_font = pytest.mark.skipif(FONT is None, reason="no font with Chinese here")
LANGUAGES: tuple[Language, ...] = get_args(Language)


def pdf_of(of: OrderFacts, language: Language = "zh-CN") -> bytes:
    return printed(paper_of(of, HEAD, language), FONT)


@needs_font
@pytest.mark.parametrize("kind", get_args(OrderKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paper_says_who_what_and_until_when(kind: OrderKind, language: Language) -> None:
    pdf = pdf_of(facts(order(kind=kind)), language)
    said = run_on(pdf)
    words = WORDS[language]
    title = words[f"title.{kind}"].replace(" ", "")
    bureau = {"zh-CN": "示范区市场监督管理局", "en": "MarketSupervisionBureau"}[language]
    due = {"zh-CN": "2026年11月24日10:05（UTC+08:00）", "en": "2026-11-2410:05(UTC+08:00)"}[language]
    parts = (title, bureau, due, "o0123456789ab", "实验小学", "烹饪间1号", "未戴口罩整改", "遮住口鼻。")
    for part in (*parts, "a" * 64, "f" * 64, "https://kitchens.example/orders/o0123456789ab"):
        assert part in said, part
    for key in ("sign.school", "sign.bureau", "sign.received"):
        assert words[key].replace(" ", "") in said
    officers = said.count(words["sign.officer"].replace(" ", ""))
    assert officers == (2 if kind == "enforcement" else 0), "two officers come, and only to a site"
    # Chinese is text for whoever searches or copies it: in the middle of a line, character by character.
    assert any("后厨操作人员全程规范佩戴口罩" in page for page in text_of(pdf))


@needs_font
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_names_the_evidence_and_where_it_is_found(language: Language) -> None:
    pages = text_of(pdf_of(facts(answered(text="字" * 6000)), language))
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert "e" * 64 in page, "the sealed file goes first"
        assert "https://kitchens.example/orders/o0123456789ab" in page
        counted = {"zh-CN": f"第 {number} 页，共 {len(pages)} 页", "en": f"Page {number} of {len(pages)}"}[language]
        assert counted in page


@needs_font
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_what_people_wrote_is_obeyed_or_lost(language: Language) -> None:
    """Markup, places to fill, controls, words without end: all of it is shown as it was written."""
    hostile = "<b>粗</b> **x** {due} {nb} %s ${a} [链接](http://x) \\n \x00\x1b[31m\u202egnp.\u2066 " + "W" * 300
    of = order(title=hostile[:200], text=hostile)
    pdf = pdf_of(replace(facts(of), site=hostile, printed_by=hostile), language)
    said = run_on(pdf)
    for part in ("<b>粗</b>", "**x**", "{due}", "{nb}", "%s", "${a}", "[链接](http://x)", "\\n", "gnp.", "W" * 300):
        assert part in said, part
    with pypdfium2.PdfDocument(pdf) as document:
        width = document[0].get_width()
        for page in document:
            for each in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
                left, _, right, _ = each.get_bounds()
                assert 0 < left < right < width, "nothing is written over the edge"


@needs_font
def test_a_very_long_text_goes_over_pages_whole() -> None:
    text = "\n".join(f"{number}. " + "请将地面、操作台、容器彻底清洗消毒，记录备查。" * 8 for number in range(1, 60))
    said = run_on(pdf_of(facts(order(text=text[:10_000]))))
    body = "".join(text[:10_000].split())
    for at in range(0, len(body) - 20, 997):
        assert body[at : at + 12] in said or _torn(body[at : at + 12], said)


@needs_font
def test_empty_lines_and_empty_words_are_printed() -> None:
    of = order(title=" ", text="中文\n\n\nEnglish\n")
    assert "中文English" in run_on(pdf_of(facts(of, site=""), "en"))


def _torn(part: str, said: str) -> bool:
    """Its page ended in the middle of it."""
    return any(part[:cut] in said and part[cut:] in said for cut in range(1, len(part)))


@needs_font
def test_boxes_are_drawn_over_the_picture_and_not_into_it() -> None:
    best = jpeg()
    pdf = pdf_of(facts())
    assert best in pdf, "the bytes as they are kept"
    assert _yellow(shown(pdf)) > 300
    none = replace(
        facts(), alerts=(replace(facts().alerts[0], alert=alert(best=alert().best.model_copy(update={"boxes": ()}))),)
    )
    assert _yellow(shown(pdf_of(none))) == 0


def _yellow(picture: Image.Image) -> int:
    return sum(count for count, (r, g, b) in picture.getcolors(1 << 24) or [] if r > 230 and 180 < g < 225 and b < 90)


@needs_font
@pytest.mark.parametrize(
    ("got", "words"),
    [
        (Got(why="gone"), "录像中已没有这一画面"),
        (Got(why="away"), "打印时录像服务不可用"),
        (Got(why="no_right"), "打印人的账号不能查看录像画面"),
        (Got(b"\xff\xd8 no picture"), "图像文件无法读取"),
        (Got(jpeg()[:400]), "图像文件无法读取"),
    ],
)
def test_a_missing_picture_says_why(got: Got, words: str) -> None:
    pdf = pdf_of(replace(facts(), alerts=(SeenAlert(alert(), "未戴口罩", "烹饪间", got),)))
    assert words in run_on(pdf)


@needs_font
def test_an_answer_the_machines_look_and_all_photos_that_fit_are_printed() -> None:
    of = answered(photos=PHOTOS_MAX + 5)
    pdf = pdf_of(facts(of, sealed=(SealedFile("file-1", None), SealedFile("file-2", ""))))
    said = run_on(pdf)
    for part in ("已为全体操作人员配发口罩", "已看到整改", "观察42次，其中违规1次", "整改前", "整改后"):
        assert part in said, part
    assert "另有5张照片未印出" in said
    assert "封存的证据包file-1：尚未封存" in said
    assert "封存的证据包file-2：打印时未能查到" in said
    with pypdfium2.PdfDocument(pdf) as document:
        images = [each for page in document for each in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])]
    assert len(images) == PHOTOS_MAX + 3
    assert len(pdf) < 2_000_000


@needs_font
def test_what_became_of_an_order_stands_at_its_head() -> None:
    card = order(state="withdrawn", card="yellow", is_overdue=True)
    assert "本文书已撤销" in run_on(pdf_of(facts(card)))
    late = run_on(pdf_of(facts(order(card="red", is_overdue=True))))
    assert "已逾期·红牌" in late
    longer = OrderStep(
        number=2, action="extend", by="li", at_us=MONDAY_US, state="served", due_us=MONDAY_US + 9 * 10**11
    )
    moved = run_on(pdf_of(facts(order(due_us=MONDAY_US + 9 * 10**11, steps=(*order().steps, longer)))))
    assert "期限原为2026年11月24日10:05" in moved


def test_every_word_is_there_in_both_languages_for_all_that_can_happen() -> None:
    chinese, english = (set(WORDS[language]) for language in LANGUAGES)
    assert chinese == english
    actions = ("serve", "remind", "overdue", "card", "check", *get_args(OrderAction))
    wanted = {f"step.{each}" for each in actions} | {f"state.{each}" for each in get_args(OrderState)}
    assert wanted | {f"title.{each}" for each in get_args(OrderKind)} <= chinese


@needs_font
async def test_few_wait_for_the_printer_and_the_rest_is_told() -> None:
    printer, paper = PaperPrinter(), paper_of(facts(), HEAD, "en")
    answers = await asyncio.gather(*(printer.pdf(paper) for _ in range(10)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, RequestRefused)]
    assert {(each.code, each.status) for each in refused} == {("too_many_papers", 503)}
    assert len(refused) == 5
    assert all(each.startswith(b"%PDF-") for each in answers if isinstance(each, bytes))
    await printer.close()


def test_without_a_font_it_says_what_to_install() -> None:
    with pytest.raises(RequestRefused, match="install fonts-noto-cjk"):
        printed(paper_of(facts(), HEAD, "en"), None)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("一二三四五六", ["一二三四", "五六"]),
        ("一二三四。五", ["一二三", "四。五"]),
        ("一二三（四）", ["一二三", "（四）"]),
        ("ab cd ef", ["ab", "cd", "ef"]),
        ("abcdefghij", ["abcd", "efgh", "ij"]),
        ("x 一二三", ["x 一二", "三"]),
        ("一\n\n二", ["一", "", "二"]),
    ],
)
def test_where_lines_end(text: str, lines: list[str]) -> None:
    assert lines_of(text, 4, len) == lines


def test_what_a_printer_would_obey_is_left_out() -> None:
    assert printable("a\x00b\x1b\u202ec\u200b\ue000\ufe0fd\te\r\nf") == "abcd e\nf"
