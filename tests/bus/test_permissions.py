"""The generated permissions at a real nats-server: what a service may not do, and that it can do all it must."""

from __future__ import annotations

import time

import nats
import pytest

from shared import subjects
from shared.bus import Bus, BusUnreachable
from shared.bus.streams import BUCKETS, EVENTS, MEDIA
from shared.messages.ingest import ProbeRequest
from shared.messages.status import ServiceStatus, StatusWanted
from shared.subjects import CATALOGUE, SERVICES, Part
from tests.bus.fragments import CAMERA, fragment
from tests.bus.nats_server import PASSWORDS

MAIN = subjects.media(CAMERA, "main")


async def refused(url: str, user: str, *, publish: tuple[str, ...] = (), subscribe: tuple[str, ...] = ()) -> set[str]:
    """Which of these subjects the server refuses to that user, over a bare connection."""
    said: list[str] = []

    async def on_error(error: Exception) -> None:
        said.append(str(error).lower())

    client = await nats.connect(
        url,
        user=user,
        password=PASSWORDS[user],
        error_cb=on_error,
        inbox_prefix=f"_INBOX_{user}",
        allow_reconnect=False,
    )
    for subject in publish:
        await client.publish(subject, b"x")
    for subject in subscribe:
        await client.subscribe(subject)
    for _ in range(20):  # the refusals come before the answer to the flush, their callbacks a little after
        await client.flush()
    await client.close()
    return {
        subject
        for subject in (*publish, *subscribe)
        if any("permissions violation" in text and f'"{subject.lower()}"' in text for text in said)
    }


async def test_unknown_client_gets_nothing(nats_server) -> None:  # type: ignore[no-untyped-def]
    began = time.monotonic()
    for user, password in (("", ""), ("ingest", "wrong"), ("ingest", ""), ("nobody", "x")):
        with pytest.raises(BusUnreachable, match="uthorization"):
            await Bus.connect(nats_server.url, name="stranger", user=user, password=password)
    assert time.monotonic() - began < 2.0, "a wrong password is not tried again"


async def test_ingest_cannot_publish_an_alert(nats_server) -> None:  # type: ignore[no-untyped-def]
    alert = subjects.fact("alerting", "alert_raised")
    assert await refused(nats_server.url, "ingest", publish=(alert,)) == {alert}


@pytest.mark.parametrize("part", CATALOGUE, ids=lambda part: part.service)
async def test_nobody_speaks_or_writes_for_another(nats_server, part: Part) -> None:  # type: ignore[no-untyped-def]
    others = [other for other in CATALOGUE if other is not part]
    forbidden = (
        *(subjects.fact(other.service, name, CAMERA) for other in others for name in (*other.says, "alert_raised")),
        *(f"$KV.{bucket}.{CAMERA.key}" for bucket in BUCKETS if bucket not in part.writes),
        *(() if "publish" in part.media else (MAIN,)),
        *(() if "ingest.probe" in part.asks else (subjects.command("ingest", "probe"),)),
        *(
            f"$JS.API.STREAM.{verb}.{stream}"
            for verb in ("DELETE", "PURGE")
            for stream in (MEDIA, EVENTS, "KV_cameras")
        ),
        "$JS.API.STREAM.MSG.DELETE.EVENTS",
        "$JS.API.STREAM.UPDATE.EVENTS",
        "$JS.API.STREAM.CREATE.ANOTHER",
        "$SYS.REQ.SERVER.PING",
        "anything.else",
    )
    assert await refused(nats_server.url, part.service, publish=forbidden) == set(forbidden)


@pytest.mark.parametrize("part", CATALOGUE, ids=lambda part: part.service)
async def test_nobody_hears_what_is_not_for_it(nats_server, part: Part) -> None:  # type: ignore[no-untyped-def]
    others = [other.service for other in CATALOGUE if other is not part]
    forbidden = (
        ">",
        "$SYS.>",
        *(f"_INBOX_{other}.>" for other in others),
        *(subjects.command(other, "status") for other in others),
        *(() if "live" in part.media else (subjects.MEDIA_SUBJECTS,)),
        *(() if "*" in part.hears else (subjects.EVENTS_SUBJECTS,)),
    )
    assert await refused(nats_server.url, part.service, subscribe=forbidden) == set(forbidden)


async def test_the_command_line_only_reads(nats_server, connect) -> None:  # type: ignore[no-untyped-def]
    forbidden = (
        MAIN,
        "$KV.cameras.1.a.b",
        subjects.fact("ingest", "camera_came_online", CAMERA),
        subjects.command("ingest", "probe"),
        "$JS.API.STREAM.CREATE.EVENTS",
    )
    assert await refused(nats_server.url, "ops", publish=forbidden) == set(forbidden)
    assert await refused(nats_server.url, "ops", subscribe=(subjects.MEDIA_SUBJECTS,))
    await answering(await connect("ingest"), "ingest")
    answer = await (await connect("ops")).request("ingest", "status", StatusWanted())
    assert ServiceStatus.decode(answer).service == "ingest"


async def answering(bus: Bus, service: str) -> None:
    async def status(data: bytes) -> ServiceStatus:
        return ServiceStatus(service=service, worker="w", version="1")

    await bus.serve(service, {"status": status})


async def test_every_service_can_do_what_the_catalogue_says(connect, until) -> None:  # type: ignore[no-untyped-def]
    buses = {service: await connect(service) for service in SERVICES}
    for part in CATALOGUE:
        bus = buses[part.service]
        await bus.ensure_stream(EVENTS)
        if "publish" in part.media:
            await bus.ensure_stream(MEDIA)
        await answering(bus, part.service)
        for bucket in part.writes:
            written = await bus.kv(bucket)
            await written.put("1.a.b", part.service.encode())
            await written.watch(lambda entry: None)
            assert "1.a.b" in await written.keys()
    publisher = await buses["ingest"].media_publisher(lambda *lost: None, 1_000_000)
    heard: list[str] = []
    for part in CATALOGUE:
        bus = buses[part.service]
        for bucket in part.reads:
            told: list[str] = []
            await (await bus.kv(bucket)).watch(lambda entry, told=told: told.append(entry.key))  # type: ignore[misc]
            assert told == ["1.a.b"]
        if "live" in part.media:
            await bus.subscribe_media(MAIN, lambda one, service=part.service: heard.append(service))  # type: ignore[misc]
        for asked in part.asks:
            owner, _, name = asked.partition(".")
            if name == "status":
                await bus.request(owner, name, StatusWanted())
    publisher.publish(MAIN, fragment(0))
    await until(lambda: publisher.is_settled and len(heard) == 3)
    assert sorted(heard) == ["detector", "gateway", "intercom"]
    assert len(await buses["gateway"].recent_media(MAIN, 0)) == 1


async def test_a_request_that_is_not_ours_to_make_is_not_answered(connect) -> None:  # type: ignore[no-untyped-def]
    await answering(await connect("ingest"), "ingest")
    with pytest.raises(Exception, match="did not answer"):
        await (await connect("alerting")).request("ingest", "probe", ProbeRequest(url="rtsp://x"), timeout_s=0.3)
