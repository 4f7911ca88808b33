"""Notifications through the API, alerting's own desk behind it: whose is whose, what never leaves, what is on record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec

from services.alerting.adapters.notice_secrets import NoticeSecrets
from services.alerting.adapters.people_known import PeopleKnown
from services.alerting.adapters.postgres.notice_background import PostgresNoticeBackground
from services.alerting.adapters.postgres.notice_book import PostgresNoticeBook
from services.alerting.adapters.postgres.notice_plans import NoticePlans
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.adapters.sites_known import SitesKnown
from services.alerting.handlers.devices import DeviceDesk
from services.alerting.handlers.notice_previews import NoticePreviews
from services.alerting.handlers.notices import NoticeDesk
from services.alerting.notices.channel import AddressRules, ChannelFailed, Outgoing, Taken
from services.alerting.push.services import PushServices
from services.alerting.push.vapid import VapidKey
from services.alerting.wiring import _MIGRATIONS
from shared.camera_networks import networks_of
from shared.clock import SystemClock
from shared.database import Database
from shared.messages.alerting import AlertRaised
from shared.messages.notices import NoticeTold, device_id
from shared.sealing import Sealer, decode_key
from tests.alerting.push_service import Browser
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

SITE = "notice-school"
ADDRESS, SECRET = "http://10.1.2.3/hook-8c1f", "a secret of sixteen"
LIMIT_S = 20.0
KEY = VapidKey(ec.generate_private_key(ec.SECP256R1()))


@dataclass
class Hook:
    """In place of the other end."""

    heard: list[tuple[str, str]] = field(default_factory=list)
    is_dead: bool = False

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        self.heard.append((address, secret))
        if self.is_dead:
            raise ChannelFailed(f"{address} answered 401 to {secret}")
        return Taken("delivered", "200")


async def known_service(address: str) -> bool:
    return True


@dataclass
class Alerting:
    """Its desk, and what is behind it."""

    hook: Hook
    database: Database
    known: PeopleKnown
    places: SitesKnown

    async def happens(self, alert: str, site: str = SITE) -> None:
        now_us = SystemClock().now_us()
        fact = AlertRaised(site=site, camera="cook-1", alert=alert, rule="no_mask", at_us=now_us, risk=1)
        async with self.database.transaction() as session:
            await write_facts(session, [fact])
        await NoticePlans(self.database, self.known.by_name, self.places.units, 10**15).plan(now_us)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def alerting(gateway: Gateway) -> AsyncIterator[Alerting]:
    database = Database(gateway.peers.postgres.url("alerting"), "alerting")
    await database.migrate(_MIGRATIONS)
    hook, known, places = Hook(), PeopleKnown(), SitesKnown()
    secrets = NoticeSecrets(Sealer([decode_key(gateway.peers.credentials.secret_key)]))
    push = PushServices.parse("push.example")
    rules = AddressRules(networks_of("", allows_loopback=False), frozenset(("wecombot",)), has_mail=True, push=push)
    ways = {"webhook": hook, "mail": hook, "apprise": hook, "web_push": hook}
    book = PostgresNoticeBook(database, lambda: None)
    desk = NoticeDesk(book, secrets, rules, ways, known_service, 3, SystemClock().now_us)  # type: ignore[arg-type]
    devices = DeviceDesk(book, secrets, rules, lambda: KEY, 2)
    previews = NoticePreviews(PostgresNoticeBackground(database), known.by_name, places.units)
    bus = await gateway.peers.bus("alerting")
    watches = [
        await (await bus.kv("people")).watch(known.changed),
        await (await bus.kv("sites")).watch(places.changed),
    ]
    answers = {
        "notice_channels": desk.channels,
        "notice_channel_put": desk.put_channel,
        "notice_channel_remove": desk.remove_channel,
        "notice_channel_test": desk.test_channel,
        "notice_person": desk.person,
        "notice_person_put": desk.put_person,
        "notice_rotas": desk.rotas,
        "notice_rota_put": desk.put_rota,
        "notice_rota_remove": desk.remove_rota,
        "notice_chains": desk.chains,
        "notice_chain_put": desk.put_chain,
        "notice_chain_remove": desk.remove_chain,
        "notice_duty": previews.duty,
        "notice_preview": previews.preview,
        "notice_deliveries": desk.deliveries,
        "notice_receipt": desk.receipt,
        "notice_push": devices.push,
        "notice_device_put": devices.put_device,
    }
    stop = await bus.serve("alerting", answers)
    yield Alerting(hook, database, known, places)
    await stop()
    for watch in watches:
        await watch.close()
    await bus.close()
    await database.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def people(gateway: Gateway, alerting: Alerting) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """An administrator, a chief, a supervisor, a school's own."""
    async with gateway.client(await gateway.token()) as admin:
        await admin.post("/sites", json={"id": SITE, "name": SITE})
        for name, role, sites in (("nora", "supervisor", None), ("cook", "school", [SITE]), ("head-bo", "chief", None)):
            body = {"name": name, "password": PASSWORD, "roles": [role], "sites": sites}
            assert (await admin.post("/accounts", json=body)).status_code == 201
    clients = {name: gateway.client(await gateway.token(name, PASSWORD)) for name in ("nora", "cook", "head-bo")}
    clients["admin"] = gateway.client(await gateway.token())
    yield clients
    for client in clients.values():
        await client.aclose()


