"""What a failure is called, and how a receipt ends."""

from __future__ import annotations

import pytest

from services.intercom.receipts import counted, final, reason_of
from shared.bus.errors import BusUnreachable
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.messages.broadcasts import Receipt, ReceiptReason, ReceiptState


@pytest.mark.parametrize(
    ("error", "was_playing", "reason"),
    [
        (CameraRefused("password", status=401, is_credentials=True), False, "wrong_password"),
        (CameraRefused("busy", status=453), False, "camera_busy"),
        (CameraRefused("busy", status=503), True, "camera_busy"),
        (CameraRefused("it offers none", code="no_speaker"), False, "no_backchannel"),
        (CameraRefused("opus only", code="codec"), False, "codec"),
        (CameraRefused("not found", status=404), False, "camera_refused"),
        (CameraUnreachable("no route"), False, "camera_unreachable"),
        (CameraUnreachable("closed"), True, "camera_gone"),
        (ProtocolViolation("nonsense"), False, "camera_refused"),
        (BusUnreachable("away"), False, "bus_away"),
    ],
)
def test_every_failure_has_a_name(error: PeerError, was_playing: bool, reason: ReceiptReason) -> None:
    assert reason_of(error, was_playing=was_playing) == reason


@pytest.mark.parametrize(
    ("state", "ended", "reason"),
    [
        ("waiting", "failed", "not_in_time"),
        ("accepted", "accepted", None),
        ("playing", "played", None),
        ("heard", "heard", None),
        ("played", "played", None),
        ("skipped", "skipped", None),
    ],
)
def test_what_is_left_when_it_is_over(state: ReceiptState, ended: ReceiptState, reason: ReceiptReason | None) -> None:
    receipt = final(Receipt(site="s", camera="c", state=state))
    assert (receipt.state, receipt.reason) == (ended, reason)


def test_a_failure_keeps_its_reason() -> None:
    failed = Receipt(site="s", camera="c", state="failed", reason="floor_taken", holder="wang", attempts=3)
    assert final(failed) == failed


def test_receipts_are_counted() -> None:
    states: list[ReceiptState] = ["heard", "failed", "heard"]
    receipts = [Receipt(site="s", camera=str(number), state=state) for number, state in enumerate(states)]
    assert counted(receipts) == {"heard": 2, "failed": 1}
