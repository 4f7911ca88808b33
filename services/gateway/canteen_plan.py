"""What a spreadsheet of canteens would change: each row against what is registered, and against the rows before it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal

from services.gateway.camera_addresses import CleanUrl
from services.gateway.cameras import Camera, StreamSource, hosts_of
from services.gateway.canteen_sheet import SheetRow, kind_of, purpose_of
from services.gateway.faults import fault
from services.gateway.sites import Site
from services.gateway.units import Unit
from shared.field_faults import FieldFault

Outcome = Literal["new", "changed", "unchanged", "wrong"]
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_BETWEEN = re.compile(r"[/／>＞\\]")


@dataclass(frozen=True, slots=True)
class Addresses:
    """What the addresses of a row came to: the URL as it may be kept, or what is wrong with it; None: none given."""

    main: CleanUrl | FieldFault | None = None
    sub: CleanUrl | FieldFault | None = None


@dataclass(frozen=True, slots=True)
class SiteStep:
    """What becomes of a row's school. `changes`: new values of fields of Site by name."""

    site: Site
    outcome: Outcome
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CameraStep:
    """What becomes of a row's camera. `changes`: by name, and `password` in clear; it never leaves this process."""

    camera: Camera
    outcome: Outcome
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RowPlan:
    """`site` and `camera` are None where the row is wrong; `camera` also where it names none. Names are as typed."""

    number: int
    site: SiteStep | None = None
    camera: CameraStep | None = None
    faults: tuple[FieldFault, ...] = ()
    site_name: str = ""
    camera_name: str = ""

    @property
    def outcome(self) -> Outcome:
        if self.faults or self.site is None:
            return "wrong"
        steps = [self.site.outcome] + ([] if self.camera is None else [self.camera.outcome])
        return "new" if "new" in steps else "changed" if "changed" in steps else "unchanged"


