"""Random inspection: a draw that anyone can replay, and the looks it asks of supervisors."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.ingest import AT_US
from shared.messages.rules import RiskClass

DrawState = Literal["committing", "revealing", "drawn", "void", "cancelled"]
DrawAction = Literal["commit", "reveal", "cancel", "commit_time_over", "reveal_time_over"]
IfMissing = Literal["go_on", "void"]
LookState = Literal["to_do", "looking", "done", "not_possible"]
LookAction = Literal["start", "finish", "give_up", "hand_over", "reopen"]
LookWay = Literal["video", "on_site"]
Found = Literal["nothing", "violation"]
_US = "UTC microseconds"
# 32 bytes, in lower-case hexadecimal
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DrawBand(Message):
    """Kitchens that were last looked at so many days ago, up to the next band."""

    from_days: int = Field(ge=0, le=10_000)
    weight: int = Field(ge=1, le=1000, description="the chance of a kitchen is proportional to it")


class DrawRule(Message):
    """How many are drawn, and how likely each is: weight of its class of risk times weight of its band."""

    count: int = Field(ge=1, le=10_000)
    risk_weights: tuple[
        Annotated[int, Field(ge=1, le=1000)], Annotated[int, Field(ge=1, le=1000)], Annotated[int, Field(ge=1, le=1000)]
    ] = Field((4, 2, 1), description="of class 1, 2 and 3")
    bands: tuple[DrawBand, ...] = Field(
        (DrawBand(from_days=0, weight=1), DrawBand(from_days=30, weight=2), DrawBand(from_days=90, weight=4)),
        min_length=1,
        max_length=12,
        description="by days since the last look; the first begins with 0",
    )
    never_weight: int = Field(6, ge=1, le=1000, description="of kitchens that were never looked at")


class DrawDepartment(Message):
    """A department that brings a part of the seed. `commitment`: where it was given with the call."""

    department: str = Field(min_length=1, max_length=100, pattern=r"^[^\r\n]+$")
    account: str = Field(description="who commits and reveals for it")
    commitment: Hex | None = None


class DrawSeed(Message):
    """What a department brought so far. A commitment is SHA-256 of its name, seed and nonce."""

    department: str
    account: str
    commitment: Hex | None = None
    committed_us: int | None = None
    seed: Hex | None = None
    nonce: Hex | None = None
    revealed_us: int | None = None


class Drawn(Message):
    """A kitchen that was drawn, and who looks."""

    kitchen: str
    stratum: str = Field(description="class of risk and band, such as 2/1")
    supervisor: str
    inspection: str


class Draw(Message):
    """One draw. Its frozen roster and rule are in its file."""

    draw: str
    title: str
    state: DrawState
    opened_by: str
    opened_us: int
    frozen_sha256: str = Field(description="of roster, rule, departments and times, as canonical JSON")
    published_sha256: str | None = Field(
        None, description="of that and all commitments; when the time to commit is over"
    )
    kitchens: int = Field(description="on the roster")
    rule: DrawRule
    seeds: tuple[DrawSeed, ...]
    supervisors: tuple[str, ...]
    commit_until_us: int
    reveal_until_us: int
    look_until_us: int
    if_missing: IfMissing = Field(description="what happens where a department that committed does not reveal")
    late: tuple[str, ...] = Field((), description="departments that did not commit or did not reveal in time")
    why: str = Field("", description="in words, where it was voided or cancelled")
    drawn_us: int | None = None
    chosen: tuple[Drawn, ...] = ()
    may: tuple[DrawAction, ...] = ()


class DrawOpen(Message):
    """Command `draw_open`: freeze roster and rule, publish their hash. Alerting adds risk and last look."""

    by: str
    title: str = Field(min_length=1, max_length=200)
    kitchens: tuple[str, ...] = Field(min_length=1, max_length=100_000)
    rule: DrawRule
    departments: tuple[DrawDepartment, ...] = Field(min_length=1, max_length=20)
    supervisors: tuple[str, ...] = Field(min_length=1, max_length=1000)
    commit_until_us: int
    reveal_until_us: int
    look_until_us: int
    if_missing: IfMissing = "go_on"


class DrawRef(Message):
    """Commands `draw` and `draw_file`: one."""

    draw: str


class DrawsWanted(Message):
    """Command `draws`: newest first. `account`: only those that this person has a part in."""

    states: tuple[DrawState, ...] = ()
    account: str | None = None
    before: str | None = Field(None, description="`<opened_us>.<draw>` of the last one of the page before")
    limit: int = Field(100, ge=1, le=501)


class DrawList(Message):
    """Answer of `draws`."""

    items: tuple[Draw, ...] = ()


class DrawFile(Message):
    """Answer of `draw_file`: canonical JSON, as `shared/design/random-draw.md` says; whole once it was drawn."""

    text: str


class DrawCommit(Message):
    """Command `draw_commit`: a department says the hash of its seed."""

    draw: str
    by: str
    department: str
    commitment: Hex


class DrawReveal(Message):
    """Command `draw_reveal`: it shows the seed. The last one makes the draw."""

    draw: str
    by: str
    department: str
    seed: Hex
    nonce: Hex


class DrawCancel(Message):
    """Command `draw_cancel`: refused once a seed is known, for then the result could be guessed."""

    draw: str
    by: str
    why: str = Field(min_length=1, max_length=500)


class LookStep(Message):
    """One thing that happened to an inspection. Steps are added and never changed."""

    number: int
    action: Literal["assign"] | LookAction
    by: str
    at_us: int
    state: LookState
    text: str = ""
    supervisor: str | None = Field(None, description="who has it from then on")


class Inspection(Message):
    """One kitchen to be looked at by one supervisor."""

    inspection: str
    draw: str
    site: str
    supervisor: str
    stratum: str
    state: LookState
    due_us: int
    is_overdue: bool = False
    looked_by: str | None = None
    way: LookWay | None = None
    started_us: int | None = Field(None, description="when the look began, " + _US)
    finished_us: int | None = None
    found: Found | None = None
    text: str = ""
    case: str | None = Field(None, description="opened for what was found")
    steps: tuple[LookStep, ...] = ()
    may: tuple[LookAction, ...] = ()


class InspectionRef(Message):
    """Command `inspection`: one, with its steps."""

    inspection: str


class InspectionsWanted(Message):
    """Command `inspections`: those due first, first. Empty filters let everything through."""

    sites: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()
    supervisors: tuple[str, ...] = ()
    states: tuple[LookState, ...] = ()
    from_us: int | None = Field(None, description="due then or later")
    to_us: int | None = None
    after: str | None = Field(None, description="`<due_us>.<inspection>` of the last one of the page before")
    limit: int = Field(100, ge=1, le=501)


class InspectionList(Message):
    """Answer of `inspections`."""

    items: tuple[Inspection, ...] = ()


class InspectionChange(Message):
    """Command `inspection_change`: one step on. What was found becomes a case in the same transaction."""

    inspection: str
    by: str
    action: LookAction
    text: str = Field("", max_length=5000)
    way: LookWay | None = Field(None, description="with `start`")
    found: Found | None = Field(None, description="with `finish`")
    risk: RiskClass | None = Field(None, description="with what was found: of the case")
    title: str = Field("", max_length=200)
    cameras: tuple[str, ...] = Field((), max_length=64)
    supervisor: str | None = Field(None, description="with `hand_over`: to whom")


class LooksWanted(Message):
    """Command `looks`: what was looked at in a term."""

    kitchens: tuple[str, ...] = Field(max_length=100_000)
    from_us: int
    to_us: int


class KitchenLooks(Message):
    """Of one kitchen in a term."""

    kitchen: str
    looks: int = Field(0, description="that were finished in it")
    violations: int = 0
    seconds: float = 0.0
    last_us: int | None = Field(None, description="the newest look of all, in the term or before")


class Looks(Message):
    """Answer of `looks`: every kitchen that was asked for, also those nobody looked at."""

    items: tuple[KitchenLooks, ...] = ()


class DrawFact(Fact):
    """What every fact about a draw carries."""

    owner: ClassVar[str] = "alerting"

    draw: str
    at_us: int = Field(description=AT_US)
    by: str
    frozen_sha256: str


class DrawAnnounced(DrawFact):
    """Fact `draw_announced`: roster and rule are frozen; this is their hash."""

    kitchens: int
    count: int


class DrawChanged(DrawFact):
    """Fact `draw_changed`: committed, revealed, drawn, void, cancelled."""

    action: DrawAction
    state: DrawState
    department: str | None = None
    commitment: str | None = None
    published_sha256: str | None = None
    late: tuple[str, ...] = ()


class InspectionChanged(Fact):
    """Fact `inspection_changed`: assigned, begun, finished, handed over."""

    owner: ClassVar[str] = "alerting"

    inspection: str
    draw: str
    kitchen: str = Field(description="not `site`: what is about to be looked at is no news for the school")
    at_us: int = Field(description=AT_US)
    by: str
    action: Literal["assign"] | LookAction
    state: LookState
    supervisor: str
    found: Found | None = None
    case: str | None = None
