"""How far one camera of a broadcast is, and why it is no further. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.messages.broadcasts import Receipt, ReceiptReason, ReceiptState

_REFUSED: dict[str, ReceiptReason] = {
    "credentials": "wrong_password",
    "busy": "camera_busy",
    "no_speaker": "no_backchannel",
    "codec": "codec",
}
# To try these again changes nothing, and a wrong password may lock the account.
HOPELESS: frozenset[ReceiptReason] = frozenset(
    ("no_backchannel", "codec", "wrong_password", "camera_disabled", "no_such_camera", "too_often")
)


def reason_of(error: PeerError, *, was_playing: bool) -> ReceiptReason:
    """What the failure of a leg or of the bus is called."""
    if isinstance(error, CameraRefused):
        return _REFUSED.get(error.code, "camera_refused")
    if isinstance(error, CameraUnreachable):
        return "camera_gone" if was_playing else "camera_unreachable"
    return "camera_refused" if isinstance(error, ProtocolViolation) else "bus_away"


def final(receipt: Receipt) -> Receipt:
    """The same when the broadcast is over."""
    ended: dict[ReceiptState, ReceiptState] = {"playing": "played"}
    if receipt.state == "waiting":
        return receipt.model_copy(
            update={"state": "failed", "reason": "not_in_time", "detail": "It was over before the camera was ready."}
        )
    return receipt.model_copy(update={"state": ended.get(receipt.state, receipt.state)})


def counted(receipts: Iterable[Receipt]) -> dict[ReceiptState, int]:
    """How many are how far."""
    return dict(Counter(receipt.state for receipt in receipts))
