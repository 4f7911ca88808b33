"""A fragment's header over the wire and back, and what is refused."""

from __future__ import annotations

import pytest

from shared.bus.media_headers import decode_fragment, header_text
from shared.errors import ProtocolViolation
from tests.bus.fragments import fragment


def headers_of(seq: int) -> dict[str, str]:
    lines = header_text(fragment(seq).header).split("\r\n")
    return dict(line.split(": ", 1) for line in lines[1:-2])


@pytest.mark.parametrize("seq", [0, 1, 2**40])
def test_back_as_it_went(seq: int) -> None:
    assert decode_fragment(headers_of(seq), fragment(seq).payload) == fragment(seq)


@pytest.mark.parametrize("name", list(headers_of(0)))
def test_each_header_is_needed(name: str) -> None:
    headers = headers_of(0)
    del headers[name]
    with pytest.raises(ProtocolViolation, match=name):
        decode_fragment(headers, b"")


@pytest.mark.parametrize(
    ("name", "value"), [("Bk-Seq", "x"), ("Bk-Seq", ""), ("Bk-Pts", "1.5"), ("Bk-Idr", "yes"), ("Bk-Init", "-")]
)
def test_nonsense_is_the_senders_fault(name: str, value: str) -> None:
    with pytest.raises(ProtocolViolation):
        decode_fragment(headers_of(0) | {name: value}, b"")


def test_no_headers_at_all() -> None:
    with pytest.raises(ProtocolViolation):
        decode_fragment(None, b"")
