"""What a draw rests on, as bytes: canonical JSON, hashes and seeds (shared/design/random-draw.md). Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shared.messages.inspections import DrawBand, DrawOpen, DrawRule, DrawSeed
from shared.messages.rules import RiskClass

FORMAT = "bright-kitchen draw 1"
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Kitchen:
    """On the roster. `days` since the last look; None: never looked at."""

    kitchen: str
    risk: RiskClass
    days: int | None


def canonical(thing: Any) -> str:
    """Keys sorted, no blanks, no escapes that are not needed, whole numbers only; one form for one content."""
    return json.dumps(thing, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def days_since(last_us: int | None, now_us: int) -> int | None:
    return None if last_us is None else max(0, (now_us - last_us) // _DAY_US)


def frozen_text(draw: str, wanted: DrawOpen, roster: Sequence[Kitchen], now_us: int, salt: str) -> str:
    """Roster and rule. The salt is made after seeds that were committed with the call: none can be chosen to fit."""
    rule = wanted.rule
    return canonical(
        {
            "format": FORMAT,
            "draw": draw,
            "title": wanted.title,
            "frozen_us": now_us,
            "salt": salt,
            "roster": [[one.kitchen, one.risk, one.days] for one in sorted(roster, key=lambda one: one.kitchen)],
            "rule": {
                "count": rule.count,
                "risk_weights": list(rule.risk_weights),
                "bands": [[band.from_days, band.weight] for band in rule.bands],
                "never_weight": rule.never_weight,
            },
            "departments": [each.model_dump(mode="json") for each in wanted.departments],
            "supervisors": sorted(wanted.supervisors),
            "commit_until_us": wanted.commit_until_us,
            "reveal_until_us": wanted.reveal_until_us,
            "look_until_us": wanted.look_until_us,
            "if_missing": wanted.if_missing,
        }
    )


def commitment_of(department: str, seed: str, nonce: str) -> str:
    """What a department says before it shows its seed. Its name is in it: nobody can commit to another's seed."""
    return hashed(f"bright-kitchen seed 1\n{department}\n{seed}\n{nonce}\n")


def sealed_sha256(frozen: str, seeds: Sequence[DrawSeed]) -> str:
    """Of what was frozen and all commitments: published when the time to commit is over, before any seed is known."""
    return hashed(canonical([json.loads(frozen), [[one.department, one.commitment] for one in seeds]]))


def combined_seed(sealed: str, seeds: Sequence[DrawSeed]) -> str:
    """Of everything that was published and every seed that was revealed, in the order of the departments."""
    shown = "".join(f"{one.department}\n{one.seed}\n" for one in seeds if one.seed is not None)
    return hashed(f"bright-kitchen combined seed 1\n{sealed}\n{shown}")


def file_text(
    draw: str, frozen: str, seeds: Sequence[DrawSeed], sealed: str | None, chosen: Sequence[tuple[str, str, str]]
) -> str:
    """The file that is given away: all it takes to replay the draw."""
    return canonical(
        {
            "format": "bright-kitchen drawn 1",
            "draw": draw,
            "frozen": json.loads(frozen),
            "frozen_sha256": hashed(frozen),
            "published_sha256": sealed,
            "seeds": [[one.department, one.commitment, one.seed, one.nonce] for one in seeds],
            "result": [list(one) for one in chosen],
        }
    )


def roster_of(frozen: str) -> tuple[DrawRule, list[str], list[Kitchen]]:
    """Rule, supervisors and kitchens, read from what was hashed."""
    read = json.loads(frozen)
    rule = DrawRule(
        count=read["rule"]["count"],
        risk_weights=tuple(read["rule"]["risk_weights"]),
        bands=tuple(DrawBand(from_days=begins, weight=weight) for begins, weight in read["rule"]["bands"]),
        never_weight=read["rule"]["never_weight"],
    )
    return rule, read["supervisors"], [Kitchen(*each) for each in read["roster"]]
