"""What people ask about an alert's proof: its picture as it was kept, and whether it stands when ruled again."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from services.alerting.handlers.alert_replay import replayed, with_frames
from services.alerting.handlers.rules import Rules
from services.alerting.proofs.kept_facts import KeptFacts
from shared.errors import RequestRefused
from shared.messages.alert_proofs import AlertPicture, AlertPictureWanted, AlertProof, AlertReplay, ReplayWanted
from shared.messages.alerting import Alert
from shared.messages.rules import Rule


class ProvedAlerts(Protocol):
    """Where alerts are found, with their proofs. Raises PeerError."""

    async def get(self, id: str) -> Alert | None: ...


class ProofFiles(Protocol):
    """Objects in S3. Raises PeerError while it is away, ObjectMissing."""

    async def get(self, name: str) -> bytes: ...


# = under which name the objects of an alert begin, before its id
PROOFS = "proofs"


def facts_name(alert: str) -> str:
    return f"{PROOFS}/{alert}/facts.json.gz"


def picture_name(alert: str, at_us: int) -> str:
    return f"{PROOFS}/{alert}/picture-{at_us}.jpg"


@dataclass(frozen=True, slots=True)
class ProofDesk:
    """One function for each request."""

    alerts: ProvedAlerts
    rules: Rules
    files: ProofFiles

    async def picture(self, request: bytes) -> AlertPicture:
        alert, proof = await self._found(AlertPictureWanted.decode(request).alert)
        if proof.picture_at_us is None or proof.picture_sha256 is None:
            why = proof.picture_why or "not_kept_yet"
            raise RequestRefused("no_picture", f"No picture is kept with this alert ({why}).", status=404)
        data = await self.files.get(picture_name(alert.alert, proof.picture_at_us))
        _same(data, proof.picture_sha256, "picture")
        return AlertPicture(
            at_us=proof.picture_at_us,
            captured_us=proof.picture_captured_us or proof.picture_at_us,
            sha256=proof.picture_sha256,
            data_base64=base64.b64encode(data).decode(),
        )

    async def replay(self, request: bytes) -> AlertReplay:
        wanted = ReplayWanted.decode(request)
        alert, proof = await self._found(wanted.alert)
        if proof.facts == 0:
            raise RequestRefused(
                "no_facts", "No facts are kept with this alert: its camera was removed before.", status=409
            )
        if proof.facts_sha256 is None:
            raise RequestRefused(
                "facts_not_kept", "The facts of this alert are not kept yet: ask again in some seconds.", status=409
            )
        data = await self.files.get(facts_name(alert.alert))
        _same(data, proof.facts_sha256, "facts")
        facts = KeptFacts.decode(data)
        rule = facts.rule if wanted.rule_version is None else await self._version(alert, wanted.rule_version)
        if wanted.frames:
            return replayed(alert, with_frames(facts, wanted.frames), rule, "")
        return replayed(alert, facts, rule, proof.facts_sha256)

    async def _found(self, id: str) -> tuple[Alert, AlertProof]:
        alert = await self.alerts.get(id)
        if alert is None:
            raise RequestRefused("no_such_alert", f"There is no alert {id[:80]!r}.", status=404)
        return alert, alert.proof or AlertProof()

    async def _version(self, alert: Alert, version: int) -> Rule:
        kept = await self.rules.versions(alert.rule)
        for one in kept:
            if one.rule.version == version:
                return one.rule
        newest = kept[0].rule.version if kept else 0
        raise RequestRefused(
            "no_such_version", f"Rule {alert.rule} has the versions 1 to {newest}: ask for one of them.", status=404
        )


def _same(data: bytes, digest: str, what: str) -> None:
    """What is not what was hashed proves nothing."""
    if sha256(data).hexdigest() != digest:
        detail = f"The {what} of this alert are not what was kept: somebody changed them."
        raise RequestRefused("proof_changed", detail, status=409)
