"""Public screens as administrators make them, and what whoever holds a link gets to see: names and hidden faces."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from services.gateway.audit import Action, Deed
from services.gateway.cameras import Camera
from services.gateway.faults import fault
from services.gateway.handlers.registry import By
from services.gateway.logins import login_id
from services.gateway.public_screens import (
    PREFIX,
    SCREENS_MAX,
    TOKEN_LENGTH_MAX,
    HiddenFaces,
    PublicScreen,
    PublicScreens,
    PublicView,
    closed,
    no_such_link,
)
from services.gateway.refusals import InvalidFields, TryLater, changed_meanwhile, no_such
from services.gateway.registry import Register
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.public_pictures import BlurredPicture

_YEAR = timedelta(days=366)
# = how soon a screen that was switched off shows nothing any more, at a gateway that it was not switched off at
_KNOWN_S = 2.0
_KNOWN_MAX = 1000
_PREPARING = frozenset(("not_yet", "too_busy"))

_Known = tuple[PublicScreen, tuple[Camera | None, ...]]


@dataclass(slots=True)
class PublicScreenDesk:
    """What administrators may ask (`By`), and what everybody may (a token)."""

    screens: PublicScreens
    register: Register
    faces: HiddenFaces
    clock: Clock
    # By the hash of a link: the same for a moment, however many look.
    _known: dict[str, tuple[float, _Known]] = field(default_factory=dict)

    async def list(self) -> list[PublicScreen]:
        return await self.screens.all()

    async def get(self, id: str) -> PublicScreen:
        found = await self.screens.find(id)
        if found is None:
            raise no_such("public_screen", id)
        return found

    async def add(self, by: By, asked: PublicScreen) -> tuple[str, PublicScreen]:
        """The token is shown this once. `asked` holds what was chosen; the rest is filled in here."""
        await self._require_sound(asked.cameras, asked.ends_at)
        if len(await self.screens.all()) >= SCREENS_MAX:
            words = f"There are {SCREENS_MAX} public screens: end one first."
            raise RequestRefused("too_many_public_screens", words, status=409)
        token, now = _new_token(), self.clock.now()
        screen = replace(
            asked,
            id=f"screen-{secrets.token_hex(4)}",
            token_hash=login_id(token),
            made_by=by.identity.name,
            made_at=now,
            link_made_at=now,
        )
        detail = {"name": screen.name, "cameras": ",".join(screen.cameras), "ends_at": screen.ends_at.isoformat()}
        await self.screens.add(screen, self._deed("public_screen_added", by, screen.id, **detail))
        return token, screen

    async def change(self, by: By, id: str, changes: Mapping[str, Any], if_match: int | None) -> PublicScreen:
        """`changes` holds new values of fields of PublicScreen by name."""
        screen = await self.get(id)
        if if_match is not None and if_match != screen.revision:
            raise changed_meanwhile()
        await self._require_sound(changes.get("cameras", ()), changes.get("ends_at"))
        detail = {"fields": ",".join(sorted(changes)), "cameras": ",".join(changes.get("cameras", ()))}
        return await self._replaced(replace(screen, **changes), self._deed("public_screen_changed", by, id, **detail))

    async def renew_link(self, by: By, id: str) -> tuple[str, PublicScreen]:
        """Another link; the one before opens nothing from now on."""
        screen, token = await self.get(id), _new_token()
        renewed = replace(screen, token_hash=login_id(token), link_made_at=self.clock.now())
        return token, await self._replaced(renewed, self._deed("public_screen_link_renewed", by, id))

    async def end(self, by: By, id: str) -> None:
        screen = await self.get(id)
        if not await self.screens.remove(id, self._deed("public_screen_ended", by, id, name=screen.name)):
            raise no_such("public_screen", id)
        self._known.clear()

    async def view(self, token: str) -> PublicView:
        """Raises RequestRefused (404) where the link opens nothing."""
        screen, cameras = await self._of(token)
        state = screen.state(self.clock.now())
        there = [(number, each.name) for number, each in enumerate(cameras, 1) if each is not None]
        return PublicView(screen.name, state, there if state == "open" else [])

    async def picture(self, token: str, number: int) -> BlurredPicture:
        """Raises RequestRefused: no such link or number, the screen is closed, or there is nothing to be shown now."""
        screen, cameras = await self._of(token)
        state = screen.state(self.clock.now())
        if state != "open":
            raise closed(state)
        camera = cameras[number - 1] if 1 <= number <= len(cameras) else None
        if camera is None:
            raise RequestRefused("no_such_picture", "This screen has no picture of that number.", status=404)
        try:
            return await self.faces.newest(camera.ref)
        except RequestRefused as refusal:
            # Why is for those who run it: the metrics and the detector know.
            if refusal.code in _PREPARING:
                words = "The picture is being prepared: ask again in a second."
                raise TryLater("picture_preparing", words, status=503, retry_after_s=1) from refusal
            words = "There is no picture now. It comes back by itself."
            raise TryLater("picture_away", words, status=503, retry_after_s=5) from refusal

    async def _of(self, token: str) -> _Known:
        if not token.startswith(PREFIX) or len(token) > TOKEN_LENGTH_MAX:
            raise no_such_link()
        hashed, now_s = login_id(token), self.clock.monotonic()
        at_s, known = self._known.get(hashed, (float("-inf"), None))
        if known is not None and now_s - at_s < _KNOWN_S:
            return known
        screen = await self.screens.of_token(hashed)
        if screen is None:
            self._known.pop(hashed, None)
            raise no_such_link()
        known = screen, tuple([await self._shown(id) for id in screen.cameras])
        while len(self._known) >= _KNOWN_MAX:
            self._known.pop(next(iter(self._known)))
        self._known[hashed] = now_s, known
        return known

    async def _shown(self, id: str) -> Camera | None:
        """None where it was removed or switched off."""
        camera = await self.register.camera(id)
        return camera if camera is not None and camera.is_enabled else None

    async def _require_sound(self, cameras: tuple[str, ...], ends_at: datetime | None) -> None:
        faults, now = [], self.clock.now()
        for id in cameras:
            camera = await self.register.camera(id)
            if camera is None:
                faults.append(fault("cameras", "no_such_camera", id=id))
            elif not camera.analysis.is_enabled:
                faults.append(fault("cameras", "not_analysed", id=id))
        if ends_at is not None and not now < ends_at <= now + _YEAR:
            faults.append(fault("ends_at", "screen_end"))
        if faults:
            raise InvalidFields(faults)

    async def _replaced(self, screen: PublicScreen, deed: Deed) -> PublicScreen:
        if not await self.screens.replace(screen, deed):
            raise changed_meanwhile()
        self._known.clear()
        return replace(screen, revision=screen.revision + 1)

    def _deed(self, action: Action, by: By, id: str, **detail: str) -> Deed:
        return Deed(action, by.identity.name, by.address, self.clock.now(), detail={"screen": id} | detail)


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)
