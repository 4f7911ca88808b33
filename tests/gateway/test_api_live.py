"""Live view with real WebSockets, a real bus and real pictures."""

from __future__ import annotations

import asyncio
import io
import json
import time
from typing import Any

import av
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from shared.clock import SystemClock
from shared.subjects import CameraRef
from tests.gateway.pictures import GOP, Pictures
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def register(admin: httpx.AsyncClient, camera: str, **more: Any) -> CameraRef:
    await admin.post("/sites", json={"id": "live-site", "name": "Live", "kind": "primary"})
    body = {"id": camera, "site": "live-site", "name": camera, "main": {"url": "rtsp://10.0.0.9/1"}} | more
    answer = await admin.post("/cameras", json=body)
    assert answer.status_code == 201, answer.text
    return CameraRef("live-site", camera)


def watching(gateway: Gateway, camera: CameraRef, query: str = "", **options: Any) -> connect:
    url = f"{gateway.ws_url}/api/v1/cameras/{camera.camera}/live{query}"
    return connect(url, max_size=None, proxy=None, compression=None, **options)


def bearer(admin: httpx.AsyncClient) -> dict[str, Any]:
    return {"additional_headers": {"Authorization": admin.headers["Authorization"]}}


async def hear(socket: ClientConnection, fragments: int, limit_s: float = 5.0) -> list[Any]:
    """Messages until so many fragments came: decoded text, and bytes."""
    heard: list[Any] = []
    async with asyncio.timeout(limit_s):
        while sum(isinstance(each, bytes) for each in heard) < fragments:
            message = await socket.recv()
            heard.append(message if isinstance(message, bytes) else json.loads(message))
    return heard


