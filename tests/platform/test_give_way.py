"""Children that stand back where cores are few: their niceness, and their group's."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from shared.embedded import give_way
from shared.embedded.process import Process

THREADED = """
import os, threading
def say():
    print(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), flush=True)
say()
one = threading.Thread(target=say)
one.start()
one.join()
"""
MINE = os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="niceness is the process's elsewhere")
@pytest.mark.parametrize(("niceness", "told"), [(0, MINE), (7, min(19, MINE + 7))])
async def test_a_child_and_its_threads_are_as_nice_as_it_was_told(tmp_path: Path, niceness: int, told: int) -> None:
    process = Process("nice", [sys.executable, "-c", THREADED], tmp_path / "log", niceness=niceness)
    await process.start()
    assert await process.wait() == 0, process.last_line()
    assert process.log_path.read_text().split() == [str(told)] * 2


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel groups no sessions")
async def test_its_group_is_so_too_and_ours_is_not(tmp_path: Path) -> None:
    before = Path("/proc/self/autogroup").read_text()
    process = Process("nice", ["sleep", "30"], tmp_path / "log", niceness=7)
    await process.start()
    try:
        assert Path(f"/proc/{process.pid}/autogroup").read_text().endswith(" nice 7\n")
        assert Path("/proc/self/autogroup").read_text() == before
    finally:
        await process.stop(5)


async def test_who_is_not_let_at_once_tries_again_and_gives_up_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(give_way, "_TRY_AGAIN_S", 0.0)
    tried: list[str] = []

    def busy(path: Path, text: str) -> int:
        tried.append(f"{path} {text}")
        if len(tried) < 3 or is_never_let:
            raise BlockingIOError(errno.EAGAIN, "another was changed just now")
        return len(text)

    monkeypatch.setattr(Path, "write_text", busy)
    is_never_let = False
    await give_way.lower_group(4711, 5)
    assert tried == ["/proc/4711/autogroup 5"] * 3
    tried.clear()
    is_never_let = True
    await give_way.lower_group(4711, 5)
    assert len(tried) == 20


async def test_a_child_that_has_ended_needs_no_group(tmp_path: Path) -> None:
    await give_way.lower_group(2**22 + 1, 5)  # beyond the largest process id
