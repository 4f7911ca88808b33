"""A child process that does not outlive its parent, whatever ended that (Linux)."""

from __future__ import annotations

import ctypes
import os

_PR_SET_PDEATHSIG = 1  # prctl(2)

# Loaded here: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(parent: int, number: int) -> None:
    """Called in the child: the kernel sends it signal `number` when the thread that started it has ended.

    Args:
        parent: process id of who started it; who is gone already ends the child at once, with code 1.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)
