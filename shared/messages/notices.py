"""Who is told what, how and when: people's channels and wishes, rotas, chains, and every delivery with its attempts."""

from __future__ import annotations

from hashlib import sha256
from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.cameras import RecordingWindow
from shared.messages.ingest import AT_US
from shared.messages.rules import RiskClass

ChannelKind = Literal["console", "mail", "webhook", "apprise", "web_push"]
Language = Literal["zh-CN", "en"]
NoticeKind = Literal[
    "alert",
    "order_served",
    "order_reminder",
    "order_overdue",
    "order_answered",
    "order_reopened",
    "order_appealed",
    "appeal_decided",
    "card_yellow",
    "card_red",
]
DeliveryState = Literal["queued", "sent", "delivered", "failed", "acknowledged"]
Missed = Literal["no_account", "not_their_school", "switched_off", "not_reviewed"]
_US = "UTC microseconds"
_ID = r"^[a-z0-9][a-z0-9_-]{0,62}$"


def address_context(channel: str) -> str:
    """What the address of a channel is sealed for."""
    return f"notice:{channel}"


def secret_context(channel: str) -> str:
    """The same of its secret."""
    return f"notice:{channel}:secret"


def device_id(endpoint: str) -> str:
    """The channel of a device: a browser works it out for itself, and knows which of the listed it is."""
    return "w" + sha256(endpoint.encode()).hexdigest()[:24]


class PersonKnown(Message):
    """Entry of bucket `people`: an account as the gateway has it. Who is not here, or not enabled, is told nothing."""

    person: str = Field(description="name of the account")
    roles: tuple[str, ...] = ()
    sites: tuple[str, ...] | None = Field(None, description="the only schools they may hear of; None: all")
    is_enabled: bool = True


class SiteKnown(Message):
    """Entry of bucket `sites`, key: id of the school; written by the gateway, for those without cameras too."""

    units: tuple[str, ...] = Field(
        (), description="of the organisation, ids from the top down to the one it belongs to; empty: none"
    )


class NoticeChannel(Message):
    """One way to reach one person. Address and secret are sealed and are never part of an answer."""

    channel: str
    person: str
    kind: ChannelKind
    title: str = ""
    service: str = Field("", description="apprise: the scheme, such as wecombot; web_push: the push service's host")
    is_enabled: bool = True
    failures: int = Field(0, description="attempts in a row that failed")
    last_error: str | None = None
    last_us: int | None = Field(None, description="newest attempt, " + _US)


class NoticeChannelsOf(Message):
    """Command `notice_channels`: of one person, or of all."""

    person: str | None = None
    channel: str | None = None


class NoticeChannelList(Message):
    """Answer of `notice_channels`, `notice_channel_put` and `notice_channel_remove`."""

    items: tuple[NoticeChannel, ...] = ()


class NoticeChannelPut(Message):
    """Command `notice_channel_put`: make a channel, or change it; works at once.

    Sealed for `address_context` and `secret_context`. mail: the address; webhook: the URL, and the secret that signs;
    apprise: the URL. None: as it was.
    """

    channel: str = Field(pattern=_ID)
    person: str = Field(min_length=1, max_length=64)
    kind: ChannelKind
    title: str = Field("", max_length=100)
    is_enabled: bool = True
    sealed_address: str | None = None
    sealed_secret: str | None = None


class NoticeChannelRef(Message):
    """Command `notice_channel_remove`, `notice_channel_test`: one channel."""

    channel: str


class NoticePushWanted(Message):
    """Command `notice_push`: what a browser needs to subscribe."""


class NoticePush(Message):
    """Answer of `notice_push`."""

    public_key: str = Field("", description="VAPID, base64url: the browser's applicationServerKey; empty: it is off")
    why_off: Literal["no_hosts", "seal_broken"] | None = Field(
        None, description="no_hosts: no push service may be used; seal_broken: the key cannot be opened"
    )
    devices_max: int = Field(description="of one person")


class NoticeDevicePut(Message):
    """Command `notice_device_put`: a browser has subscribed. Answer: `NoticeChannelList`.

    Sealed for `address_context` and `secret_context`: its endpoint, and `<p256dh>.<auth>`.
    """

    channel: str = Field(pattern=_ID, description="`device_id` of the endpoint")
    person: str = Field(min_length=1, max_length=64)
    title: str = Field("", max_length=100)
    sealed_address: str
    sealed_secret: str


