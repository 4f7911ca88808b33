"""Whatever the console's users may be refused is said in Chinese too: every code in the source has its words there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
WORDS = TOP / "services/gateway/console/src/i18n/refusals.zh-CN.ts"

# Which part of what was sent is wrong is said instead; a sentence for all of them would say less.
SAYS_WHERE = {"bad_channel", "bad_file", "calendar_invalid", "rule_invalid", "silence_invalid"}
# Of the protocol between programs: the console does not send what would be refused so.
OF_PROGRAMS = {
    "bad_device", "bad_fragment", "bad_id", "bad_idempotency_key", "bad_offer", "bad_request", "bad_sdp", "ice_restart",
    "idempotency_key_taken", "if_match_missing",
    "not_a_fragment", "nul_in_text", "other_session", "pack_manifest", "token_expired", "token_for_something_else",
    "token_from_token",
}  # fmt: skip


def codes() -> Iterator[str]:
    """What makes a refusal, where its code is written out."""
    for folder in ("services", "shared"):
        for path in sorted((TOP / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield from code_of(node)
                elif isinstance(node, ast.ClassDef) and "RequestRefused" in [ast.unparse(each) for each in node.bases]:
                    # A kind of refusal with one code: its class says it to the one above.
                    within = (each for each in ast.walk(node) if isinstance(each, ast.Call))
                    yield from (code for each in within if called(each) == "__init__" for code in written(each, 0))


def code_of(call: ast.Call) -> Iterator[str]:
    name = called(call)
    if name in ("RequestRefused", "TryLater"):
        yield from written(call, 0)
    elif name == "refused_field" and call.args and isinstance(call.args[0], ast.Constant):
        yield from written(call, 0)  # alerting's, because of one field
    elif name == "problem":
        yield from written(call, 1)
    elif name == "no_such":
        yield from (f"no_such_{what}" for what in written(call, 0))
    elif name == "taken":
        yield from (f"{what}_exists" for what in written(call, 0))


def called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def written(call: ast.Call, at: int) -> Iterator[str]:
    for argument in call.args[at : at + 1]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def words() -> dict[str, str]:
    return dict(re.findall(r'^  (\w+): "(.+)",$', WORDS.read_text(), re.MULTILINE))


def test_every_refusal_has_words() -> None:
    found = set(codes())
    assert len(found) > 150, "the search finds them"
    assert sorted(found - words().keys() - SAYS_WHERE - OF_PROGRAMS) == []
    assert sorted((SAYS_WHERE | OF_PROGRAMS) - found) == [], "still there"


def test_the_words_are_chinese_and_each_stands_once() -> None:
    lines = re.findall(r"^  (\w+): ", WORDS.read_text(), re.MULTILINE)
    assert len(lines) == len(set(lines))
    assert [code for code, said in words().items() if not re.search(r"[\u4e00-\u9fff]", said)] == []
