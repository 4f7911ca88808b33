"""Which of the packs that are there is in force for each capability, and which is tried beside it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.detector.pack_manifest import PackManifest
from shared.messages.detector import PackChoice

_NOT_THERE = "it is not there"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of one capability. Where nothing is in force, `reason` says why; `shadow_reason` where nothing is beside it."""

    in_force: PackManifest | None
    shadow: PackManifest | None = None
    reason: str = ""
    shadow_reason: str = ""


def choose(
    whole: Iterable[PackManifest], broken: Mapping[str, str], wish: PackChoice | None, capability: str
) -> Chosen:
    """Args:
    whole: packs whose files are all there and right.
    broken: reasons by `name@version`, of packs that are there and cannot be used.
    wish: what was chosen; None: the newest that is whole.
    """
    there = {pack.id: pack for pack in whole if pack.capability == capability}
    shadow, missed = None, ""
    if wish is not None and wish.shadow:
        shadow = there.get(wish.shadow)
        missed = "" if shadow else f"{wish.shadow} was chosen as its shadow: {broken.get(wish.shadow, _NOT_THERE)}"
    if wish is not None and wish.in_force:
        pack = there.get(wish.in_force)
        if pack is None:
            why = broken.get(wish.in_force, _NOT_THERE)
            return Chosen(None, shadow, f"{wish.in_force} was chosen: {why}")
        return Chosen(pack, shadow, shadow_reason=missed)
    if there:
        return Chosen(
            max(there.values(), key=lambda pack: (_order(pack.version), pack.id)), shadow, shadow_reason=missed
        )
    reasons = [f"{pack}: {why}" for pack, why in sorted(broken.items())]
    return Chosen(None, shadow, "; ".join(reasons) or "no pack brings it")


def _order(version: str) -> tuple[tuple[int, str], ...]:
    """Numbers are compared as numbers: 10 is newer than 9."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"[.+-]", version))
