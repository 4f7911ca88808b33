"""Who runs a server that refuses to be root: we ourselves, or uid 65534 where we are root."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from dataclasses import dataclass
from pathlib import Path

from shared.embedded.process import ServerFailed

NOBODY = 65534
_CAPABILITIES = (("dac_read_search", 2), ("dac_override", 1))  # name for setpriv, bit in capabilities(7)


@dataclass(frozen=True, slots=True)
class Unprivileged:
    """The user of a server and how it is started.

    Root's home is often closed to others, and a checkout may lie in it. Then nothing is opened up or copied:
    the server alone is given the capability to pass through folders it could not enter. Reading needs only
    `dac_read_search`; container engines withhold that one and give `dac_override`, which is taken second.
    """

    user_id: int | None
    capability: str | None = None

    @classmethod
    def here(cls, folder: Path, binaries: Path) -> Unprivileged:
        """For a server whose data is in `folder` and whose programs are in `binaries`."""
        if os.geteuid() != 0:
            return cls(None)
        if shutil.which("setpriv") is None:
            raise ServerFailed("setpriv is missing: install util-linux, or run as an ordinary user")
        closed = [path for path in (*folder.parents, *binaries.parents, binaries) if _is_closed(path)]
        if not closed:
            return cls(NOBODY)
        held = _held_capabilities()
        for name, bit in _CAPABILITIES:
            if held & (1 << bit):
                return cls(NOBODY, name)
        raise ServerFailed(f"uid {NOBODY} may not enter {closed[0]}: choose another DATA, or run as an ordinary user")

    def prefix(self, death_signal: signal.Signals) -> list[str]:
        """What comes before the command line. The death signal is lost with the user id, so it is set again."""
        if self.user_id is None:
            return []
        words = ["setpriv", f"--reuid={self.user_id}", f"--regid={self.user_id}", "--clear-groups"]
        words += [f"--pdeathsig={death_signal.name[3:]}"]
        if self.capability is not None:
            words += [f"--inh-caps=+{self.capability}", f"--ambient-caps=+{self.capability}"]
        return [*words, "--"]

    def own(self, folder: Path) -> None:
        """Give `folder` itself to that user (what it makes inside is its own)."""
        if self.user_id is not None:
            os.chown(folder, self.user_id, self.user_id)


def _is_closed(path: Path) -> bool:
    try:
        return not path.stat().st_mode & stat.S_IXOTH
    except FileNotFoundError:
        return False


def _held_capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
