"""Drills: whose they are to stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from services.gateway.audit import Deed
from services.gateway.handlers.drills import DrillDesk, Drills
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from shared.clock import FakeClock
from shared.errors import RequestRefused
from shared.messages.drills import DrillResult, DrillRunRef, DrillRunStatus


@dataclass
class Intercom:
    """Holds one run of two schools, three cameras."""

    asked_by: str
    is_scheduled: bool
    stopped: list[str] = field(default_factory=list)

    async def run(self, wanted: DrillRunRef) -> DrillRunStatus:
        results = [DrillResult(site=site, camera=camera) for site, camera in (("a", "a-1"), ("a", "a-2"), ("b", "b-1"))]
        return DrillRunStatus(
            run=wanted.run,
            asked_by=self.asked_by,
            is_scheduled=self.is_scheduled,
            began_us=1,
            state="stopped" if self.stopped else "running",
            level_dbfs=-20.0,
            total=3,
            results=tuple(results),
        )

    async def stop(self, wanted: DrillRunRef) -> DrillRunStatus:
        self.stopped.append(wanted.asked_by)
        return await self.run(wanted)


@dataclass
class Trail:
    deeds: list[Deed] = field(default_factory=list)

    async def add(self, deed: Deed) -> None:
        self.deeds.append(deed)


@pytest.mark.parametrize(
    ("who", "sites", "asked_by", "is_scheduled", "code"),
    [
        ("li", None, "schedule", True, None),
        ("li", ("a", "b"), "schedule", True, None),
        ("li", ("a",), "schedule", True, "drills_of_others"),
        ("li", ("b",), "wang", False, "drills_of_others"),
        ("li", ("c",), "wang", False, "no_such_drill"),
        ("li", ("a",), "li", False, None),
        # Nobody is what begins them at night, whatever they call themselves.
        ("schedule", ("a",), "schedule", True, "drills_of_others"),
    ],
)
async def test_a_run_is_stopped_by_whose_it_is(
    who: str, sites: tuple[str, ...] | None, asked_by: str, is_scheduled: bool, code: str | None
) -> None:
    clock, intercom, trail = FakeClock(), Intercom(asked_by, is_scheduled), Trail()
    desk = DrillDesk(cast(Any, None), cast(Drills, intercom), cast(Any, trail), clock)
    by = By(Identity(who, ("supervisor",), "login", clock.now(), sites=sites), "192.0.2.1")
    if code is None:
        stopped = await desk.stop(by, "w.0011223344556677")
        assert stopped.state == "stopped"
        assert stopped.total == sum(sites is None or each in sites for each in ("a", "a", "b"))
    else:
        with pytest.raises(RequestRefused) as refused:
            await desk.stop(by, "w.0011223344556677")
        assert refused.value.code == code
    assert intercom.stopped == ([who] if code is None else [])
    assert [deed.action for deed in trail.deeds] == (["drills_stopped"] if code is None else [])
