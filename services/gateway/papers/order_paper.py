"""An order on paper: what was found, what is required, until when, what the school answered, what proves it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from services.gateway.papers.order_words import WORDS, Speech
from services.gateway.papers.paper import (
    Block,
    Facts,
    Heading,
    Language,
    Paper,
    Picture,
    Pictures,
    Ruled,
    Signatures,
    Words,
)
from shared.messages.alerting import Alert, BestFrame
from shared.messages.orders import Attachment, Case, MachineCheck, Order, OrderStep

# = how many photos of answers are printed; the newest answers come first to it
PHOTOS_MAX = 24
# = of how many alerts of the case the picture is printed
ALERTS_MAX = 3
Why = Literal["none", "no_right", "gone", "away", "broken"]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Of the bureau. `names`: by language; none: a general word."""

    names: Mapping[Language, str]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Got:
    """A picture, or why there is none."""

    jpeg: bytes | None = None
    why: Why = "none"


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """One alert of the case, its rule and camera as people call them."""

    alert: Alert
    what: str
    camera: str
    picture: Got


@dataclass(frozen=True, slots=True)
class SealedFile:
    """`sha256` None: not sealed (yet); "": nobody could say."""

    id: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """All that is printed. `photos`: by object; `compared`: the pictures of the newest check, before and after."""

    order: Order
    case: Case
    site: str
    alerts: tuple[SeenAlert, ...]
    photos: Mapping[str, Got]
    compared: tuple[Got, Got]
    sealed: tuple[SealedFile, ...]
    address: str
    printed_by: str
    printed_us: int


def last_check(order: Order) -> MachineCheck | None:
    """Of the newest answer: a check of one before says nothing about it."""
    found = None
    for step in order.steps:
        found = step.check or (None if step.action == "answer" else found)
    return found


def printed_photos(order: Order) -> tuple[Attachment, ...]:
    """Those that fit, oldest first."""
    every = [each for step in order.steps for each in step.attachments if each.kind == "image/jpeg"]
    return tuple(every[-PHOTOS_MAX:])


def paper_of(facts: OrderFacts, head: Letterhead, language: Language) -> Paper:
    """The whole paper in one language."""
    say, order = Speech(language, head.zone), facts.order
    proofs = list(_proofs(facts, say))
    hashes = [sha256 for _, sha256 in proofs if len(sha256) == 64]
    if hashes:
        foot = say("foot.evidence", sha256=hashes[0])
        foot += say("foot.more", count=str(len(hashes))) if len(hashes) > 1 else ""
    else:
        foot = say("foot.none")
    blocks: list[Block] = [*_head(facts, say), *_found(facts, say)]
    blocks += [Heading(say("demand")), Words(order.title, is_strong=True), Words(order.text)]
    blocks += [Heading(say("deadline")), *_deadline(order, say)]
    blocks += [*_answers(facts, say), *_check(facts, say), *_scene(order, say), _signatures(order, say)]
    blocks += [*_steps(order, say), *_evidence(proofs, say)]
    blocks.append(Words(say("printed", by=facts.printed_by, time=say.moment(facts.printed_us)), is_small=True))
    return Paper(
        language=language,
        bureau=head.names.get(language) or say("bureau"),
        title=say(f"title.{order.kind}"),
        subject=order.title,
        address=facts.address,
        scan=say("scan"),
        foot=(foot, say("foot.where", number=order.order, address=facts.address)),
        pages=WORDS[language]["pages"],
        blocks=tuple(blocks),
        made_us=facts.printed_us,
    )


def _head(facts: OrderFacts, say: Speech) -> Iterator[Block]:
    order = facts.order
    state = say(f"state.{order.state}")
    if order.is_overdue and order.state not in ("closed", "withdrawn"):
        state += f" · {say('overdue')}"
    if order.card is not None:
        state += f" · {say(f'card.{order.card}')}"
    yield Facts(
        (
            (say("school"), facts.site),
            (say("number"), order.order),
            (say("risk"), say(f"risk.{order.risk}")),
            (say("case"), order.case),
            (say("served"), say.moment(order.served_us)),
            (say("due"), say.moment(order.due_us)),
            (say("by"), order.made_by),
            (say("state"), state),
        )
    )
    if order.state in ("withdrawn", "appealed"):
        yield Words(say(order.state), is_strong=True)


def _found(facts: OrderFacts, say: Speech) -> Iterator[Block]:
    yield Heading(say("found"))
    case = facts.case
    for number, seen in enumerate(facts.alerts[:ALERTS_MAX]):
        alert = seen.alert
        yield Words(say("found.seen", time=say.moment(alert.first_us), camera=seen.camera, what=seen.what))
        if alert.review is not None and alert.review.verdict == "confirmed":
            yield Words(say("found.confirmed", by=alert.review.by, time=say.moment(alert.review.at_us)))
        # An alert of a camera that is away rests on no picture: an empty frame would say that one is missing.
        if alert.best is not None:
            caption = say("seen", camera=seen.camera, time=say.moment(alert.best.at_us))
            yield Pictures((_picture(seen.picture, alert.best, caption, say),), across=1 if number == 0 else 2)
    if not facts.alerts or case.text:
        what = case.title if not case.text else case.text if case.title in case.text else f"{case.title}\n{case.text}"
        yield Words(say("found.person", time=say.moment(case.opened_us), what=what))
    left = len(case.alerts) - len(facts.alerts[:ALERTS_MAX])
    if left > 0:
        yield Words(say("found.more", count=str(left)))


