"""The client's conversation: every answer a camera can give, and what we do then."""

from __future__ import annotations

import pytest

from shared.errors import CameraRefused, CameraUnreachable, ProtocolViolation
from shared.rtsp.dialogue import Accepted, AskAgain, Dialogue, Moved, State
from shared.rtsp.digest import Credentials
from shared.rtsp.messages import Headers, Response
from shared.rtsp.transport import Transport, parse_transport

URL = "rtsp://camera/main"


def challenge(nonce: str, stale: bool = False) -> Response:
    value = f'Digest realm="c", nonce="{nonce}"' + (", stale=true" if stale else "")
    return Response(401, Headers([("WWW-Authenticate", value)]))


def ok(**fields: str) -> Response:
    return Response(200, Headers(list(fields.items())))


def playing(credentials: Credentials | None = None, public: str = "OPTIONS, GET_PARAMETER") -> Dialogue:
    dialogue = Dialogue(credentials)
    for method, response in (
        ("OPTIONS", ok(Public=public)),
        ("DESCRIBE", ok()),
        ("SETUP", ok(Session="12345678;timeout=20")),
        ("SETUP", ok(Session="12345678")),
        ("PLAY", ok()),
    ):
        assert isinstance(dialogue.judge(dialogue.ask(method, URL), response), Accepted)
    return dialogue


def test_a_session_from_beginning_to_end() -> None:
    dialogue = playing()
    assert (dialogue.state, dialogue.session, dialogue.timeout_s) == (State.PLAYING, "12345678", 20)
    request = dialogue.keep_alive(URL)
    assert (request.method, request.headers.get("Session"), request.cseq) == ("GET_PARAMETER", "12345678", 6)
    dialogue.judge(dialogue.ask("TEARDOWN", URL), ok())
    assert (dialogue.state, dialogue.session) == (State.INIT, None)


@pytest.mark.parametrize("public", ["OPTIONS, PLAY", ""])
def test_keep_alive_is_what_the_camera_knows(public: str) -> None:
    assert playing(public=public).keep_alive(URL).method == "OPTIONS"


@pytest.mark.parametrize("method", ["PLAY", "TEARDOWN", "GET_PARAMETER", "PAUSE", "RECORD"])
def test_what_the_state_does_not_allow_is_not_sent(method: str) -> None:
    with pytest.raises(ValueError, match=method):
        Dialogue().ask(method, URL)


def test_a_challenge_is_answered_once() -> None:
    dialogue = Dialogue(Credentials("u", "wrong"))
    verdict = dialogue.judge(dialogue.ask("DESCRIBE", URL, ("Accept", "application/sdp")), challenge("1"))
    assert isinstance(verdict, AskAgain)
    assert 'nonce="1"' in (verdict.request.headers.get("Authorization") or "")
    assert verdict.request.headers.get_all("Accept") == ["application/sdp"]
    assert verdict.request.cseq == 2
    for again in (challenge("2"), challenge("2", stale=True)):
        with pytest.raises(CameraRefused) as caught:
            dialogue.judge(verdict.request, again)
        assert caught.value.is_credentials


@pytest.mark.parametrize("is_stale", [True, False])
def test_a_nonce_that_ran_out_is_renewed(is_stale: bool) -> None:
    """Cameras forget to say stale; a password that was let through before is not suspect."""
    dialogue = Dialogue(Credentials("u", "p"))
    verdict = dialogue.judge(dialogue.ask("DESCRIBE", URL), challenge("1"))
    assert isinstance(verdict, AskAgain)
    dialogue.judge(verdict.request, ok())
    renewed = dialogue.judge(dialogue.ask("SETUP", URL), challenge("2", is_stale))
    assert isinstance(renewed, AskAgain)
    assert 'nonce="2"' in (renewed.request.headers.get("Authorization") or "")
    with pytest.raises(CameraRefused):
        dialogue.judge(renewed.request, challenge("3", is_stale))


@pytest.mark.parametrize(
    ("credentials", "response"),
    [
        (None, challenge("1")),
        (Credentials("u", "p"), Response(401)),
        (Credentials("u", "p"), Response(401, Headers([("WWW-Authenticate", "Negotiate")]))),
    ],
)
def test_no_way_to_log_in(credentials: Credentials | None, response: Response) -> None:
    dialogue = Dialogue(credentials)
    with pytest.raises(CameraRefused) as caught:
        dialogue.judge(dialogue.ask("DESCRIBE", URL), response)
    assert caught.value.is_credentials


@pytest.mark.parametrize(
    ("response", "error", "status"),
    [
        (Response(404), CameraRefused, 404),
        (Response(461), CameraRefused, 461),
        (Response(503, reason="Too many viewers"), CameraRefused, 503),
        (Response(454), CameraUnreachable, None),
        (Response(302), ProtocolViolation, None),
        (Response(302, Headers([("Location", "http://elsewhere/")])), ProtocolViolation, None),
        (Response(302, Headers([("Location", "rtsp://[::1")])), ProtocolViolation, None),
        (Response(302, Headers([("Location", "rtsp://a/ b")])), ProtocolViolation, None),
    ],
)
def test_refusals(response: Response, error: type[Exception], status: int | None) -> None:
    dialogue = Dialogue()
    with pytest.raises(error) as caught:
        dialogue.judge(dialogue.ask("DESCRIBE", URL), response)
    assert getattr(caught.value, "status", None) == status
    if status == 503:
        assert "Too many viewers" in str(caught.value)


def test_redirects() -> None:
    dialogue = Dialogue()
    moved = Response(302, Headers([("Location", "rtsp://other/main")]))
    assert dialogue.judge(dialogue.ask("DESCRIBE", URL), moved) == Moved("rtsp://other/main")
    with pytest.raises(CameraRefused, match="TLS"):
        dialogue.judge(dialogue.ask("DESCRIBE", "rtsps://camera/main"), moved)


def test_setup_without_a_session_is_a_violation() -> None:
    dialogue = Dialogue()
    with pytest.raises(ProtocolViolation):
        dialogue.judge(dialogue.ask("SETUP", URL), ok())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000007", Transport(True, (0, 1), ssrc=7)),
        ("RTP/AVP;unicast;client_port=5000-5001;server_port=6970", Transport(False, None, (5000, 5001), (6970, 6971))),
        ('RTP/AVP/UDP;multicast;mode="PLAY";ssrc=nonsense', Transport(False, is_multicast=True, mode="play")),
    ],
)
def test_transports(text: str, expected: Transport) -> None:
    assert parse_transport("x-real-rdt/udp;a=1," + text) == [expected]
    assert parse_transport(expected.to_text()) == [expected]


@pytest.mark.parametrize(
    "text", ["RTP/AVP;client_port=a-b", "RTP/AVP/TCP;interleaved=0-256", "RTP/AVP;server_port=99999-1"]
)
def test_ports_that_are_none(text: str) -> None:
    with pytest.raises(ProtocolViolation):
        parse_transport(text)
