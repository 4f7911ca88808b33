"""Views by WebRTC on record: begun, ended, whatever ends them; and nobody looks whose login has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.gateway.audit import Deed
from services.gateway.handlers.people import People
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.handlers.views import ViewDesk
from services.gateway.identity import Identity, not_logged_in
from services.gateway.roles import Role
from shared.clock import FakeClock
from shared.errors import PeerError, RequestRefused, ResourceExhausted
from shared.messages.views import ViewOpened, ViewRef, ViewsKept, ViewStatus, ViewTrickle, ViewWanted


@dataclass
class Intercom:
    """Holds views in memory, two workers in turn; a worker that is in `away` says nothing."""

    views: dict[str, ViewStatus] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    kept: list[ViewsKept] = field(default_factory=list)

    async def open(self, wanted: ViewWanted) -> ViewOpened:
        number = len(self.views)
        id = f"worker-{number % 2}.{number:016x}"
        self.views[id] = ViewStatus(
            view=id, site=wanted.site, camera=wanted.camera, viewer=wanted.viewer, stream=wanted.stream, state="playing"
        )
        return ViewOpened(status=self.views[id], answer="v=0")

    async def status(self, view: ViewRef) -> ViewStatus:
        return self.views[view.view]

    async def trickle(self, candidates: ViewTrickle) -> ViewStatus:
        return self.views[candidates.view]

    async def end(self, view: ViewRef) -> ViewStatus:
        return self.over(view.view, "hung_up")

    async def keep(self, worker: str, views: ViewsKept) -> tuple[ViewStatus, ...] | None:
        self.kept.append(views)
        for id in views.refused:
            self.over(id, "login_ended")
        return None if worker in self.away else tuple(self.views[id] for id in (*views.views, *views.refused))

    def over(self, id: str, ending: str) -> ViewStatus:
        changed = {"state": "ended", "ending": ending, "seconds": 12.0}
        self.views[id] = self.views[id].model_copy(update=changed)
        return self.views[id]


@dataclass
class Scene:
    desk: ViewDesk
    intercom: Intercom
    deeds: list[Deed]
    out: set[str]
    clock: FakeClock
    by: Callable[[str], By]

    async def look(self, name: str = "li") -> str:
        opened = await self.desk.open(self.by(name), "cook-1", "v=0", "main", "")
        return opened.status.view

    def ends(self) -> list[tuple[str | None, float | None, str]]:
        return [(d.who, d.seconds, d.detail["ending"]) for d in self.deeds if d.action == "live_view_ended"]


@pytest.fixture
def scene() -> Scene:
    clock, intercom, deeds, out = FakeClock(), Intercom(), cast("list[Deed]", []), cast("set[str]", set())

    async def camera(id: str) -> Any:
        return SimpleNamespace(site="school", id=id)

    async def identity_of_login(login: str) -> Identity:
        if "database" in out:
            raise PeerError("away")
        if login in out:
            raise not_logged_in()
        seen = ("another",) if f"school of {login}" in out else None
        role: Role = "sre" if f"role of {login}" in out else "viewer"
        return Identity(login, (role,), login, clock.now(), sites=seen)

    async def add(deed: Deed) -> None:
        if "trail" in out:
            raise PeerError("away")
        deeds.append(deed)

    def by(name: str) -> By:
        return By(Identity(name, ("viewer",), f"login of {name}", clock.now()), "192.0.2.1")

    desk = ViewDesk(
        cast(RegistryDesk, SimpleNamespace(camera=camera)),
        intercom,
        cast(People, SimpleNamespace(identity_of_login=identity_of_login)),
        cast(Any, SimpleNamespace(add=add)),
        clock,
        2,
    )
    return Scene(desk, intercom, deeds, out, clock, by)


async def test_a_view_is_on_record_from_its_beginning_to_its_end(scene: Scene) -> None:
    opened = await scene.desk.open(scene.by("li"), "cook-1", "v=0", "main", "a parent called")
    (begun,) = scene.deeds
    assert (begun.action, begun.who, begun.camera) == ("live_view", "li", "cook-1")
    assert begun.detail == {"stream": "main", "by": "whep", "purpose": "a parent called"}
    await scene.desk.end(scene.by("li"), opened.status.view)
    await scene.desk.end(scene.by("li"), opened.status.view)
    assert scene.ends() == [("li", 12.0, "hung_up")], "once"


async def test_what_cannot_be_recorded_is_not_seen(scene: Scene) -> None:
    scene.out.add("trail")
    with pytest.raises(PeerError):
        await scene.look()
    assert [view.state for view in scene.intercom.views.values()] == ["ended"]


async def test_one_person_has_so_many_and_no_more(scene: Scene) -> None:
    first = await scene.look()
    await scene.look()
    with pytest.raises(ResourceExhausted):
        await scene.look()
    await scene.look("wang")
    await scene.desk.end(scene.by("li"), first)
    await scene.look()


async def test_views_whose_login_ended_end_and_the_others_go_on(scene: Scene) -> None:
    li, wang = await scene.look("li"), await scene.look("wang")
    await scene.desk.keep_round()
    assert scene.ends() == []
    scene.out.add("login of li")
    await scene.desk.keep_round()
    assert scene.ends() == [("li", 12.0, "login_ended")]
    assert scene.intercom.views[li].state == "ended"
    assert scene.intercom.views[wang].state == "playing"
    scene.out.add("school of login of wang")
    scene.out.add("database")
    await scene.desk.keep_round()
    assert scene.intercom.views[wang].state == "playing", "who looks goes on while the database is away"
    scene.out.discard("database")
    await scene.desk.keep_round()
    assert scene.intercom.views[wang].state == "ended", "the school is not theirs any more"


async def test_a_view_ends_with_the_right_to_look(scene: Scene) -> None:
    """A token for a program, say, whose owner has another role by now."""
    li, wang = await scene.look("li"), await scene.look("wang")
    scene.out.add("role of login of li")
    await scene.desk.keep_round()
    assert scene.ends() == [("li", 12.0, "login_ended")]
    assert [scene.intercom.views[view].state for view in (li, wang)] == ["ended", "playing"]


async def test_what_ended_by_itself_is_found(scene: Scene) -> None:
    scene.intercom.over(await scene.look(), "browser_gone")
    await scene.desk.keep_round()
    assert scene.ends() == [("li", 12.0, "browser_gone")]


async def test_views_of_a_dead_worker_are_over_those_of_a_slow_one_are_not(scene: Scene) -> None:
    await scene.look("li")
    await scene.look("wang")
    scene.intercom.away.add("worker-0")
    await scene.desk.keep_round()
    assert scene.ends() == [], "it may be busy"
    scene.intercom.away.clear()
    await scene.desk.keep_round()
    scene.intercom.away.add("worker-0")
    await scene.desk.keep_round()
    await scene.clock.advance(7.0)
    await scene.desk.keep_round()
    assert scene.ends() == [("li", 7.0, "worker_gone")]


async def test_a_gateway_that_stops_ends_its_views(scene: Scene) -> None:
    await scene.look("li")
    await scene.look("wang")
    await scene.desk.close()
    assert scene.ends() == [("li", 12.0, "hung_up"), ("wang", 12.0, "hung_up")]


async def test_what_is_no_view_is_refused(scene: Scene) -> None:
    for name in ("", "x", "a.b.0123456789abcdef", "w.0123456789ABCDEF", "*.0123456789abcdef"):
        with pytest.raises(RequestRefused):
            await scene.desk.end(scene.by("li"), name)
