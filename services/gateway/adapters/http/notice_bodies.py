"""The bodies of notifications, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.recordings import moment_of, us_of
from services.gateway.roles import Role
from shared.messages.cameras import RecordingWindow
from shared.messages.notices import (
    ChainStep,
    ChannelKind,
    DeliveryState,
    DutySpan,
    Language,
    Missed,
    NoticeChain,
    NoticeChannel,
    NoticeDelivery,
    NoticeKind,
    NoticePerson,
    NoticePreview,
    NoticePreviewWanted,
    NoticeRota,
    RotaException,
    RotaShift,
)
from shared.messages.rules import RiskClass

_People = Annotated[list[str], Field(max_length=50, description="names of accounts")]
_SECRET: dict[str, Any] = {"writeOnly": True, "format": "password"}


class ChannelAnswer(Answer):
    """A way to reach a person. Its address and secret never leave."""

    id: str
    person: str
    kind: ChannelKind
    title: str
    service: str = Field(description="apprise: the scheme, such as wecombot; web_push: the push service's host")
    is_enabled: bool
    failures: int = Field(description="attempts in a row that failed")
    last_error: str | None = None
    last_at: datetime | None = None


class NewChannel(Body):
    """mail: a mail address; webhook: a URL in an allowed network, and a secret; apprise: a URL as apprise reads it."""

    kind: Literal["mail", "webhook", "apprise"]
    person: str | None = Field(None, max_length=64, description="whom it reaches; left out: yourself")
    title: str = Field("", max_length=100)
    address: str = Field(min_length=1, max_length=2000, json_schema_extra=_SECRET)
    secret: str = Field("", max_length=200, json_schema_extra=_SECRET, description="webhook: signs every message")


class ChannelChangeBody(Body):
    """What to change; what is left out stays."""

    title: str | None = Field(None, max_length=100)
    is_enabled: bool | None = None
    address: str | None = Field(None, min_length=1, max_length=2000, json_schema_extra=_SECRET)
    secret: str | None = Field(None, min_length=16, max_length=200, json_schema_extra=_SECRET)


class ChannelTestAnswer(Answer):
    """What the channel said."""

    is_ok: bool
    said: str = Field(examples=["The mail server refuses: 535 Authentication credentials invalid"])
    took_ms: int


class WishesBody(Body):
    """What a person wants to be told."""

    is_enabled: bool = True
    language: Language = "zh-CN"
    risk_max: RiskClass = Field(3, description="least severe class that is told: 1 is the worst")
    sites: list[str] = Field([], max_length=1000, description="of these alone; empty: all that they may see")
    kinds: list[NoticeKind] = Field([], description="these alone; empty: all")
    hours: list[RecordingWindow] = Field([], max_length=50, description="outside them it waits; empty: always")
    time_zone: str = Field("Asia/Shanghai", max_length=60, description="IANA name of the clock of `hours`")
    rota: str | None = Field(None, max_length=63, description="told only while on duty in it")
    quiet_s: int = Field(60, ge=0, le=86_400, description="after a message the next waits so long, and is one of many")


class PersonAnswer(Answer):
    """Somebody who can be told."""

    name: str = Field(examples=["li"])
    roles: list[Role]


class WishesAnswer(Answer):
    """What a person wants to be told; the defaults where they said nothing."""

    person: str
    is_enabled: bool
    language: Language
    risk_max: RiskClass
    sites: list[str]
    kinds: list[NoticeKind]
    hours: list[RecordingWindow]
    time_zone: str
    rota: str | None
    quiet_s: int


class ShiftBody(Body):
    """People on duty at a time of the week."""

    window: RecordingWindow
    people: _People = Field(min_length=1)


class ExceptionBody(Body):
    """A time in which the weekly table does not hold."""

    start: Moment
    end: Moment
    people: _People = Field([], description="nobody: nobody is on duty")


class RotaBody(Body):
    """Who is on duty when."""

    title: str = Field(min_length=1, max_length=100)
    time_zone: str = Field("Asia/Shanghai", max_length=60)
    shifts: list[ShiftBody] = Field([], max_length=200)
    exceptions: list[ExceptionBody] = Field([], max_length=500, description="the last that fits goes first")


class ExceptionAnswer(Answer):
    """A time in which the weekly table does not hold."""

    start: datetime
    end: datetime
    people: list[str]


class RotaAnswer(Answer):
    """Who is on duty when."""

    id: str
    title: str
    time_zone: str
    shifts: list[RotaShift]
    exceptions: list[ExceptionAnswer]


class ChainBody(Body):
    """Who is told next while nobody takes it."""

    title: str = Field(min_length=1, max_length=100)
    is_enabled: bool = True
    risk_max: RiskClass = Field(1, description="least severe class that it is for: 1 is the worst")
    sites: list[str] = Field([], max_length=1000, description="for these schools; no site and no unit: for all")
    units: list[str] = Field(
        [], max_length=100, description="and for all schools of these units and of all below them, as they are then"
    )
    kinds: list[NoticeKind] = Field(["alert"], min_length=1)
    steps: list[ChainStep] = Field(min_length=1, max_length=20)


class ChainAnswer(Answer):
    """Who is told next while nobody takes it."""

    id: str
    title: str
    is_enabled: bool
    risk_max: RiskClass
    sites: list[str]
    units: list[str]
    kinds: list[NoticeKind]
    steps: list[ChainStep]


class DutyAnswer(Answer):
    """The same people on duty for a while."""

    rota: str
    start: datetime
    end: datetime
    people: list[str] = Field(description="nobody: nobody is on duty")


class PreviewBody(Body):
    """An alert that might be raised."""

    site: str = Field(max_length=63)
    rule: str | None = Field(None, max_length=63, description="left out: a rule that tells supervisors")
    risk: RiskClass | None = Field(None, description="left out: the class of the rule, 1 without one")
    at: Moment | None = Field(None, description="left out: now")


class PreviewPersonAnswer(Answer):
    """Somebody who would be told, or would not although they are named."""

    person: str
    at: datetime = Field(description="not before: their hours")
    channels: list[ChannelKind] = Field(description="none: all of theirs are switched off")
    missed: Missed | None = Field(None, description="why they are not told; null: they are")
    is_told_before: bool = Field(description="by an earlier step: nobody is told twice of one thing")


class PreviewStepAnswer(Answer):
    """Those who are told at one moment, if nobody has taken it by then."""

    at: datetime
    chain: str | None = Field(None, description="null: at once, by the rule and by what people asked for")
    step: int
    people: list[PreviewPersonAnswer]
    empty_rotas: list[str] = Field(description="that have nobody on duty then")


class PreviewAnswer(Answer):
    """Whom an alert would be told to, soonest first."""

    risk: RiskClass
    at: datetime
    steps: list[PreviewStepAnswer]


class AttemptAnswer(Answer):
    """One try to reach somebody."""

    number: int
    at: datetime
    outcome: Literal["began", "sent", "delivered", "failed"] = Field(
        description="began: nobody knows how it ended; it was tried again"
    )
    said: str


class DeliveryAnswer(Answer):
    """One thing, told to one person on one channel; there is never a second one of the three."""

    id: str
    kind: NoticeKind
    subject: str = Field(description="alert:<id> or order:<id>")
    site: str
    risk: RiskClass
    person: str
    channel: str
    channel_kind: ChannelKind
    state: DeliveryState
    why: str = Field(description="the last failure")
    step: int | None = Field(None, description="of the chain that called this person; null: they asked for it")
    made_at: datetime
    due_at: datetime = Field(description="not before")
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    message: str | None = Field(None, description="told with others in one message of this id")
    attempts: list[AttemptAnswer]


def channel_answer(channel: NoticeChannel) -> ChannelAnswer:
    return ChannelAnswer(
        id=channel.channel,
        last_at=_moment(channel.last_us),
        **channel.model_dump(include={"person", "kind", "title", "service", "is_enabled", "failures", "last_error"}),
    )


def wish_of(person: str, body: WishesBody) -> NoticePerson:
    return NoticePerson(person=person, **body.model_dump())


def wishes_answer(wish: NoticePerson) -> WishesAnswer:
    return WishesAnswer.model_validate(wish.model_dump())


def rota_of(id: str, body: RotaBody) -> NoticeRota:
    return NoticeRota(
        rota=id,
        title=body.title,
        time_zone=body.time_zone,
        shifts=tuple(RotaShift(window=each.window, people=_names(each.people)) for each in body.shifts),
        exceptions=tuple(
            RotaException(from_us=us_of(each.start), to_us=us_of(each.end), people=_names(each.people))
            for each in body.exceptions
        ),
    )


def rota_answer(rota: NoticeRota) -> RotaAnswer:
    exceptions = [
        ExceptionAnswer(start=moment_of(each.from_us), end=moment_of(each.to_us), people=list(each.people))
        for each in rota.exceptions
    ]
    return RotaAnswer(
        id=rota.rota, title=rota.title, time_zone=rota.time_zone, shifts=list(rota.shifts), exceptions=exceptions
    )


def chain_of(id: str, body: ChainBody) -> NoticeChain:
    steps = tuple(step.model_copy(update={"people": _names(step.people)}) for step in body.steps)
    return NoticeChain(chain=id, steps=steps, **body.model_dump(exclude={"steps"}))


def chain_answer(chain: NoticeChain) -> ChainAnswer:
    return ChainAnswer(id=chain.chain, steps=list(chain.steps), **chain.model_dump(exclude={"chain", "steps"}))


def duty_answer(span: DutySpan) -> DutyAnswer:
    return DutyAnswer(
        rota=span.rota, start=moment_of(span.from_us), end=moment_of(span.to_us), people=list(span.people)
    )


def preview_of(body: PreviewBody, now_us: int) -> NoticePreviewWanted:
    at_us = now_us if body.at is None else us_of(body.at)
    return NoticePreviewWanted(site=body.site, rule=body.rule, risk=body.risk, at_us=at_us)


def preview_answer(wanted: NoticePreviewWanted, found: NoticePreview) -> PreviewAnswer:
    steps = [
        PreviewStepAnswer(
            at=moment_of(step.at_us),
            people=[
                PreviewPersonAnswer(at=moment_of(each.at_us), **each.model_dump(exclude={"at_us"}))
                for each in step.people
            ],
            **step.model_dump(exclude={"at_us", "people"}),
        )
        for step in found.steps
    ]
    return PreviewAnswer(risk=found.risk, at=moment_of(wanted.at_us), steps=steps)


def delivery_answer(each: NoticeDelivery) -> DeliveryAnswer:
    times = ("made_us", "due_us", "sent_us", "delivered_us", "acknowledged_us")
    return DeliveryAnswer(
        id=each.delivery,
        made_at=moment_of(each.made_us),
        due_at=moment_of(each.due_us),
        sent_at=_moment(each.sent_us),
        delivered_at=_moment(each.delivered_us),
        acknowledged_at=_moment(each.acknowledged_us),
        attempts=[
            AttemptAnswer(number=one.number, at=moment_of(one.at_us), outcome=one.outcome, said=one.said)
            for one in each.attempts
        ],
        **each.model_dump(exclude={"delivery", "thing", "attempts", *times}),
    )


def _names(people: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    # As accounts are kept.
    return tuple(name.strip().casefold() for name in people)


def _moment(us: int | None) -> datetime | None:
    return None if us is None else moment_of(us)
