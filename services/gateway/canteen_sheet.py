"""The spreadsheet of new canteens: its columns, and its rows as they were typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from services.gateway.cameras import Purpose
from services.gateway.faults import fault
from services.gateway.sites import SiteKind
from shared.field_faults import FieldFault

# = one district several times over; more than that are several files
ROWS_MAX = 5000
# The row that names the columns stands among the first ones.
_HEADER_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Column:
    """`names`: what it may be called, the first in each template."""

    id: str
    zh: str
    en: str
    example_zh: str
    example_en: str
    longest: int
    more: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(_plain(name) for name in (self.id, self.zh, self.en, *self.more))


_MAIN, _SUB = "rtsp://192.168.1.64:554/main", "rtsp://192.168.1.64:554/sub"
_PATH = ("阳泉市/高新区/第二监管所", "Yangquan/High-Tech Zone/Station 2")
COLUMNS: tuple[Column, ...] = (
    Column("unit", "单位路径", "Unit path", *_PATH, 500, ("所属单位", "unit")),
    Column("site_id", "学校编号", "School id", "school-2", "school-2", 63),
    Column("site_name", "学校名称", "School", "第二小学", "Primary School No. 2", 100, ("学校", "school name")),
    Column("site_kind", "学校类型", "Kind of school", "小学", "primary", 40),
    Column("camera_id", "摄像机编号", "Camera id", "school-2-cook", "school-2-cook", 63),
    Column("camera_name", "摄像机名称", "Camera", "烹饪间 1", "Cooking 1", 100, ("摄像机", "camera name")),
    Column("purpose", "用途", "Purpose", "加工操作", "processing", 40, ("摄像机用途",)),
    Column("main_url", "主码流地址", "Address", _MAIN, _MAIN, 2048, ("地址", "url")),
    Column("sub_url", "子码流地址", "Sub stream address", _SUB, _SUB, 2048),
    Column("username", "用户名", "User name", "viewer", "viewer", 128, ("账号", "user")),
    Column("password", "密码", "Password", "", "", 256),
)

_KINDS: Mapping[str, SiteKind] = {
    "幼儿园": "kindergarten",
    "小学": "primary",
    "中学": "secondary",
    "初中": "secondary",
    "高中": "secondary",
    "学校": "school",
    "高校": "university",
    "大学": "university",
    "其他": "other",
    "primary school": "primary",
    "secondary school": "secondary",
    **{kind: kind for kind in get_args(SiteKind)},
}
_PURPOSES: Mapping[str, Purpose] = {
    "环境卫生": "hygiene",
    "加工操作": "processing",
    "粗加工": "processing",
    "切配": "processing",
    "烹饪": "processing",
    "备餐": "processing",
    "餐具洗消": "dishes",
    "洗消": "dishes",
    "食材仓储": "storage",
    "仓储": "storage",
    **{purpose: purpose for purpose in get_args(Purpose)},
}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row as it was typed: text by column. `number` is the row of the sheet, 1 the first."""

    number: int
    cells: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def has_camera(self) -> bool:
        return any(self[column] for column in ("camera_id", "camera_name", "main_url", "sub_url"))


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes: nobody can know here what it shows."""


Cell = str | Formula
Sheet = Sequence[Sequence[Cell]]


def rows_of(sheet: Sheet) -> tuple[list[SheetRow], list[FieldFault], dict[int, list[FieldFault]]]:
    """The rows that say anything, faults of the whole sheet, and faults of single cells by row number."""
    at = next((number for number, row in enumerate(sheet[:_HEADER_WITHIN]) if len(_columns(row)) >= 3), None)
    if at is None:
        return [], [fault("sheet", "no_columns")], {}
    columns = _columns(sheet[at])
    missing = [one for one in COLUMNS if one.id in ("site_name", "main_url") and one.id not in columns.values()]
    if missing:
        return [], [fault("sheet", "column_missing", column=missing[0].zh, column_en=missing[0].en)], {}
    if len(set(columns.values())) < len(columns):
        return [], [fault("sheet", "column_twice")], {}
    rows: list[SheetRow] = []
    wrong: dict[int, list[FieldFault]] = {}
    for number, cells in enumerate(sheet[at + 1 :], at + 2):
        row, faults = _row(number, cells, columns)
        if row.cells or faults:
            rows.append(row)
        if faults:
            wrong[number] = faults
    if len(rows) > ROWS_MAX:
        return [], [fault("sheet", "sheet_too_long", rows=len(rows), max=ROWS_MAX)], {}
    return rows, [], wrong


def kind_of(text: str) -> SiteKind | FieldFault:
    return _KINDS.get(_plain(text)) or fault("site_kind", "bad_kind", value=text, ones=", ".join(_KINDS))


def purpose_of(text: str) -> Purpose | FieldFault:
    return _PURPOSES.get(_plain(text)) or fault("purpose", "bad_purpose", value=text, ones=", ".join(_PURPOSES))


def _columns(row: Sequence[Cell]) -> dict[int, str]:
    named = {name: column.id for column in COLUMNS for name in column.names}
    found = ((at, named.get(_plain(cell))) for at, cell in enumerate(row) if isinstance(cell, str))
    return {at: column for at, column in found if column is not None}


def _row(number: int, cells: Sequence[Cell], columns: Mapping[int, str]) -> tuple[SheetRow, list[FieldFault]]:
    faults: list[FieldFault] = []
    said: dict[str, str] = {}
    longest = {column.id: column.longest for column in COLUMNS}
    for at, column in columns.items():
        cell = cells[at] if at < len(cells) else ""
        if isinstance(cell, Formula):
            faults.append(fault(column, "formula"))
            continue
        # A password may begin or end with a space; nothing else does.
        text = cell if column == "password" else cell.strip()
        if "\x00" in text or len(text) > longest[column]:
            faults.append(fault(column, "cell_too_long", max=longest[column]))
        elif text:
            said[column] = text
    return SheetRow(number, said), faults


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("*", " ").casefold().split())
