"""Lists of canteens: read by their bytes, hostile ones at a bounded price, and compared row by row with what there is."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway.adapters.canteen_template import template_csv, template_xlsx
from services.gateway.adapters.sheet_reader import BYTES_MAX, read
from services.gateway.camera_addresses import CleanUrl
from services.gateway.cameras import Camera, StreamSource
from services.gateway.canteen_plan import Addresses, CanteenPlan, Outcome, RowPlan
from services.gateway.canteen_sheet import COLUMNS, ROWS_MAX, Formula, SheetRow, rows_of
from services.gateway.faults import fault
from services.gateway.sites import Site
from services.gateway.units import Unit
from shared.errors import RequestRefused
from shared.field_faults import FieldFault

HEAD = [column.zh for column in COLUMNS]


def xlsx(*rows: list[Any], head: list[str] = HEAD) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([head, *rows]):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def csv(*rows: str, head: str = ",".join(HEAD), encoding: str = "utf-8") -> bytes:
    return "\r\n".join([head, *rows]).encode(encoding)


@pytest.mark.parametrize(
    "template", [template_csv("zh-CN"), template_csv("en"), template_xlsx("zh-CN"), template_xlsx("en")]
)
def test_a_template_names_every_column_and_holds_no_row(template: bytes) -> None:
    sheet = read(template)
    assert rows_of(sheet) == ([], [], {})
    assert len([cell for cell in sheet[0] if cell]) == len(COLUMNS)


@pytest.mark.parametrize(
    "file",
    [
        csv("站,s-1,二小,小学,,灶台,烹饪,rtsp://10.0.0.1/1,,u,012 "),
        csv("站,s-1,二小,小学,,灶台,烹饪,rtsp://10.0.0.1/1,,u,012 ", encoding="gb18030"),
        b"\xef\xbb\xbf" + csv("站,s-1,二小,小学,,灶台,烹饪,rtsp://10.0.0.1/1,,u,012 "),
        csv("站;s-1;二小;小学;;灶台;烹饪;rtsp://10.0.0.1/1;;u;012 ", head=";".join(HEAD)),
        csv("站\ts-1\t二小\t小学\t\t灶台\t烹饪\trtsp://10.0.0.1/1\t\tu\t012 ", head="\t".join(HEAD)),
        xlsx(["站", "s-1", "二小", "小学", "", "灶台", "烹饪", "rtsp://10.0.0.1/1", "", "u", "012 "]),
        xlsx(
            ["站", "s-1", "二小", "小学", "", "灶台", "烹饪", "rtsp://10.0.0.1/1", "", "u", "012 "],
            head=[column.en.upper() + " *" for column in COLUMNS],
        ),
    ],
    ids=["utf-8", "gb18030", "bom", "semicolons", "tabs", "xlsx", "english"],
)
def test_a_row_is_read_as_it_was_typed(file: bytes) -> None:
    (row,), faults, wrong = rows_of(read(file))
    assert not faults
    assert not wrong
    assert row.number == 2
    assert [row[column.id] for column in COLUMNS] == [
        "站", "s-1", "二小", "小学", "", "灶台", "烹饪", "rtsp://10.0.0.1/1", "", "u", "012 ",
    ]  # fmt: skip


def test_numbers_are_read_as_people_see_them() -> None:
    (row,), _, _ = rows_of(read(xlsx(["", 12, "二小", "", 3.0, 1.5])))
    assert (row["site_id"], row["camera_id"], row["camera_name"]) == ("12", "3", "1.5")


def test_what_computes_is_refused_and_what_looks_like_it_is_text() -> None:
    (row,), faults, wrong = rows_of(read(xlsx(["", "a", "=HYPERLINK(1)"])))
    assert not faults
    assert [(each.field, "formula" in each.problem) for each in wrong[row.number]] == [("site_name", True)]
    assert Formula() in read(xlsx(["=1+1"]))[1]
    (row,), _, wrong = rows_of(read(csv("a,b,'=1+1,,,,,,,,=secret")))
    assert (row["site_name"], row["password"], wrong) == ("=1+1", "=secret", {})


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"nothing of ours", "No row names the columns"),
        (csv("x", head="学校名称,学校编号,密码"), "主码流地址"),
        (csv("x", head="学校名称,学校,密码,主码流地址"), "there twice"),
    ],
)
def test_a_sheet_that_is_no_list_says_what_to_take(file: bytes, words: str) -> None:
    rows, faults, _ = rows_of(read(file))
    assert not rows
    assert words in faults[0].problem
    assert "template" in faults[0].change


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def workbook_with(part: str, content: bytes) -> bytes:
    """A whole workbook in which one part says something else."""
    with zipfile.ZipFile(io.BytesIO(xlsx(["a"]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(parts | {part: content})


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"\x00" * 1000, "neither CSV"),
        (b"\xff\xfe\xff" * 50, "neither CSV"),
        (b"PK\x03\x04 and then nothing", "no whole XLSX"),
        (zipped({"a.txt": b"a photo, say"}), "no whole XLSX"),
        (zipped({f"{n}.xml": b"" for n in range(600)}), "unpacks to more"),
        (workbook_with(SHEET, b"0" * 50_000_000), "unpacks to more"),
        (workbook_with(SHEET, LAUGHS), "document type"),
        (workbook_with(SHEET, LAUGHS.decode().encode("utf-16")), "document type"),
        (workbook_with(SHEET, b" " * 65_530 + LAUGHS), "document type"),
        (workbook_with(SHEET, b"<worksheet><sheetData><row r='x'>"), "no whole XLSX"),
        (csv('a,"b'), "no whole CSV"),
        (csv(*["a,b,c"] * (ROWS_MAX + 100)), f"more than {ROWS_MAX} rows"),
        (b"a" * (BYTES_MAX + 1), "at most"),
    ],
)
def test_hostile_files_are_refused_in_words(file: bytes, words: str) -> None:
    with pytest.raises(RequestRefused, match="cannot be read") as refused:
        read(file)
    assert words in str(refused.value)


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    file = bytearray(workbook_with(SHEET, b"0" * 50_000_000))
    size = (50_000_000).to_bytes(4, "little")
    assert file.count(size) == 2, "in the local header and in the directory"
    with pytest.raises(RequestRefused):
        read(bytes(file).replace(size, (5000).to_bytes(4, "little")))


def test_what_stands_far_below_is_not_lost_without_a_word() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_string(9000, 2, "far below")
    with pytest.raises(RequestRefused, match="below row"):
        read(file.getvalue())
    _, faults, _ = rows_of(read(xlsx(*[["", f"s-{n}"] for n in range(ROWS_MAX + 1)])))
    assert f"at most {ROWS_MAX}" in faults[0].problem


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400), st.integers(0, 6000), st.integers(1, 40))
def test_no_bytes_lead_to_anything_but_rows_or_a_refusal(junk: bytes, at: int, gone: int) -> None:
    whole = WHOLE
    for file in (junk, b"PK\x03\x04" + junk, whole[: at % len(whole)] + junk[:gone] + whole[at % len(whole) + gone :]):
        try:
            rows_of(read(file))
        except RequestRefused:
            continue


WHOLE = xlsx(["站", "s-1", "二小", "小学", "", "灶台", "烹饪", "rtsp://10.0.0.1/1", "", "u", "p"])

UNITS = [
    Unit("city", "阳泉市", "city"),
    Unit("zone", "高新区", "district", "city", "High-Tech Zone"),
    Unit("one", "第一所", "station", "zone"),
    Unit("other", "第一所", "station", "city"),
]
OLD_SITE = Site("s-1", "二小", "primary", unit="one")
OLD = Camera(
    "c-1", "s-1", "灶台", "processing", StreamSource("rtsp://10.0.0.1/1"), username="u", sealed_password="sealed p"
)


def planned(*rows: dict[str, str], wrong: tuple[FieldFault, ...] = ()) -> list[RowPlan]:
    plan = CanteenPlan(
        UNITS, [OLD_SITE], [OLD], lambda camera, password: camera.sealed_password == f"sealed {password}"
    )
    return [plan.row(SheetRow(number, row), addresses(row), wrong) for number, row in enumerate(rows, 2)]


def addresses(row: dict[str, str]) -> Addresses:
    return Addresses(*(CleanUrl(row[name]) if row.get(name) else None for name in ("main_url", "sub_url")))


SAME = {"site_id": "s-1", "camera_id": "c-1", "camera_name": "灶台", "main_url": "rtsp://10.0.0.1/1", "password": "p"}
NEW = {
    "site_name": "新校",
    "site_kind": "幼儿园",
    "unit": "阳泉市/高新区/第一所",
    "camera_name": "灶",
    "main_url": "rtsp://10.0.0.2/1",
}


@pytest.mark.parametrize(
    ("row", "outcome", "changes"),
    [
        (SAME, "unchanged", []),
        ({**SAME, "site_id": "", "site_name": "二小", "camera_id": ""}, "unchanged", []),
        ({**SAME, "password": ""}, "unchanged", []),
        ({**SAME, "password": "q"}, "changed", ["password"]),
        ({**SAME, "purpose": "洗消", "username": "v"}, "changed", ["purpose", "username"]),
        ({**SAME, "main_url": "rtsp://10.0.0.1/2", "password": ""}, "changed", ["main"]),
        ({**SAME, "main_url": "rtsp://10.0.0.9/1"}, "changed", ["main"]),
        ({**SAME, "sub_url": "rtsp://10.0.0.1/s"}, "changed", ["sub"]),
        ({"site_id": "s-1", "site_kind": "secondary", "unit": "阳泉市＞第一所"}, "changed", ["kind", "unit"]),
        ({"site_id": "s-1"}, "unchanged", []),
        (NEW, "new", []),
    ],
)
def test_what_becomes_of_a_row(row: dict[str, str], outcome: Outcome, changes: list[str]) -> None:
    (plan,) = planned(row)
    assert plan.faults == ()
    assert plan.outcome == outcome
    assert plan.site is not None
    found = [*plan.site.changes, *(plan.camera.changes if plan.camera else ())]
    assert sorted(found) == changes


def test_no_password_stands_in_what_may_be_logged() -> None:
    plans = planned({**NEW, "password": "hunter-two"}, {**SAME, "password": "hunter-two"})
    assert [plan.outcome for plan in plans] == ["new", "changed"]
    assert "hunter-two" not in repr(plans)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({**NEW, "unit": "阳泉市/没有"}, "unit", "no unit '没有' below '阳泉市'"),
        ({**NEW, "unit": "第一所"}, "unit", "Several units"),
        ({**NEW, "site_kind": "网吧"}, "site_kind", "no kind of school"),
        ({**NEW, "purpose": "跳舞"}, "purpose", "no purpose"),
        ({**NEW, "site_id": "Bad Id"}, "site_id", "no id"),
        ({**NEW, "camera_id": "Bad Id"}, "camera_id", "no id"),
        ({**NEW, "site_name": ""}, "site_name", "needs a name"),
        ({**NEW, "camera_name": ""}, "camera_name", "needs a name"),
        ({**NEW, "main_url": ""}, "main_url", "needs an address"),
        ({**NEW, "camera_id": "c-1"}, "camera_id", "belongs to the school 's-1'"),
        ({**SAME, "main_url": "rtsp://10.0.0.9/1", "password": ""}, "password", "another host"),
    ],
)
def test_what_is_wrong_with_a_row(row: dict[str, str], column: str, words: str) -> None:
    (plan,) = planned(row)
    assert plan.outcome == "wrong"
    assert [fault.field for fault in plan.faults] == [column]
    assert words in plan.faults[0].problem
    assert plan.faults[0].change


def test_rows_of_one_school_belong_together() -> None:
    first, second, third, fourth, fifth = planned(
        NEW,
        {"site_name": "新校", "camera_name": "备餐", "main_url": "rtsp://10.0.0.3/1"},
        {**NEW, "site_kind": "小学", "camera_name": "仓库"},
        NEW,
        {**NEW, "unit": "", "camera_name": "门口"},
    )
    assert (first.outcome, second.outcome, fifth.outcome) == ("new", "new", "new")
    assert second.site is not None
    assert fifth.site is not None
    assert (second.site.outcome, second.site.site.unit) == ("unchanged", "one"), "known from the row before"
    assert fifth.site.outcome == "unchanged"
    assert [(each.field, "Row 2 says" in each.problem) for each in third.faults] == [("site_kind", True)]
    assert [(each.field, "Row 2 is about the same" in each.problem) for each in fourth.faults] == [
        ("camera_name", True)
    ]


def test_what_was_wrong_with_a_cell_stays_said() -> None:
    formula = fault("site_name", "formula")
    (plan,) = planned(SAME, wrong=(formula,))
    assert plan.faults == (formula,)