def webhook(**more: object) -> dict[str, object]:
    return {"kind": "webhook", "title": "Our own", "address": ADDRESS, "secret": SECRET, **more}


async def test_everybody_sets_up_their_own_and_no_others(people: dict[str, httpx.AsyncClient]) -> None:
    nora, cook, admin = people["nora"], people["cook"], people["admin"]
    (console,) = (await cook.get("/notices/channels")).json()["items"]
    assert (console["kind"], console["person"]) == ("console", "cook")
    made = await cook.post("/notices/channels", json={"kind": "mail", "address": "cook@school.example"})
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    for refused in (
        await nora.get("/notices/deliveries?person=cook"),
        await nora.post("/notices/channels", json=webhook()),
        await cook.post("/notices/channels", json={"kind": "apprise", "address": "wecombot://key"}),
        await cook.get("/notices/rotas"),
        await nora.put("/notices/rotas/r", json={"title": "r"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed"), refused.url
    for hidden in (
        await nora.get("/notices/channels?person=cook"),
        await nora.get("/notices/people/cook"),
        await nora.put("/notices/people/cook", json={}),
        await nora.post("/notices/channels", json={"kind": "mail", "person": "cook", "address": "x@y.example"}),
        await nora.patch(f"/notices/channels/{id}", json={"is_enabled": False}),
        await nora.delete(f"/notices/channels/{id}"),
        await nora.post(f"/notices/channels/{id}/test"),
    ):
        assert hidden.status_code == 404, "what is not theirs is not there"
    assert (await admin.patch(f"/notices/channels/{id}", json={"title": "Mail"})).json()["title"] == "Mail"
    assert (await admin.get("/notices/people/nobody")).status_code == 404
    assert (await cook.delete(f"/notices/channels/{id}")).status_code == 204
    assert (await cook.delete(f"/notices/channels/{console['id']}")).status_code == 404, "not made before it is used"


async def test_wishes_are_kept_and_wrong_ones_named(people: dict[str, httpx.AsyncClient]) -> None:
    nora = people["nora"]
    assert (await nora.get("/notices/people/me")).json()["language"] == "zh-CN"
    hours = [{"days": [1, 2], "from_minute": 480, "to_minute": 1080}]
    wish = {"language": "en", "risk_max": 2, "hours": hours, "quiet_s": 5}
    assert (await nora.put("/notices/people/me", json=wish)).status_code == 200
    kept = (await nora.get("/notices/people/nora")).json()
    assert (kept["person"], kept["language"], kept["hours"], kept["quiet_s"]) == ("nora", "en", hours, 5)
    for wrong, code in (
        ({"time_zone": "Mars/Olympus"}, "no_such_zone"),
        ({"hours": [{"days": [], "from_minute": 0, "to_minute": 5}]}, "bad_window"),
        ({"rota": "none"}, "no_such_rota"),
        ({"quiet_s": -1}, "invalid_fields"),
        ({"nonsense": 1}, "invalid_fields"),
    ):
        answer = await nora.put("/notices/people/me", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_addresses_and_secrets_never_leave(
    gateway: Gateway, alerting: Alerting, people: dict[str, httpx.AsyncClient]
) -> None:
    admin, nora = people["admin"], people["nora"]
    made = await admin.post("/notices/channels", json=webhook(person="nora"))
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    alerting.hook.is_dead = True
    tried = await nora.post(f"/notices/channels/{id}/test")
    assert alerting.hook.heard[-1] == (ADDRESS, SECRET)
    assert (tried.json()["is_ok"], tried.json()["said"]) == (False, "… answered 401 to …")
    assert (await nora.post(f"/notices/channels/{id}/test")).json()["code"] == "too_soon"
    moved = await admin.patch(f"/notices/channels/{id}", json={"address": "http://10.9.9.9/"})
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (422, "secret"), (
        "or the secret would be carried off"
    )
    assert (await nora.patch(f"/notices/channels/{id}", json={"secret": "x" * 16})).status_code == 403
    listed = await nora.get("/notices/channels")
    trail = await admin.get("/audit")
    async with alerting.database.transaction() as session:
        rows = str((await (await session.connection()).exec_driver_sql("select * from notice_channels")).all())
    for said in (made.text, tried.text, moved.text, listed.text, trail.text, rows):
        assert "hook-8c1f" not in said  # four digits alone stand in one of eleven lists of hashes by chance
        assert SECRET not in said
    deeds = [(row["action"], row["who"]) for row in trail.json()["items"] if row["detail"].get("channel") == id]
    assert ("notice_channel_added", "admin") in deeds
    assert ("notice_channel_tested", "nora") in deeds
    wrong = await admin.post("/notices/channels", json=webhook(address="http://127.0.0.1/"))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_channel")
    assert "BK_NOTICE_NETWORKS" in wrong.json()["detail"]
    assert [(each["field"], each["code"]) for each in wrong.json()["errors"]] == [("address", "network_not_listed")]


async def test_nobody_has_channels_without_end(people: dict[str, httpx.AsyncClient]) -> None:
    mail = {"kind": "mail", "person": "cook", "address": "cook@school.example"}
    answers = [await people["admin"].post("/notices/channels", json=mail) for _ in range(4)]
    assert [each.status_code for each in answers].count(409) >= 1
    assert answers[-1].json()["code"] == "too_many_channels"


def device(endpoint: str, **more: object) -> dict[str, object]:
    p256dh, _, auth = Browser().secret.partition(".")
    return {"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}, "title": "Chrome · Android", **more}


async def test_a_device_is_told_switched_off_and_nobody_elses(
    gateway: Gateway, alerting: Alerting, people: dict[str, httpx.AsyncClient]
) -> None:
    nora, cook, admin = people["nora"], people["cook"], people["admin"]
    offer = (await cook.get("/notices/push")).json()
    assert offer == {"is_on": True, "why_off": None, "public_key": KEY.public, "devices_max": 2}
    endpoint = "https://push.example/secret-7f3a"
    made = await cook.post("/notices/devices", json=device(endpoint))
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    assert (made.json()["kind"], made.json()["service"], id) == ("web_push", "push.example", device_id(endpoint))
    assert (await cook.post("/notices/devices", json=device(endpoint))).json()["id"] == id, "the same device is one"
    assert [each["id"] for each in (await cook.get("/notices/devices")).json()["items"]] == [id]
    # Nobody else sees, tries or removes it here; who may configure has the list of channels for that.
    for other in (nora, admin):
        assert (await other.get("/notices/devices")).json()["items"] == []
        assert (await other.delete(f"/notices/devices/{id}")).status_code == 404
        assert (await other.post(f"/notices/devices/{id}/test")).status_code == 404
    moved = await admin.patch(f"/notices/channels/{id}", json={"address": "https://push.example/x", "secret": "x" * 16})
    assert (moved.status_code, moved.json()["code"]) == (422, "invalid_fields")
    alerting.hook.is_dead = False
    tried = await cook.post(f"/notices/devices/{id}/test")
    assert tried.json()["is_ok"] is True
    assert alerting.hook.heard[-1][0] == endpoint
    assert (await cook.post(f"/notices/devices/{id}/test")).json()["code"] == "too_soon"
    await cook.post("/notices/devices", json=device("https://push.example/second"))
    third = await cook.post("/notices/devices", json=device("https://push.example/third"))
    assert (third.status_code, third.json()["code"]) == (409, "too_many_devices")
    for wrong in (
        device("http://push.example/a"),
        device("https://other.example/a"),
        device("https://push.example@10.0.0.1/a"),
        device("https://10.0.0.1/a"),
        device(endpoint, keys={"p256dh": "AAAA", "auth": "AAAA"}),
        device(endpoint, keys={"p256dh": "x" * 500, "auth": ""}),
    ):
        refused = await nora.post("/notices/devices", json=wrong)
        assert refused.status_code == 422, refused.text
        assert "secret-7f3a" not in refused.text
    # The phone is handed on: it is nora's now, and no more cook's.
    assert (await nora.post("/notices/devices", json=device(endpoint))).status_code == 201
    assert id not in [each["id"] for each in (await cook.get("/notices/devices")).json()["items"]]
    assert (await nora.delete(f"/notices/devices/{id}")).status_code == 204
    assert (await nora.get("/notices/devices")).json()["items"] == []
    trail = await admin.get("/audit")
    deeds = {(row["action"], row["who"]) for row in trail.json()["items"] if row["detail"].get("channel") == id}
    assert {("push_device_added", "cook"), ("push_device_tested", "cook"), ("push_device_removed", "nora")} <= deeds
    async with alerting.database.transaction() as session:
        rows = str((await (await session.connection()).exec_driver_sql("select * from notice_channels")).all())
    for said in (made.text, tried.text, trail.text, rows, (await cook.get("/notices/channels")).text):
        assert "secret-7f3a" not in said


async def test_rotas_and_chains(people: dict[str, httpx.AsyncClient]) -> None:
    admin, nora = people["admin"], people["nora"]
    shift = {"window": {"days": [1, 2, 3, 4, 5], "from_minute": 480, "to_minute": 1080}, "people": ["Nora"]}
    swap = {"start": "2026-12-01T00:00:00+08:00", "end": "2026-12-02T00:00:00+08:00", "people": ["admin"]}
    rota = {"title": "Duty", "shifts": [shift], "exceptions": [swap]}
    put = await admin.put("/notices/rotas/bureau", json=rota)
    assert put.status_code == 200, put.text
    (seen,) = (await nora.get("/notices/rotas")).json()["items"]
    assert (seen["shifts"][0]["people"], seen["exceptions"][0]["people"]) == (["nora"], ["admin"])
    unknown = await admin.put("/notices/rotas/bureau", json={"title": "x", "shifts": [shift | {"people": ["nobody"]}]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid_fields")
    chain = {"title": "Worst", "steps": [{"after_min": 5, "people": ["nora"]}, {"after_min": 15, "rotas": ["bureau"]}]}
    assert (await admin.put("/notices/chains/worst", json=chain)).status_code == 200
    assert [each["id"] for each in (await nora.get("/notices/chains")).json()["items"]] == ["worst"]
    for wrong in ([{"after_min": 5}], [chain["steps"][1], chain["steps"][0]], [{"after_min": 1, "rotas": ["none"]}]):
        assert (await admin.put("/notices/chains/other", json=chain | {"steps": wrong})).status_code == 422
    assert (await admin.delete("/notices/rotas/bureau")).json()["code"] == "rota_in_use"
    assert (await admin.delete("/notices/chains/worst")).status_code == 204
    assert (await admin.delete("/notices/rotas/bureau")).status_code == 204
    assert (await admin.delete("/notices/rotas/bureau")).status_code == 404


async def test_a_chief_who_manages_no_accounts_knows_whom_to_put_on_duty(people: dict[str, httpx.AsyncClient]) -> None:
    bo = people["head-bo"]
    assert (await bo.get("/accounts")).status_code == 403
    found = (await bo.get("/notices/people")).json()["items"]
    assert {"name": "nora", "roles": ["supervisor"]} in found
    assert all(one.keys() == {"name", "roles"} for one in found), "nothing else of anybody's account"
    put = await bo.put("/notices/rotas/chiefs", json={"title": "Duty", "shifts": []})
    assert put.status_code == 200, put.text
    assert (await bo.delete("/notices/rotas/chiefs")).status_code == 204


async def test_what_became_of_it_is_ones_own_to_see(
    gateway: Gateway, alerting: Alerting, people: dict[str, httpx.AsyncClient]
) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not {"nora", "cook"} <= alerting.known.by_name.keys():
            await asyncio.sleep(0.05)  # the mirror of the accounts has until then
    await people["nora"].put("/notices/people/me", json={"language": "en"})
    await alerting.happens("n1")
    (mine, *_) = (await people["nora"].get("/notices/deliveries?subject=alert:n1")).json()["items"]
    assert (mine["person"], mine["state"], mine["site"]) == ("nora", "queued", SITE)
    assert (await people["cook"].get("/notices/deliveries")).json()["items"] == []
    everybody = (await people["admin"].get("/notices/deliveries?subject=alert:n1&limit=1")).json()
    assert len(everybody["items"]) == 1
    assert (await people["nora"].post("/notices/messages/n0/receipt")).status_code == 404
    async with gateway.client(await gateway.token()) as admin:
        assert (await admin.patch("/accounts/nora", json={"is_enabled": False})).status_code == 200
        async with asyncio.timeout(LIMIT_S):
            while alerting.known.may_hear("nora", SITE):
                await asyncio.sleep(0.05)
        await admin.patch("/accounts/nora", json={"is_enabled": True})


async def test_a_console_message_is_heard_by_its_person_alone(
    gateway: Gateway, people: dict[str, httpx.AsyncClient]
) -> None:
    bus = await gateway.peers.bus("alerting")

    def told(person: str, message: str) -> NoticeTold:
        now_us = SystemClock().now_us()
        return NoticeTold(
            person=person,
            message=message,
            site="-",
            subjects=(),
            count=1,
            risk=1,
            title=message,
            text="x",
            at_us=now_us,
        )

    heard: dict[str, list[str]] = {"admin": [], "cook": []}

    async def listen(name: str, ready: asyncio.Event) -> None:
        async with people[name].stream("GET", "/events?name=notice_told") as stream:
            async for line in stream.aiter_lines():
                ready.set()
                if line.startswith("data: {") and "title" in line:
                    heard[name].append(json.loads(line[6:])["title"])

    started = {name: asyncio.Event() for name in heard}
    listening = [asyncio.create_task(listen(name, ready)) for name, ready in started.items()]
    try:
        async with asyncio.timeout(LIMIT_S):
            for ready in started.values():
                await ready.wait()
            for person, message in (("nora", "m1"), ("cook", "m2"), ("admin", "m3"), ("cook", "m4"), ("admin", "m5")):
                await bus.publish_fact(told(person, message))
            while "m5" not in heard["admin"] or "m4" not in heard["cook"]:
                await asyncio.sleep(0.05)
        assert heard == {"admin": ["m3", "m5"], "cook": ["m2", "m4"]}
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await bus.close()


async def test_duty_and_a_preview_tell_and_nobody_is_told(
    gateway: Gateway, alerting: Alerting, people: dict[str, httpx.AsyncClient]
) -> None:
    admin, cook = people["admin"], people["cook"]
    # One of her own: another test changes what nora is, and with that her logins end.
    body = {"name": "dora", "password": PASSWORD, "roles": ["supervisor"]}
    assert (await admin.post("/accounts", json=body)).status_code == 201
    dora = gateway.client(await gateway.token("dora", PASSWORD))
    async with asyncio.timeout(LIMIT_S):
        while "dora" not in alerting.known.by_name:
            await asyncio.sleep(0.05)
    always = {"days": [1, 2, 3, 4, 5, 6, 7], "from_minute": 0, "to_minute": 720}
    nights = {"days": [1, 2, 3, 4, 5, 6, 7], "from_minute": 720, "to_minute": 0}
    shifts = [{"window": always, "people": ["dora"]}, {"window": nights, "people": ["admin"]}]
    rota = {"title": "Duty", "time_zone": "UTC", "shifts": shifts}
    assert (await admin.put("/notices/rotas/preview-duty", json=rota)).status_code == 200
    steps = [{"after_min": 5, "rotas": ["preview-duty"]}, {"after_min": 20, "people": ["cook", "admin"]}]
    chain = {"title": "Worst", "sites": [SITE], "steps": steps}
    assert (await admin.put("/notices/chains/preview-chain", json=chain)).status_code == 200
    span = {"start": "2026-03-02T10:00:00Z", "end": "2026-03-03T01:00:00Z"}
    answer = await dora.get("/notices/duty", params=span)
    assert answer.status_code == 200, answer.text
    duty = answer.json()["items"]
    assert [(one["start"][11:16], one["people"]) for one in duty if one["rota"] == "preview-duty"] == [
        ("10:00", ["dora"]),
        ("12:00", ["admin"]),
        ("00:00", ["dora"]),
    ]
    far = {"start": "2026-03-02T10:00:00Z", "end": "2026-06-02T10:00:00Z"}
    assert (await dora.get("/notices/duty", params=far)).json()["code"] == "bad_range"
    before = (await admin.get("/notices/deliveries")).json()["items"]
    answer = await dora.post("/notices/preview", json={"site": SITE, "risk": 1, "at": span["start"]})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [(one["chain"], one["step"], one["at"][11:16]) for one in told["steps"]] == [
        (None, 0, "10:00"),
        ("preview-chain", 0, "10:05"),
        ("preview-chain", 1, "10:20"),
    ]
    assert "dora" in [one["person"] for one in told["steps"][0]["people"]]
    assert [(one["person"], one["is_told_before"]) for one in told["steps"][1]["people"]] == [("dora", True)]
    assert ("cook", "not_reviewed") in [(one["person"], one["missed"]) for one in told["steps"][2]["people"]]
    assert (await admin.get("/notices/deliveries")).json()["items"] == before
    assert (await dora.post("/notices/preview", json={"site": SITE, "rule": "none"})).json()["code"] == "no_such_rule"
    assert (await dora.post("/notices/preview", json={"site": "nowhere"})).status_code == 404
    for refused in (await cook.get("/notices/duty"), await cook.post("/notices/preview", json={"site": SITE})):
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    for path in ("/notices/chains/preview-chain", "/notices/rotas/preview-duty"):
        assert (await admin.delete(path)).status_code == 204
    await dora.aclose()


async def test_a_chain_for_a_unit_covers_its_schools_and_keeps_the_unit(
    alerting: Alerting, people: dict[str, httpx.AsyncClient]
) -> None:
    """A school without a camera, added after the chain; its move, and its unit's, are followed."""
    admin, cook, bo = people["admin"], people["cook"], people["head-bo"]
    for id, parent in (("chain-city", None), ("chain-east", "chain-city"), ("chain-west", None)):
        unit = {"id": id, "name": id, "kind": "station", "parent": parent}
        assert (await admin.post("/units", json=unit)).status_code == 201
    chain = {"title": "City first", "units": ["chain-city"], "steps": [{"after_min": 5, "people": ["head-bo"]}]}
    unknown = await admin.put("/notices/chains/city", json=chain | {"units": ["chain-city", "no-such"]})
    (fault,) = unknown.json()["errors"]
    assert (unknown.status_code, fault["field"], "no unit 'no-such'" in fault["problem"]) == (422, "units", True)
    assert (await cook.put("/notices/chains/city", json=chain)).status_code == 403
    put = await admin.put("/notices/chains/city", json=chain)
    assert (put.status_code, put.json()["units"], put.json()["sites"]) == (200, ["chain-city"], [])
    assert [one["units"] for one in (await bo.get("/notices/chains")).json()["items"]] == [["chain-city"]]

    async def lies_under(*units: str) -> None:
        async with asyncio.timeout(LIMIT_S):
            while alerting.places.units.get("chain-school") != frozenset(units):
                await asyncio.sleep(0.02)

    async def chains_of(site: str) -> set[str | None]:
        answer = await admin.post("/notices/preview", json={"site": site, "risk": 1})
        return {step["chain"] for step in answer.json()["steps"]}

    made = await admin.post("/sites", json={"id": "chain-school", "name": "x", "unit": "chain-east"})
    assert made.status_code == 201
    await lies_under("chain-city", "chain-east")
    assert await chains_of("chain-school") == {None, "city"}
    assert await chains_of(SITE) == {None}
    await alerting.happens("city-1", "chain-school")
    async with alerting.database.transaction() as session:
        found = await (await session.connection()).exec_driver_sql("select thing, chain from notice_escalations")
        assert [tuple(row) for row in found] == [("alert:city-1", "city")]
    await admin.patch("/units/chain-east", json={"parent": "chain-west"})
    await lies_under("chain-west", "chain-east")
    assert await chains_of("chain-school") == {None}
    kept = await admin.delete("/units/chain-city")
    assert (kept.status_code, kept.json()["code"]) == (409, "unit_in_chain")
    assert "'City first'" in kept.json()["detail"]
    await admin.patch("/sites/chain-school", json={"unit": None})
    await lies_under()
    assert (await admin.delete("/sites/chain-school")).status_code == 204
    async with asyncio.timeout(LIMIT_S):
        while "chain-school" in alerting.places.units:
            await asyncio.sleep(0.02)
    assert (await admin.delete("/notices/chains/city")).status_code == 204
    for id in ("chain-east", "chain-west", "chain-city"):
        assert (await admin.delete(f"/units/{id}")).status_code == 204
