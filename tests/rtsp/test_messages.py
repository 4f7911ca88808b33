"""RTSP messages: what is written is read back, and what cameras get wrong is understood."""

from __future__ import annotations

import pytest

from shared.errors import ProtocolViolation
from shared.rtsp.message_reader import LONGEST_BODY_BYTES, LONGEST_HEAD_BYTES, MessageReader
from shared.rtsp.messages import Headers, InterleavedFrame, Request, Response

MESSAGES = [
    Request("OPTIONS", "rtsp://camera/main", Headers([("CSeq", "1")])),
    Request("SET_PARAMETER", "rtsp://camera/main", Headers([("CSeq", "2"), ("Content-Length", "5")]), b"a: b\n"),
    Response(200, Headers([("CSeq", "1"), ("Public", "OPTIONS")]), b"", "OK"),
    Response(401, Headers([("WWW-Authenticate", "a"), ("WWW-Authenticate", "b"), ("CSeq", "3")]), b"", "Unauthorized"),
    InterleavedFrame(0, b"x" * 1400),
    InterleavedFrame(255, b""),
]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 10_000])
def test_every_split_of_a_stream_gives_the_same_events(step: int) -> None:
    stream = b"\r\n".join(message.to_bytes() for message in MESSAGES)
    reader = MessageReader()
    events = [event for k in range(0, len(stream), step) for event in reader.feed(stream[k : k + step])]
    assert [event.to_bytes() for event in events] == [message.to_bytes() for message in MESSAGES]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (b"RTSP/1.0 200 OK\nCSeq: 1\n\n", "cseq", "1"),  # bare line feeds
        (b"RTSP/1.0 200\r\nCSeq:1\r\n\r\n", "CSEQ", "1"),  # no reason, no blank
        (b"RTSP/1.0 200 OK\r\nPublic: OPTIONS,\r\n\tPLAY\r\n\r\n", "Public", "OPTIONS, PLAY"),  # folded
        (b"RTSP/1.0 200 OK\r\nServer: \xc9\xe3\xcf\xf1\r\n\r\n", "Server", "\xc9\xe3\xcf\xf1"),  # not UTF-8
        (b"\r\n\r\nRTSP/1.0 200 OK\r\nA: b: c\r\n\r\n", "a", "b: c"),
    ],
)
def test_careless_messages(text: bytes, name: str, value: str) -> None:
    (message,) = MessageReader().feed(text)
    assert isinstance(message, Response)
    assert message.headers.get(name) == value


@pytest.mark.parametrize(
    "text",
    [
        b"\x00\x01\x02\x03",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"RTSP/1.0 abc OK\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nno colon\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (LONGEST_BODY_BYTES + 1),
        b"A" * (LONGEST_HEAD_BYTES + 1),
        b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        "RTSP/1.0 ２00 OK\r\n\r\n".encode(),
    ],
)
def test_what_is_no_message_is_a_violation(text: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        MessageReader().feed(text)


def test_cseq_of_nonsense_is_none() -> None:
    assert Response(200, Headers([("CSeq", "٣")])).cseq is None
    assert Response(200, Headers([("CSeq", "1e3")])).cseq is None
    assert Response(200).cseq is None
