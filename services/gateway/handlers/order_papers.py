"""Orders to hand out: collects what an order rests on, as far as its reader may see it, and has it printed."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal, Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.alerts import AlertDesk
from services.gateway.handlers.orders import OrderDesk
from services.gateway.handlers.recordings import RecordingsDesk
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.handlers.rules import RuleDesk
from services.gateway.papers.order_paper import (
    ALERTS_MAX,
    Got,
    Letterhead,
    OrderFacts,
    SealedFile,
    SeenAlert,
    last_check,
    paper_of,
    printed_photos,
)
from services.gateway.papers.paper import Language, Paper
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.alerting import Alert, BestFrame
from shared.messages.evidence import EvidenceRef, EvidenceStatus
from shared.messages.orders import Case, Order


class Printer(Protocol):
    """Makes a PDF. Raises RequestRefused where it cannot, with why."""

    async def pdf(self, paper: Paper) -> bytes: ...


class SealedFiles(Protocol):
    """The recorder's case files. Raises RequestRefused as it refused, PeerError where none answers."""

    async def case(self, wanted: EvidenceRef) -> EvidenceStatus: ...


@dataclass(frozen=True, slots=True)
class OrderPaperDesk:
    """Prints orders. `console_url`: where people open the console; empty: where they ask."""

    orders: OrderDesk
    alerts: AlertDesk
    rules: RuleDesk
    recordings: RecordingsDesk
    registry: RegistryDesk
    sealed: SealedFiles
    printer: Printer
    head: Letterhead
    console_url: str
    trail: AuditTrail
    clock: Clock

    async def pdf(self, by: By, id: str, language: Language, asked_at: str) -> bytes:
        """Whoever may read the order. On record before it is made. Args: asked_at: scheme and host of the request."""
        order = await self.orders.order(by, id)
        detail = {"what": "order", "kind": "pdf", "order": id, "site": order.site, "language": language}
        await self.trail.add(Deed("exported", by.identity.name, by.address, self.clock.now(), detail=detail))
        collected = _Collector(self, by, language)
        facts = await collected.facts(order, f"{(self.console_url or asked_at).rstrip('/')}/orders/{order.order}")
        return await self.printer.pdf(paper_of(facts, self.head, language))


class _Collector:
    """Of one paper. What is away once is not asked again: a paper comes late enough without its recordings."""

    def __init__(self, desk: OrderPaperDesk, by: By, language: Language):
        self._desk = desk
        self._by = by
        self._language = language
        self._is_recorder_away = False
        self._is_alerting_away = False

    async def facts(self, order: Order, address: str) -> OrderFacts:
        desk, by = self._desk, self._by
        case = await desk.orders.case(by, order.case)
        check = last_check(order)
        before, after = (None, None) if check is None else (check.before, check.after)
        return OrderFacts(
            order=order,
            case=case,
            site=await self._site(order.site),
            alerts=await self._alerts(case),
            photos={each.object_name: await self._photo(order, each.object_name) for each in printed_photos(order)},
            compared=(await self._still(before), await self._still(after)),
            sealed=await self._sealed(order, case),
            address=address,
            printed_by=by.identity.name,
            printed_us=desk.clock.now_us(),
        )

    async def _alerts(self, case: Case) -> tuple[SeenAlert, ...]:
        found = []
        for id in case.alerts[:ALERTS_MAX]:
            try:
                alert = await self._desk.alerts.one(self._by, id)
            except (RequestRefused, PeerError):
                continue  # it is counted among those that stand in the system
            camera = await self._camera(alert.best.camera if alert.best is not None else alert.camera)
            found.append(SeenAlert(alert, await self._what(alert), camera, await self._best(alert)))
        return tuple(found)

    async def _best(self, alert: Alert) -> Got:
        if not self._by.identity.may("playback"):
            return Got(why="no_right")
        try:
            kept = await self._desk.alerts.kept_picture(self._by, alert)
        except RequestRefused:
            kept = None  # not what was hashed any more: the recording has it too
        return await self._still(alert.best) if kept is None else Got(base64.b64decode(kept.data_base64))

    async def _still(self, best: BestFrame | None) -> Got:
        """A picture made from the recorded bytes; on record like any other."""
        if best is None:
            return Got()
        if not self._by.identity.may("playback"):
            return Got(why="no_right")
        if self._is_recorder_away:
            return Got(why="away")
        stream: Literal["main", "sub"] = "sub" if best.stream == "sub" else "main"
        try:
            camera = await self._desk.registry.camera(best.camera)
            identity, address = self._by.identity, self._by.address
            made = await self._desk.recordings.still(identity, address, camera, stream, best.at_us, "jpeg", None)
        except RequestRefused:
            return Got(why="gone")
        except PeerError:
            self._is_recorder_away = True
            return Got(why="away")
        return Got(base64.b64decode(made.data_base64))

    async def _photo(self, order: Order, object_name: str) -> Got:
        if self._is_alerting_away:
            return Got(why="away")
        try:
            return Got(await self._desk.orders.photo_of(order, object_name))
        except RequestRefused:
            return Got(why="gone")
        except PeerError:
            self._is_alerting_away = True
            return Got(why="away")

    async def _sealed(self, order: Order, case: Case) -> tuple[SealedFile, ...]:
        check = last_check(order)
        ids = (*(() if check is None else check.evidence), *(() if case.evidence is None else (case.evidence,)))
        files = []
        for id in dict.fromkeys(ids):
            sha256: str | None = ""
            if not self._is_recorder_away:
                try:
                    sha256 = (await self._desk.sealed.case(EvidenceRef(case=id))).sha256
                except RequestRefused:
                    sha256 = None
                except PeerError:
                    self._is_recorder_away = True
            files.append(SealedFile(id, sha256))
        return tuple(files)

    async def _what(self, alert: Alert) -> str:
        """The rule's title as it was when it was broken."""
        try:
            versions = await self._desk.rules.versions(alert.rule)
        except (RequestRefused, PeerError):
            return alert.rule
        title = next((each.rule.title for each in versions if each.rule.version == alert.rule_version), {})
        return title.get(self._language) or next(iter(title.values()), alert.rule)

    async def _site(self, id: str) -> str:
        try:
            return (await self._desk.registry.site(id)).name
        except RequestRefused:
            return id  # removed since

    async def _camera(self, id: str) -> str:
        try:
            return (await self._desk.registry.camera(id)).name
        except RequestRefused:
            return id
