"""Whatever the audit trail tells has words in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from services.gateway.audit import Action

_WORDS = Path(__file__).parents[2] / "services" / "gateway" / "console" / "src" / "audit"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_deed_has_words(language: str) -> None:
    written = re.findall(r'^  (\w+): "(.+)",$', (_WORDS / f"deeds.{language}.ts").read_text(), re.MULTILINE)
    assert [name for name, _ in written] == list(get_args(Action))
    assert len({words for _, words in written}) == len(written), "two deeds must not read alike"
