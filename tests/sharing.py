"""Tests that share one running product run on one worker, one after the other; the product ends with the last of them.

With whole files dealt out alone, each worker would start its own and keep it to its end: on two cores the idle ones took
a third of the machine from the tests that came later.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.stack import Stack

# Session fixtures that hold a running product, in the order in which one is told apart.
SHARED = ("shared_stack", "bare_stack")
_running: dict[str, Stack] = {}


def keep(name: str, stack: Stack) -> None:
    """Let the product of the fixture `name` be ended between tests, and started again for one that comes late."""
    _running[name] = stack


def of(item: pytest.Item | None) -> str | None:
    """Which of SHARED a test runs on."""
    names = getattr(item, "fixturenames", ())
    return next((name for name in SHARED if name in names), None)


def before(item: pytest.Item) -> None:
    name = of(item)
    if name in _running and not _running[name].is_running:
        _running[name].start()


def after(item: pytest.Item, following: pytest.Item | None) -> None:
    name = of(item)
    if name in _running and of(following) != name and _running[name].is_running:
        _running[name].stop()


class Scheduling(LoadFileScheduling):
    """Deals out whole files, but the tests of one shared product together (xdist's loadgroup names them `id@group`)."""

    def _split_scope(self, nodeid: str) -> str:
        test, _, group = nodeid.rpartition("@")
        return group if test and group in SHARED else str(super()._split_scope(nodeid))
