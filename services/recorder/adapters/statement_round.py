"""Makes the hourly statement, and each day's statements of coverage, as soon as their time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.recorder.adapters.postgres.evidence import PostgresEvidence
from services.recorder.adapters.postgres.evidence_jobs import PostgresCoverage
from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.backlog import Backlog
from services.recorder.coverage import Watched, Window, coverage_statement
from services.recorder.evidence.evidence_desk import EvidenceDesk, Vault
from services.recorder.evidence.signature import SigningKey, canonical
from services.recorder.segment import StreamRef
from shared.clock import Clock
from shared.messages.cameras import DesiredCamera, RecordingPolicy
from shared.subjects import CameraRef
from shared.telemetry import gauge, log

ROUND_S = 30.0
HOUR_US = 3600 * 1_000_000
# What was filmed until the hour's end is stored by then.
SETTLE_US = 90 * 1_000_000
# So many days are made up for after an outage.
DAYS_BACK = 7
# = how long what is on the bus and not stored is waited for; then the day is stated as it is, and says so
GRACE_US = 24 * HOUR_US
# = how many statements of a site are locked in one round
_KEPT_AT_ONCE = 100

_age = gauge("recorder_statement_age_seconds", "since what the newest hourly statement covers ended")


class StatementRound:
    """Supervised. Any worker may: the one whose statement is entered first made it.

    A day is stated once what its cameras filmed is stored: after an outage of S3 hours of it wait in MEDIA.

    Args:
        backlog: knows whether something does.
        registered: the cameras there are.
        is_site_ours: whether this worker looks after a site's daily statement.
    """

    def __init__(
        self,
        desk: EvidenceDesk,
        statements: PostgresEvidence,
        coverage: PostgresCoverage,
        index: PostgresIndex,
        backlog: Backlog,
        vault: Vault,
        key: SigningKey,
        clock: Clock,
        registered: Callable[[], Iterable[DesiredCamera]],
        is_site_ours: Callable[[str], bool],
        kept_us: int,
    ):
        self._desk = desk
        self._statements = statements
        self._coverage = coverage
        self._index = index
        self._backlog = backlog
        self._vault = vault
        self._key = key
        self._clock = clock
        self._registered = registered
        self._is_site_ours = is_site_ours
        self._kept_us = kept_us

    async def run_once(self) -> None:
        await self.round()
        await self._clock.sleep(ROUND_S)

    async def round(self) -> None:
        """What is due. Raises PeerError; the next round makes it up."""
        now_us = self._clock.now_us()
        hour_began_us = (now_us - SETTLE_US) // HOUR_US * HOUR_US
        newest = await self._statements.newest_statement()
        if newest is None or newest.statement.until_us <= hour_began_us:
            newest = await self._desk.state()
            log().info("hourly statement made", number=newest.statement.number, chains=len(newest.statement.heads))
        _age.set(max(0.0, (now_us - newest.statement.until_us) / 1e6))
        await self._cover(now_us)
        await self._keep(now_us)

    async def _cover(self, now_us: int) -> None:
        of_site: dict[str, list[DesiredCamera]] = {}
        for camera in self._registered():
            of_site.setdefault(camera.site, []).append(camera)
        for site, cameras in sorted(of_site.items()):
            if not self._is_site_ours(site):
                continue
            zone = ZoneInfo(cameras[0].recording.time_zone)
            today = datetime.fromtimestamp((now_us - SETTLE_US) / 1e6, UTC).astimezone(zone).date()
            for back in range(DAYS_BACK, 0, -1):
                day = today - timedelta(days=back)
                if not await self._coverage.has(site, day.isoformat()):
                    await self._state_day(site, day, cameras, zone)

    async def _keep(self, now_us: int) -> None:
        """Lock what is stated and not locked yet, as it is in the database: its maker may have died in between."""
        for site in await self._coverage.sites_not_kept():
            if not self._is_site_ours(site):
                continue
            for day, document in await self._coverage.not_kept(site, _KEPT_AT_ONCE):
                await self._vault.keep(f"coverage/{site}/{day}.json", canonical(document), now_us + self._kept_us)
                await self._coverage.kept(site, day)

    async def _state_day(self, site: str, day: date, cameras: Iterable[DesiredCamera], zone: ZoneInfo) -> None:
        whole = Window(_midnight_us(day, zone), _midnight_us(day + timedelta(days=1), zone))
        streams = [(StreamRef(CameraRef(each.site, each.camera), each.recording.stream), each) for each in cameras]
        is_late = self._clock.now_us() >= whole.to_us + GRACE_US
        unsettled: set[StreamRef] = set()
        for of, camera in streams:
            if await self._backlog.holds(of, await self._index.head(of), expected(camera.recording, day, zone)):
                if not is_late:
                    return  # the next rounds look again
                unsettled.add(of)
        watched = []
        for of, camera in streams:
            head = await self._index.head(of)
            found = await self._index.timeline(of, whole.from_us, whole.to_us)
            if head is None and not found.ranges:
                continue  # registered and never recorded: the day it begins will say so
            watched.append(
                Watched(
                    of=of,
                    expected=expected(camera.recording, day, zone),
                    recorded=[Window(each.from_us, each.to_us) for each in found.ranges],
                    gaps=found.gaps,
                    is_settled=of not in unsettled,
                )
            )
        if not watched or not any(each.recorded or each.gaps for each in watched):
            return  # before its first camera was recorded a site has nothing to state
        if unsettled:
            waiting = [str(of) for of in sorted(unsettled, key=str)]
            log().warning("day stated before all of it was stored", site=site, day=day.isoformat(), streams=waiting)
        now_us = self._clock.now_us()
        document = coverage_statement(site, day, now_us, watched, self._key)
        await self._coverage.add(site, day.isoformat(), now_us, document)


def expected(policy: RecordingPolicy, day: date, zone: ZoneInfo) -> list[Window]:
    """When a camera had to film on a day, on its kitchen's clock. Around alerts alone nothing can be expected."""
    if policy.mode in ("alerts", "off"):
        return []
    begin_us, end_us = _midnight_us(day, zone), _midnight_us(day + timedelta(days=1), zone)
    if policy.mode == "continuous":
        return [Window(begin_us, end_us)]
    windows = []
    for window in policy.windows:
        for began in (day - timedelta(days=1), day):
            if began.isoweekday() not in window.days:
                continue
            ends = began if window.from_minute < window.to_minute else began + timedelta(days=1)
            from_us = max(begin_us, _minute_us(began, window.from_minute, zone))
            to_us = min(end_us, _minute_us(ends, window.to_minute, zone))
            if from_us < to_us:
                windows.append(Window(from_us, to_us))
    return windows


def _midnight_us(day: date, zone: ZoneInfo) -> int:
    return _minute_us(day, 0, zone)


def _minute_us(day: date, minute: int, zone: ZoneInfo) -> int:
    moment = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return round(moment.timestamp() * 1e6)
