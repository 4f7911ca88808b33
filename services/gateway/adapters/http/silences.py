"""Routes: what is kept quiet for a while, and what it has kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.recordings import moment_of, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from shared.messages.cameras import RecordingWindow
from shared.messages.rules import Token
from shared.messages.silences import Silence, SilenceKind, SilenceStatus

router = APIRouter(prefix="/api/v1/silences", tags=["silences"])


class SilenceBody(Body):
    """What is to be kept quiet, until when, and why. Empty lists: all."""

    kind: SilenceKind = "silence"
    sites: list[Token] = Field([], max_length=1000)
    cameras: list[Token] = Field([], max_length=1000)
    rules: list[Token] = Field([], max_length=200)
    covers_class_1: bool = Field(False, description="needs the right to configure; at most a day")
    reason: str = Field(min_length=1, max_length=500)
    start: Moment | None = Field(None, description="None: now")
    end: Moment = Field(description="it ends by itself; a silence lasts 7 days at most")
    weekly: list[RecordingWindow] = Field([], max_length=20, description="maintenance: in these hours alone")
    time_zone: str = Field("Asia/Shanghai", max_length=60)


class SilenceAnswer(Answer):
    """One silence, and what it has kept quiet: `GET /alerts?silent=true&silence=…` lists it."""

    id: str
    kind: SilenceKind
    sites: list[str]
    cameras: list[str]
    rules: list[str]
    covers_class_1: bool
    reason: str
    start: datetime
    end: datetime
    weekly: list[RecordingWindow]
    time_zone: str
    made_by: str
    made_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    is_in_force: bool
    suppressed: int
    suppressed_by_rule: dict[str, int]


@router.get("", responses=refusals(401, 403, 422))
async def list_silences(
    request: Request,
    current: Annotated[bool | None, Query(description="true: in force or to come; false: over; left out: all")] = None,
) -> Page[SilenceAnswer]:
    """The newest first, at most 1000."""
    return Page(items=[_answer(each) for each in await rooms_of(request).silences.list(by_of(request), current)])


@router.post("", status_code=201, responses=refusals(401, 403, 404, 422))
async def add_silence(body: SilenceBody, request: Request) -> SilenceAnswer:
    """Keep something quiet: alerts are kept, counted and shown here, and nobody is told. It counts a few seconds on."""
    asked = Silence(
        silence="",
        kind=body.kind,
        sites=tuple(body.sites),
        cameras=tuple(body.cameras),
        rules=tuple(body.rules),
        covers_class_1=body.covers_class_1,
        reason=body.reason,
        from_us=0 if body.start is None else us_of(body.start),
        until_us=us_of(body.end),
        weekly=tuple(body.weekly),
        time_zone=body.time_zone,
        made_by=by_of(request).identity.name,
        made_us=0,
    )
    return _answer(await rooms_of(request).silences.add(by_of(request), asked))


@router.delete("/{id}", responses=refusals(401, 403, 404))
async def end_silence(id: str, request: Request) -> SilenceAnswer:
    """End it before its time. What still goes on is told then."""
    return _answer(await rooms_of(request).silences.end(by_of(request), id))


def _answer(status: SilenceStatus) -> SilenceAnswer:
    silence = status.silence
    return SilenceAnswer(
        id=silence.silence,
        kind=silence.kind,
        sites=list(silence.sites),
        cameras=list(silence.cameras),
        rules=list(silence.rules),
        covers_class_1=silence.covers_class_1,
        reason=silence.reason,
        start=moment_of(silence.from_us),
        end=moment_of(silence.until_us),
        weekly=list(silence.weekly),
        time_zone=silence.time_zone,
        made_by=silence.made_by,
        made_at=moment_of(silence.made_us),
        ended_by=silence.ended_by,
        ended_at=None if silence.ended_us is None else moment_of(silence.ended_us),
        is_in_force=status.is_in_force,
        suppressed=status.suppressed,
        suppressed_by_rule=status.suppressed_by_rule,
    )
