"""A unit of the organisation: a province, city, district, station, or whoever runs several schools. They are a tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from services.gateway.audit import Deed
from services.gateway.faults import fault
from shared.field_faults import FieldFault

UnitKind = Literal["province", "city", "district", "station", "operator"]
# What still hangs on a unit that is to be removed.
UnitUse = Literal["units", "sites", "accounts"]

# = how far up a camera's key in KV `cameras` names units; a country needs five
DEPTH_MAX = 8
# = all of them are read together wherever the tree is drawn
UNITS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Unit:
    """`id` never changes; `parent` None: at the top. `name` is Chinese; `name_en` is for the English console.

    `revision` counts the changes and is its ETag.
    """

    id: str
    name: str
    kind: UnitKind
    parent: str | None = None
    name_en: str | None = None
    revision: int = 1


class Units(Protocol):
    """Where units are kept. Every change takes the deed that goes on record with it, in the same transaction."""

    async def all(self) -> list[Unit]:
        """By id."""
        ...

    async def unit(self, id: str) -> Unit | None: ...

    async def path(self, id: str | None) -> tuple[str, ...]:
        """Ids from the top to this one; none where it is none."""
        ...

    async def missing(self, ids: Iterable[str]) -> list[str]:
        """Those of them that are not there."""
        ...

    async def of_sites(self, sites: tuple[str, ...]) -> frozenset[str]:
        """The units that these schools belong to."""
        ...

    async def sites_below(self, id: str) -> frozenset[str]:
        """Schools of this unit and of all below it."""
        ...

    async def add(self, unit: Unit, deed: Deed) -> bool | FieldFault:
        """False where the id is taken; a fault where it cannot hang there."""
        ...

    async def replace(self, unit: Unit, deed: Deed) -> bool | FieldFault:
        """`unit.revision` is the one that was read; False where it is another by now; a fault as above."""
        ...

    async def remove(self, id: str, deed: Deed) -> UnitUse | None:
        """None where it is gone now, else what still hangs on it."""
        ...


def path_of(parents: Mapping[str, str | None], id: str | None) -> tuple[str, ...]:
    """Ids from the top down to `id`. Args: parents: parent of each unit that there is."""
    path: list[str] = []
    while id is not None and id in parents and id not in path:
        path.append(id)
        id = parents[id]
    return tuple(reversed(path))


def with_ancestors(parents: Mapping[str, str | None], ids: Iterable[str]) -> frozenset[str]:
    """These and all above them."""
    return frozenset(each for id in ids for each in path_of(parents, id))


def fault_of_parent(parents: Mapping[str, str | None], id: str, parent: str | None) -> FieldFault | None:
    """Why unit `id`, with all that is below it, cannot hang below `parent`; None: it can."""
    if parent is None:
        return None
    if parent not in parents:
        return fault("parent", "no_such_parent", id=parent)
    above = path_of(parents, parent)
    if id in above:
        return fault("parent", "unit_below_itself", parent=parent, id=id)
    if len(above) + _height(parents, id) > DEPTH_MAX:
        return fault("parent", "tree_too_deep", max=DEPTH_MAX)
    return None


def no_such_unit(field: str, id: str) -> FieldFault:
    return fault(field, "no_such_unit", id=id)


def _height(parents: Mapping[str, str | None], id: str) -> int:
    """Levels from this unit down to the lowest below it; 1 where there is none."""
    paths = (path_of(parents, each) for each in parents)
    return 1 + max((len(path) - 1 - path.index(id) for path in paths if id in path), default=0)
