"""Facts as a detector and ingest would say them, made by hand."""

from __future__ import annotations

import random
from collections.abc import Iterable

from shared.messages.cameras import AnalysisPolicy, DesiredCamera, DesiredStream, RecordingWindow, Zone
from shared.messages.detector import (
    FrameAnalysed,
    Hops,
    PictureFault,
    PictureVerdict,
    SeenAttribute,
    SeenBox,
    SeenMover,
    SeenPerson,
)
from shared.messages.rules import Condition, Rule, Watched, Where

START_US = 1_763_942_400_000_000
SECOND_US = 1_000_000
BOX = SeenBox(x=0.4, y=0.3, width=0.1, height=0.3)


def camera(id: str = "cook-1", site: str = "school-1", **more: object) -> DesiredCamera:
    policy = AnalysisPolicy(
        zones=(Zone(id="z1", purpose="cooking", polygon=((0, 0), (1, 0), (1, 1))),),
        working=more.pop("working", ()),  # type: ignore[arg-type]
    )
    return DesiredCamera(
        site=site,
        camera=id,
        name=id,
        main=DesiredStream(url=f"rtsp://{id}/main"),
        analysis=policy,
        **more,  # type: ignore[arg-type]
    )


def person(track: int = 1, zones: tuple[str, ...] = (), height: float = 0.3, **attributes: float | None) -> SeenPerson:
    """`mask=0.02` is a head without one, `mask=None` an unknown."""
    return SeenPerson(
        track=track,
        box=SeenBox(x=0.4, y=0.3, width=0.1, height=height),
        score=0.9,
        head=SeenBox(x=0.42, y=0.3, width=0.05, height=height / 4),
        head_score=0.9,
        attributes=tuple(
            SeenAttribute(
                name=name,
                state="unknown" if score is None else "present" if score >= 0.5 else "absent",
                score=0.5 if score is None else score,
            )
            for name, score in attributes.items()
        ),
        zones=zones,
    )


def mover(track: int = 1, kind: str = "small", is_suspected: bool = True) -> SeenMover:
    return SeenMover(track=track, kind=kind, is_suspected=is_suspected, box=BOX, score=0.8, since_us=START_US)  # type: ignore[arg-type]


def frame(
    second: float,
    people: Iterable[SeenPerson] = (),
    *,
    id: str = "cook-1",
    site: str = "school-1",
    movers: Iterable[SeenMover] = (),
    faults: tuple[str, ...] = (),
    said_after_s: float = 0.4,
    start_us: int = START_US,
) -> FrameAnalysed:
    at_us = start_us + round(second * SECOND_US)
    said_us = at_us + round(said_after_s * SECOND_US)
    return FrameAnalysed(
        site=site,
        camera=id,
        at_us=at_us,
        stream="main",
        run="run-1",
        pts_90k=round(second * 90_000),
        fragment_sha256=f"{at_us:064x}",
        width=1920,
        height=1080,
        people=tuple(people),
        movers=tuple(movers),
        picture=PictureVerdict(
            is_usable=not faults,
            faults=tuple(PictureFault(fault=name, strength=0.9, since_us=at_us) for name in faults),
        ),
        models={"mask": "ab" * 32},
        hops=Hops(captured_us=at_us, received_us=at_us, heard_us=at_us, decoded_us=at_us, inferred_us=said_us),
    )


def no_mask(**more: object) -> Rule:
    told: dict[str, object] = {
        "rule": "no_mask",
        "title": {"zh-CN": "未戴口罩", "en": "No mask"},
        "watched": Watched(kind="attribute_absent", name="mask"),
        "condition": Condition(broken=3, looked=5),
        "risk": 2,
    }
    return Rule(**(told | more))  # type: ignore[arg-type]


def anywhere(**where: tuple[str, ...]) -> Where:
    return Where(**where)


NIGHT = RecordingWindow(days=(1, 2, 3, 4, 5, 6, 7), from_minute=6 * 60, to_minute=18 * 60)


def footage(ids: Iterable[str], seconds: int, seed: int = 7, start_us: int = START_US) -> list[FrameAnalysed]:
    """Several cameras, once a second, people with and without masks coming and going; in the order of being said."""
    chance = random.Random(seed)
    facts = []
    for id in ids:
        is_bare, track = False, 0
        for second in range(seconds):
            if chance.random() < 0.05:
                is_bare, track = not is_bare, track + 1
            people = [person(track, mask=0.02 if is_bare else 0.97)] if chance.random() < 0.8 else []
            said_after_s = 0.4 + chance.random() / 3
            at_s = second + chance.random() / 2
            facts.append(frame(at_s, people, id=id, said_after_s=said_after_s, start_us=start_us))
    return sorted(facts, key=lambda fact: fact.hops.inferred_us)


def disturbed(facts: list[FrameAnalysed], seed: int) -> list[FrameAnalysed]:
    """Each comes up to 0.3 s late, so that many overtake each other; every tenth comes again within a minute."""
    chance = random.Random(seed)
    order = [(fact.hops.inferred_us + chance.random() * 0.3 * SECOND_US, fact) for fact in facts]
    order += [(fact.hops.inferred_us + chance.random() * 60 * SECOND_US, fact) for fact in facts[::10]]
    return [fact for _, fact in sorted(order, key=lambda one: one[0])]
