"""Sites and cameras: added, changed, removed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from services.gateway.audit import Action, Deed
from services.gateway.camera_addresses import AddressRules, CleanUrl, Names
from services.gateway.cameras import Camera, StreamSource, hosts_of, seal_context
from services.gateway.faults import fault
from services.gateway.identity import Identity
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.refusals import InvalidFields, changed_meanwhile, no_such, taken
from services.gateway.registry import DesiredCameras, Register
from services.gateway.sites import Site
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.field_faults import FieldFault

T = TypeVar("T")


class Seal(Protocol):
    """Turns a password into a text that opens only in its context."""

    def seal(self, secret: str, context: str) -> str: ...


@dataclass(frozen=True, slots=True)
class By:
    """Who changes the registry, and from where."""

    identity: Identity
    address: str


@dataclass(frozen=True, slots=True)
class RegistryDesk:
    """What people may ask of the registry."""

    register: Register
    desired: DesiredCameras
    rules: AddressRules
    names: Names
    sealer: Seal
    clock: Clock

    async def list_sites(
        self, page: PageRequest, only: tuple[str, ...] | None, words: Sequence[str] = ()
    ) -> PageOf[Site]:
        """Args: only: of these; None: of all. words: with each of them in name or id."""
        return page_of(await self.register.sites(page, only, words), page, lambda site: site.id)

    async def site(self, id: str) -> Site:
        return _found("site", id, await self.register.site(id))

    async def add_site(self, by: By, site: Site) -> Site:
        deed = self._deed("site_added", by, site=site.id, name=site.name, unit=site.unit or "")
        if not await self.register.add_site(site, deed):
            raise taken("site", site.id)
        return site

    async def change_site(self, by: By, id: str, changes: Mapping[str, Any], if_match: int | None) -> Site:
        """`changes` holds new values of fields of Site by name."""
        site = await self.site(id)
        _require_revision(site.revision, if_match)
        changed = replace(site, **changes)
        deed = self._deed("site_changed", by, site=id, fields=_named(changes))
        if changed.unit != site.unit:
            moved = {"unit": changed.unit or "", "unit_before": site.unit or ""}
            deed = replace(deed, detail={**deed.detail, **moved})
        if not await self.register.replace_site(changed, deed):
            raise changed_meanwhile()
        if changed != site:
            for camera in await self.register.every_camera():
                if camera.site == id:
                    self.desired.changed(camera.ref)  # each is told of its site
        return replace(changed, revision=site.revision + 1)

    async def remove_site(self, by: By, id: str) -> None:
        await self.site(id)
        if not await self.register.remove_site(id, self._deed("site_removed", by, site=id)):
            raise RequestRefused("site_in_use", "This site still has cameras: remove them first.", status=409)

    async def list_cameras(
        self, page: PageRequest, only: tuple[str, ...] | None, words: Sequence[str] = ()
    ) -> PageOf[Camera]:
        """Args: only: those of these sites; None: of all. words: with each of them in name, id or the site's name."""
        return page_of(await self.register.cameras(page, only, words), page, lambda camera: camera.id)

    async def camera_for(self, identity: Identity, id: str) -> Camera:
        """One that this person may see; any other is, for them, not there."""
        camera = await self.camera(id)
        if not identity.sees(camera.site):
            raise no_such("camera", id)
        return camera

    async def camera(self, id: str) -> Camera:
        return _found("camera", id, await self.register.camera(id))

    async def require_cameras(self, site: str, ids: Sequence[str]) -> None:
        """Refused as not there where one of them is another school's, or nobody's."""
        places = await self.register.sites_of(ids)
        for id in ids:
            if places.get(id) != site:
                raise no_such("camera", id)

    async def add_camera(self, by: By, camera: Camera, password: str | None) -> Camera:
        """`camera.id` may be empty: one is made up. Raises InvalidFields."""
        camera = replace(camera, id=camera.id or f"cam-{secrets.token_hex(4)}")
        if await self.register.site(camera.site) is None:
            raise InvalidFields([fault("site", "no_such_site", id=camera.site)])
        _require_streams(camera)
        camera, found_password = await self._with_clean_urls(camera)
        password = found_password if password is None else password
        camera = replace(camera, sealed_password=self._sealed(camera, password))
        deed = self._deed("camera_added", by, camera=camera, name=camera.name, url=camera.main.url)
        if not await self.register.add_camera(camera, deed):
            raise taken("camera", camera.id)
        self.desired.changed(camera.ref)
        return camera

    async def change_camera(self, by: By, id: str, changes: Mapping[str, Any], if_match: int | None) -> Camera:
        """`changes` holds new values of fields of Camera by name, and `password` in clear. Raises InvalidFields."""
        camera = await self.camera(id)
        _require_revision(camera.revision, if_match)
        fields = {name: value for name, value in changes.items() if name != "password"}
        _require_streams(replace(camera, **fields))
        changed, password = await self._with_clean_urls(replace(camera, **fields))
        if "password" in changes:
            password = changes["password"]
            changed = replace(changed, sealed_password=self._sealed(camera, password))
        elif password is not None:
            changed = replace(changed, sealed_password=self._sealed(camera, password))
        elif camera.sealed_password is not None and not hosts_of(changed) <= hosts_of(camera):
            # The stored password is for the host it was entered for: it is not sent to another behind our back.
            raise InvalidFields([fault("password", "host_changed")])
        days = (camera.recording.retention_days, changed.recording.retention_days)
        # Fewer days delete what was filmed: how many there were is not to be found anywhere else.
        told = {"retention_days": str(days[1]), "retention_days_before": str(days[0])} if days[0] != days[1] else {}
        deed = self._deed("camera_changed", by, camera=camera, fields=_named(changes), **told)
        if not await self.register.replace_camera(changed, deed):
            raise changed_meanwhile()
        self.desired.changed(camera.ref)
        return replace(changed, revision=camera.revision + 1)

    async def remove_camera(self, by: By, id: str) -> None:
        camera = await self.camera(id)
        await self.register.remove_camera(id, self._deed("camera_removed", by, camera=camera, name=camera.name))
        self.desired.changed(camera.ref)

    async def clean(self, field: str, url: str) -> CleanUrl:
        """The URL without credentials; raises InvalidFields where it may not be a camera's."""
        clean = await self.rules.check(field, url, self.names)
        if isinstance(clean, FieldFault):
            raise InvalidFields([clean])
        return clean

    async def clean_talk_port(self, url: str, port: int | None) -> None:
        """Raises InvalidFields where it may not be a camera's."""
        if port is not None:
            wrong = await self.rules.check_port("talk_port", url, port, self.names)
            if wrong is not None:
                raise InvalidFields([wrong])

    async def _with_clean_urls(self, camera: Camera) -> tuple[Camera, str | None]:
        faults: list[FieldFault] = []
        password: str | None = None
        for stream in ("sub", "main"):  # credentials in main go before those in sub
            source: StreamSource | None = getattr(camera, stream)
            if source is None:
                continue
            clean = await self.rules.check(f"{stream}.url", source.url, self.names)
            if isinstance(clean, FieldFault):
                faults.append(clean)
                continue
            source = replace(source, url=clean.url)
            camera = replace(camera, sub=source) if stream == "sub" else replace(camera, main=source)
            if clean.username is not None:
                camera = replace(camera, username=clean.username)
                password = clean.password
        if not faults:
            await self.clean_talk_port(camera.main.url, camera.talk_port)
        if faults:
            raise InvalidFields(sorted(faults, key=lambda each: each.field))
        return camera, password

    def _sealed(self, camera: Camera, password: str | None) -> str | None:
        return None if password is None else self.sealer.seal(password, seal_context(camera.ref))

    def _deed(self, action: Action, by: By, *, camera: Camera | None = None, **detail: str) -> Deed:
        return Deed(
            action,
            by.identity.name,
            by.address,
            self.clock.now(),
            camera=None if camera is None else camera.id,
            detail=detail,
        )


def _found(what: str, id: str, thing: T | None) -> T:
    if thing is None:
        raise no_such(what, id)
    return thing


def _require_revision(revision: int, if_match: int | None) -> None:
    if if_match is not None and if_match != revision:
        raise changed_meanwhile()


def _require_streams(camera: Camera) -> None:
    if camera.recording.stream == "sub" and camera.sub is None:
        raise InvalidFields([fault("recording.stream", "no_sub_to_record")])
    if camera.analysis.stream == "sub" and camera.sub is None:
        raise InvalidFields([fault("analysis.stream", "no_sub_to_analyse")])


def _named(changes: Mapping[str, Any]) -> str:
    # Names only: a value may be a password.
    return ",".join(sorted(changes))
