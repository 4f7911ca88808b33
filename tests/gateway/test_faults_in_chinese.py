"""What is wrong with a field is said in Chinese too: each code of ours, and whatever pydantic may find wrong."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from services.alerting.faults import FAULTS as OF_ALERTING
from services.gateway.adapters.http.validation_faults import CHANGES, PATTERNS, fault_of
from services.gateway.faults import FAULTS, WrongValue, fault
from tests.gateway.wrong_values import errors, patterns

TOP = Path(__file__).parents[2]
WORDS = TOP / "services/gateway/console/src/i18n/faults.zh-CN.ts"
_FACT = re.compile(r"\{(\w+)\}")
_LINE = re.compile(r'^  (\w+): "(.+)",$', re.MULTILINE)
# FastAPI says it before pydantic has anything to read (test_api_registry asks it).
_OF_FASTAPI = {"json_invalid"}
# Where alerting makes a fault: its functions, and which argument is the code.
_MAKERS_OF_ALERTING = {"_wrong": 1, "refused_field": 2}
# Always one of ours instead: the validator's own, and the pattern's.
_OURS_INSTEAD = {"value_error", "string_pattern_mismatch"}


def words() -> dict[str, str]:
    return dict(_LINE.findall(WORDS.read_text()))


@cache
def calls() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Where a fault of ours is made: its place, its code, the names of its facts."""
    return tuple(_calls())


def _calls() -> Iterator[tuple[str, str, frozenset[str]]]:
    for path in sorted((TOP / "services/gateway").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if not isinstance(node, ast.Call) or name not in ("fault", "WrongValue"):
                continue
            place = f"{path.relative_to(TOP)}:{node.lineno}"
            code = node.args[1 if name == "fault" else 0]
            if path.name == "validation_faults.py":
                continue  # hands on what WrongValue and PATTERNS say
            assert isinstance(code, ast.Constant), f"{place}: write the code out"
            assert all(each.arg for each in node.keywords), f"{place}: write the facts out"
            yield place, str(code.value), frozenset(each.arg or "" for each in node.keywords)


@cache
def calls_of_alerting() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """The same in alerting, whose faults reach people through the gateway."""
    found = []
    for path in sorted((TOP / "services/alerting").rglob("*.py")):
        if "import refused_field" not in path.read_text():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if not isinstance(node, ast.Call) or name not in _MAKERS_OF_ALERTING:
                continue
            code = node.args[_MAKERS_OF_ALERTING[name]]
            if isinstance(code, ast.Name):
                continue  # _wrong itself
            place = f"{path.relative_to(TOP)}:{node.lineno}"
            assert isinstance(code, ast.Constant), f"{place}: write the code out"
            facts = {each.arg or "" for each in node.keywords if name == "_wrong"}
            if name == "refused_field":
                assert isinstance(node.args[3], ast.Dict), f"{place}: write the facts out"
                facts = {ast.literal_eval(each) for each in node.args[3].keys if each is not None}
            found.append((place, str(code.value), frozenset(facts)))
    return tuple(found)


def named(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def facts_of_ours() -> dict[str, frozenset[str]]:
    made = {code: facts for _, code, facts in (*calls(), *calls_of_alerting())}
    return made | dict.fromkeys(PATTERNS.values(), frozenset())


def facts_of_pydantic() -> dict[str, set[str]]:
    """What each kind of error always brings with it."""
    found: dict[str, list[set[str]]] = defaultdict(list)
    for error in errors():
        if error["type"] not in _OURS_INSTEAD:
            found[error["type"]].append(set(fault_of(error, ("field",)).facts))
    return {kind: set.intersection(*each) for kind, each in found.items()}


def test_each_fault_of_ours_names_what_its_words_need() -> None:
    made, facts_of, words_of = (*calls(), *calls_of_alerting()), facts_of_ours(), {**FAULTS, **OF_ALERTING}
    assert len(calls()) > 60, "the search finds them"
    assert len(calls_of_alerting()) > 40, "and those of alerting"
    for place, code, facts in made:
        assert code in words_of, f"{place}: {code} has no words in faults.py"
        in_words = named(words_of[code].problem) | named(words_of[code].change)
        assert in_words <= facts, f"{place}: {code} names {sorted(in_words)} and is given {sorted(facts)}"
        assert facts == facts_of[code], f"{place}: {code} has other facts elsewhere"
    assert sorted(words_of.keys() - facts_of.keys()) == [], "words that nothing says"


def test_no_fault_is_made_without_the_table() -> None:
    makers = [
        path.name
        for path in sorted((TOP / "services/gateway").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "FieldFault"
    ]
    assert makers == ["validation_faults.py"], "pydantic's; ours come out of FAULTS"


def test_no_validator_speaks_without_the_table() -> None:
    """No value that is tried here reaches a validator that looks at a whole body."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((TOP / "services/gateway/adapters/http").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise) and node.exc is not None and ast.unparse(node.exc).startswith("ValueError")
    ]
    assert found == [], "raise WrongValue: its code has words in every language"


def test_every_fault_has_chinese_words_and_no_words_are_left_over() -> None:
    assert FAULTS.keys().isdisjoint(OF_ALERTING.keys()), "one code, one meaning"
    assert (FAULTS.keys() | OF_ALERTING.keys()).isdisjoint(facts_of_pydantic()), "one code, one meaning"
    said = FAULTS.keys() | OF_ALERTING.keys() | facts_of_pydantic().keys() | _OF_FASTAPI
    assert sorted(said - words().keys()) == []
    assert sorted(words().keys() - said) == []


def test_the_chinese_words_are_chinese_and_each_stands_once() -> None:
    lines = re.findall(r"^  (\w+):", WORDS.read_text(), re.MULTILINE)
    assert sorted(lines) == sorted(words()), "one line each, in the form that this reads"
    assert [code for code, text in words().items() if not re.search(r"[\u4e00-\u9fff]", text)] == []


def test_the_chinese_words_name_nothing_that_is_not_sent() -> None:
    facts = {**facts_of_pydantic(), **facts_of_ours()}
    wrong = {code: text for code, text in words().items() if not set(_FACT.findall(text)) <= facts.get(code, set())}
    assert wrong == {}


def test_whatever_pydantic_says_has_words_that_say_what_to_do() -> None:
    assert facts_of_pydantic().keys() | _OF_FASTAPI == CHANGES.keys()
    assert patterns() == PATTERNS.keys()
    assert all(isinstance(each["ctx"]["error"], WrongValue) for each in errors() if each["type"] == "value_error")
    for error in errors():
        found = fault_of(error, ("body", 3, "x"))
        assert (found.field, "{" in found.change) == ("body.3.x", False)


def test_facts_are_put_into_the_english_words() -> None:
    found = fault("main.url", "scheme_unknown", scheme="ftp")
    assert found.problem == "The scheme 'ftp' is not one that cameras speak."
    assert (found.field, found.code, found.facts) == ("main.url", "scheme_unknown", {"scheme": "ftp"})
    with pytest.raises(KeyError):
        fault("main.url", "no_code_of_ours")


def test_what_somebody_made_up_can_be_sent_back() -> None:
    error = {"type": "literal_error", "loc": (), "msg": "\ud800", "ctx": {"expected": "\ud800", "n": float("nan")}}
    found = fault_of(error, ("\ud800",))
    assert (found.field, found.problem, found.facts) == ("?", "?.", {"expected": "?"})
    found.change.encode()
