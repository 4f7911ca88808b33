"""A child that lets others run first where cores are few."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

# Whoever is not root may change one group in a tenth of a second, on the whole machine (sched(7), autogroup).
_TRY_AGAIN_S = 0.1
_TRIES = 20


def give_way(niceness: int) -> None:
    """Called in the child, before it starts threads: niceness is a thread's own, and those it starts take it over."""
    if niceness:
        os.nice(niceness)


async def lower_group(pid: int, niceness: int) -> None:
    """Where the scheduler groups processes by session, niceness counts within the group only: the group gets it, too.

    Nothing happens where it does not group them, or does not let us: then niceness alone must do.
    """
    for _ in range(_TRIES if niceness else 0):
        if _is_settled(Path(f"/proc/{pid}/autogroup"), niceness):
            return
        await asyncio.sleep(_TRY_AGAIN_S)


def _is_settled(group: Path, niceness: int) -> bool:
    """Whether the group has its niceness, or never gets it."""
    try:
        group.write_text(str(niceness))
    except BlockingIOError:
        return False
    except OSError:
        return True  # there is no such file, the process has ended, or it is not ours to change
    return True
