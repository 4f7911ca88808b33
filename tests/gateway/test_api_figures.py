"""Figures (41) and exports through the API, over alerts and orders whose numbers are known."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.gateway.alerting_desks import Behind, alerting_behind
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

A, B = "fig-a", "fig-b"
BEGAN = datetime(2031, 3, 3, tzinfo=UTC)  # a Monday, and nobody else's
DAY_US = 86_400_000_000
START_US = round(BEGAN.timestamp() * 1e6)
RANGE = {"start": BEGAN.isoformat(), "end": "2031-04-01T00:00:00Z"}
EVIL = '=HYPERLINK("http://x","y")'
# site, day, rule, class of risk, verdict, seconds to the first eye, seconds to the order, models
ALERTS = (
    (A, 0, "no_mask", 2, "confirmed", 10, 100, {"heads": "sha256:1"}),
    (A, 0, "no_mask", 2, "false", 20, None, {"heads": "sha256:1"}),
    (A, 1, "no_mask", 2, "confirmed", 30, 300, {"heads": "sha256:2"}),
    (A, 8, "rodent", 1, "confirmed", 40, None, {}),
    (B, 8, "rodent", 1, "unclear", 1000, None, {}),
    (B, 8, "rodent", 1, None, None, None, {}),
)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def people(gateway: Gateway) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    made: dict[str, dict[str, Any]] = {
        "fig-li": {"roles": ["supervisor"]},
        "fig-cook": {"roles": ["school"], "sites": [A]},
        "fig-near": {"roles": ["supervisor"], "sites": [B]},
    }
    async with alerting_behind(gateway) as behind, gateway.client(await gateway.token()) as admin:
        for site, kind in ((A, "primary"), (B, "university")):
            await admin.post("/sites", json={"id": site, "name": site, "kind": kind})
        for name, more in made.items():
            answer = await admin.post("/accounts", json={"name": name, "password": PASSWORD} | more)
            assert answer.status_code == 201, answer.text
        await _fill(behind)
        clients = {name.removeprefix("fig-"): gateway.client(await gateway.token(name, PASSWORD)) for name in made}
        yield clients
        for client in clients.values():
            await client.aclose()
        for site in (A, B):
            await admin.delete(f"/sites/{site}")


async def _fill(behind: Behind) -> None:
    async with behind.database.transaction() as session:
        for number, (site, day, rule, risk, verdict, eye_s, order_s, models) in enumerate(ALERTS):
            first_us = START_US + day * DAY_US + 4 * 3600_000_000
            body = {
                "alert": f"fig-{number}", "site": site, "camera": "cook-1", "rule": rule, "rule_version": 1,
                "about": rule, "risk": risk, "progress": "over", "first_us": first_us, "raised_us": first_us,
                "last_us": first_us, "broken": 1, "looked": 1, "models": models, "stored_us": first_us + 1_000_000,
            }  # fmt: skip
            told_us = first_us + 1_000_000
            case = None
            if order_s is not None:
                case = f"fig-c{number}"
                opened = {"case": case, "site": site, "us": told_us, "risk": risk, "title": EVIL}
                await session.execute(
                    text(
                        "insert into cases (case_id, site, cameras, source, title, text, risk, state, opened_by, opened_us)"
                        " values (:case, :site, '{}', 'alert', :title, '', :risk, 'open', 'li', :us)"
                    ),
                    opened,
                )
                served_us = told_us + order_s * 1_000_000
                order = {"id": f"fig-o{number}", "case": case, "site": site, "risk": risk, "title": EVIL}
                order |= {"served": served_us, "due": served_us + DAY_US, "state": "closed" if day == 0 else "answered"}
                await session.execute(
                    text(
                        "insert into orders (order_id, case_id, site, kind, state, title, text, risk, made_by, served_us,"
                        " due_us, answered_us) values (:id, :case, :site, 'opinion', :state, :title, '', :risk, 'li',"
                        " :served, :due, :answered)"
                    ),
                    order | {"answered": order["due"] + (1 if day else -1)},
                )
            values = {
                "alert": f"fig-{number}", "site": site, "rule": rule, "risk": risk, "us": first_us, "case": case,
                "body": json.dumps(body), "verdict": verdict, "note": EVIL,
                "seen": None if eye_s is None else told_us + eye_s * 1_000_000,
            }  # fmt: skip
            await session.execute(
                text(
                    "insert into alerts (alert, site, camera, shard, rule, risk, progress, is_silent, first_us, last_us, body,"
                    " verdict, acknowledged_by, acknowledged_us, reviewed_by, reviewed_us, review_note, case_id) values"
                    " (:alert, :site, 'cook-1', 0, :rule, :risk, 'over', false, :us, :us, cast(:body as jsonb), :verdict,"
                    " 'li', :seen, 'li', :seen, :note, :case)"
                ),
                values,
            )


async def rows(client: httpx.AsyncClient, **params: Any) -> dict[str, dict[str, Any]]:
    answer = await client.get("/figures", params=RANGE | params)
    assert answer.status_code == 200, answer.text
    return {row["key"]: row for row in answer.json()["items"]}


async def test_the_figures_add_up(people: dict[str, httpx.AsyncClient]) -> None:
    all_ = (await rows(people["li"]))["all"]
    assert {name: all_[name] for name in ("alerts", "confirmed", "false", "unclear", "unreviewed", "unseen")} == {
        "alerts": 6, "confirmed": 3, "false": 1, "unclear": 1, "unreviewed": 1, "unseen": 1,
    }  # fmt: skip
    assert (all_["precision"], all_["false_alarm_rate"]) == (0.75, 0.25)
    # 10, 20, 30, 40, 1000: the median, and between the last two.
    assert (all_["eye_median_s"], all_["eye_p95_s"]) == (30.0, 808.0)
    assert (all_["order_median_s"], all_["order_p95_s"]) == (200.0, 290.0)
    assert (all_["orders"], all_["corrected"], all_["correction_rate"], all_["answered_late"]) == (2, 1, 0.5, 1)


async def test_by_every_group(people: dict[str, httpx.AsyncClient]) -> None:
    li = people["li"]
    assert {key: row["alerts"] for key, row in (await rows(li, by="site")).items()} == {A: 4, B: 2}
    by_rule = await rows(li, by="rule")
    assert (by_rule["no_mask"]["orders"], by_rule["rodent"]["orders"]) == (2, 0)
    assert by_rule["no_mask"]["precision"] == 0.6667
    assert set(await rows(li, by="class")) == {"no_mask", "rodent"}
    assert (await rows(li, by="risk"))["1"]["alerts"] == 3
    assert (await rows(li, by="camera"))[f"{A}/cook-1"]["alerts"] == 4
    by_model = {json.dumps(row["models"]): row for row in (await rows(li, by="model")).values()}
    assert by_model['{"heads": "sha256:1"}']["precision"] == 0.5
    assert by_model['{"heads": "sha256:2"}']["orders"] == 1
    by_day = await rows(li, by="day")
    assert {key: row["alerts"] for key, row in by_day.items() if row["alerts"]} == {
        "2031-03-03": 2, "2031-03-04": 1, "2031-03-11": 3,
    }  # fmt: skip
    assert len(by_day) == 30
    by_week = await rows(li, by="week")
    assert [row["alerts"] for row in by_week.values()][:3] == [3, 3, 0]
    assert (await rows(li, rule="rodent"))["all"]["alerts"] == 3
    assert (await rows(li, kind="university", by="site")).keys() == {B}
    # Half-open: the first moment counts, the last does not.
    edge = {"end": datetime.fromtimestamp(START_US / 1e6 + 4 * 3600, UTC).isoformat()}
    assert await rows(li, by="site", **edge) == {}


async def test_a_school_sees_its_own_figures(people: dict[str, httpx.AsyncClient]) -> None:
    assert (await rows(people["cook"], by="site")).keys() == {A}
    assert await rows(people["cook"], by="site", site=B) == {}
    kitchens = (await people["cook"].get("/figures/kitchens", params=RANGE)).json()["items"]
    assert [one["kitchen"] for one in kitchens] == [A]
    assert (await people["cook"].get("/exports/alerts.csv", params=RANGE)).status_code == 403


async def test_a_score_is_the_sum_of_its_terms(people: dict[str, httpx.AsyncClient]) -> None:
    found = (await people["li"].get("/figures/kitchens", params=RANGE)).json()["items"]
    risky = {one["kitchen"]: one for one in found}
    assert found[0]["kitchen"] == A
    terms = {term["name"]: term for term in risky[A]["terms"]}
    half = 0.5 ** ((29 - 8 - 4 / 24) / 30)
    assert terms["confirmed_1"]["amount"] == pytest.approx(half, abs=1e-3)
    assert terms["answered_late"]["points"] == 3.0
    assert risky[A]["score"] == pytest.approx(sum(term["points"] for term in terms.values()), abs=0.01)
    assert risky[B] | {"terms": []} == {"kitchen": B, "score": 0.0, "risk": 3, "terms": []}


async def test_csv_that_runs_nothing(people: dict[str, httpx.AsyncClient], admin: httpx.AsyncClient) -> None:
    answer = await people["li"].get("/exports/alerts.csv", params=RANGE)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["alert"] for row in table] == ["fig-5", "fig-4", "fig-3", "fig-2", "fig-1", "fig-0"]
    assert table[-1]["note"] == f"'{EVIL}"
    assert table[-1]["first_at"] == "2031-03-03T04:00:00+00:00"
    orders = await people["li"].get("/exports/orders.csv", params=RANGE)
    assert [row["title"] for row in csv.DictReader(io.StringIO(orders.content.decode("utf-8-sig")))] == [f"'{EVIL}"] * 2
    figures = await people["li"].get("/exports/figures.csv", params=RANGE | {"by": "site"})
    assert [row["key"] for row in csv.DictReader(io.StringIO(figures.content.decode("utf-8-sig")))] == [A, B]
    near = await people["near"].get("/exports/alerts.csv", params=RANGE)
    assert {row["site"] for row in csv.DictReader(io.StringIO(near.content.decode("utf-8-sig")))} == {B}
    wrong = await people["li"].get("/exports/alerts.csv", params={"start": RANGE["end"], "end": RANGE["start"]})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "range_wrong")
    assert (await people["li"].get("/exports/passwords.csv", params=RANGE)).status_code == 422
    deeds = (await admin.get("/audit", params={"who": "fig-li"})).json()["items"]
    assert {deed["detail"]["what"] for deed in deeds if deed["action"] == "exported"} == {"alerts", "orders", "figures"}


async def test_exports_of_one_school_and_never_of_another(people: dict[str, httpx.AsyncClient]) -> None:
    async def sites_in(who: str, what: str, column: str, site: str) -> set[str]:
        answer = await people[who].get(f"/exports/{what}.csv", params=RANGE | {"by": "site", "site": site})
        assert answer.status_code == 200, answer.text
        return {row[column] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}

    for what, column in (("alerts", "site"), ("orders", "site"), ("figures", "key"), ("kitchens", "site")):
        assert await sites_in("li", what, column, A) == {A}, what
        assert await sites_in("near", what, column, A) == set(), what


async def test_a_spreadsheet_without_a_formula(people: dict[str, httpx.AsyncClient]) -> None:
    for what in ("alerts", "orders", "inspections", "figures", "kitchens"):
        answer = await people["li"].get(f"/exports/{what}.xlsx", params=RANGE)
        assert answer.status_code == 200, answer.text
        book = zipfile.ZipFile(io.BytesIO(answer.content))
        assert book.testzip() is None
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        if what == "alerts":
            lines = ElementTree.fromstring(sheet).findall(".//{*}row")
            assert len(lines) == 1 + len(ALERTS)
            assert EVIL in "".join(ElementTree.fromstring(sheet).itertext())