class NoticeTest(Message):
    """Answer of `notice_channel_test`: what the channel said."""

    is_ok: bool
    said: str = Field(description="in the channel's own words, without addresses and secrets")
    took_ms: int


class NoticePerson(Message):
    """What one person wants to be told. Also the answer of `notice_person` and `notice_person_put`."""

    person: str = Field(min_length=1, max_length=64)
    is_enabled: bool = True
    language: Language = "zh-CN"
    risk_max: RiskClass = Field(3, description="least severe class that is told: 1 is the worst")
    sites: tuple[str, ...] = Field((), max_length=1000, description="of these alone; empty: all that they may see")
    kinds: tuple[NoticeKind, ...] = Field((), description="these alone; empty: all")
    hours: tuple[RecordingWindow, ...] = Field(
        (), max_length=50, description="outside them it waits until they begin; empty: always"
    )
    time_zone: str = Field("Asia/Shanghai", description="IANA name of the clock of `hours`")
    rota: str | None = Field(None, description="told only while on duty in it")
    quiet_s: int = Field(60, ge=0, le=86_400, description="after a message the next waits so long, and is one of many")


class NoticePersonRef(Message):
    """Command `notice_person`: what one person wants; the defaults where nothing was said."""

    person: str


class RotaShift(Message):
    """People on duty at a time of the week."""

    window: RecordingWindow
    people: tuple[str, ...] = Field(min_length=1, max_length=50)


class RotaException(Message):
    """A time in which the weekly table does not hold: holidays, a swap. Nobody named: nobody is on duty."""

    from_us: int = Field(description=_US)
    to_us: int
    people: tuple[str, ...] = Field((), max_length=50)


class NoticeRota(Message):
    """Who is on duty when. Also the command `notice_rota_put`."""

    rota: str = Field(pattern=_ID)
    title: str = Field(min_length=1, max_length=100)
    time_zone: str = "Asia/Shanghai"
    shifts: tuple[RotaShift, ...] = Field((), max_length=200)
    exceptions: tuple[RotaException, ...] = Field((), max_length=500)


class NoticeRotasOf(Message):
    """Command `notice_rotas`: all of them."""


class NoticeRotaRef(Message):
    """Command `notice_rota_remove`: one."""

    rota: str


class NoticeRotaList(Message):
    """Answer of `notice_rotas`, `notice_rota_put`, `notice_rota_remove`."""

    items: tuple[NoticeRota, ...] = ()


class ChainStep(Message):
    """Told so long after it happened, if nobody has taken it by then."""

    after_min: int = Field(ge=0, le=10_080)
    people: tuple[str, ...] = Field((), max_length=50)
    rotas: tuple[str, ...] = Field((), max_length=10)


class NoticeChain(Message):
    """Who is told next while nobody takes it. Also the command `notice_chain_put`."""

    chain: str = Field(pattern=_ID)
    title: str = Field(min_length=1, max_length=100)
    is_enabled: bool = True
    risk_max: RiskClass = Field(1, description="least severe class that it is for: 1 is the worst")
    sites: tuple[str, ...] = Field((), max_length=1000, description="for these schools; no site and no unit: for all")
    units: tuple[str, ...] = Field(
        (), max_length=100, description="and for all schools of these units and of all below them, as they are then"
    )
    kinds: tuple[NoticeKind, ...] = ("alert",)
    steps: tuple[ChainStep, ...] = Field(min_length=1, max_length=20)


class NoticeChainsOf(Message):
    """Command `notice_chains`: all of them."""


class NoticeChainRef(Message):
    """Command `notice_chain_remove`: one."""

    chain: str


class NoticeChainList(Message):
    """Answer of `notice_chains`, `notice_chain_put`, `notice_chain_remove`."""

    items: tuple[NoticeChain, ...] = ()


class NoticeDutyWanted(Message):
    """Command `notice_duty`: who is on duty, in every rota, from one moment to another."""

    from_us: int = Field(description=_US)
    to_us: int


