"""Whom an alert would be told to, step by step, while nobody takes it: by the planner's own choices. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.alerting.notices.audience import ROTA, SUPERVISORS, Wishes, audience, is_for, missed, people_of
from services.alerting.notices.duty import on_duty
from services.alerting.notices.thing import Thing
from shared.messages.notices import ChainStep, ChannelKind, NoticeChain, PreviewPerson, PreviewStep

Ways = Mapping[str, tuple[ChannelKind, ...]]
_MINUTE_US = 60_000_000
# Everybody has one, before it is ever used.
_CONSOLE: tuple[ChannelKind, ...] = ("console",)


def preview(
    thing: Thing, wishes: Wishes, chains: Sequence[NoticeChain], tell: Sequence[str], ways: Ways
) -> tuple[PreviewStep, ...]:
    """Soonest first. Args: tell: of the alert's rule; ways: the channels in use of everybody who has any kept."""
    now_us = thing.at_us
    steps = [_at_once(thing, wishes, tell, ways)]
    for chain in chains:
        for number, step in enumerate(chain.steps if is_for(chain, thing) else ()):
            at_us = now_us + step.after_min * _MINUTE_US
            names = people_of(step, wishes, at_us)
            people = tuple(_person(thing, wishes, ways, name, at_us) for name in names)
            empty = _empty(step.rotas, wishes, at_us)
            steps.append(PreviewStep(at_us=at_us, chain=chain.chain, step=number, people=people, empty_rotas=empty))
    return _each_once(sorted(steps, key=lambda step: step.at_us))


def _at_once(thing: Thing, wishes: Wishes, tell: Sequence[str], ways: Ways) -> PreviewStep:
    now_us = thing.at_us
    told = [_person(thing, wishes, ways, each.person, each.due_us) for each in audience(thing, wishes, now_us, tell)]
    rotas = tuple(name.removeprefix(ROTA) for name in tell if name.startswith(ROTA))
    named = tuple(name for name in tell if name != SUPERVISORS and not name.startswith(ROTA))
    called = people_of(ChainStep(after_min=0, people=named, rotas=rotas), wishes, now_us)
    known = {each.person for each in told}
    told += [_person(thing, wishes, ways, name, now_us) for name in called if name not in known]
    return PreviewStep(at_us=now_us, people=tuple(told), empty_rotas=_empty(rotas, wishes, now_us))


def _person(thing: Thing, wishes: Wishes, ways: Ways, name: str, at_us: int) -> PreviewPerson:
    why = missed(thing, wishes, name)
    channels = () if why is not None else ways.get(name, _CONSOLE)
    return PreviewPerson(person=name, at_us=at_us, channels=channels, missed=why)


def _empty(rotas: Sequence[str], wishes: Wishes, at_us: int) -> tuple[str, ...]:
    return tuple(id for id in rotas if id not in wishes.rotas or not on_duty(wishes.rotas[id], at_us))


def _each_once(steps: Sequence[PreviewStep]) -> tuple[PreviewStep, ...]:
    """Nobody is told twice of one thing: whom an earlier step has told, a later one passes over."""
    told: set[str] = set()
    found = []
    for step in steps:
        people = tuple(each.model_copy(update={"is_told_before": each.person in told}) for each in step.people)
        told |= {each.person for each in people if each.missed is None}
        found.append(step.model_copy(update={"people": people}))
    return tuple(found)
