"""Rules that can never do what their maker means are refused, with what to change."""

from __future__ import annotations

import pytest

from services.alerting.rules.rule_check import check
from services.alerting.rules.seed import SEED
from shared.errors import RequestRefused
from shared.messages.rules import Condition, Watched
from tests.alerting.facts import no_mask


@pytest.mark.parametrize("rule", SEED, ids=lambda rule: rule.rule)
def test_what_an_installation_begins_with_is_sound(rule) -> None:
    check(rule)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": {"en": "No mask"}}, "zh-CN"),
        ({"watched": Watched(kind="attribute_absent")}, "watched.name"),
        ({"watched": Watched(kind="person", name="cook")}, "Leave it out"),
        ({"condition": Condition(broken=6, looked=5)}, "cannot be more"),
        ({"condition": Condition(seconds=3600)}, "at most 900"),
        ({"when": ("open", "closed")}, "always"),
        ({"warns_kitchen": True}, "class 1"),
    ],
)
def test_what_cannot_be_is_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        check(no_mask(**change))