class DutySpan(Message):
    """The same people on duty for a while; nobody named: nobody is."""

    rota: str
    from_us: int = Field(description=_US)
    to_us: int
    people: tuple[str, ...] = ()


class NoticeDutyList(Message):
    """Answer of `notice_duty`: rota by rota, oldest first, without holes."""

    items: tuple[DutySpan, ...] = ()


class NoticePreviewWanted(Message):
    """Command `notice_preview`: whom an alert would be told to. Nothing is kept, and nobody is told."""

    site: str
    at_us: int = Field(description="as if it was raised then, " + _US)
    rule: str | None = Field(None, description="raised by this rule as it is now; None: by one that tells supervisors")
    risk: RiskClass | None = Field(None, description="None: the class of the rule, 1 without one")


class PreviewPerson(Message):
    """Somebody who would be told, or would not although they are named."""

    person: str
    at_us: int = Field(description="not before: their hours, " + _US)
    channels: tuple[ChannelKind, ...] = Field((), description="empty: all of theirs are switched off")
    missed: Missed | None = Field(None, description="why they are not told; None: they are")
    is_told_before: bool = Field(False, description="by an earlier step: nobody is told twice of one thing")


class PreviewStep(Message):
    """Those who are told at one moment, if nobody has taken it by then."""

    at_us: int = Field(description=_US)
    chain: str | None = Field(None, description="None: at once, by the rule and by what people asked for")
    step: int = 0
    people: tuple[PreviewPerson, ...] = ()
    empty_rotas: tuple[str, ...] = Field((), description="that have nobody on duty then")


class NoticePreview(Message):
    """Answer of `notice_preview`."""

    risk: RiskClass
    steps: tuple[PreviewStep, ...]


class NoticeAttempt(Message):
    """One try to reach somebody."""

    number: int
    at_us: int = Field(description="it began, " + _US)
    outcome: Literal["began", "sent", "delivered", "failed"] = Field(
        description="began: nobody knows how it ended, the worker died; it was tried again"
    )
    said: str = Field("", description="by the channel, without addresses and secrets")


class NoticeDelivery(Message):
    """One thing, told to one person on one channel. There is never a second one of the three."""

    delivery: str
    thing: str
    kind: NoticeKind
    subject: str = Field(description="alert:<id> or order:<id>")
    site: str
    risk: RiskClass
    person: str
    channel: str
    channel_kind: ChannelKind
    state: DeliveryState
    why: str = Field("", description="the last failure")
    step: int | None = Field(None, description="of the chain that called this person; None: they asked for it")
    made_us: int
    due_us: int = Field(description="not before: hours, quiet window, next attempt")
    sent_us: int | None = None
    delivered_us: int | None = None
    acknowledged_by: str | None = None
    acknowledged_us: int | None = None
    message: str | None = Field(None, description="told with others in one message of this id")
    attempts: tuple[NoticeAttempt, ...] = ()


class NoticeDeliveriesWanted(Message):
    """Command `notice_deliveries`: newest first. Empty filters let everything through."""

    people: tuple[str, ...] = ()
    states: tuple[DeliveryState, ...] = ()
    channel: str | None = None
    subject: str | None = None
    sites: tuple[str, ...] = ()
    before: str | None = Field(None, description="`<made_us>.<delivery>` of the last one of the page before")
    limit: int = Field(100, ge=1, le=501)


class NoticeDeliveryList(Message):
    """Answer of `notice_deliveries`."""

    items: tuple[NoticeDelivery, ...] = ()


class NoticeReceipt(Message):
    """Command `notice_receipt`: the console has shown this message to its person. Answer: `NoticeDeliveryList`."""

    message: str
    person: str


class NoticeTold(Fact):
    """Fact `notice_told`: a message for one person's console. Nobody else is shown it."""

    owner: ClassVar[str] = "alerting"

    person: str
    message: str
    site: str = Field(description="- where it tells of several")
    subjects: tuple[str, ...] = Field(description="alert:<id> or order:<id>, the newest 20")
    count: int = Field(description="things that it tells of")
    risk: RiskClass = Field(description="the worst of them")
    title: str
    text: str
    at_us: int = Field(description=AT_US)
