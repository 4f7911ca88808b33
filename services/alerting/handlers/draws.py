"""Random draws as people call them, and departments bring their seeds."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerting.inspection.draw import Chosen, draw
from services.alerting.inspection.draw_states import after, may, require
from services.alerting.inspection.frozen import (
    Kitchen,
    combined_seed,
    commitment_of,
    file_text,
    frozen_text,
    hashed,
    roster_of,
    sealed_sha256,
)
from shared.errors import RequestRefused
from shared.messages.inspections import (
    Draw,
    DrawAction,
    DrawCancel,
    DrawCommit,
    DrawFile,
    DrawList,
    DrawOpen,
    DrawRef,
    DrawReveal,
    DrawSeed,
    DrawState,
    DrawsWanted,
)

CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class KeptDraw:
    """A draw and what it rests on, byte for byte."""

    draw: Draw
    frozen: str


@dataclass(frozen=True, slots=True)
class DrawStep:
    """What follows for a draw. `chosen` and `file` where it was drawn."""

    action: DrawAction
    by: str
    at_us: int
    state: DrawState
    seeds: tuple[DrawSeed, ...]
    department: str | None = None
    commitment: str | None = None
    published_sha256: str | None = None
    late: tuple[str, ...] = ()
    why: str = ""
    chosen: tuple[Chosen, ...] = ()
    file: str | None = None


NextOf = Callable[[KeptDraw], DrawStep | None]


class Draws(Protocol):
    """Where draws are kept. All raise PeerError while it is away; `change` runs while nobody else changes the draw."""

    async def open(self, wanted: DrawOpen, kept: KeptDraw) -> Draw: ...

    async def get(self, id: str) -> KeptDraw | None: ...

    async def file(self, id: str) -> str | None:
        """None while it was not drawn."""
        ...

    async def list(self, wanted: DrawsWanted) -> Sequence[Draw]: ...

    async def change(self, id: str, next_of: NextOf) -> Draw | None:
        """None where there is none. `next_of` answers None where nothing follows any more."""
        ...

    async def due(self, now_us: int) -> Sequence[str]:
        """Those whose time to commit or reveal is over."""
        ...


class KitchenBook(Protocol):
    """What is known of kitchens: how risky, and when somebody looked last."""

    async def roster(self, kitchens: Sequence[str], now_us: int) -> Sequence[Kitchen]: ...


@dataclass(frozen=True, slots=True)
class DrawDesk:
    """One function for each request; `time_over` for the clock."""

    draws: Draws
    book: KitchenBook
    now_us: Callable[[], int]

    async def open(self, request: bytes) -> Draw:
        wanted = DrawOpen.decode(request)
        now_us = self.now_us()
        _require_sound(wanted, now_us)
        id = f"d{secrets.token_hex(6)}"
        roster = await self.book.roster(sorted(set(wanted.kitchens)), now_us)
        frozen = frozen_text(id, wanted, roster, now_us, secrets.token_hex(16))
        seeds = tuple(
            DrawSeed(
                department=one.department,
                account=one.account,
                commitment=one.commitment,
                committed_us=None if one.commitment is None else now_us,
            )
            for one in wanted.departments
        )
        are_all = all(one.commitment is not None for one in seeds)
        made = Draw(
            draw=id,
            title=wanted.title,
            state="revealing" if are_all else "committing",
            opened_by=wanted.by,
            opened_us=now_us,
            frozen_sha256=hashed(frozen),
            published_sha256=sealed_sha256(frozen, seeds) if are_all else None,
            kitchens=len(roster),
            rule=wanted.rule,
            seeds=seeds,
            supervisors=wanted.supervisors,
            commit_until_us=wanted.commit_until_us,
            reveal_until_us=wanted.reveal_until_us,
            look_until_us=wanted.look_until_us,
            if_missing=wanted.if_missing,
        )
        return _shown(await self.draws.open(wanted, KeptDraw(made, frozen)))

    async def draw(self, request: bytes) -> Draw:
        return _shown((await self._kept(DrawRef.decode(request).draw)).draw)

    async def list(self, request: bytes) -> DrawList:
        found = await self.draws.list(DrawsWanted.decode(request))
        return DrawList(items=tuple(_shown(each) for each in found))

    async def file(self, request: bytes) -> DrawFile:
        id = DrawRef.decode(request).draw
        kept = await self._kept(id)
        text = await self.draws.file(id)
        # Not drawn yet: what was frozen, without a result, so that its hash can be checked beforehand.
        seeds = _shown(kept.draw).seeds
        return DrawFile(text=text or file_text(id, kept.frozen, seeds, kept.draw.published_sha256, ()))

    async def commit(self, request: bytes) -> Draw:
        wanted = DrawCommit.decode(request)

        def next_of(kept: KeptDraw) -> DrawStep:
            require(kept.draw.state, "commit")
            seed = _seed_of(kept.draw, wanted.department, wanted.by)
            if self.now_us() > kept.draw.commit_until_us:
                raise RequestRefused("too_late", "The time to commit is over.", status=409)
            if seed.commitment is not None:
                raise RequestRefused("committed", "This department has committed already; that stays.", status=409)
            said = seed.model_copy(update={"commitment": wanted.commitment, "committed_us": self.now_us()})
            return self._step(kept, "commit", wanted.by, _with(kept.draw, said), said)

        return await self._change(wanted.draw, next_of)

    async def reveal(self, request: bytes) -> Draw:
        wanted = DrawReveal.decode(request)

        def next_of(kept: KeptDraw) -> DrawStep:
            require(kept.draw.state, "reveal")
            seed = _seed_of(kept.draw, wanted.department, wanted.by)
            if self.now_us() > kept.draw.reveal_until_us:
                raise RequestRefused("too_late", "The time to reveal is over.", status=409)
            if seed.commitment is None:
                raise RequestRefused("not_committed", "This department did not commit in time.", status=409)
            if seed.seed is not None:
                raise RequestRefused("revealed", "This department has revealed already.", status=409)
            if commitment_of(wanted.department, wanted.seed, wanted.nonce) != seed.commitment:
                raise RequestRefused(
                    "another_seed", "This is not the seed and nonce that the department committed to.", status=422
                )
            shown = {"seed": wanted.seed, "nonce": wanted.nonce, "revealed_us": self.now_us()}
            said = seed.model_copy(update=shown)
            return self._step(kept, "reveal", wanted.by, _with(kept.draw, said), said)

        return await self._change(wanted.draw, next_of)

    async def cancel(self, request: bytes) -> Draw:
        wanted = DrawCancel.decode(request)

        def next_of(kept: KeptDraw) -> DrawStep:
            return self._step(kept, "cancel", wanted.by, kept.draw.seeds, why=wanted.why)

        return await self._change(wanted.draw, next_of)

    async def time_over(self) -> None:
        """Everything whose time is over goes on without those who are late."""
        for id in await self.draws.due(self.now_us()):
            await self.draws.change(id, self._over)

    def _over(self, kept: KeptDraw) -> DrawStep | None:
        made, now_us = kept.draw, self.now_us()
        if made.state == "committing" and now_us > made.commit_until_us:
            return self._step(kept, "commit_time_over", CLOCK, made.seeds)
        if made.state == "revealing" and now_us > made.reveal_until_us:
            return self._step(kept, "reveal_time_over", CLOCK, made.seeds)
        return None  # another worker was faster

    def _step(
        self,
        kept: KeptDraw,
        action: DrawAction,
        by: str,
        seeds: tuple[DrawSeed, ...],
        said: DrawSeed | None = None,
        why: str = "",
    ) -> DrawStep:
        made = kept.draw
        state = after(
            made.state,
            action,
            committed=sum(one.commitment is not None for one in seeds),
            revealed=sum(one.seed is not None for one in seeds),
            departments=len(seeds),
            goes_on=made.if_missing == "go_on",
        )
        published = made.published_sha256
        if made.state == "committing" and state == "revealing":
            published = sealed_sha256(kept.frozen, seeds)
        late = late_of(state, seeds)
        chosen: tuple[Chosen, ...] = ()
        file = None
        if state == "drawn" and published is not None:
            # As it was frozen, not as it is kept beside it: what is hashed is what is drawn from.
            rule, supervisors, roster = roster_of(kept.frozen)
            chosen = tuple(draw(rule, roster, supervisors, combined_seed(published, seeds)))
            result = [(one.kitchen, one.stratum, one.supervisor) for one in chosen]
            file = file_text(made.draw, kept.frozen, seeds, published, result)
        if state == "void":
            named = ", ".join(late)
            done = "commit" if action == "commit_time_over" else "reveal"
            why = f"Did not {done} in time: {named}. Call another draw."
        return DrawStep(
            action=action,
            by=by,
            at_us=self.now_us(),
            state=state,
            seeds=seeds,
            department=None if said is None else said.department,
            commitment=None if said is None else said.commitment,
            published_sha256=published,
            late=late,
            why=why,
            chosen=chosen,
            file=file,
        )

    async def _kept(self, id: str) -> KeptDraw:
        kept = await self.draws.get(id)
        if kept is None:
            raise _no_such(id)
        return kept

    async def _change(self, id: str, next_of: NextOf) -> Draw:
        changed = await self.draws.change(id, next_of)
        if changed is None:
            raise _no_such(id)
        return _shown(changed)


def _no_such(id: str) -> RequestRefused:
    return RequestRefused("no_such_draw", f"There is no draw {id[:80]!r}.", status=404)


def _require_sound(wanted: DrawOpen, now_us: int) -> None:
    if not now_us < wanted.commit_until_us < wanted.reveal_until_us < wanted.look_until_us:
        raise RequestRefused(
            "times_wrong", "First the time to commit ends, then that to reveal, then that to look.", status=422
        )
    begins = [band.from_days for band in wanted.rule.bands]
    if begins != sorted(set(begins)) or begins[0] != 0:
        raise RequestRefused("bands_wrong", "Bands begin with 0 days and rise; each begins once.", status=422)
    names = [one.department for one in wanted.departments]
    if len(set(names)) != len(names):
        raise RequestRefused("department_twice", "Name each department once.", status=422)
    if len(set(wanted.supervisors)) != len(wanted.supervisors):
        raise RequestRefused("supervisor_twice", "Name each supervisor once.", status=422)


def _seed_of(made: Draw, department: str, by: str) -> DrawSeed:
    for seed in made.seeds:
        if seed.department == department:
            if seed.account != by:
                raise RequestRefused("another_account", f"Only {seed.account} does this for {department}.", status=403)
            return seed
    raise RequestRefused("no_such_department", f"{department[:80]!r} has no part in this draw.", status=404)


def _with(made: Draw, said: DrawSeed) -> tuple[DrawSeed, ...]:
    return tuple(said if one.department == said.department else one for one in made.seeds)


def late_of(state: DrawState, seeds: Sequence[DrawSeed]) -> tuple[str, ...]:
    """Who did not commit while others did, and who did not reveal in time."""
    if state in ("committing", "cancelled"):
        return ()
    is_over = state in ("drawn", "void")
    return tuple(one.department for one in seeds if one.commitment is None or (is_over and one.seed is None))


def _shown(made: Draw) -> Draw:
    """Until it is drawn nobody is shown another's seed: who reveals last could know the result, and keep silent."""
    seeds = made.seeds
    if made.state in ("committing", "revealing"):
        seeds = tuple(one.model_copy(update={"seed": None, "nonce": None}) for one in seeds)
    return made.model_copy(update={"seeds": seeds, "late": late_of(made.state, seeds), "may": may(made.state)})
