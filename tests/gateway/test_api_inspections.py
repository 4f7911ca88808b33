"""Random inspection (29) through the API, alerting itself behind it: drawn, replayed by a stranger's script, looked at."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import shared
from tests.gateway.alerting_desks import Behind, alerting_behind
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCRIPT = Path(shared.__file__).parent / "design" / "replay_draw.py"
SITES = [f"draw-{number}" for number in range(12)]
People = dict[str, httpx.AsyncClient]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def behind(gateway: Gateway) -> AsyncIterator[Behind]:
    async with alerting_behind(gateway) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def people(gateway: Gateway, behind: Behind) -> AsyncIterator[People]:
    """Two supervisors, two departments' guests, a school's cook, a supervisor of one school alone."""
    ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    made: dict[str, dict[str, Any]] = {
        "draw-li": {"roles": ["supervisor"]},
        "draw-wang": {"roles": ["supervisor"]},
        "draw-edu": {"roles": ["guest"], "sites": [], "ends_at": ends},
        "draw-fire": {"roles": ["guest"], "sites": [], "ends_at": ends},
        "draw-cook": {"roles": ["school"], "sites": [SITES[0]]},
        "draw-near": {"roles": ["supervisor"], "sites": [SITES[0]]},
    }
    async with gateway.client(await gateway.token()) as admin:
        for site in SITES:
            await admin.post("/sites", json={"id": site, "name": site})
        for name, more in made.items():
            answer = await admin.post("/accounts", json={"name": name, "password": PASSWORD} | more)
            assert answer.status_code == 201, answer.text
    clients = {name.removeprefix("draw-"): gateway.client(await gateway.token(name, PASSWORD)) for name in made}
    yield clients
    for client in clients.values():
        await client.aclose()
    async with gateway.client(await gateway.token()) as admin:
        for site in SITES:
            await admin.delete(f"/sites/{site}")


def a_call(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "title": "春季抽查",
        "sites": SITES,
        "rule": {"count": 5},
        "departments": [
            {"department": "教育局", "account": "draw-edu"},
            {"department": "Fire", "account": "draw-fire"},
        ],
        "supervisors": ["draw-li", "draw-wang"],
        "commit_until": (now + timedelta(hours=1)).isoformat(),
        "reveal_until": (now + timedelta(hours=2)).isoformat(),
        "look_until": (now + timedelta(days=7)).isoformat(),
    } | more


def a_seed(department: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a department says first, and later: made with nothing of ours, as the document says."""
    seed, nonce = secrets.token_hex(32), secrets.token_hex(32)
    hashed = sha256(f"bright-kitchen seed 1\n{department}\n{seed}\n{nonce}\n".encode()).hexdigest()
    return {"department": department, "commitment": hashed}, {"department": department, "seed": seed, "nonce": nonce}


