"""Offers and later candidates, read: what is a talk, what a view, and nothing but a refusal for the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intercom.offered import (
    h264_profiles,
    has_opus,
    ice_ufrag,
    sections,
    talk_offer,
    trickled,
    view_offer,
    without_mdns,
)
from shared.errors import RequestRefused

HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n"


def an_offer(*parts: tuple[str, str], bundle: bool = True) -> str:
    mids = " ".join(str(place) for place in range(len(parts))) if bundle else "0"
    lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{place}\r\n" + (f"a={way}\r\n" if way else "")
             for place, (kind, way) in enumerate(parts)]  # fmt: skip
    return HEAD.format(mids=mids) + "".join(lines)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ((("audio", "sendonly"),), (0, None, None)),
        ((("audio", "sendonly"), ("application", "")), (0, None, None)),
        ((("audio", ""),), (0, 0, None)),  # RFC 8866 6.7: sendrecv where nothing is said
        ((("audio", "sendrecv"), ("video", "recvonly")), (0, 0, 1)),
        ((("video", "recvonly"), ("audio", "recvonly"), ("audio", "sendonly")), (2, 1, 0)),
        ((("audio", "sendonly"), ("video", "inactive")), (0, None, None)),
    ],
)
def test_a_talk_has_a_microphone_and_may_look(
    parts: tuple[tuple[str, str], ...], wanted: tuple[int, int | None, int | None]
) -> None:
    found = talk_offer(an_offer(*parts))
    places = [None if each is None else int(each.mid) for each in (found.microphone, found.sound, found.picture)]
    assert tuple(places) == wanted


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (("video", "recvonly"),),
        (("audio", "recvonly"),),
        (("audio", "sendonly"), ("audio", "sendonly")),
        (("audio", "sendonly"), ("video", "sendrecv")),
        (("audio", "sendrecv"), ("audio", "recvonly")),
        (("audio", "sendonly"), ("video", "recvonly"), ("video", "recvonly")),
        (("audio", "sendonly"),) * 9,
    ],
)
def test_what_is_no_talk_is_refused(parts: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(RequestRefused):
        talk_offer(an_offer(*parts))


def test_a_view_has_one_picture() -> None:
    found = view_offer(an_offer(("audio", "recvonly"), ("video", "recvonly")))
    assert (found.picture.mid, found.sound and found.sound.mid) == ("1", "0")
    for parts in ((("audio", "recvonly"),), (("video", "sendonly"),), (("video", "recvonly"),) * 2):
        with pytest.raises(RequestRefused):
            view_offer(an_offer(*parts))


def test_everything_goes_over_one_connection() -> None:
    with pytest.raises(RequestRefused, match="BUNDLE"):
        sections(an_offer(("video", "recvonly"), ("audio", "recvonly"), bundle=False))


def test_profiles_and_opus_are_found() -> None:
    offer = (
        "a=rtpmap:111 OPUS/48000/2\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"
        "a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n"
        "a=fmtp:41 profile-level-id=F4001F;packetization-mode=1\r\na=ice-ufrag:t6+o\r\n"
    )
    assert h264_profiles(offer) == ["42001f", "f4001f"]
    assert has_opus(offer)
    assert not has_opus("a=rtpmap:0 PCMU/8000")
    assert ice_ufrag(offer) == "t6+o"


def test_names_that_only_the_browsers_network_knows_are_left_out() -> None:
    host = "a=candidate:1 1 udp 2113937151 192.0.2.7 47497 typ host\r\n"
    named = "a=candidate:2 1 udp 2113937151 2b48160b-4c0b.local 47497 typ host generation 0\r\n"
    end = "a=end-of-candidates\r\n"
    assert without_mdns(host + named + end) == host, "more may come: the browser's own checks"
    assert without_mdns(host + end) == host + end


def test_candidates_that_come_later() -> None:
    fragment = (
        "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
        "a=candidate:1 1 udp 1 192.0.2.1 61764 typ host\r\na=candidate:2 1 udp 1 x.local 61764 typ host \r\n"
        "a=end-of-candidates\r\n"
    )
    found = trickled(fragment)
    assert (found.ufrag, found.mid, found.candidates) == ("EsAw", "0", ("1 1 udp 1 192.0.2.1 61764 typ host",))
    with pytest.raises(RequestRefused):
        trickled(fragment.replace("a=mid:0", ""))


@given(st.text(alphabet="v=0a:mids\r\nvideo audio recvonlyBUNDLE 019sendgroup", max_size=400))
def test_anything_is_read_or_refused(text: str) -> None:
    for read in (talk_offer, view_offer, trickled):
        try:
            read(text)
        except RequestRefused:
            continue
