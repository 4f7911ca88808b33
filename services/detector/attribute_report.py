"""How good an attribute model is on labelled heads: found, missed, unknown, and where it errs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.detector.attribute_memory import Band

# What stands in a labels file for each attribute; every other text is "not labelled".
PRESENT = {"mask": ("mask",), "headwear": ("hat",)}
ABSENT = {"mask": ("no_mask",), "headwear": ("bare",)}


@dataclass(frozen=True, slots=True)
class Judged:
    """One head: the score of one attribute, whether it is there, and the set of photos it is from."""

    score: float
    is_present: bool
    source: str = ""


def labelled(attribute: str, text: str) -> bool | None:
    """Whether the label says that it is there; None where it says neither."""
    word = text.strip().lower()
    if word in PRESENT.get(attribute, ("present", "1", "yes")):
        return True
    return False if word in ABSENT.get(attribute, ("absent", "0", "no")) else None


def report(judged: Sequence[Judged], band: Band) -> dict[str, Any]:
    """Shares of all heads that are labelled so, `unknown` counted as neither right nor wrong.

    `present_found` and `absent_found` are the shares that are told rightly; `present_missed` and `absent_as_present`
    those that are told wrongly; the confusion has counts.
    """
    confusion = {truth: {"present": 0, "absent": 0, "unknown": 0} for truth in ("present", "absent")}
    for one in judged:
        confusion["present" if one.is_present else "absent"][band.state(one.score)] += 1
    there, bare = confusion["present"], confusion["absent"]
    return {
        "heads": len(judged),
        "present_found": _share(there["present"], there),
        "present_missed": _share(there["absent"], there),
        "present_unknown": _share(there["unknown"], there),
        "absent_found": _share(bare["absent"], bare),
        "absent_as_present": _share(bare["present"], bare),
        "absent_unknown": _share(bare["unknown"], bare),
        "confusion": confusion,
    }


def report_by_source(judged: Iterable[Judged], band: Band) -> dict[str, Any]:
    """The same of all heads together, and of each source: a figure of one source alone deceives."""
    sources: dict[str, list[Judged]] = {}
    for one in judged:
        sources.setdefault(one.source, []).append(one)
    every = [one for some in sources.values() for one in some]
    each = {name: report(some, band) for name, some in sorted(sources.items())} if len(sources) > 1 else {}
    return {"all": report(every, band), "by_source": each}


def _share(count: int, row: dict[str, int]) -> float | None:
    whole = sum(row.values())
    return round(count / whole, 4) if whole else None
