"""Routes: the library of announcements, how they sound, and when they are played."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, Field

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.broadcasts import RecipientsBody
from services.gateway.adapters.http.recording_plans import TimeOfDay, known_zone
from services.gateway.adapters.http.recordings import moment_of, sent
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Name, Page
from services.gateway.recordings import byte_range
from shared.errors import RequestRefused
from shared.messages.announcements import (
    TEXT_CHARACTERS_MAX,
    AnnouncementKind,
    AnnouncementStatus,
    ScheduleOutcome,
    ScheduleStatus,
)
from shared.messages.broadcasts import Addressed, Language
from shared.messages.intercom import TalkPriority

router = APIRouter(prefix="/api/v1", tags=["announcements"])

_SOUND_BYTES_MAX = 5_000_000
_WAV = "audio/wav"
_SOUND: dict[int | str, dict[str, Any]] = {
    status: {"content": {_WAV: {"schema": {"type": "string", "format": "binary"}}}, "description": words}
    for status, words in ((200, "All of it"), (206, "The range"))
}
_WHOLE: dict[int | str, dict[str, Any]] = {200: _SOUND[200]}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"WAV, MP3, M4A, AAC, Ogg, Opus, FLAC, AMR, WebM; at most {_SOUND_BYTES_MAX} bytes. It is"
        " recognised by its bytes, decoded, made mono and brought to one loudness; the file itself is not kept.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("audio/wav", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/flac", "application/octet-stream")
        },
    }
}
Text = Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS_MAX, examples=["请戴好口罩和帽子，谢谢配合。"])]


class NewAnnouncement(Body):
    """A text to be spoken."""

    name: Name = Field(examples=["口罩提醒"])
    text: Text
    language: Language = "zh-CN"


class SpeechBody(Body):
    """A text to listen to before it is kept."""

    text: Text
    language: Language = "zh-CN"


class AnnouncementAnswer(Answer):
    """One announcement."""

    id: str
    name: str
    kind: AnnouncementKind = Field(description="text: spoken by a voice; file: uploaded")
    language: Language
    text: str | None = None
    voice: str | None = Field(None, examples=["espeak-ng"])
    duration_s: float
    loudness_lufs: float = Field(description="integrated, EBU R128, as it is played", examples=[-16.1])
    peak_dbfs: float = Field(description="true peak", examples=[-1.7])
    size_bytes: int
    sha256: str = Field(description="of the WAV that is kept")
    made_by: str
    made_at: datetime


class NewSchedule(Body):
    """When and where an announcement is played. Late it is not played at all."""

    announcement: str = Field(max_length=80)
    to: RecipientsBody = Field(description="cameras that are added to a site later are told too")
    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        min_length=1, max_length=7, description="weekdays: 1 is Monday, 7 is Sunday", examples=[[1, 2, 3, 4, 5]]
    )
    times: list[TimeOfDay] = Field(min_length=1, max_length=48, examples=[["10:30", "16:00"]])
    time_zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    priority: TalkPriority = Field("routine", description="routine ones count toward a camera's limit per hour")


class RecipientsAnswer(Answer):
    """To whom."""

    cameras: list[str]
    sites: list[str]
    all: bool


class ScheduleAnswer(Answer):
    """One schedule."""

    id: str
    announcement: str
    to: RecipientsAnswer
    days: list[int]
    times: list[str]
    time_zone: str
    priority: TalkPriority
    made_by: str
    made_at: datetime
    next_at: datetime | None = None
    last_at: datetime | None = Field(None, description="when it was due last")
    outcome: ScheduleOutcome | None = Field(
        None, description="of the last time. missed: no worker was there in time, and late it is not played"
    )
    broadcast: str | None = Field(None, description="the broadcast that played it, with its receipts")
    detail: str = ""


@router.get("/announcements", responses=refusals(401, 403))
async def list_announcements(request: Request) -> Page[AnnouncementAnswer]:
    """The library, newest first; at most 1000."""
    return Page(items=[_answer(each) for each in await rooms_of(request).announcements.newest()])


@router.post("/announcements", status_code=201, responses=refusals(401, 403, 409, 422))
async def add_announcement(body: NewAnnouncement, request: Request, response: Response) -> AnnouncementAnswer:
    """Keep a text as speech."""
    made = await rooms_of(request).announcements.add_text(by_of(request), body.name, body.text, body.language)
    response.headers["Location"] = f"{router.prefix}/announcements/{made.announcement}"
    return _answer(made)


@router.post("/announcements/files", status_code=201, responses=refusals(401, 403, 409, 413, 422), openapi_extra=_FILE)
async def add_announcement_file(
    request: Request,
    response: Response,
    name: Annotated[str, Query(min_length=1, max_length=100)],
    language: Language = "zh-CN",
) -> AnnouncementAnswer:
    """Keep a sound file."""
    data = await _body(request)
    made = await rooms_of(request).announcements.add_file(by_of(request), name, data, language)
    response.headers["Location"] = f"{router.prefix}/announcements/{made.announcement}"
    return _answer(made)


@router.post("/announcements/preview", response_class=Response, responses=_WHOLE | refusals(401, 403, 422))
async def preview_announcement(body: SpeechBody, request: Request) -> Response:
    """How a text will sound: WAV. Nothing is kept."""
    wav = await rooms_of(request).announcements.preview(body.text, body.language)
    return Response(wav, media_type=_WAV, headers={"Cache-Control": "no-store"})


@router.get("/announcements/{id}", responses=refusals(401, 403, 404))
async def get_announcement(id: str, request: Request) -> AnnouncementAnswer:
    """One announcement."""
    return _answer(await rooms_of(request).announcements.one(id))


@router.get("/announcements/{id}/sound", response_class=Response, responses=_SOUND | refusals(401, 403, 404, 416))
async def announcement_sound(id: str, request: Request) -> Response:
    """As it is played: WAV, for an `<audio>` element. `Range` is honoured."""
    answer = sent(await rooms_of(request).announcements.sound(id, byte_range(request.headers.get("range"))))
    answer.headers["Content-Type"] = _WAV
    return answer


@router.delete("/announcements/{id}", status_code=204, responses=refusals(401, 403, 404, 409))
async def remove_announcement(id: str, request: Request) -> None:
    """Remove one from the library. 409 while a schedule plays it."""
    await rooms_of(request).announcements.remove(by_of(request), id)


@router.get("/announcement-schedules", responses=refusals(401, 403))
async def list_schedules(request: Request) -> Page[ScheduleAnswer]:
    """When what is played, and how the last time went; at most 500."""
    return Page(items=[_schedule(each) for each in await rooms_of(request).announcements.schedules()])


@router.post("/announcement-schedules", status_code=201, responses=refusals(401, 403, 404, 409, 422))
async def add_schedule(body: NewSchedule, request: Request) -> ScheduleAnswer:
    """Play an announcement at times of the week, on the kitchens' clock."""
    made = await rooms_of(request).announcements.add_schedule(
        by_of(request),
        body.announcement,
        body.to.cameras,
        body.to.sites,
        body.days,
        [int(time[:2]) * 60 + int(time[3:]) for time in body.times],
        is_everyone=body.to.all,
        time_zone=body.time_zone,
        priority=body.priority,
    )
    return _schedule(made)


