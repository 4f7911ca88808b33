"""Who is told of a thing: by what they asked for, by what their account may hear of, by duty. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.alerting.notices.duty import next_open_us, on_duty
from services.alerting.notices.thing import Thing
from shared.messages.notices import ChainStep, Missed, NoticeChain, NoticePerson, NoticeRota, PersonKnown

Side = Literal["bureau", "school"]
SUPERVISORS = "supervisors"
ROTA = "rota:"
# In the detail of an alert: its rule warns the kitchen at once.
WARNS = "warns_kitchen"
_OF_BUREAU = frozenset(("supervisor", "chief"))
_CONSOLE_ALONE = NoticePerson(person="-")


@dataclass(frozen=True, slots=True)
class Recipient:
    """`due_us`: not before. `step`: of the chain that called them, None where they asked to be told."""

    person: str
    due_us: int
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is known of people: their accounts, what they asked for, who is on duty."""

    known: Mapping[str, PersonKnown]
    wished: Mapping[str, NoticePerson] = field(default_factory=dict)
    rotas: Mapping[str, NoticeRota] = field(default_factory=dict)

    def of(self, person: str) -> NoticePerson:
        return self.wished.get(person) or _CONSOLE_ALONE.model_copy(update={"person": person})


def missed(thing: Thing, wishes: Wishes, person: str) -> Missed | None:
    """Why somebody who is called is not told; None: they are."""
    known = wishes.known.get(person)
    if known is None or not known.is_enabled:
        return "no_account"
    if not may_hear(known, thing.site):
        return "not_their_school"
    if not wishes.of(person).is_enabled:
        return "switched_off"
    return None if _may_be_told(thing, known) else "not_reviewed"


def may_hear(known: PersonKnown | None, site: str) -> bool:
    """Whether the account is one, in use, and for that school."""
    return known is not None and known.is_enabled and (known.sites is None or site in known.sites)


def side_of(known: PersonKnown) -> Side | None:
    """None: neither, such as a viewer; told only what they ask for."""
    if not _OF_BUREAU.isdisjoint(known.roles):
        return "bureau"
    return "school" if "school" in known.roles else None


def audience(thing: Thing, wishes: Wishes, now_us: int, tell: Sequence[str]) -> list[Recipient]:
    """Everybody who is told at once, or when their hours begin; each once, in the order of their names.

    Args: tell: of the alert's rule: `supervisors`, `rota:<id>`, names of accounts.
    """
    found: dict[str, Recipient] = {}
    named = [name for name in tell if name != SUPERVISORS] if thing.kind == "alert" else []
    for recipient in called(thing, wishes, now_us, _people(named, wishes, now_us), None):
        found[recipient.person] = recipient
    sides: set[Side | None] = {"bureau", "school", None}
    if thing.kind == "alert":
        sides = {"bureau", None, "school"} if SUPERVISORS in tell else {"school"}
    for person, known in wishes.known.items():
        if person not in found and side_of(known) in sides and _wants(thing, known, wishes, now_us):
            wish = wishes.of(person)
            found[person] = Recipient(person, next_open_us(wish.hours, wish.time_zone, now_us))
    return [found[person] for person in sorted(found)]


def called(thing: Thing, wishes: Wishes, now_us: int, people: Iterable[str], step: int | None) -> list[Recipient]:
    """Those of them whose account may hear of it, whatever hours and classes they asked for: they are called."""
    return [
        Recipient(person, now_us, step)
        for person in dict.fromkeys(people)
        if person != thing.by and wishes.of(person).is_enabled and _may_be_told(thing, wishes.known.get(person))
    ]


def people_of(step: ChainStep, wishes: Wishes, now_us: int) -> tuple[str, ...]:
    """Whom a step of a chain calls at that moment."""
    return _people((*step.people, *(f"{ROTA}{rota}" for rota in step.rotas)), wishes, now_us)


def is_for(chain: NoticeChain, thing: Thing) -> bool:
    """Whether a chain begins with that thing."""
    fits = thing.kind in chain.kinds and thing.risk <= chain.risk_max
    return chain.is_enabled and fits and _covers(chain, thing)


def _covers(chain: NoticeChain, thing: Thing) -> bool:
    """Schools and units add up, as in an account."""
    if not chain.sites and not chain.units:
        return True
    return thing.site in chain.sites or not thing.units.isdisjoint(chain.units)


def _people(names: Iterable[str], wishes: Wishes, now_us: int) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        if name.startswith(ROTA):
            rota = wishes.rotas.get(name.removeprefix(ROTA))
            found += on_duty(rota, now_us) if rota is not None else ()
        else:
            found.append(name)
    return tuple(dict.fromkeys(found))


def _may_be_told(thing: Thing, known: PersonKnown | None) -> bool:
    """A school hears of an alert that nobody has looked at yet only where the rule warns kitchens of class 1."""
    if known is None or not may_hear(known, thing.site):
        return False
    is_warning = thing.risk == 1 and thing.detail.get(WARNS) == "yes"
    return thing.kind != "alert" or side_of(known) != "school" or is_warning


def _wants(thing: Thing, known: PersonKnown, wishes: Wishes, now_us: int) -> bool:
    wish = wishes.of(known.person)
    if known.person == thing.by or not wish.is_enabled or not _may_be_told(thing, known):
        return False
    if side_of(known) is None and known.person not in wishes.wished:
        return False
    if thing.risk > wish.risk_max or (wish.kinds and thing.kind not in wish.kinds):
        return False
    if wish.sites and thing.site not in wish.sites:
        return False
    rota = None if wish.rota is None else wishes.rotas.get(wish.rota)
    return wish.rota is None or (rota is not None and known.person in on_duty(rota, now_us))
