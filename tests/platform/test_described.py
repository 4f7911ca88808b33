"""Fields are described by the string below each, in the schema and not before."""

from __future__ import annotations

import inspect

import pytest
from pydantic import Field

from shared.described import Described


class Kitchen(Described):
    seats: int
    """How many may eat."""
    name: str = Field("", description="as on the door")
    """Not this one: the field says it itself."""
    burners: int = 0


class Canteen(Kitchen):
    burners: int = 4
    """More than a kitchen's.

    In two paragraphs.
    """


def descriptions(model: type[Described]) -> dict[str, str | None]:
    return {name: field.get("description") for name, field in model.model_json_schema()["properties"].items()}


def test_a_string_below_a_field_describes_it_and_is_inherited() -> None:
    assert descriptions(Kitchen) == {"seats": "How many may eat.", "name": "as on the door", "burners": None}
    assert descriptions(Canteen) == {
        "seats": "How many may eat.",
        "name": "as on the door",
        "burners": "More than a kitchen's.\n\nIn two paragraphs.",
    }


def test_making_a_model_reads_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> str:
        raise AssertionError("the source was read")

    monkeypatch.setattr(inspect, "getsource", never)
    monkeypatch.setattr(inspect, "getsourcelines", never)
    monkeypatch.setattr(inspect, "getmodule", never)

    class Late(Described):
        seats: int
        """How many may eat."""

    assert Late(seats=3).seats == 3
