"""Which kitchens could be reached right now: the last drill of each camera, and whether it is online. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.messages.drills import CameraReach, DrillResult, Reachability, ReachState, SiteReach
from shared.subjects import CameraRef

_HOUR_US = 3_600_000_000


def reachability(
    cameras: Iterable[CameraRef],
    last: Mapping[CameraRef, DrillResult],
    online: Iterable[CameraRef],
    at_us: int,
    fresh_h: float,
) -> Reachability:
    """Args: cameras: those that are wanted and enabled; last: the last drill of each that was not skipped."""
    is_online = frozenset(online)
    reaches = []
    for camera in sorted(cameras):
        result = last.get(camera)
        state = _state(result, camera in is_online, at_us - fresh_h * _HOUR_US)
        reaches.append(CameraReach(site=camera.site, camera=camera.camera, state=state, last=result))
    sites = _sites(reaches)
    return Reachability(
        at_us=at_us,
        fresh_h=fresh_h,
        camera_ratio=_ratio(sum(reach.state == "reachable" for reach in reaches), len(reaches)),
        site_ratio=_ratio(sum(site.is_reachable for site in sites), len(sites)),
        sites=sites,
        cameras=tuple(reaches),
    )


def _state(last: DrillResult | None, is_online: bool, fresh_us: float) -> ReachState:
    if last is None or last.at_us is None:
        return "never"
    if last.outcome != "passed":
        return "failed"
    if last.at_us < fresh_us:
        return "stale"
    return "reachable" if is_online else "offline"


def _sites(reaches: Iterable[CameraReach]) -> tuple[SiteReach, ...]:
    by_site: dict[str, list[CameraReach]] = {}
    for reach in reaches:
        by_site.setdefault(reach.site, []).append(reach)
    sites = []
    for site, those in by_site.items():
        reachable = sum(reach.state == "reachable" for reach in those)
        sites.append(SiteReach(site=site, is_reachable=reachable > 0, cameras=len(those), reachable=reachable))
    return tuple(sites)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
