"""The form of every benchmark's output: one JSON line a row, raw samples kept beside."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "bench-results"


def row(
    name: str,
    ours: Sequence[float],
    peer: Sequence[float] | None,
    unit: str,
    *,
    is_higher_better: bool,
    conditions: Mapping[str, Any],
    digits: int = 3,
) -> dict[str, Any]:
    """Medians of the samples; `peer` None where there is none to compare with."""
    our_median = statistics.median(ours)
    peer_median = statistics.median(peer) if peer else None
    return {
        "name": name,
        "ours": round(our_median, digits),
        "peer": None if peer_median is None else round(peer_median, digits),
        "ratio": None if not peer_median else round(our_median / peer_median, 3),
        "unit": unit,
        "higher_is_better": is_higher_better,
        "conditions": dict(conditions),
    }


def say(rows: Sequence[Mapping[str, Any]], samples: Mapping[str, Any], bench: str) -> None:
    """Print the rows and add the raw samples to bench-results/<bench>.jsonl."""
    RESULTS.mkdir(exist_ok=True)
    for one in rows:
        print(json.dumps(one, ensure_ascii=False), flush=True)
    with (RESULTS / f"{bench}.jsonl").open("a") as file:
        file.write(json.dumps({"rows": list(rows), "samples": samples}, ensure_ascii=False) + "\n")
