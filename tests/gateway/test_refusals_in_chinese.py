"""Whatever the console's users may be refused is said in Chinese too: every code in the source has its words there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
WORDS = TOP / "services/gateway/console/src/i18n/refusals.zh-CN.ts"

# The server's own words say which part of what was sent is wrong; a sentence for all of them would say less.
SAYS_WHERE = {"bad_file", "calendar_invalid", "rule_invalid", "silence_invalid"}
# Of the protocol between programs: the console does not send what would be refused so.
OF_PROGRAMS = {
    "bad_device", "bad_fragment", "bad_id", "bad_offer", "bad_sdp", "ice_restart", "if_match_missing",
    "not_a_fragment", "nul_in_text", "other_session", "pack_manifest", "token_expired", "token_for_something_else",
    "token_from_token",
}  # fmt: skip


def codes() -> Iterator[str]:
    """First arguments of what makes a refusal, where they are written out."""
    for folder in ("services", "shared"):
        for path in sorted((TOP / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
                    continue
                if name in ("RequestRefused", "TryLater"):
                    yield first.value
                elif name == "no_such":
                    yield f"no_such_{first.value}"
                elif name == "taken":
                    yield f"{first.value}_exists"


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
