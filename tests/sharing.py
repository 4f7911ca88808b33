"""Tests that share one running product run on one worker, one after the other; the product ends with the last of them.

With whole files dealt out alone, each worker would start its own and keep it to its end: on two cores the idle ones took
a third of the machine from the tests that came later.
"""

from __future__ import annotations

import os

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests.stack import Stack

# Session fixtures that hold a running product, in the order in which one is told apart.
SHARED = ("shared_stack", "bare_stack")
# Where a whole product runs, or a browser plays in time.
_PRODUCTS = (
    "tests/console/",
    "tests/e2e/",
    "tests/platform/test_up.py",
    "tests/deploy/test_compose_in_processes.py",
    "tests/media/test_media_source.py",
)
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
    """Deals out whole files, but the tests of one shared product together (xdist's loadgroup names them `id@group`).

    Of whole products with their cameras and browsers one runs for every two processors: tests that watch seconds, sound
    and pictures failed beside a second one, each time others, and the whole took about as long (52 and 49 minutes on
    a slow machine, one run each).
    """

    def _split_scope(self, nodeid: str) -> str:
        test, _, group = nodeid.rpartition("@")
        return group if test and group in SHARED else str(super()._split_scope(nodeid))

    def _reschedule(self, node: WorkerController) -> None:
        if self.workqueue and not node.shutting_down and self._next_for(node) is None:
            node.shutdown()  # once it has done what it has
        super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope = self._next_for(node)
        if scope is None:
            node.shutdown()
            return
        self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)

    def _next_for(self, node: WorkerController) -> str | None:
        """Whoever may run products runs those first: together they take longest."""
        waiting = sorted(self.workqueue, key=is_of_product, reverse=True)  # stable
        living = [each for each in self.nodes if not each.shutting_down]
        if node not in living[: max(1, (os.cpu_count() or 1) // 2)]:
            waiting = [scope for scope in waiting if not is_of_product(scope)]
        return next(iter(waiting), None)


def is_of_product(scope: str) -> bool:
    """Whether a whole product runs while these tests run."""
    return scope in SHARED or scope.startswith(_PRODUCTS)
