"""What the intercom is asked to say, and what its answers mean; that it is heard: tests/e2e/test_spoken_warning.py."""

from __future__ import annotations

import pytest

from services.alerting.announcing.spoken_warning import answered, request
from shared.messages.alerting import SpokenWarning
from shared.messages.broadcasts import BroadcastStatus, Receipt


def due(**more: object) -> SpokenWarning:
    return SpokenWarning.model_validate({"trigger": "at_once", "state": "due", "due_us": 1} | more)


@pytest.mark.parametrize(
    ("more", "language"),
    [
        ({"text": "请戴口罩。"}, "zh-CN"),
        ({"text": "Put on a mask."}, "en"),
        ({"text": "请看 camera 3"}, "zh-CN"),
        ({"announcement": "ann-0123456789ab"}, "zh-CN"),
    ],
)
def test_a_sentence_is_said_by_a_voice_of_its_language(more: dict[str, object], language: str) -> None:
    play = request(due(**more), "a1", "school-1", "cook-1", "no_mask")
    assert (play.language, play.priority, play.reason) == (language, "routine", "rule no_mask, alert a1")


def status(state: str, receipt: str, reason: str | None = None) -> BroadcastStatus:
    said = Receipt.model_validate({"site": "school-1", "camera": "cook-1", "state": receipt, "reason": reason})
    told = {"broadcast": "i.1", "talker": "alerting", "source": "text", "state": state, "opened_us": 1}
    return BroadcastStatus.model_validate(told | {"receipts": (said,)})


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (status("speaking", "waiting"), "asked"),
        (status("speaking", "failed", "camera_unreachable"), "asked"),
        (status("ended", "failed", "camera_unreachable"), "not_played"),
        (status("speaking", "skipped", "too_often"), "not_played"),
        (status("ended", "accepted"), "not_played"),
        (status("speaking", "heard"), "played"),
        (status("ended", "played"), "played"),
    ],
)
def test_what_may_still_be_heard_is_not_given_up(said: BroadcastStatus, state: str) -> None:
    made = answered(due(text="x"), said, 5)
    assert (made.state, made.reason, made.broadcast) == (state, said.receipts[0].reason, "i.1")
    assert made.receipt == said.receipts[0], "the receipt stays with the alert"
