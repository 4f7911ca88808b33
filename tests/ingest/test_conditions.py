"""Each way a camera fails has a name for programs and a sentence that says what to do."""

from __future__ import annotations

import pytest

from services.ingest.conditions import CameraFrozen, NoVideo, finding_of
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation


@pytest.mark.parametrize(
    ("error", "condition", "code", "advice"),
    [
        (CameraRefused("no", status=401, is_credentials=True), "refused", "wrong_password", "Correct it"),
        (CameraRefused("no", status=404), "refused", "not_found", "path"),
        (CameraRefused("no", status=453), "refused", "busy", "Close other viewers"),
        (CameraRefused("it said 500", status=500), "refused", "refused", "it said 500"),
        (CameraFrozen("No picture for 4 s."), "stalled", "frozen", "power"),
        (NoVideo("Only sound."), "refused", "no_video", "H.264"),
        (ProtocolViolation("bad length", sequence=7), "stalled", "protocol", "sequence=7"),
        (CameraUnreachable("x", code="port_closed"), "unreachable", "port_closed", "RTSP is switched on"),
        (CameraUnreachable("x", code="no_such_host"), "unreachable", "no_such_host", "Check the address"),
        (CameraUnreachable("x", code="no_route"), "unreachable", "no_route", "VPN"),
        (CameraUnreachable("x", code="timed_out"), "unreachable", "timed_out", "firewall"),
        (CameraUnreachable("x", code="closed"), "unreachable", "closed", "tried again"),
        (CameraUnreachable("odd"), "unreachable", "unreachable", "odd"),
        (PeerError("else"), "unreachable", "failed", "else"),
    ],
)
def test_finding(error: PeerError, condition: str, code: str, advice: str) -> None:
    finding = finding_of(error)
    assert (finding.condition, finding.reason_code) == (condition, code)
    assert advice in finding.reason
