"""The draw: fair by count, strata and chance; replayed by a script that needs nothing of ours; refused where it cannot be."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shared
from services.alerting.inspection import draw_states, look_states
from services.alerting.inspection.draw import Numbers, band_of, draw, weight_of
from services.alerting.inspection.draw_states import after
from services.alerting.inspection.frozen import (
    Kitchen,
    combined_seed,
    commitment_of,
    file_text,
    frozen_text,
    roster_of,
    sealed_sha256,
)
from services.alerting.inspection.look_states import look_after
from shared.errors import RequestRefused
from shared.messages.inspections import (
    DrawAction,
    DrawBand,
    DrawDepartment,
    DrawOpen,
    DrawRule,
    DrawSeed,
    DrawState,
    LookAction,
    LookState,
)

SCRIPT = Path(shared.__file__).parent / "design" / "replay_draw.py"
RULE = DrawRule(count=7)
SUPERVISORS = ["chen", "li", "wang"]


def a_seed(word: str) -> str:
    return sha256(word.encode()).hexdigest()


def a_roster(size: int, seed: int) -> list[Kitchen]:
    by = random.Random(seed)
    return [
        Kitchen(f"school-{number:03}", by.choice((1, 2, 3, 3, 3)), by.choice((None, 0, 5, 29, 30, 89, 90, 400)))
        for number in range(size)
    ]


def a_file(roster: list[Kitchen], rule: DrawRule, supervisors: list[str], word: str) -> dict[str, Any]:
    """As the API gives it away, of a draw of two departments of which one did not reveal."""
    names = ("教育局", "Market supervision", "Fire")
    wanted = DrawOpen(
        by="li",
        title="春季抽查",
        kitchens=("-",),
        rule=rule,
        departments=tuple(DrawDepartment(department=name, account="li") for name in names),
        supervisors=tuple(supervisors),
        commit_until_us=1,
        reveal_until_us=2,
        look_until_us=3,
    )
    frozen = frozen_text("d1", wanted, roster, 1_000, a_seed("salt")[:32])
    seeds = []
    for name in names:
        seed, nonce = a_seed(f"{word} seed {name}"), a_seed(f"{word} nonce {name}")
        shown = {} if name == "Fire" else {"seed": seed, "nonce": nonce}
        said = commitment_of(name, seed, nonce)
        seeds.append(DrawSeed.model_validate({"department": name, "account": "li", "commitment": said, **shown}))
    sealed = sealed_sha256(frozen, seeds)
    chosen = draw(*_of(frozen), combined_seed(sealed, seeds))
    result = [(one.kitchen, one.stratum, one.supervisor) for one in chosen]
    found: dict[str, Any] = json.loads(file_text("d1", frozen, seeds, sealed, result))
    return found


def _of(frozen: str) -> tuple[DrawRule, list[Kitchen], list[str]]:
    rule, supervisors, roster = roster_of(frozen)
    return rule, roster, supervisors


def replayed(file: dict[str, Any], folder: Path, *published: str) -> subprocess.CompletedProcess[str]:
    path = folder / "drawn.json"
    path.write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
    # -I: nothing of ours can be imported, whatever the environment says.
    command = [sys.executable, "-I", str(SCRIPT), str(path), *published]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder)


def test_the_script_is_short_and_needs_nothing_of_ours() -> None:
    text = SCRIPT.read_text()
    assert text.count("\n") < 60
    modules = {
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert {module.split(".")[0] for module in modules} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("size", "rule", "supervisors"),
    [
        (31, RULE, SUPERVISORS),
        (1, RULE, ["li"]),
        (3, RULE, SUPERVISORS),  # fewer kitchens than are to be drawn: all of them
        (200, DrawRule(count=150, risk_weights=(1000, 1, 1)), SUPERVISORS),  # some are drawn for certain
        (300, DrawRule(count=40, bands=(DrawBand(from_days=0, weight=1),), never_weight=1), ["li", "wang"]),
    ],
)
def test_a_file_is_replayed_by_the_script(size: int, rule: DrawRule, supervisors: list[str], tmp_path: Path) -> None:
    file = a_file(a_roster(size, size), rule, supervisors, f"word {size}")
    done = replayed(file, tmp_path, file["published_sha256"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"the draw stands: {min(size, rule.count)} kitchens\n"


def test_what_was_changed_is_found(tmp_path: Path) -> None:
    file = a_file(a_roster(40, 1), RULE, SUPERVISORS, "x")
    published = file["published_sha256"]

    def changed(**values: Any) -> dict[str, Any]:
        return json.loads(json.dumps(file)) | values

    frozen = json.loads(json.dumps(file["frozen"]))
    frozen["roster"] = frozen["roster"][1:]
    other = a_file(a_roster(39, 2), RULE, SUPERVISORS, "x")  # drawn anew, whole in itself
    seeds = [list(each) for each in file["seeds"]]
    seeds[0][2] = a_seed("another")
    assert replayed(file, tmp_path, published).returncode == 0
    for wrong, word in (
        (changed(frozen=frozen), "what was frozen is not what was published"),
        (other, "what was frozen is not what was published"),
        (changed(seeds=seeds), "a seed is not the one committed to"),
        (changed(result=file["result"][1:]), "the seeds do not give this result"),
        (changed(result=[*file["result"][:-1], ["school-999", "1/0", "li"]]), "the seeds do not give this result"),
    ):
        done = replayed(wrong, tmp_path, published)
        assert done.returncode == 1, word
        assert word in done.stderr


def test_the_example_of_the_document() -> None:
    """What shared/design/random-draw.md shows, so that others can check their own programs."""
    roster = [
        Kitchen("a", 1, None),
        Kitchen("b", 1, 10),
        Kitchen("c", 2, 45),
        Kitchen("d", 3, 100),
        Kitchen("e", 3, None),
        Kitchen("f", 2, 0),
    ]
    assert a_seed("example") == "50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c"
    numbers = Numbers(bytes.fromhex(a_seed("example")), "start")
    assert [numbers.below(1000) for _ in range(3)] == NUMBERS
    chosen = draw(DrawRule(count=3), roster, ["li", "wang"], a_seed("example"))
    assert [(one.kitchen, one.stratum, one.supervisor) for one in chosen] == CHOSEN


NUMBERS = [732, 314, 378]
CHOSEN = [("a", "1/3", "li"), ("c", "2/1", "wang"), ("e", "3/3", "li")]


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 60), count=st.integers(1, 70), seed=st.integers(0, 10**9))
def test_exactly_so_many_and_every_stratum_its_share(size: int, count: int, seed: int) -> None:
    roster, rule = a_roster(size, seed), DrawRule(count=count)
    chosen = draw(rule, roster, SUPERVISORS, a_seed(str(seed)))
    names = [one.kitchen for one in chosen]
    assert len(set(names)) == len(names) == min(size, count)
    # The same whatever the order in which the roster is given.
    assert draw(rule, roster[::-1], SUPERVISORS[::-1], a_seed(str(seed))) == chosen
    of_each = Counter(one.supervisor for one in chosen)
    assert max(of_each.values()) - min(of_each.get(name, 0) for name in SUPERVISORS) <= 1
    chances = _chances(rule, roster)
    for stratum in {(one.risk, band_of(rule, one.days)) for one in roster}:
        members = {one.kitchen for one in roster if (one.risk, band_of(rule, one.days)) == stratum}
        share = sum(chances[name] for name in members)
        assert abs(len(members & set(names)) - share) < 1 + 1e-9


def _chances(rule: DrawRule, roster: list[Kitchen]) -> dict[str, float]:
    """By the formula of the document: certain ones first, the rest in proportion."""
    left, chances = min(rule.count, len(roster)), dict[str, float]()
    rest = {one.kitchen: weight_of(rule, one) for one in roster}
    while rest:
        total = sum(rest.values())
        certain = [name for name, weight in rest.items() if left * weight >= total]
        if not certain:
            break
        chances |= dict.fromkeys(certain, 1.0)
        left -= len(certain)
        rest = {name: weight for name, weight in rest.items() if name not in certain}
    return chances | {name: left * weight / sum(rest.values()) for name, weight in rest.items()}


def test_each_kitchen_comes_as_often_as_its_chance_says() -> None:
    roster, rule, draws = a_roster(12, 3), DrawRule(count=3), 4000
    came: Counter[str] = Counter()
    for number in range(draws):
        came.update(one.kitchen for one in draw(rule, roster, ["li"], a_seed(f"draw {number}")))
    for name, chance in _chances(rule, roster).items():
        # Five standard deviations: the seeds are fixed, so it is so or it is not.
        assert abs(came[name] - draws * chance) <= 5 * (draws * chance * (1 - chance)) ** 0.5 + 1e-6, name


def test_what_would_make_some_numbers_likelier_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    words = iter([2**64 - 1, 2**64 - 2, 2**64 - 4, 5])
    monkeypatch.setattr(Numbers, "_words", lambda self: words)
    numbers = Numbers(b"", "")
    # 2**64 is 1 more than a multiple of 3: of all words only the last one goes.
    assert numbers.below(3) == (2**64 - 2) % 3
    assert numbers.below(2**63 + 1) == 5


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(get_args(DrawAction)), max_size=12), st.integers(1, 4), st.booleans())
def test_a_draw_never_leaves_its_table(actions: list[DrawAction], departments: int, goes_on: bool) -> None:
    state: DrawState = "committing"
    committed = revealed = 0
    for action in actions:
        more = (committed + (action == "commit"), revealed + (action == "reveal"))
        if more[0] > departments or more[1] > more[0]:
            continue  # the desk refuses: nobody commits or reveals twice, nor reveals what was not committed
        counts = {"committed": more[0], "revealed": more[1], "departments": departments, "goes_on": goes_on}
        before = state
        try:
            state = after(state, action, **counts)  # type: ignore[arg-type]
        except RequestRefused:
            assert (before, action) not in draw_states.TABLE or (action == "cancel" and revealed)
            continue
        assert state in draw_states.TABLE[(before, action)]
        committed, revealed = more
        if state == "drawn":
            assert revealed == committed or goes_on
        if state == "cancelled":
            assert revealed == 0
    if state in ("drawn", "void", "cancelled"):
        assert not draw_states.may(state)


@given(st.lists(st.tuples(st.sampled_from(get_args(LookAction)), st.sampled_from(["li", "wang"])), max_size=12))
def test_a_look_never_leaves_its_table(actions: list[tuple[LookAction, str]]) -> None:
    state: LookState = "to_do"
    looked_by: str | None = None
    for action, by in actions:
        try:
            following = look_after(state, action, by=by, looked_by=looked_by)
        except RequestRefused:
            assert (state, action) not in look_states.TABLE or (action == "finish" and by != looked_by)
            continue
        assert following == (look_states.TABLE[(state, action)] or state)
        looked_by = by if action == "start" else looked_by if action == "finish" else None
        state = following


def test_refusals_say_what_is_possible() -> None:
    with pytest.raises(RequestRefused, match=r"nothing can be revealed before .* Possible now: commit, cancel"):
        after("committing", "reveal", committed=0, revealed=1, departments=2, goes_on=True)
    with pytest.raises(RequestRefused, match="second try"):
        after("revealing", "cancel", committed=2, revealed=1, departments=2, goes_on=True)
    with pytest.raises(RequestRefused, match=r"it was drawn\. Call another draw"):
        after("drawn", "reveal", committed=2, revealed=2, departments=2, goes_on=True)
    with pytest.raises(RequestRefused, match="what was found stays"):
        look_after("done", "finish", by="li", looked_by="li")
    with pytest.raises(RequestRefused, match="wang began this look"):
        look_after("looking", "finish", by="li", looked_by="wang")