class CanteenPlan:
    """Rows are brought in their order: a school that an earlier row adds is known to a later one."""

    def __init__(
        self,
        units: Iterable[Unit],
        sites: Iterable[Site],
        cameras: Iterable[Camera],
        is_password: Callable[[Camera, str], bool],
    ):
        """Args: is_password: whether this is the one that is kept for that camera."""
        self._units = list(units)
        self._paths: dict[str, Unit | FieldFault | None] = {"": None}
        self._sites: dict[str, Site] = {}
        self._sites_named: dict[str, set[str]] = defaultdict(set)
        self._cameras: dict[str, Camera] = {}
        self._cameras_named: dict[tuple[str, str], str] = {}
        for site in sites:
            self._keep_site(site)
        for camera in cameras:
            self._keep_camera(camera)
        self._is_password = is_password
        self._named_in: dict[str, tuple[int, SheetRow]] = {}
        self._camera_in: dict[str, int] = {}

    def row(self, row: SheetRow, addresses: Addresses, wrong: Iterable[FieldFault] = ()) -> RowPlan:
        faults = list(wrong)
        site = self._site(row, faults)
        camera = None
        if row.has_camera and site is not None:
            camera = self._camera(row, site.site, addresses, faults)
        if faults or site is None:
            site_name, camera_name = (row[f"{what}_name"] or row[f"{what}_id"] for what in ("site", "camera"))
            return RowPlan(row.number, faults=tuple(faults), site_name=site_name, camera_name=camera_name)
        self._keep_site(site.site)
        self._named_in.setdefault(site.site.id, (row.number, row))
        if camera is not None:
            self._keep_camera(camera.camera)
            self._camera_in[camera.camera.id] = row.number
        return RowPlan(row.number, site, camera)

    def _keep_site(self, site: Site) -> None:
        before = self._sites.get(site.id)
        if before is not None:
            self._sites_named[before.name].discard(site.id)
        self._sites[site.id] = site
        self._sites_named[site.name].add(site.id)

    def _keep_camera(self, camera: Camera) -> None:
        before = self._cameras.get(camera.id)
        if before is not None:
            self._cameras_named.pop((before.site, before.name), None)
        self._cameras[camera.id] = camera
        self._cameras_named[(camera.site, camera.name)] = camera.id

    def _site(self, row: SheetRow, faults: list[FieldFault]) -> SiteStep | None:
        there = self._found_site(row, faults)
        found = self._unit(row["unit"])
        if isinstance(found, FieldFault):
            faults.append(found)
        unit = found.id if isinstance(found, Unit) else None
        kind = kind_of(row["site_kind"]) if row["site_kind"] else None
        if isinstance(kind, FieldFault):
            faults.append(kind)
            kind = None
        id = row["site_id"] or _made_up("site", row["site_name"])
        if not _ID.fullmatch(id):
            faults.append(_bad_id("site_id", id))
        if there is None and not row["site_name"]:
            faults.append(fault("site_name", "need_site_name"))
        if faults:
            return None
        if there is None:
            return SiteStep(Site(id, row["site_name"], kind or "school", unit=unit), "new")
        self._say_the_same(there.id, row, faults)
        wanted: dict[str, Any] = {
            "name": row["site_name"] or there.name,
            "kind": kind or there.kind,
            "unit": unit or there.unit,
        }
        changes = {name: value for name, value in wanted.items() if value != getattr(there, name)}
        return SiteStep(replace(there, **changes), "changed" if changes else "unchanged", changes)

    def _found_site(self, row: SheetRow, faults: list[FieldFault]) -> Site | None:
        if row["site_id"]:
            return self._sites.get(row["site_id"])
        named = sorted(self._sites_named.get(row["site_name"], ()))
        if len(named) > 1:
            ids = ", ".join(named[:5])
            faults.append(fault("site_id", "site_twice", value=row["site_name"], ids=ids))
        return self._sites[named[0]] if len(named) == 1 else None

    def _say_the_same(self, site: str, row: SheetRow, faults: list[FieldFault]) -> None:
        """Two rows of one school may leave things out, and may not contradict each other."""
        number, before = self._named_in.get(site, (0, row))
        for column in ("site_name", "site_kind", "unit"):
            if row[column] and before[column] and row[column] != before[column]:
                faults.append(fault(column, "says_otherwise", value=before[column], row=number))

    def _unit(self, path: str) -> Unit | FieldFault | None:
        if path not in self._paths:
            self._paths[path] = _unit_at(path, self._units)
        return self._paths[path]

    def _camera(self, row: SheetRow, site: Site, addresses: Addresses, faults: list[FieldFault]) -> CameraStep | None:
        id = row["camera_id"]
        there = self._cameras.get(id) if id else self._camera_named(row["camera_name"], site.id)
        purpose = purpose_of(row["purpose"]) if row["purpose"] else None
        faults += [each for each in (purpose, addresses.main, addresses.sub) if isinstance(each, FieldFault)]
        id = id or (there.id if there is not None else _made_up("cam", f"{site.id}/{row['camera_name']}"))
        if not _ID.fullmatch(id):
            faults.append(_bad_id("camera_id", id))
        if there is None:
            faults += [] if row["camera_name"] else [fault("camera_name", "need_camera_name")]
            faults += [] if row["main_url"] else [fault("main_url", "need_address")]
        elif there.site != site.id:
            faults.append(fault("camera_id", "other_school", value=id, site=there.site))
        if id in self._camera_in:
            column = "camera_id" if row["camera_id"] else "camera_name"
            faults.append(fault(column, "camera_twice", row=self._camera_in[id]))
        if faults:
            return None
        return self._camera_step(row, site, id, there, addresses, faults)

    def _camera_step(
        self,
        row: SheetRow,
        site: Site,
        id: str,
        there: Camera | None,
        addresses: Addresses,
        faults: list[FieldFault],
    ) -> CameraStep | None:
        main, sub = _url(addresses.main), _url(addresses.sub)
        username = row["username"] or main.username or sub.username
        password = row["password"] or main.password or sub.password
        purpose = purpose_of(row["purpose"]) if row["purpose"] else None
        assert not isinstance(purpose, FieldFault)
        if there is None:
            source = StreamSource(main.url)
            second = StreamSource(sub.url) if sub.url else None
            camera = Camera(id, site.id, row["camera_name"], purpose or "processing", source, second, username)
            return CameraStep(camera, "new", password=password)
        wanted: dict[str, Any] = {
            "name": row["camera_name"] or there.name,
            "purpose": purpose or there.purpose,
            "main": replace(there.main, url=main.url) if main.url else there.main,
            "sub": there.sub if not sub.url else replace(there.sub or StreamSource(""), url=sub.url),
            "username": username or there.username,
        }
        changes = {name: value for name, value in wanted.items() if value != getattr(there, name)}
        changed = replace(there, **changes)
        if password is not None and not self._is_password(there, password):
            changes["password"] = password
        elif password is None and there.sealed_password is not None and not hosts_of(changed) <= hosts_of(there):
            # As for single cameras: a kept password is for the host it was entered for.
            faults.append(fault("password", "other_host"))
            return None
        return CameraStep(changed, "changed" if changes else "unchanged", changes)

    def _camera_named(self, name: str, site: str) -> Camera | None:
        return self._cameras.get(self._cameras_named.get((site, name), ""))


def _unit_at(path: str, units: list[Unit]) -> Unit | FieldFault | None:
    """Each part is an id or a name below the one before; the first may stand anywhere in the tree."""
    parts = [part.strip() for part in _BETWEEN.split(path) if part.strip()]
    found: list[Unit] = []
    for number, part in enumerate(parts):
        parents = {unit.id for unit in found}
        found = [
            unit
            for unit in units
            if part in (unit.id, unit.name, unit.name_en) and (number == 0 or unit.parent in parents)
        ]
        if not found and number:
            return fault("unit", "no_unit_below", value=part, above=parts[number - 1])
        if not found:
            return fault("unit", "no_unit", value=part)
    if len(found) > 1:
        return fault("unit", "unit_twice", value=parts[-1])
    return found[0] if found else None


def _url(address: CleanUrl | FieldFault | None) -> CleanUrl:
    return address if isinstance(address, CleanUrl) else CleanUrl("")


def _made_up(what: str, name: str) -> str:
    """The same name gives the same id: the file can be sent again."""
    return f"{what}-{sha256(name.encode()).hexdigest()[:10]}"


def _bad_id(column: str, id: str) -> FieldFault:
    return fault(column, "bad_id", value=id)
