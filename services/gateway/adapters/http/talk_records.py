"""Routes: talks that are over, and their sound."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.gateway.adapters.http.access import by_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Moment
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.recordings import moment_of, sent, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from services.gateway.handlers.talk_records import TalkFilter
from services.gateway.recordings import byte_range
from shared.messages.intercom import TalkEnding, TalkPriority
from shared.messages.talk_records import SoundForm, TalkRecord

router = APIRouter(prefix="/api/v1", tags=["talk"])

_TYPES: dict[SoundForm, str] = {"matroska": "audio/x-matroska", "wav": "audio/wav"}
_ENDINGS: dict[SoundForm, str] = {"matroska": "mka", "wav": "wav"}
_SOUND: dict[int | str, dict[str, Any]] = {
    status: {
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES.values()},
        "description": words,
    }
    for status, words in ((200, "All of it"), (206, "The range"))
}


class TalkRecordAnswer(Answer):
    """A talk that is over, from its first press until nobody answered any more."""

    id: str
    talk: str = Field(description="a talk with long silences is kept in several records")
    site: str
    camera: str
    case: str | None
    talker: str
    priority: TalkPriority
    start: datetime
    end: datetime
    presses: int
    spoken_s: float = Field(description="pressed, altogether")
    ending: TalkEnding | Literal["released", "worker_lost"] = Field(description="how its last press ended")
    codec: str = Field(description="in which the kitchen was spoken to")
    has_sound: bool
    has_microphone: bool = Field(description="whether the kitchen was heard meanwhile")
    size_bytes: int | None = Field(description="of the Matroska file")
    sha256: str | None = Field(description="of the Matroska file, hex")
    transcript: str | None = Field(description="nobody writes it yet")


@router.get("/talks", responses=refusals(400, 401, 403, 422))
async def list_talks(
    request: Request,
    page: Paging,
    camera: Annotated[str | None, Query(description="with this camera alone")] = None,
    site: Annotated[str | None, Query(description="with this site alone")] = None,
    case: Annotated[str | None, Query(description="of this case alone")] = None,
    start: Annotated[Moment | None, Query(alias="from", description="that ended then or later")] = None,
    end: Annotated[Moment | None, Query(alias="to", description="that began before")] = None,
) -> Page[TalkRecordAnswer]:
    """Talks that are over, newest first: who, when, how long, how it ended, and whether there is sound."""
    sites = identity_of(request).seen_sites(() if site is None else (site,))
    wanted = TalkFilter(
        sites, camera, case, None if start is None else us_of(start), None if end is None else us_of(end)
    )
    found = await rooms_of(request).talk_records.records(wanted, page)
    return Page(items=[_answer(record) for record in found.items], next_cursor=found.next_cursor)


@router.get("/talks/{talk}/sound", response_class=Response, responses=_SOUND | refusals(401, 403, 404, 416))
async def talk_sound(
    talk: str,
    request: Request,
    form: Annotated[
        SoundForm, Query(description="matroska: the bytes as they were sent and heard; wav: to listen to, in stereo")
    ] = "matroska",
) -> Response:
    """The sound of a talk on record (`id`): to the kitchen, and from it. `Range` is honoured."""
    passage = await rooms_of(request).talk_records.sound(
        by_of(request), talk, form, byte_range(request.headers.get("range"))
    )
    answer = sent(passage)
    answer.headers["Content-Type"] = _TYPES[form]
    answer.headers["Content-Disposition"] = f'inline; filename="talk-{talk}.{_ENDINGS[form]}"'
    return answer


def _answer(record: TalkRecord) -> TalkRecordAnswer:
    return TalkRecordAnswer(
        id=record.record,
        start=moment_of(record.from_us),
        end=moment_of(record.to_us),
        has_sound=record.sha256 is not None,
        **record.model_dump(exclude={"record", "from_us", "to_us"}),
    )
