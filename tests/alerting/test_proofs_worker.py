"""What proves an alert is collected whoever is away meanwhile, kept as it was hashed, and ruled again."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import asyncpg
import pytest

from services.alerting.adapters.bus_recorder import BusRecorder
from services.alerting.adapters.postgres.proofs import PostgresProofs, wants_proof
from services.alerting.adapters.seal_keeper import SealKeeper
from services.alerting.handlers.proofs import facts_name
from services.alerting.loop.check_evidence import files, sealed_as
from shared.bus import Bus
from shared.clock import SystemClock
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.alert_proofs import AlertPicture, AlertPictureWanted, AlertProof, AlertReplay, ReplayWanted
from shared.messages.alerting import Alert, AlertList, AlertRef, AlertsWanted
from shared.messages.base import Message
from shared.messages.clips import ClipRef, ClipStatus, ClipWanted, StillReply, StillWanted
from shared.messages.detector import MoverClip, SeenBox
from shared.messages.evidence import EvidenceRef, EvidenceStatus, EvidenceWanted
from shared.messages.orders import MachineCheck, Order
from shared.messages.retention import HoldStatus, HoldWanted
from shared.objects import ObjectStore
from shared.subjects import CameraRef
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import SECOND_US, camera, frame, mover, person

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICTURE = b"\xff\xd8\xff a picture"


@dataclass
class Recorder:
    """A recorder at the bus that fails the first clip as one does that has not stored everything yet."""

    holds: dict[str, HoldWanted] = field(default_factory=dict)
    clips: dict[str, ClipWanted] = field(default_factory=dict)
    seals: dict[str, EvidenceWanted] = field(default_factory=dict)

    async def hold(self, request: bytes) -> HoldStatus:
        wanted = HoldWanted.decode(request)
        self.holds[wanted.hold] = wanted
        said = wanted.model_dump(exclude={"by"})
        return HoldStatus(**said, placed_by=wanted.by, placed_us=time.time_ns() // 1000)

    async def still(self, request: bytes) -> StillReply:
        wanted = StillWanted.decode(request)
        data = base64.b64encode(PICTURE).decode()
        return StillReply(data_base64=data, captured_us=wanted.at_us, width=1920, height=1080)

    async def clip_make(self, request: bytes) -> ClipStatus:
        wanted = ClipWanted.decode(request)
        self.clips[wanted.clip] = wanted
        return self._status(wanted)

    async def clip(self, request: bytes) -> ClipStatus:
        return self._status(self.clips[ClipRef.decode(request).clip])

    def _status(self, wanted: ClipWanted) -> ClipStatus:
        is_first = len(self.clips) == 1
        return ClipStatus(
            **wanted.model_dump(exclude={"keep_until_us", "crop"}),
            asked_us=0,
            state="failed" if is_first else "ready",
            progress=1.0,
            size_bytes=None if is_first else 1000,
            sha256=None if is_first else "ab" * 32,
            shows_from_us=wanted.from_us,
            shows_to_us=wanted.to_us,
            error_code="nothing_recorded" if is_first else None,
            error="Nothing was recorded then." if is_first else None,
            expires_us=wanted.keep_until_us or 0,
        )

    async def evidence_seal(self, request: bytes) -> EvidenceStatus:
        wanted = EvidenceWanted.decode(request)
        self.seals[wanted.case] = wanted
        return self._sealed(wanted, "queued")

    async def evidence(self, request: bytes) -> EvidenceStatus:
        return self._sealed(self.seals[EvidenceRef.decode(request).case], "sealed")

    def _sealed(self, wanted: EvidenceWanted, state: str) -> EvidenceStatus:
        said = wanted.model_dump(exclude={"stills", "records"})
        return EvidenceStatus(**said, asked_us=0, state=state, progress=1.0)  # type: ignore[arg-type]


@asynccontextmanager
async def recording(plant: Plant) -> AsyncIterator[Recorder]:
    answering = Recorder()
    async with plant.bus("recorder") as bus:
        names = ("hold", "still", "clip_make", "clip", "evidence_seal", "evidence")
        stop = await bus.serve("recorder", {name: getattr(answering, name) for name in names})
        yield answering
        await stop()


def objects(plant: Plant) -> ObjectStore:
    told = plant.servers.object_environment()
    return ObjectStore(
        told["BK_S3_ENDPOINT"], told["BK_S3_ACCESS_KEY"], told["BK_S3_SECRET_KEY"], f"{told['BK_S3_BUCKET']}-alerting"
    )


async def until(bus: Bus, id: str, is_so: Callable[[Alert], object]) -> Alert:
    async with asyncio.timeout(LIMIT_S):
        while True:
            alert = Alert.decode(await bus.request("alerting", "alert", AlertRef(alert=id)))
            if is_so(alert):
                return alert
            await asyncio.sleep(0.1)


async def test_an_alert_is_proved_whoever_is_away_meanwhile(plant: Plant) -> None:
    async with plant.bus("gateway") as gateway, plant.bus("detector") as detector:
        await (await gateway.kv("cameras")).put(CameraRef("school-1", "cook-1").key, camera().encode())
        worker = await plant.worker()
        # Filmed a while ago: what follows the incident is over too.
        start_us = time.time_ns() // 1000 - 90 * SECOND_US
        for second in range(8):
            mask = 0.02 if second >= 3 else 0.98
            await detector.publish_fact(frame(second, [person(mask=mask)], start_us=start_us))
        async with asyncio.timeout(LIMIT_S):
            while not (found := AlertList.decode(await gateway.request("alerting", "alerts", AlertsWanted())).items):
                await asyncio.sleep(0.1)
        id = found[0].alert
        assert found[0].proof is None, "lists leave it out"

        # Nobody records: the facts are kept all the same, and it is said what is waited for.
        waiting = await until(gateway, id, lambda alert: alert.proof.facts_sha256)
        assert waiting.proof is not None
        assert (waiting.proof.state, waiting.proof.why, waiting.proof.is_held) == ("waiting", "peer_away", False)
        replay = await asked(gateway, ReplayWanted(alert=id))
        assert (replay.verdict, replay.facts, replay.version_then) == ("same", 8, 1)

        async with recording(plant) as recorder:
            ready = await until(gateway, id, lambda alert: alert.proof.state != "waiting")
            proof = ready.proof
            assert proof is not None
            assert (proof.state, proof.is_held, proof.clips_asked, ready.clip) == (
                "ready", True, 2, f"alert-{id}-2",
            )  # fmt: skip
            assert ready.best is not None
            assert (proof.picture_sha256, proof.picture_at_us) == (sha256(PICTURE).hexdigest(), ready.best.at_us)
            hold, clip = recorder.holds[f"alert-{id}"], recorder.clips[f"alert-{id}-2"]
            assert (hold.from_us, hold.to_us) == (clip.from_us, clip.to_us) == (
                ready.first_us - 10 * SECOND_US, ready.raised_us + 10 * SECOND_US,
            )  # fmt: skip
            assert hold.until_us == clip.keep_until_us == proof.kept_until_us
            await a_pair_is_sealed(plant, recorder, ready)
            await the_part_in_which_it_runs_is_cut_out(gateway, detector, recorder, start_us)

        # What is kept needs no recorder.
        shown = await gateway.request("alerting", "alert_picture", AlertPictureWanted(alert=id))
        assert base64.b64decode(AlertPicture.decode(shown).data_base64) == PICTURE
        with pytest.raises(RequestRefused, match="versions 1 to 1"):
            await asked(gateway, ReplayWanted(alert=id, rule_version=9))
        store = objects(plant)
        await store.put(facts_name(id), b"other facts")
        with pytest.raises(RequestRefused, match="changed them"):
            await asked(gateway, ReplayWanted(alert=id))
        store.close()
        await worker.stop(LIMIT_S)
    await what_is_over_while_its_proof_is_collected_is_looked_at_again(plant, id)


async def the_part_in_which_it_runs_is_cut_out(gateway: Bus, detector: Bus, recorder: Recorder, start_us: int) -> None:
    """A suspected rodent is hardly seen in a whole picture."""
    crop = SeenBox(x=0.1, y=0.7, width=0.3, height=0.2)
    for second in (20, 21, 22):
        run = MoverClip(from_us=start_us + 18 * SECOND_US, to_us=start_us + second * SECOND_US, crop=crop)
        seen = mover().model_copy(update={"clip": run})
        await detector.publish_fact(frame(second, movers=[seen], start_us=start_us))
    wanted = AlertsWanted(rules=("rodent",))
    async with asyncio.timeout(LIMIT_S):
        while not (found := AlertList.decode(await gateway.request("alerting", "alerts", wanted)).items):
            await asyncio.sleep(0.1)
    id = found[0].alert
    shown = await until(gateway, id, lambda alert: alert.proof.crop)
    asked_for = recorder.clips[f"alert-{id}-crop"]
    assert asked_for.crop == crop
    assert asked_for.from_us == start_us + 16 * SECOND_US
    assert shown.proof is not None
    assert shown.proof.from_us < asked_for.from_us < asked_for.to_us <= shown.proof.to_us


async def what_is_over_while_its_proof_is_collected_is_looked_at_again(plant: Plant, alert: str) -> None:
    """It ends with a better picture than the one that is being kept."""
    database = Database(plant.servers.database_environment("alerting")["BK_DATABASE_URL"], "alerting")
    store, now_us, proof = PostgresProofs(database), time.time_ns() // 1000, AlertProof(state="ready")
    async with database.transaction() as session:
        await wants_proof(session, alert, now_us - SECOND_US)
    assert alert in await store.claim(now_us, 100)
    async with database.transaction() as session:
        await wants_proof(session, alert, now_us + 2)
    await store.save(alert, proof, None, now_us)
    assert alert in await store.claim(now_us + 3, 100), "as it is over now"
    await store.save(alert, proof, None, now_us + 3)
    assert alert not in await store.claim(now_us + 10**12, 100), "nothing more to do"
    await database.close()


async def asked(bus: Bus, wanted: Message) -> AlertReplay:
    return AlertReplay.decode(await bus.request("alerting", "alert_replay", wanted))


async def a_pair_is_sealed(plant: Plant, recorder: Recorder, alert: Alert) -> None:
    """Before and after a correction: asked for once, followed until both lie under lock."""
    now_us = time.time_ns() // 1000
    order = Order(
        order="o1234567890ab", case="c1", site="school-1", kind="opinion", state="answered", title="t", text="t", risk=2,
        made_by="li", served_us=now_us, due_us=now_us,
    )  # fmt: skip
    assert alert.best is not None
    after = alert.best.model_copy(update={"at_us": alert.best.at_us + 20 * SECOND_US})
    check = MachineCheck(
        camera="cook-1", rule="no_mask", result="passed", from_us=now_us, to_us=now_us, looked=30, broken=0,
        before=alert.best, after=after,
    )  # fmt: skip
    named = sealed_as(order, now_us, check)
    wanted = files(order, now_us, named, alert, now_us + 10**12)
    told = plant.servers.database_environment("alerting")
    database = Database(told["BK_DATABASE_URL"], "alerting")
    store = PostgresProofs(database)
    await store.seal(order.order, wanted, now_us)
    await store.seal(order.order, wanted, now_us)  # by another worker
    connection = await asyncpg.connect(
        told["BK_DATABASE_URL"].replace("postgresql+asyncpg", "postgresql"), server_settings={"search_path": "alerting"}
    )
    async with plant.bus("alerting") as bus:
        keeper = SealKeeper(store, BusRecorder(bus), SystemClock())
        async with asyncio.timeout(LIMIT_S):
            while await connection.fetchval("select count(*) from seals where state != 'sealed'"):
                await keeper.look()
                await asyncio.sleep(0.2)
    await connection.close()
    await database.close()
    assert tuple(sorted(recorder.seals)) == tuple(sorted(named.evidence))
    for sealed, frame_of in zip(wanted, (alert.best, after), strict=True):
        assert [still.at_us for still in sealed.stills] == [frame_of.at_us]
        assert {record.name for record in sealed.records} == {
            f"order-{order.order}", f"alert-{alert.alert}", "machine-check",
        }  # fmt: skip
