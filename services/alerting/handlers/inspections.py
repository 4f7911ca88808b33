"""Inspections as supervisors make them: begun, finished with what was found, handed over; and what a term covered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerting.inspection.look_states import look_after
from shared.errors import RequestRefused
from shared.messages.inspections import (
    Inspection,
    InspectionChange,
    InspectionList,
    InspectionRef,
    InspectionsWanted,
    Looks,
    LookStep,
    LooksWanted,
)
from shared.messages.orders import Case, CaseOpen


@dataclass(frozen=True, slots=True)
class Looked:
    """What follows for an inspection; `case`: opened in the same transaction."""

    inspection: Inspection
    step: LookStep
    case: Case | None = None


NextOf = Callable[[Inspection], Looked]


class Inspections(Protocol):
    """Where they are kept. All raise PeerError while it is away; `change` runs while nobody else changes it."""

    async def get(self, id: str) -> Inspection | None: ...

    async def list(self, wanted: InspectionsWanted) -> Sequence[Inspection]: ...

    async def change(self, id: str, next_of: NextOf) -> Inspection | None: ...

    async def looks(self, wanted: LooksWanted) -> Looks: ...


@dataclass(frozen=True, slots=True)
class InspectionDesk:
    """One function for each request. Args: case_of: the case that a command would open, not kept yet."""

    store: Inspections
    case_of: Callable[[CaseOpen], Case]
    now_us: Callable[[], int]

    async def inspection(self, request: bytes) -> Inspection:
        id = InspectionRef.decode(request).inspection
        return _found(await self.store.get(id), id)

    async def list(self, request: bytes) -> InspectionList:
        return InspectionList(items=tuple(await self.store.list(InspectionsWanted.decode(request))))

    async def looks(self, request: bytes) -> Looks:
        wanted = LooksWanted.decode(request)
        if wanted.from_us >= wanted.to_us:
            raise RequestRefused("times_wrong", "A term ends after it begins.", status=422)
        return await self.store.looks(wanted)

    async def change(self, request: bytes) -> Inspection:
        wanted = InspectionChange.decode(request)
        changed = await self.store.change(wanted.inspection, lambda kept: self._looked(kept, wanted))
        return _found(changed, wanted.inspection)

    def _looked(self, kept: Inspection, wanted: InspectionChange) -> Looked:
        state = look_after(kept.state, wanted.action, by=wanted.by, looked_by=kept.looked_by)
        now_us, case = self.now_us(), None
        values: dict[str, object] = {"state": state}
        if wanted.action == "start":
            if wanted.way is None:
                raise RequestRefused("way_missing", "Say how you look: `video` or `on_site`.", status=422)
            values |= {"looked_by": wanted.by, "way": wanted.way, "started_us": now_us}
        elif wanted.action == "finish":
            case = self._case(kept, wanted)
            ends = {"finished_us": now_us, "found": wanted.found, "text": wanted.text}
            values |= ends | {"case": None if case is None else case.case}
        elif wanted.action == "hand_over":
            if not wanted.supervisor or wanted.supervisor == kept.supervisor:
                raise RequestRefused("supervisor_missing", "Name somebody else who looks.", status=422)
            values |= {"supervisor": wanted.supervisor, "looked_by": None, "way": None, "started_us": None}
        elif wanted.action == "reopen":
            values |= {"looked_by": None, "way": None, "started_us": None}
        if wanted.action in ("give_up", "hand_over", "reopen") and not wanted.text.strip():
            raise RequestRefused("text_missing", "Say in words why.", status=422)
        changed = kept.model_copy(update=values)
        step = LookStep(
            number=len(kept.steps) + 1,
            action=wanted.action,
            by=wanted.by,
            at_us=now_us,
            state=state,
            text=wanted.text,
            supervisor=changed.supervisor,
        )
        return Looked(changed, step, case)

    def _case(self, kept: Inspection, wanted: InspectionChange) -> Case | None:
        if wanted.found is None:
            raise RequestRefused("found_missing", "Say what you found: `nothing` or `violation`.", status=422)
        if wanted.found == "nothing":
            return None
        if wanted.risk is None or not wanted.title.strip():
            raise RequestRefused("title_missing", "Say what was found in a `title`, and its class of risk.", status=422)
        return self.case_of(
            CaseOpen(
                by=wanted.by,
                site=kept.site,
                cameras=wanted.cameras,
                source="inspection",
                title=wanted.title,
                text=wanted.text,
                risk=wanted.risk,
            )
        )


def _found(inspection: Inspection | None, id: str) -> Inspection:
    if inspection is None:
        raise RequestRefused("no_such_inspection", f"There is no inspection {id[:80]!r}.", status=404)
    return inspection