def _deadline(order: Order, say: Speech) -> Iterator[Block]:
    yield Words(say(f"deadline.{order.kind}", due=say.moment(order.due_us)), is_strong=True)
    first = next((step.due_us for step in order.steps if step.due_us is not None), None)
    if first is not None and first != order.due_us:
        yield Words(say("deadline.extended", first=say.moment(first)))
    yield Words(say("appeal"))


def _answers(facts: OrderFacts, say: Speech) -> Iterator[Block]:
    answers = [step for step in facts.order.steps if step.action == "answer"]
    if not answers:
        return
    yield Heading(say("answers"))
    printed = {each.object_name: number for number, each in enumerate(printed_photos(facts.order), 1)}
    for step in answers:
        yield Words(say("answer", time=say.moment(step.at_us), by=step.by))
        yield Words(step.text, indent_mm=6)
        shown = tuple(
            _picture(facts.photos.get(each.object_name, Got()), None, say("photo", number=str(number)), say)
            for each in step.attachments
            if (number := printed.get(each.object_name)) is not None
        )
        if shown:
            yield Pictures(shown, across=3, is_exact=False)
    left = sum(len(step.attachments) for step in facts.order.steps) - len(printed)
    if left > 0:
        yield Words(say("photos.more", count=str(left)))


def _check(facts: OrderFacts, say: Speech) -> Iterator[Block]:
    check = last_check(facts.order)
    if check is None:
        return
    yield Heading(say("check"))
    result = say(f"check.{check.result}")
    start, end = say.moment(check.from_us), say.moment(check.to_us)
    counts = {"looked": str(check.looked), "broken": str(check.broken)}
    yield Words(say("check.looked", result=result, start=start, end=end, **counts))
    pair = []
    for side, best, got in (("before", check.before, facts.compared[0]), ("after", check.after, facts.compared[1])):
        caption = say(side, time="—" if best is None else say.moment(best.at_us))
        pair.append(_picture(got, best, caption, say))
    yield Pictures(tuple(pair), across=2)
    yield Words(say("check.note"), is_small=True)


def _picture(got: Got, best: BestFrame | None, caption: str, say: Speech) -> Picture:
    if got.jpeg is None:
        return Picture(caption, missing=say(f"picture.{got.why}"))
    return Picture(caption, got.jpeg, () if best is None else best.boxes, say("picture.broken"))


def _scene(order: Order, say: Speech) -> Iterator[Block]:
    """On site there is a pen."""
    if order.kind != "enforcement":
        return
    yield Heading(say("scene"))
    yield Words(say("scene.times"))
    yield Ruled(say("scene.found"), 5)
    yield Ruled(say("scene.said"), 2)


def _signatures(order: Order, say: Speech) -> Signatures:
    # Two officers at least come to a site (Administrative Penalty Law of 2021, article 42).
    officials = ("sign.officer", "sign.officer") if order.kind == "enforcement" else ("sign.official",)
    ours = (*officials, "sign.bureau", "sign.date")
    theirs = ("sign.received", "sign.school", "sign.date")
    return Signatures((tuple(say(key) for key in ours), tuple(say(key) for key in theirs)))


def _steps(order: Order, say: Speech) -> Iterator[Block]:
    yield Heading(say("steps"))
    for step in order.steps:
        yield Words(_step(step, say), is_small=True)
        # What the school answered stands above.
        if step.text and step.action != "answer":
            yield Words(step.text, is_small=True, indent_mm=6)


def _step(step: OrderStep, say: Speech) -> str:
    named = {"card": say(f"card.{step.card}")} if step.card is not None else {"card": ""}
    done = say(f"step.{step.action}", **named)
    parts = [done[:1].upper() + done[1:]]
    if step.check is not None:
        parts.append(say(f"check.{step.check.result}"))
    if step.due_us is not None and step.action != "serve":
        parts.append(say("step.due", due=say.moment(step.due_us)))
    by = say("machine") if step.by == "machine" else step.by
    return f"{say.moment(step.at_us)}  {' · '.join(parts)} · {by}"


def _evidence(proofs: list[tuple[str, str]], say: Speech) -> Iterator[Block]:
    yield Heading(say("evidence"))
    for what, sha256 in proofs:
        yield Words(say.joined(what, sha256), is_small=True)
    if not proofs:
        yield Words(say("evidence.none"), is_small=True)


def _proofs(facts: OrderFacts, say: Speech) -> Iterator[tuple[str, str]]:
    """What proves it, and its SHA-256: what nobody can change any more comes first."""
    for sealed in facts.sealed:
        sha256 = say("evidence.unsealed") if sealed.sha256 is None else sealed.sha256 or say("evidence.unknown")
        yield say("evidence.sealed", id=sealed.id), sha256
    for seen in facts.alerts[:ALERTS_MAX]:
        alert, proof = seen.alert, seen.alert.proof
        if proof is not None and proof.picture_sha256 is not None:
            yield say("evidence.picture", id=alert.alert), proof.picture_sha256
        if alert.best is not None:
            yield say("evidence.fragment", id=alert.alert), alert.best.fragment_sha256
        if proof is not None and proof.clip_sha256 is not None:
            yield say("evidence.clip", id=alert.alert), proof.clip_sha256
    for number, photo in enumerate(printed_photos(facts.order), 1):
        yield say("evidence.photo", number=str(number)), photo.sha256
