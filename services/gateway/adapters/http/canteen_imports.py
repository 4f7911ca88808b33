"""Routes: new canteens from a spreadsheet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from services.gateway.adapters.canteen_template import Language, template_csv, template_xlsx
from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer
from services.gateway.adapters.http.problem_bodies import FieldProblem
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.sheet_reader import BYTES_MAX
from services.gateway.canteen_plan import Outcome, RowPlan
from shared.errors import PeerError, RequestRefused
from shared.telemetry import log

router = APIRouter(prefix="/api/v1/canteen-imports", tags=["organisation"])

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LINES = "application/x-ndjson"
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_CSV_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": _BINARY}, "description": "UTF-8 with BOM"}}
_XLSX_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {_XLSX: _BINARY}, "description": "Two sheets"}}
_AS_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {_LINES: {"schema": {"type": "string"}}},
        "description": "A line of JSON for each row when it is done: `row` as in a trial, `done`, `of`. The last one"
        " has `counts`, or `broken`: why it stopped in the middle, and then the same file is sent again",
    }
}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"CSV (UTF-8 or GB 18030) or XLSX, known by its bytes; at most {BYTES_MAX} bytes.",
        "content": dict.fromkeys(("text/csv", _XLSX, "application/octet-stream"), _BINARY),
    }
}


class ImportRow(Answer):
    """What becomes of one row. What is wrong is listed by column, with what to change."""

    row: int = Field(description="of the sheet; 1 is its first")
    outcome: Outcome
    site: str | None = Field(None, description="id of its school")
    site_name: str | None = None
    site_outcome: Outcome | None = None
    camera: str | None = Field(None, description="id of its camera; null where the row is about a school alone")
    camera_name: str | None = None
    camera_outcome: Outcome | None = None
    changes: list[str] = Field([], description="names of what differs; never a value")
    errors: list[FieldProblem] = Field(
        [], description="what to change, cell by cell; `field` is a column, or `row` where it is about all of it"
    )


class ImportCounts(Answer):
    """How many rows of each kind."""

    new: int
    changed: int
    unchanged: int
    wrong: int


class ImportTrial(Answer):
    """What a file would do."""

    rows: list[ImportRow]
    counts: ImportCounts


class ImportLine(Answer):
    """One line of what an import does, as it does it. The last one has `counts`, or `broken`: then send it again."""

    row: ImportRow | None = None
    done: int = Field(description="rows so far")
    of: int
    counts: ImportCounts | None = None
    broken: str | None = Field(None, description="why it stopped in the middle")


@router.get("/template.csv", response_class=Response, responses=_CSV_FILE | refusals(401, 403))
async def canteen_template_csv(lang: Annotated[Language, Query()] = "zh-CN") -> Response:
    """The columns of the list, to fill in."""
    return _download(template_csv(lang), _CSV, "csv")


@router.get("/template.xlsx", response_class=Response, responses=_XLSX_FILE | refusals(401, 403))
async def canteen_template_xlsx(lang: Annotated[Language, Query()] = "zh-CN") -> Response:
    """The same as a workbook, with words and an example on its second sheet."""
    return _download(template_xlsx(lang), _XLSX, "xlsx")


@router.post("/trial", responses=refusals(401, 403, 413, 422), openapi_extra=_FILE)
async def try_canteen_import(request: Request) -> ImportTrial:
    """Every row: whether it is new, changes something, changes nothing, or is wrong and why. Nothing is kept."""
    plans = await rooms_of(request).canteens.trial(await _file(request))
    return ImportTrial(rows=[_row(plan) for plan in plans], counts=_counts(plan.outcome for plan in plans))


@router.post(
    "",
    response_class=Response,
    responses=_AS_LINES | refusals(401, 403, 413, 422),
    openapi_extra=_FILE,
)
async def import_canteens(request: Request) -> Response:
    """Do what the trial says. Rows that are wrong are left out. The same file again changes nothing."""
    rows = await rooms_of(request).canteens.begin(by_of(request), await _file(request))
    return StreamingResponse(_lines(rows), media_type=_LINES, headers={"Cache-Control": "no-store"})


async def _lines(rows: AsyncIterator[tuple[RowPlan, int]]) -> AsyncIterator[bytes]:
    outcomes: list[Outcome] = []
    of = 0
    try:
        async for plan, of in rows:
            outcomes.append(plan.outcome)
            yield _line(ImportLine(row=_row(plan), done=len(outcomes), of=of))
    except PeerError as error:
        # The answer has begun: its last line says what its status cannot any more.
        log().warning("import stopped in the middle", done=len(outcomes), detail=str(error))
        words = "The database or the bus is away. Send the same file again shortly: it goes on where it stopped."
        yield _line(ImportLine(done=len(outcomes), of=of, broken=words))
        return
    yield _line(ImportLine(done=len(outcomes), of=of, counts=_counts(outcomes)))


def _line(line: ImportLine) -> bytes:
    return json.dumps(line.model_dump(mode="json", exclude_none=True), ensure_ascii=False).encode() + b"\n"


def _row(plan: RowPlan) -> ImportRow:
    site, camera = plan.site, plan.camera
    changes = [*(f"site.{name}" for name in (site.changes if site else ())), *(camera.changes if camera else ())]
    return ImportRow(
        row=plan.number,
        outcome=plan.outcome,
        site=site.site.id if site else None,
        site_name=site.site.name if site else plan.site_name or None,
        site_outcome=site.outcome if site else None,
        camera=camera.camera.id if camera else None,
        camera_name=camera.camera.name if camera else plan.camera_name or None,
        camera_outcome=camera.outcome if camera else None,
        changes=changes,
        errors=[FieldProblem.of(each) for each in plan.faults],
    )


def _counts(outcomes: Iterable[Outcome]) -> ImportCounts:
    found = Counter(outcomes)
    kinds: tuple[Literal["new", "changed", "unchanged", "wrong"], ...] = ("new", "changed", "unchanged", "wrong")
    return ImportCounts(**{kind: found[kind] for kind in kinds})


async def _file(request: Request) -> bytes:
    file = b""
    async for piece in request.stream():
        file += piece
        if len(file) > BYTES_MAX:
            words = f"The file is larger than {BYTES_MAX // 1000} kB: send several."
            raise RequestRefused("body_too_large", words, status=413)
    if not file:
        raise RequestRefused("bad_spreadsheet", "There is no file in this request: send CSV or XLSX.", status=422)
    return file


def _download(file: bytes, kind: str, ending: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="canteens.{ending}"', "Cache-Control": "no-store"}
    return Response(file, media_type=kind, headers=headers)
