"""Routes: evidence sealed for good, and what a kitchen's cameras covered on a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.adapters.http.access import address_of, identity_of
from services.gateway.adapters.http.bodies import Day
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.recordings import sent, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import (
    CoverageAnswer,
    EvidenceAnswer,
    NewEvidence,
    Page,
)
from services.gateway.recordings import byte_range
from shared.messages.evidence import EvidenceStatus, ReasonBegins

router = APIRouter(prefix="/api/v1", tags=["evidence"])

_ZIP: dict[int | str, dict[str, Any]] = {
    status: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": words,
    }
    for status, words in ((200, "All of it"), (206, "The range"))
}


@router.post("/evidence", status_code=202, responses=refusals(400, 401, 403, 404, 422))
async def seal_evidence(body: NewEvidence, request: Request, response: Response) -> EvidenceAnswer:
    """Seal a case file: the video of a range, hash list, proofs, signatures, stills, a report, and a verifier.

    From now on nothing of the range is deleted; once sealed the file cannot be changed or deleted by anybody until
    the lock ends.
    """
    rooms = rooms_of(request)
    by = identity_of(request)
    cameras = [await rooms.registry.camera_for(by, id) for id in dict.fromkeys(body.cameras)]
    made = await rooms.evidence.seal(
        identity_of(request),
        address_of(request),
        cameras,
        us_of(body.start),
        us_of(body.end),
        us_of(body.locked_until),
        body.reason,
        [us_of(each) for each in body.stills],
    )
    response.headers["Location"] = f"{router.prefix}/evidence/{made.case}"
    return evidence_answer(made)


@router.get("/evidence", responses=refusals(400, 401, 403, 422))
async def list_evidence(
    request: Request,
    paging: Paging,
    reason: Annotated[
        list[ReasonBegins] | None,
        Query(max_length=100, description="whose reason begins with this; several times: with one of these"),
    ] = None,
) -> Page[EvidenceAnswer]:
    """Case files, newest first."""
    found = await rooms_of(request).evidence.cases(identity_of(request), reason or (), paging)
    return Page(items=[evidence_answer(case) for case in found.items], next_cursor=found.next_cursor)


@router.get("/evidence/{id}", responses=refusals(401, 403, 404))
async def get_evidence(id: str, request: Request) -> EvidenceAnswer:
    """One case and how far its sealing is."""
    return evidence_answer(await rooms_of(request).evidence.case(identity_of(request), id))


@router.get("/evidence/{id}/file.zip", response_class=Response, responses=_ZIP | refusals(401, 403, 404, 409, 416))
async def evidence_file(id: str, request: Request) -> Response:
    """The sealed ZIP. `Range` is honoured, so a broken download goes on where it ended."""
    passage = await rooms_of(request).evidence.file(
        identity_of(request), address_of(request), id, byte_range(request.headers.get("range"))
    )
    answer = sent(passage)
    answer.headers["Content-Type"] = "application/zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{id}.zip"'
    return answer


@router.get("/sites/{id}/coverage", responses=refusals(401, 403, 404, 422))
async def coverage(
    id: str,
    request: Request,
    first: Annotated[Day, Query(description="a day on the kitchen's calendar")],
    last: Annotated[Day | None, Query(description="left out: the first day alone")] = None,
) -> CoverageAnswer:
    """The signed daily statements: what was expected, recorded, usable, analysed; each gap with its cause."""
    rooms = rooms_of(request)
    await rooms.registry.site(id)
    found = await rooms.evidence.coverage(id, first.isoformat(), (last or first).isoformat())
    return CoverageAnswer(items=list(found.items), public_key_pem=found.public_key_pem)


def evidence_answer(case: EvidenceStatus) -> EvidenceAnswer:
    """As the API shows a case."""
    return EvidenceAnswer(
        id=case.case,
        cameras=[each.camera for each in case.streams],
        start=_moment(case.from_us),
        end=_moment(case.to_us),
        locked_until=_moment(case.locked_until_us),
        reason=case.reason,
        asked_by=case.asked_by,
        asked_at=_moment(case.asked_us),
        state=case.state,
        progress=case.progress,
        size_bytes=case.size_bytes,
        sha256=case.sha256,
        error_code=case.error_code,
        error=case.error,
    )


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
