"""The organisation's tree and what limits come to: small rules, in tables."""

from __future__ import annotations

import pytest

from services.gateway.accounts import seen_sites
from services.gateway.oidc import GroupGrant, granted
from services.gateway.units import DEPTH_MAX, fault_of_parent, path_of, with_ancestors

TREE: dict[str, str | None] = {"p": None, "c": "p", "d": "c", "s1": "d", "s2": "d", "other": None}
DEEP: dict[str, str | None] = {f"u{n}": f"u{n - 1}" if n else None for n in range(DEPTH_MAX)}


def test_a_path_leads_from_the_top_down() -> None:
    assert path_of(TREE, "s1") == ("p", "c", "d", "s1")
    assert path_of(TREE, "p") == ("p",)
    assert path_of(TREE, "nowhere") == path_of(TREE, None) == ()
    assert path_of({"a": "b", "b": "a"}, "a") == ("b", "a"), "a circle ends"
    assert with_ancestors(TREE, ["s2", "other"]) == {"p", "c", "d", "s2", "other"}


@pytest.mark.parametrize(
    ("parents", "id", "parent", "words"),
    [
        (TREE, "s1", "other", None),
        (TREE, "d", None, None),
        (TREE, "new", "s1", None),
        (TREE, "c", "c", "bite its tail"),
        (TREE, "c", "s2", "bite its tail"),
        (TREE, "new", "nowhere", "no unit 'nowhere'"),
        (DEEP, "new", f"u{DEPTH_MAX - 1}", "deeper"),
        (DEEP, "new", f"u{DEPTH_MAX - 2}", None),
        (DEEP | {"a": None, "b": "a"}, "a", f"u{DEPTH_MAX - 2}", "deeper"),
        (DEEP | {"a": None, "b": "a"}, "a", f"u{DEPTH_MAX - 3}", None),
    ],
)
def test_where_a_unit_can_hang(parents: dict[str, str | None], id: str, parent: str | None, words: str | None) -> None:
    fault = fault_of_parent(parents, id, parent)
    if words is None:
        assert fault is None
    else:
        assert fault is not None
        assert words in fault.problem
        assert fault.change


@pytest.mark.parametrize(
    ("sites", "units", "of_units", "seen"),
    [
        (None, None, (), None),
        ((), None, (), ()),
        (None, (), (), ()),
        (("a",), None, (), ("a",)),
        (None, ("u",), ("b", "c"), ("b", "c")),
        (("a", "b"), ("u",), ("b", "c"), ("a", "b", "c")),
        (None, ("empty",), (), ()),
    ],
)
def test_what_limits_come_to(
    sites: tuple[str, ...] | None,
    units: tuple[str, ...] | None,
    of_units: tuple[str, ...],
    seen: tuple[str, ...] | None,
) -> None:
    assert seen_sites(sites, units, of_units) == seen


def test_groups_of_a_provider_add_up() -> None:
    grants = {
        "station": GroupGrant(roles=("supervisor",), units=("s1",)),
        "lent": GroupGrant(roles=("supervisor",), sites=("a",)),
        "school": GroupGrant(roles=("school",), sites=("a",)),
        "bureau": GroupGrant(roles=("viewer",)),
    }
    both = granted(("station", "lent"), grants)
    assert both is not None
    assert (both.roles, both.sites, both.units) == (("supervisor",), ("a",), ("s1",))
    assert granted(("station", "school"), grants) is None, "neither role is theirs in both places"
    everything = granted(("station", "bureau"), grants)
    assert everything is not None
    assert (everything.roles, everything.sites, everything.units) == (("viewer",), None, None)
