"""What is wrong with one field of a request, in a form that can be said in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

Fact = str | int | float


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field: what is wrong with it and what to change. `field` is a path such as "main.url".

    `code` is stable, and with `facts` (what the words name: ids, bounds) enough to say it in another language.
    Made by the `fault` of the service whose table has the code.
    """

    field: str
    code: str
    facts: Mapping[str, Fact]
    problem: str
    change: str


class FaultWords(NamedTuple):
    """What is wrong and what to change, in English; {..} are facts. The console has the words of other languages."""

    problem: str
    change: str

    def of(self, field: str, code: str, facts: Mapping[str, Fact]) -> FieldFault:
        return FieldFault(field, code, facts, self.problem.format(**facts), self.change.format(**facts))
