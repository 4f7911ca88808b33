"""The empty list of canteens to fill in, as CSV and XLSX."""

from __future__ import annotations

import csv
import io
from typing import Literal

import xlsxwriter

from services.gateway.canteen_sheet import COLUMNS, ROWS_MAX

Language = Literal["zh-CN", "en"]
_WIDE = 24
_SHEETS = {"zh-CN": ("食堂", "说明"), "en": ("Canteens", "How to")}
_WORDS = {
    "zh-CN": (
        "每行一台摄像机；同一学校有几台就写几行。只登记学校时，摄像机各列留空。",
        "编号可以留空，由系统生成；同一文件可重复导入，未变化的行不会改动。",
        "单位路径从上到下，用 / 分隔，各级单位须先在“组织机构”中添加。",
        "密码导入后加密保存，不再显示；留空则保留原密码。",
        f"最多 {ROWS_MAX} 行；单元格请填数值本身，不要用公式。示例：",
    ),
    "en": (
        "One camera a row; a school with several has several rows. For a school alone leave the camera columns empty.",
        "Ids may be left empty and are made up then. The same file can be imported again: what is the same stays.",
        "A unit path leads from the top down, with / between; its units are added under Organisation first.",
        "Passwords are sealed and never shown again; an empty one keeps what is there.",
        f"At most {ROWS_MAX} rows. Enter values, no formulas. An example:",
    ),
}


def template_csv(language: Language) -> bytes:
    """UTF-8 with BOM, CRLF: as Excel takes it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(_names(language))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def template_xlsx(language: Language) -> bytes:
    """The columns on the first sheet, all of them text so that no password loses its zeros; words on the second."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        as_text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        names = _names(language)
        sheet, words = (book.add_worksheet(name) for name in _SHEETS[language])
        sheet.set_column(0, len(names) - 1, _WIDE, as_text)
        sheet.freeze_panes(1, 0)
        words.set_column(0, len(names) - 1, _WIDE, as_text)
        for number, line in enumerate(_WORDS[language]):
            words.write_string(number, 0, line)
        below = len(_WORDS[language]) + 1
        for at, (name, column) in enumerate(zip(names, COLUMNS, strict=True)):
            sheet.write_string(0, at, name, bold)
            words.write_string(below, at, name, bold)
            words.write_string(below + 1, at, column.example_zh if language == "zh-CN" else column.example_en)
    return file.getvalue()


def _names(language: Language) -> list[str]:
    return [column.zh if language == "zh-CN" else column.en for column in COLUMNS]