async def called(people: People, **more: Any) -> dict[str, Any]:
    answer = await people["li"].post("/draws", json=a_call(**more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def drawn(people: People, **more: Any) -> dict[str, Any]:
    draw = await called(people, **more)
    (edu_says, edu_shows), (fire_says, fire_shows) = a_seed("教育局"), a_seed("Fire")
    for who, path, body in (
        ("edu", "commitments", edu_says),
        ("fire", "commitments", fire_says),
        ("edu", "seeds", edu_shows),
        ("fire", "seeds", fire_shows),
    ):
        answer = await people[who].post(f"/draws/{draw['id']}/{path}", json=body)
        assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_call_that_names_no_school_is_about_all_there_are(people: People) -> None:
    draw = await called(people, sites=[])
    assert draw["kitchens"] >= len(SITES)
    file = (await people["li"].get(f"/draws/{draw['id']}/file.json")).json()
    assert {kitchen for kitchen, _, _ in file["frozen"]["roster"]} >= set(SITES)


async def test_a_draw_is_replayed_by_a_stranger(people: People, tmp_path: Path) -> None:
    draw = await called(people)
    assert (draw["state"], draw["kitchens"], draw["published_sha256"]) == ("committing", 12, None)
    early = (await people["edu"].get(f"/draws/{draw['id']}/file.json")).json()
    assert early["frozen_sha256"] == draw["frozen_sha256"]
    assert early["result"] == []
    (edu_says, edu_shows), (fire_says, fire_shows) = a_seed("教育局"), a_seed("Fire")
    path = f"/draws/{draw['id']}"
    refused = await people["edu"].post(f"{path}/seeds", json=edu_shows)
    assert (refused.status_code, refused.json()["code"]) == (409, "draw_state")
    assert (await people["edu"].post(f"{path}/commitments", json=fire_says)).json()["code"] == "another_account"
    assert (await people["edu"].post(f"{path}/commitments", json=edu_says)).json()["state"] == "committing"
    again = await people["edu"].post(f"{path}/commitments", json=edu_says)
    assert (again.status_code, again.json()["code"]) == (409, "committed")
    published = (await people["fire"].post(f"{path}/commitments", json=fire_says)).json()["published_sha256"]
    wrong = await people["edu"].post(f"{path}/seeds", json=edu_shows | {"nonce": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "another_seed")
    shown = (await people["edu"].post(f"{path}/seeds", json=edu_shows)).json()
    # Who reveals last must not know the result before.
    assert [one["seed"] for one in shown["departments"]] == [None, None]
    assert shown["departments"][0]["revealed_at"] is not None
    off = await people["li"].post(f"{path}/cancellation", json={"why": "Not the ones I like."})
    assert (off.status_code, off.json()["code"]) == (409, "seed_known")
    done = (await people["fire"].post(f"{path}/seeds", json=fire_shows)).json()
    assert (done["state"], len(done["chosen"]), done["published_sha256"]) == ("drawn", 5, published)
    assert {one["supervisor"] for one in done["chosen"]} == {"draw-li", "draw-wang"}
    file = tmp_path / "draw.json"
    file.write_bytes((await people["fire"].get(f"{path}/file.json")).content)
    command = [sys.executable, "-I", str(SCRIPT), str(file), published]
    replayed = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (replayed.returncode, replayed.stdout) == (0, "the draw stands: 5 kitchens\n"), replayed.stderr
    for before, after, word in (
        (SITES[3], "draw-x", "what was frozen is not what was published"),
        (edu_shows["seed"], "1" * 64, "a seed is not the one committed to"),
        (f'["{done["chosen"][0]["kitchen"]}","', '["nobody","', "the seeds do not give this result"),
    ):
        changed = tmp_path / "changed.json"
        changed.write_text(file.read_text().replace(before, after))
        found = subprocess.run([*command[:3], str(changed), published], capture_output=True, text=True, timeout=60)
        assert found.returncode == 1
        assert word in found.stderr


async def test_who_is_late_is_named_and_it_goes_on_or_not(people: People, behind: Behind) -> None:
    for if_missing, state in (("go_on", "drawn"), ("void", "void")):
        draw = await called(people, if_missing=if_missing)
        (edu_says, edu_shows), (fire_says, _) = a_seed("教育局"), a_seed("Fire")
        path = f"/draws/{draw['id']}"
        await people["edu"].post(f"{path}/commitments", json=edu_says)
        await people["fire"].post(f"{path}/commitments", json=fire_says)
        await people["edu"].post(f"{path}/seeds", json=edu_shows)
        behind.clock.by_us = 3 * 3600_000_000
        try:
            await behind.draws.time_over()
            await behind.draws.time_over()  # another worker: nothing is left to do
        finally:
            behind.clock.by_us = 0
        done = (await people["li"].get(path)).json()
        assert (done["state"], done["late"]) == (state, ["Fire"])
        assert ("Fire" in done["why"]) == (state == "void")
        assert len(done["chosen"]) == (5 if state == "drawn" else 0)
    nobody = await called(people)
    behind.clock.by_us = 2 * 3600_000_000
    try:
        await behind.draws.time_over()
    finally:
        behind.clock.by_us = 0
    void = (await people["li"].get(f"/draws/{nobody['id']}")).json()
    assert (void["state"], void["why"]) == ("void", "Did not commit in time: 教育局, Fire. Call another draw.")


async def test_what_was_published_cannot_be_written_otherwise(people: People, behind: Behind) -> None:
    draw = await drawn(people)
    for statement in (
        "update draws set frozen = '{}' where draw_id = :id",
        "update draws set drawn = '{}' where draw_id = :id",
        "delete from draw_seeds where draw_id = :id",
        "update draw_seeds set seed = commitment where draw_id = :id",
    ):
        with pytest.raises(DBAPIError, match=r"never made again|stays said"):
            async with behind.database.transaction() as session:
                await session.execute(text(statement), {"id": draw["id"]})


async def test_a_look_ends_in_a_case(people: People) -> None:
    draw = await drawn(people)
    mine = (await people["li"].get("/inspections", params={"draw": draw["id"], "supervisor": "draw-li"})).json()[
        "items"
    ]
    assert {one["state"] for one in mine} == {"to_do"}
    one, path = mine[0], f"/inspections/{mine[0]['id']}"

    async def step(who: str, **body: Any) -> httpx.Response:
        return await people[who].post(f"{path}/steps", json=body)

    refused = await step("li", action="finish", found="nothing")
    assert (refused.status_code, refused.json()["code"]) == (409, "inspection_state")
    assert "Possible now: start" in refused.json()["detail"]
    assert (await step("li", action="hand_over", text="ill", supervisor="draw-cook")).status_code == 422
    handed = await step("li", action="hand_over", text="ill", supervisor="draw-wang")
    assert handed.json()["supervisor"] == "draw-wang", handed.text
    assert (await step("wang", action="start", way="video")).json()["looked_by"] == "draw-wang"
    assert (await step("li", action="finish", found="nothing")).json()["code"] == "another_looks"
    assert (await step("wang", action="finish", found="violation")).json()["code"] == "title_missing"
    foreign = await step("wang", action="finish", found="violation", title="Open bins", risk=2, cameras=["elsewhere-1"])
    assert (foreign.status_code, foreign.json()["code"]) == (404, "no_such_camera")
    done = (await step("wang", action="finish", found="violation", title="Open bins", risk=2, text="Two.")).json()
    assert (done["state"], done["found"]) == ("done", "violation")
    assert done["seconds"] > 0
    assert [each["action"] for each in done["steps"]] == ["assign", "hand_over", "start", "finish"]
    case = (await people["li"].get(f"/cases/{done['case']}")).json()
    assert (case["site"], case["source"], case["title"], case["opened_by"]) == (
        one["site"],
        "inspection",
        "Open bins",
        "draw-wang",
    )
    other = mine[1]["id"]
    await people["li"].post(f"/inspections/{other}/steps", json={"action": "start", "way": "on_site"})
    clean = await people["li"].post(f"/inspections/{other}/steps", json={"action": "finish", "found": "nothing"})
    assert (clean.json()["state"], clean.json()["case"]) == ("done", None)
    term = {"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
    covered = (await people["li"].get("/inspection-coverage", params=term)).json()
    looked = {each["site"]: each for each in covered["items"]}
    assert looked[one["site"]]["violations"] == 1
    assert covered["looked_at"] == 2
    assert len(covered["never"]) == covered["kitchens"] - 2
    # What was looked at counts in the next draw: days since, and what was found.
    roster = (await people["li"].get(f"/draws/{(await called(people))['id']}/file.json")).json()["frozen"]["roster"]
    risk_and_days = {name: (risk, days) for name, risk, days in roster}
    assert risk_and_days[one["site"]] == (2, 0)
    assert risk_and_days[(set(SITES) - {one["site"], mine[1]["site"]}).pop()][1] is None


async def test_schools_hear_nothing_of_it(people: People) -> None:
    draw = await drawn(people)
    cook = people["cook"]
    assert (await cook.get("/inspections")).status_code == 403
    assert (await cook.get("/draws")).json()["items"] == []
    assert (await cook.get(f"/draws/{draw['id']}")).status_code == 404
    assert (await cook.get(f"/draws/{draw['id']}/file.json")).status_code == 404
    assert (await people["fire"].get("/draws")).json()["items"][0]["id"] == draw["id"]
    assert (await people["near"].post("/draws", json=a_call())).json()["code"] == "out_of_scope"
    near = (await people["near"].get("/inspections")).json()["items"]
    assert {one["site"] for one in near} <= {SITES[0]}
    foreign = next(one["inspection"] for one in draw["chosen"] if one["kitchen"] != SITES[0])
    assert (await people["near"].get(f"/inspections/{foreign}")).status_code == 404


async def test_a_call_that_cannot_be_is_refused_in_words(people: People, admin: httpx.AsyncClient) -> None:
    li = people["li"]
    for more, words in (
        ({"sites": ["nowhere"]}, "no site"),
        ({"supervisors": ["draw-near"]}, "cannot look at all schools"),
        ({"supervisors": ["draw-edu"]}, "cannot look at all schools"),
        ({"departments": [{"department": "x", "account": "nobody"}]}, "cannot log in until"),
    ):
        refused = await li.post("/draws", json=a_call(**more))
        assert refused.status_code == 422, refused.text
        assert words in refused.json()["errors"][0]["problem"]
    bands = {"count": 1, "bands": [{"from_days": 5, "weight": 1}]}
    assert (await li.post("/draws", json=a_call(rule=bands))).json()["code"] == "bands_wrong"
    times = {"commit_until": a_call()["look_until"]}
    assert (await li.post("/draws", json=a_call(**times))).json()["code"] == "times_wrong"
    draw = await called(people)
    off = await li.post(f"/draws/{draw['id']}/cancellation", json={"why": "Wrong term."})
    assert (off.json()["state"], off.json()["why"]) == ("cancelled", "Wrong term.")
    late = await people["edu"].post(f"/draws/{draw['id']}/commitments", json=a_seed("教育局")[0])
    assert "was called off. Call another draw" in late.json()["detail"]
    deeds = {row["action"] for row in (await admin.get("/audit", params={"limit": 500})).json()["items"]}
    assert {"draw_called", "draw_committed", "draw_revealed", "draw_cancelled", "inspection_changed"} <= deeds
