"""Alerts as people see and judge them; who took and judged which one is on record."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.refusals import no_such
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.alert_proofs import AlertPicture, AlertPictureWanted, AlertReplay, ReplayWanted
from shared.messages.alerting import (
    Alert,
    AlertAcknowledgement,
    AlertList,
    AlertRef,
    AlertReview,
    AlertsWanted,
    Verdict,
)
from shared.messages.orders import Case, CaseRef


class Alerting(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def alerts(self, wanted: AlertsWanted) -> AlertList: ...

    async def alert(self, wanted: AlertRef) -> Alert: ...

    async def acknowledge(self, wanted: AlertAcknowledgement) -> Alert: ...

    async def review(self, wanted: AlertReview) -> Alert: ...

    async def picture(self, wanted: AlertPictureWanted) -> AlertPicture: ...

    async def replay(self, wanted: ReplayWanted) -> AlertReplay: ...
    async def case(self, wanted: CaseRef) -> Case: ...


class CameraPlaces(Protocol):
    """Which school each camera is of."""

    async def sites_of(self, cameras_named: Collection[str]) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """What people may ask about alerts."""

    alerting: Alerting
    cameras: CameraPlaces
    trail: AuditTrail
    clock: Clock

    async def page(self, by: By, wanted: AlertsWanted, page: PageRequest) -> PageOf[Alert]:
        """Newest first, of the schools that they may see."""
        sites = by.identity.seen_sites(wanted.sites)
        if sites == ():
            return PageOf((), None)
        asked = wanted.model_copy(update={"sites": sites or (), "limit": page.limit + 1, "before": page.after})
        found = await self.alerting.alerts(asked)
        cut = await self._cut(by, found.items)
        return page_of(cut, page, lambda alert: f"{alert.first_us}.{alert.alert}")

    async def one(self, by: By, id: str) -> Alert:
        """To look at: of their schools, or of a case that somebody shows them."""
        alert = await self.alerting.alert(AlertRef(alert=id))
        if not by.identity.sees(alert.site):
            case = None if alert.case is None else await self.alerting.case(CaseRef(case=alert.case))
            # A case of before may hold another school's alert: whoever shared it could not see that one either.
            if case is None or case.site != alert.site or by.identity.name not in case.shared_with:
                raise no_such("alert", id)
            await self._record(by, "shared_case_seen", alert, case=case.case)
        return await self._cut_one(by, alert)

    async def _own(self, by: By, id: str) -> Alert:
        """To judge."""
        alert = await self.alerting.alert(AlertRef(alert=id))
        if not by.identity.sees(alert.site):
            raise no_such("alert", id)
        return alert

    async def kept_picture(self, by: By, alert: Alert) -> AlertPicture | None:
        """The best picture as it is kept with the alert; None where it is not (yet), or is another by now."""
        proof = alert.proof
        if alert.best is None or proof is None or proof.picture_at_us != alert.best.at_us:
            return None
        await self._record(by, "snapshot", alert)
        try:
            return await self.alerting.picture(AlertPictureWanted(alert=alert.alert))
        except PeerError:
            return None  # the recording has it too

    async def clip(self, by: By, id: str) -> str:
        """Id of the clip that proves it. Raises RequestRefused with why there is none."""
        alert = await self.one(by, id)
        if alert.clip is not None:
            return alert.clip
        proof = alert.proof
        if proof is not None and proof.state == "impossible":
            raise RequestRefused("no_clip", f"This alert has no clip: {proof.detail}", status=404)
        detail = "" if proof is None else f" {proof.detail}"
        raise RequestRefused("clip_not_ready", f"The clip of this alert is not made yet.{detail}", status=409)

    async def crop(self, by: By, id: str) -> str:
        """Id of the clip of the part in which something small runs."""
        alert = await self.one(by, id)
        if alert.proof is None or alert.proof.crop is None:
            detail = "it names no part" if alert.crop is None else "it is not made (yet)"
            raise RequestRefused("no_crop", f"This alert has no clip of a part of the picture: {detail}.", status=404)
        return alert.proof.crop

    async def replay(self, by: By, wanted: ReplayWanted) -> AlertReplay:
        await self.one(by, wanted.alert)
        return await self.alerting.replay(wanted)

    async def acknowledge(self, by: By, id: str) -> Alert:
        await self._record(by, "alert_acknowledged", await self._own(by, id))
        taken = await self.alerting.acknowledge(AlertAcknowledgement(alert=id, by=by.identity.name))
        return await self._cut_one(by, taken)

    async def review(self, by: By, id: str, verdict: Verdict, note: str) -> Alert:
        await self._record(by, "alert_reviewed", await self._own(by, id), verdict=verdict)
        wanted = AlertReview(alert=id, by=by.identity.name, verdict=verdict, note=note)
        return await self._cut_one(by, await self.alerting.review(wanted))

    async def _cut_one(self, by: By, alert: Alert) -> Alert:
        (cut,) = await self._cut(by, (alert,))
        return cut

    async def _cut(self, by: By, alerts: Sequence[Alert]) -> Sequence[Alert]:
        """Without other schools' part: a district's outage is kept as the alert of one of its schools."""
        named = {camera for alert in alerts for camera in (*alert.cameras, *alert.cameras_away)}
        named -= {alert.camera for alert in alerts}
        if by.identity.sites is None or not named:
            return alerts
        places = await self.cameras.sites_of(named)
        return [_cut(alert, by.identity, places) for alert in alerts]

    async def _record(self, by: By, action: Action, alert: Alert, **more: str) -> None:
        """Before it happens: what could not be recorded does not."""
        detail = {"alert": alert.alert, "rule": alert.rule, **more}
        now = self.clock.now()
        await self.trail.add(Deed(action, by.identity.name, by.address, now, camera=alert.camera, detail=detail))


def _cut(alert: Alert, identity: Identity, places: Mapping[str, str]) -> Alert:
    """Its own school's part is theirs, also where a case shows them no more than that."""
    sites = tuple(site for site in alert.sites if site == alert.site or identity.sees(site))
    # A camera that was removed since is nobody's; where no other school has a part, it was this one's.
    unknown = alert.site if sites == alert.sites else ""

    def shown(cameras: Sequence[str]) -> tuple[str, ...]:
        of = ((camera, places.get(camera, unknown)) for camera in cameras)
        return tuple(id for id, site in of if id == alert.camera or site == alert.site or identity.sees(site))

    cut = {"sites": sites, "cameras": shown(alert.cameras), "cameras_away": shown(alert.cameras_away)}
    return alert.model_copy(update=cut)
