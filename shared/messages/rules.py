"""A rule: which violation, where, when, how sure, how grave, and who is told. YAML and API have this one schema."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.messages.base import Message

RiskClass = Literal[1, 2, 3]
Token = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
WatchedKind = Literal[
    "attribute_absent",
    "attribute_present",
    "thing",
    "person",
    "small_mover",
    "large_mover",
    "picture_fault",
    "offline",
]
# Parts of a kitchen's day. `open` is all of them but `closed`.
KitchenTime = Literal["closed", "preparing", "serving", "cleaning", "open"]


class Watched(Message):
    """What breaks the rule. A new class of violation is a new value here, not new code."""

    kind: WatchedKind
    name: str | None = Field(
        None, description="the attribute (mask, headwear, uniform), the label of a thing, or the fault; None: any"
    )
    is_advisory_enough: bool = Field(False, description="whether what nobody trusts yet (uniforms) counts")


class Where(Message):
    """Which kitchens and which parts of the picture. Empty: everywhere."""

    sites: tuple[str, ...] = ()
    units: tuple[str, ...] = Field((), description="of the organisation: the schools of these and of all below them")
    site_kinds: tuple[str, ...] = Field((), description="kindergarten, primary, secondary, school, university, other")
    purposes: tuple[str, ...] = Field((), description="of the camera: hygiene, processing, dishes, storage")
    cameras: tuple[str, ...] = ()
    zones: tuple[str, ...] = Field((), description="purposes of zones: cooking, door, bin, …")


class Condition(Message):
    """How sure: `broken` of the last `looked` usable pictures of one object track (or of the camera), for so long."""

    broken: int = Field(1, ge=1, le=600)
    looked: int = Field(1, ge=1, le=600)
    seconds: float = Field(0.0, ge=0, le=86_400, description="from the first to the newest picture that breaks it")
    score: float = Field(0.0, ge=0, le=1, description="least score of what breaks it")
    height: float = Field(0.0, ge=0, le=1, description="least height of it, share of the picture's")
    needs_usable_picture: bool = True


class Rule(Message):
    """One rule, one version of it. A change makes the next version; old alerts keep theirs."""

    rule: Token
    version: int = Field(1, ge=1)
    title: dict[str, str] = Field(description="by language: zh-CN, en")
    is_enabled: bool = True
    watched: Watched
    where: Where = Where()
    when: tuple[KitchenTime, ...] = Field((), description="parts of the kitchen's day; empty: always")
    condition: Condition = Condition()
    risk: RiskClass
    deadline_h: float | None = Field(None, ge=0, description="working hours to correct it; None: by its class")
    tell: tuple[str, ...] = Field(("supervisors",), description="groups or people that are told")
    warns_kitchen: bool = Field(False, description="class 1 may warn the kitchen before a person looked")
    announcement: str | None = Field(None, max_length=500, description="id or text that is spoken in the kitchen")
    over_after_s: float = Field(60.0, ge=1, le=86_400, description="without a breaking picture: the incident is over")
    reopen_s: float = Field(
        600.0, ge=0, le=86_400, description="broken again within this: the same alert goes on, no second one"
    )
    folds: Literal["camera", "site"] = Field("camera", description="site: cameras of a kitchen share one alert")


class RulesWanted(Message):
    """Command `rules`: every rule in force; with an id every version of that one, newest first."""

    rule: str | None = None


class RuleVersion(Message):
    """One version of a rule, and who made it."""

    rule: Rule
    changed_by: str
    changed_us: int


class RuleList(Message):
    """Answer of `rules` and `rule_put`."""

    items: tuple[RuleVersion, ...] = ()


class RulePut(Message):
    """Command `rule_put`: in force from now on, as the next version. Its own `version` is the one it was made from."""

    rule: Rule
    by: str


class DryRunWanted(Message):
    """Command `rule_dry_run`: what this rule would have raised, out of the facts that the bus still holds."""

    rule: Rule
    from_us: int
    sites: tuple[str, ...] = Field((), description="of these alone; empty: all that the rule is about")


class DryRunAlert(Message):
    """One that it would have raised."""

    site: str
    camera: str
    first_us: int
    last_us: int
    broken: int


class DryRun(Message):
    """Answer of `rule_dry_run`."""

    count: int
    items: tuple[DryRunAlert, ...] = Field((), description="the newest 200")
    facts: int = Field(description="read for it")
    from_us: int = Field(description="the oldest that was there: the bus does not keep facts for ever")
    to_us: int
    is_whole: bool = Field(description="false: there were more than one question may read")
