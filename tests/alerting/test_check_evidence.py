"""What of a machine's look is sealed: the same files whoever works it out, and only of pictures that there are."""

from __future__ import annotations

from services.alerting.loop.check_evidence import PAD_US, files, sealed_as
from shared.messages.alerting import Alert, BestFrame
from shared.messages.orders import MachineCheck, Order
from tests.alerting.facts import BOX, SECOND_US, START_US

ANSWERED_US = START_US + 3600 * SECOND_US
ORDER = Order(
    order="o1234567890ab", case="c1", site="school-1", kind="opinion", state="answered", title="t", text="t", risk=2,
    made_by="li", served_us=START_US, due_us=START_US,
)  # fmt: skip
ALERT = Alert(
    alert="ab" * 10, site="school-1", camera="cook-1", rule="no_mask", rule_version=1, about="no_mask", risk=2,
    progress="over", first_us=START_US, raised_us=START_US, last_us=START_US, broken=3, looked=5,
)  # fmt: skip


def picture(at_us: int, stream: str = "main") -> BestFrame:
    return BestFrame(
        camera="cook-1", at_us=at_us, stream=stream, run="r", pts_90k=0, fragment_sha256="ab" * 32, width=1920, height=1080,
        boxes=(BOX,), score=0.9,
    )  # fmt: skip


def check(before: BestFrame | None, after: BestFrame | None) -> MachineCheck:
    return MachineCheck(
        camera="cook-1", rule="no_mask", result="passed", from_us=ANSWERED_US, to_us=ANSWERED_US, looked=30, broken=0,
        before=before, after=after,
    )  # fmt: skip


def test_both_pictures_lie_in_a_file_of_their_own_with_the_records_of_both() -> None:
    later_us = ANSWERED_US + 700 * SECOND_US
    named = sealed_as(ORDER, ANSWERED_US, check(picture(START_US), picture(later_us, "sub")))
    made = files(ORDER, ANSWERED_US, named, ALERT, later_us * 2)
    assert tuple(one.case for one in made) == named.evidence
    assert [(one.from_us + PAD_US, one.streams[0].stream) for one in made] == [(START_US, "main"), (later_us, "sub")]
    assert [one.stills[0].at_us for one in made] == [START_US, later_us]
    for one in made:
        assert [record.name for record in one.records] == [
            f"order-{ORDER.order}",
            f"alert-{ALERT.alert}",
            "machine-check",
        ]
        assert one.records[2].body["evidence"] == list(named.evidence), "each file names the other"
    assert sealed_as(ORDER, ANSWERED_US, named) == named


def test_another_answer_is_sealed_anew_and_what_was_not_seen_is_not() -> None:
    first = sealed_as(ORDER, ANSWERED_US, check(picture(START_US), None))
    assert first.evidence == (f"{ORDER.order}-{ANSWERED_US // SECOND_US}-before",)
    again = sealed_as(ORDER, ANSWERED_US + SECOND_US, check(picture(START_US), None))
    assert again.evidence != first.evidence
    assert files(ORDER, ANSWERED_US, check(None, None), ALERT, 1) == []
