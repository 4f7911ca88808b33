"""Authentication: the examples of the RFCs, what cameras send, and both sides talking to each other."""

from __future__ import annotations

import pytest

from shared.clock import FakeClock
from shared.rtsp.digest import Challenge, Credentials, digest_response, parse_challenges
from shared.rtsp.gatekeeper import Gatekeeper, Verdict
from shared.rtsp.messages import Headers, Request

URI = "rtsp://camera/main"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_examples(algorithm: str, expected: str) -> None:
    """Clause 3.9.1."""
    challenge = Challenge(
        "digest",
        {
            "realm": "http-auth@example.org",
            "qop": "auth, auth-int",
            "algorithm": algorithm,
            "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        },
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    got = digest_response(challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce, "00000001")
    assert got == expected


def test_rfc_2069_form_without_qop() -> None:
    challenge = Challenge("digest", {"realm": "r", "nonce": "n"})
    # md5(md5("u:r:p") ":n:" md5("PLAY:x")), computed with coreutils' md5sum
    assert digest_response(challenge, "u", "p", "PLAY", "x") == "b6a635ce5b132bbe1daa0ee015f223a4"


@pytest.mark.parametrize(
    ("values", "schemes"),
    [
        (['Digest realm="a, Basic realm=b", nonce="1"', 'Basic realm="x"'], ["digest", "basic"]),
        (['Basic realm="x", Digest realm="y", nonce="2", algorithm=MD5'], ["basic", "digest"]),
        (['Digest realm="\\"quoted\\"",nonce="3",stale="FALSE"'], ["digest"]),
        (["Negotiate", "NTLM"], ["negotiate", "ntlm"]),
        (["", ",,,", '"""'], []),
    ],
)
def test_challenges_are_told_apart(values: list[str], schemes: list[str]) -> None:
    assert [challenge.scheme for challenge in parse_challenges(values)] == schemes


def test_the_strongest_is_chosen_and_the_unknown_passed_over() -> None:
    offers = ['Basic realm="c"', 'Digest realm="c", nonce="1"', 'Digest realm="c", nonce="2", algorithm=SHA-256']
    chosen = Credentials("u", "p").accept(parse_challenges([*offers, 'Digest realm="c", nonce="3", algorithm=SHA-512']))
    assert chosen is not None
    assert chosen.algorithm == "SHA-256"
    assert Credentials("u", "p").accept(parse_challenges(['Digest realm="c", nonce="3", qop="auth-int"'])) is None


def ask(credentials: Credentials, method: str = "DESCRIBE") -> Request:
    value = credentials.authorization(method, URI)
    return Request(method, URI, Headers([("Authorization", value)] if value else []))


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("uses_qop", [True, False])
@pytest.mark.parametrize(("password", "verdict"), [("secret", Verdict.GRANTED), ("Secret", Verdict.DENIED)])
async def test_both_sides(algorithm: str, uses_qop: bool, password: str, verdict: Verdict) -> None:
    clock = FakeClock()
    gate = Gatekeeper('ad"min', "secret", clock, algorithms=(algorithm,), uses_qop=uses_qop)
    credentials = Credentials('ad"min', password)
    assert gate.check(ask(credentials)) is Verdict.DENIED
    credentials.accept(parse_challenges([value for _, value in gate.challenges()]))
    assert gate.check(ask(credentials)) is verdict
    assert gate.check(ask(credentials, "SETUP")) is verdict
    await clock.advance(61)
    late = gate.check(ask(credentials, "PLAY"))
    assert late is (Verdict.STALE if verdict is Verdict.GRANTED else Verdict.DENIED)


def test_a_repeated_count_is_stale() -> None:
    gate = Gatekeeper("u", "p", FakeClock())
    credentials = Credentials("u", "p")
    credentials.accept(parse_challenges([value for _, value in gate.challenges()]))
    request = ask(credentials)
    assert [gate.check(request), gate.check(request)] == [Verdict.GRANTED, Verdict.STALE]


def test_basic_only_where_allowed() -> None:
    credentials = Credentials("u", "p:q")
    credentials.accept(parse_challenges(['Basic realm="c"']))
    assert Gatekeeper("u", "p:q", FakeClock(), allows_basic=True).check(ask(credentials)) is Verdict.GRANTED
    assert Gatekeeper("u", "p:q", FakeClock()).check(ask(credentials)) is Verdict.DENIED