@router.delete("/announcement-schedules/{id}", status_code=204, responses=refusals(401, 403, 404))
async def remove_schedule(id: str, request: Request) -> None:
    """Play it no more."""
    await rooms_of(request).announcements.remove_schedule(by_of(request), id)


async def _body(request: Request) -> bytes:
    """Read no further than a sound may be long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _SOUND_BYTES_MAX:
            raise RequestRefused(
                "body_too_large", "The body is larger than 5 MB: send it as MP3, M4A or Ogg.", status=413
            )
    return bytes(body)


def _answer(kept: AnnouncementStatus) -> AnnouncementAnswer:
    values = kept.model_dump(exclude={"announcement", "made_us"})
    return AnnouncementAnswer(id=kept.announcement, made_at=moment_of(kept.made_us), **values)


def _schedule(kept: ScheduleStatus) -> ScheduleAnswer:
    values = kept.model_dump(exclude={"schedule", "to", "minutes", "made_us", "next_us", "last_us"})
    return ScheduleAnswer(
        id=kept.schedule,
        to=_recipients(kept.to),
        times=[f"{minute // 60:02}:{minute % 60:02}" for minute in kept.minutes],
        made_at=moment_of(kept.made_us),
        next_at=None if kept.next_us is None else moment_of(kept.next_us),
        last_at=None if kept.last_us is None else moment_of(kept.last_us),
        **values,
    )


def _recipients(to: Addressed) -> RecipientsAnswer:
    return RecipientsAnswer(cameras=[one.camera for one in to.cameras], sites=list(to.sites), all=to.is_everyone)