async def close_code(socket: ClientConnection, limit_s: float = 5.0) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        await hear(socket, 10_000, limit_s)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_who_joins_gets_the_gop_so_far_and_then_every_fragment_untouched(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    camera = await register(admin, "cold-1")
    pictures = Pictures(gateway, camera)
    await pictures.publish(GOP + 4)  # nobody looks: JetStream alone has it
    async with watching(gateway, camera, **bearer(admin)) as socket:
        heard = await hear(socket, 4)
        assert heard[0]["type"] == "stream"
        assert heard[0]["mime"] == f'video/mp4; codecs="{heard[0]["codecs"]}"'
        assert (heard[0]["width"], heard[0]["height"], heard[0]["run"]) == (160, 120, pictures.run)
        assert [each["seq"] for each in heard if isinstance(each, dict) and each["type"] == "fragment"] == [
            10,
            11,
            12,
            13,
        ]
        await pictures.publish(3)
        heard += await hear(socket, 3)
    received = [each for each in heard if isinstance(each, bytes)]
    assert received == [fragment.payload for fragment in pictures.sent[GOP:]]
    assert received[0][4:8] == b"ftyp", "the first binary begins with the init segment"
    announced = next(each for each in heard if isinstance(each, dict) and each["type"] == "fragment")
    header = pictures.sent[GOP].header
    assert announced == {
        "type": "fragment",
        "seq": header.seq,
        "pts_90k": header.pts_90k,
        "duration_90k": header.duration_90k,
        "captured_us": header.captured_us,
        "received_us": header.received_us,
        "is_idr": True,
        "run": header.run,
    }
    with av.open(io.BytesIO(b"".join(received)), "r") as container:
        assert sum(1 for _ in container.decode(video=0)) == 7


async def test_a_warm_stream_is_seen_at_once_by_many_with_one_subscription(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    camera = await register(admin, "warm-1")
    pictures = Pictures(gateway, camera)
    await pictures.publish(3)
    async with watching(gateway, camera, **bearer(admin)) as first:
        await hear(first, 3)
        took_ms = []
        for _ in range(10):
            began = time.perf_counter()
            async with watching(gateway, camera, **bearer(admin)) as socket:
                heard = await hear(socket, 1)
                took_ms.append((time.perf_counter() - began) * 1e3)
                assert heard[-1] == pictures.sent[0].payload
        print(f"\nfirst fragment after the request, warm: median {sorted(took_ms)[5]:.1f} ms")
        many = [await watching(gateway, camera, **bearer(admin)).__aenter__() for _ in range(20)]
        for each in many:
            await hear(each, 3)
        await pictures.publish(2)
        for each in [first, *many]:
            heard = await hear(each, 2)
            assert [m for m in heard if isinstance(m, bytes)] == [f.payload for f in pictures.sent[-2:]]
        for each in many:
            await each.close()


async def test_ingest_is_told_that_somebody_looks_and_that_nobody_does(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    camera = await register(admin, "lease-1")
    watches = await gateway.ingest.kv("watches")
    key = f"{camera.key}.main.gateway-1"
    async with watching(gateway, camera, **bearer(admin)):
        await until(lambda: watches.get(key), is_there=True)
        first = await watches.get(key)
        assert first is not None
        await asyncio.sleep(2.3)  # renewed every 2 s
        again = await watches.get(key)
        assert again is not None
        assert again.revision > first.revision
    await until(lambda: watches.get(key), is_there=False)


async def until(look: Any, *, is_there: bool) -> None:
    async with asyncio.timeout(5):
        while ((found := await look()) is not None and getattr(found, "value", b"") is not None) is not is_there:
            await asyncio.sleep(0.02)


async def test_a_new_run_and_a_gap_and_a_change_of_state_are_told(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "breaks-1")
    pictures = Pictures(gateway, camera)
    await pictures.publish(2)
    async with watching(gateway, camera, **bearer(admin)) as socket:
        await hear(socket, 2)
        pictures.seq += 3
        await pictures.publish(1)
        heard = await hear(socket, 1)
        assert heard[0] == {"type": "gap", "missing": 3, "reason": "not_received"}
        pictures.run, pictures.seq = "00000000000000bb", 0
        await pictures.publish(1)
        heard = await hear(socket, 1)
        assert heard[0]["type"] == "stream"
        assert heard[0]["run"] == "00000000000000bb"
        await pictures.say(gateway, "unreachable", "No route to 10.0.0.9.")
        async with asyncio.timeout(5):
            said = json.loads(await socket.recv())
        assert (said["type"], said["condition"], said["reason"]) == ("state", "unreachable", "No route to 10.0.0.9.")
    async with watching(gateway, camera, **bearer(admin)) as socket:
        async with asyncio.timeout(5):
            said = json.loads(await socket.recv())
        assert said["condition"] == "unreachable", "who joins a camera that is away is told at once"


async def test_a_slow_viewer_loses_whole_gops_and_slows_nobody(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "slow-1")
    pictures = Pictures(gateway, camera)
    pictures.padding = 200_000  # 5 MB a second and camera: the sockets' buffers fill up at once
    await pictures.publish(1)
    async with (
        watching(gateway, camera, **bearer(admin)) as quick,
        watching(gateway, camera, max_queue=1, **bearer(admin)) as slow,
    ):
        await hear(quick, 1)
        reading = asyncio.create_task(hear(quick, 12 * GOP, 30))
        for _ in range(24):
            await pictures.publish(GOP // 2)
            await asyncio.sleep(0.1)
        heard = await reading
        assert not [each for each in heard if isinstance(each, dict) and each["type"] == "skipped"]
        skipped, after = 0, None
        async with asyncio.timeout(15):
            while after is None:
                message = await slow.recv()
                if isinstance(message, bytes):
                    continue
                said = json.loads(message)
                if said["type"] == "skipped":
                    skipped = said["gops"]
                elif said["type"] == "fragment" and skipped:
                    after = said
        assert skipped >= 1
        assert after["is_idr"], "it goes on at an IDR"


async def test_a_token_opens_one_camera_for_one_verb(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera, other = await register(admin, "token-1"), await register(admin, "token-2")
    await Pictures(gateway, camera).publish(1)
    issued = await admin.post("/media-tokens", json={"camera": "token-1", "verb": "view"})
    assert issued.status_code == 201
    token = issued.json()["token"]
    async with watching(gateway, camera, f"?token={token}") as socket:
        await hear(socket, 1)
    async with watching(gateway, other, f"?token={token}") as socket:
        assert (await close_code(socket))[0] == 4403
    async with gateway.client() as anonymous:
        assert (await anonymous.get(f"/cameras/token-1/snapshot.jpg?token={token}")).status_code == 403
        assert (await anonymous.get(f"/cameras/token-1?token={token}")).status_code == 401, "not for the registry"
    async with watching(gateway, camera, "?token=made-up") as socket:
        assert (await close_code(socket))[0] == 4401


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 4401),
        ({"Authorization": "Bearer nonsense"}, 4401),
        ({"Cookie": "bk_session={token}"}, 4403),  # no Origin: not a page of ours
        ({"Cookie": "bk_session={token}", "Origin": "http://evil.test"}, 4403),
        ({"Cookie": "bk_session={token}", "Origin": "{url}"}, None),
    ],
)
async def test_the_upgrade_is_for_who_may(
    gateway: Gateway, admin: httpx.AsyncClient, headers: dict[str, str], code: int | None
) -> None:
    name = f"auth-{abs(hash(str(headers))) % 10**6}"
    camera = await register(admin, name)
    await Pictures(gateway, camera).publish(1)
    token = await gateway.token()
    filled = {name: value.format(token=token, url=gateway.url) for name, value in headers.items()}
    async with watching(gateway, camera, additional_headers=filled) as socket:
        if code is None:
            await hear(socket, 1)
        else:
            found, reason = await close_code(socket)
            assert found == code
            assert reason.endswith(".")


async def test_there_is_no_such_camera_or_stream(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    async with watching(gateway, CameraRef("live-site", "nobody"), **bearer(admin)) as socket:
        assert await close_code(socket) == (4404, "There is no camera 'nobody'.")
    camera = await register(admin, "nosub-1")
    async with watching(gateway, camera, "?stream=sub", **bearer(admin)) as socket:
        assert (await close_code(socket))[0] == 4404


async def test_the_view_ends_with_the_camera(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "removed-1")
    async with watching(gateway, camera, **bearer(admin)) as socket:
        assert (await admin.delete("/cameras/removed-1")).status_code == 204
        assert (await close_code(socket))[0] == 4404


async def test_the_view_ends_with_the_login(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "logout-1")
    token = await gateway.token()
    async with gateway.client(token) as client:
        issued = (await client.post("/media-tokens", json={"camera": "logout-1", "verb": "view"})).json()["token"]
        async with (
            watching(gateway, camera, additional_headers={"Authorization": f"Bearer {token}"}) as by_login,
            watching(gateway, camera, f"?token={issued}") as by_token,
            watching(gateway, camera, **bearer(admin)) as other,
        ):
            await client.delete("/sessions/current")
            for socket in (by_login, by_token):
                assert (await close_code(socket, 8.0))[0] == 4401
            await Pictures(gateway, camera).publish(1)
            await hear(other, 1)


async def test_too_many_views_are_refused_in_words(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "crowd-1")
    crowd = [await watching(gateway, camera, **bearer(admin)).__aenter__() for _ in range(40)]
    try:
        async with watching(gateway, camera, **bearer(admin)) as socket:
            code, reason = await close_code(socket)
            assert code == 1013
            assert "40 live views" in reason
    finally:
        await asyncio.gather(*(each.close() for each in crowd))


async def test_a_browser_without_h265_gets_the_sub_stream(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "hevc-1", sub={"url": "rtsp://10.0.0.9/2"})
    main = Pictures(gateway, camera, codecs="hvc1.1.6.L93.B0")
    sub = Pictures(gateway, camera, stream="sub", run="00000000000000cc")
    await main.publish(2)
    await sub.publish(2)
    async with watching(gateway, camera, "?stream=auto&codecs=avc1", **bearer(admin)) as socket:
        heard = await hear(socket, 2)
        assert heard[0]["type"] == "stream"
        assert heard[0]["run"] == sub.run
        await sub.publish(1)
        await hear(socket, 1)
    async with watching(gateway, camera, "?stream=auto&codecs=avc1,hvc1", **bearer(admin)) as socket:
        assert (await hear(socket, 1))[0]["run"] == main.run


async def test_every_view_is_on_record(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "audit-1")
    async with watching(gateway, camera, **bearer(admin)):
        await asyncio.sleep(0.2)
    rows: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while len(rows) < 3:
            rows = (await admin.get("/audit", params={"camera": "audit-1"})).json()["items"]
    ended, began, _added = rows
    assert [row["action"] for row in rows] == ["live_view_ended", "live_view", "camera_added"]
    assert (began["who"], began["address"], began["detail"]["stream"]) == ("admin", "127.0.0.1", "main")
    assert 0.1 < ended["seconds"] < 5


async def test_latency_from_bus_to_viewer(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    camera = await register(admin, "latency-1")
    pictures = Pictures(gateway, camera)
    await pictures.publish(1)
    late_ms = []
    async with watching(gateway, camera, **bearer(admin)) as socket:
        await hear(socket, 1)
        for _ in range(30):
            publishing = asyncio.create_task(pictures.publish(1))
            heard = await hear(socket, 1)
            late_ms.append((SystemClock().now_us() - heard[0]["received_us"]) / 1e3)
            await publishing
    late_ms.sort()
    print(f"\npublish to viewer: median {late_ms[15]:.2f} ms, worst {late_ms[-1]:.2f} ms")
