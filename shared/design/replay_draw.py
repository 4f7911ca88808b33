"""Replays a random draw: FILE [PUBLISHED_SHA256]. Needs nothing but Python; random-draw.md says what it does."""

import hmac
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def words(seed: str, label: str) -> Iterator[int]:
    for counter in range(2**60):
        block = hmac.digest(bytes.fromhex(seed), f"{label}\n{counter}".encode(), "sha256")
        yield from (int.from_bytes(block[at : at + 8], "big") for at in range(0, 32, 8))


def below(bound: int, stream: Iterator[int]) -> int:
    return next(word for word in stream if word < 2**64 - 2**64 % bound) % bound


def shuffled(items: list[Any], stream: Iterator[int]) -> list[Any]:
    return [items.pop(below(len(items), stream)) for _ in range(len(items))]


def draw(frozen: Any, seed: str) -> list[list[str]]:
    rule, strata, chosen = frozen["rule"], dict[tuple[int, int], Any](), set[Any]()
    for kitchen, risk, days in sorted(frozen["roster"]):
        band = len(rule["bands"]) if days is None else sum(begins <= days for begins, _ in rule["bands"]) - 1
        weight = rule["risk_weights"][risk - 1] * ([each[1] for each in rule["bands"]] + [rule["never_weight"]])[band]
        strata.setdefault((risk, band), []).append((kitchen, f"{risk}/{band}", weight))
    line = [one for (r, b), of in sorted(strata.items()) for one in shuffled(of, words(seed, f"stratum {r}/{b}"))]
    left, rest, step = min(rule["count"], len(line)), line, sum(weight for *_, weight in line)
    while certain := {one for one in rest if left * one[2] >= step}:
        chosen, left, rest = chosen | certain, left - len(certain), [one for one in rest if one not in certain]
        step = sum(weight for *_, weight in rest)
    point, end = below(step, words(seed, "start")) if left else sys.maxsize, 0
    for one in rest:
        end += left * one[2]
        if point < end:
            chosen, point = chosen | {one}, point + step
    who, found = shuffled(sorted(frozen["supervisors"]), words(seed, "supervisors")), [k for k in line if k in chosen]
    return [[kitchen, stratum, who[at % len(who)]] for at, (kitchen, stratum, _) in enumerate(found)]


file = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
sealed_things = [file["frozen"], [each[:2] for each in file["seeds"]]]
sealed = hashed(json.dumps(sealed_things, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
shown = [each for each in file["seeds"] if each[2] is not None]
own = all(each[1] == hashed("bright-kitchen seed 1\n{0}\n{2}\n{3}\n".format(*each)) for each in shown)
seed = hashed("\n".join(["bright-kitchen combined seed 1", sealed, *(f"{each[0]}\n{each[2]}" for each in shown), ""]))
wrong = ["what was frozen is not what was published"] * (sealed != [*sys.argv, file["published_sha256"]][2])
wrong += ["a seed is not the one committed to"] * (not own)
wrong += ["the seeds do not give this result"] * (draw(file["frozen"], seed) != file["result"])
sys.exit("\n".join(wrong) or sys.stdout.write(f"the draw stands: {len(file['result'])} kitchens\n") * 0)
