"""Range headers: the one range we serve, and what is no range."""

from __future__ import annotations

import pytest

from services.gateway.recordings import ByteRange, byte_range


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-99", ByteRange(0, 99)),
        ("bytes=100-", ByteRange(100, None)),
        ("bytes=-500", ByteRange(None, 500)),
        ("bytes = 5-6", ByteRange(5, 6)),
        (None, None),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=0-9,20-29", None),
        ("items=0-9", None),
        ("bytes=a-b", None),
        ("bytes=²-3", None),
        ("bytes=" + "9" * 30 + "-", None),
    ],
)
def test_a_header_is_one_range_or_all_of_it(header: str | None, wanted: ByteRange | None) -> None:
    assert byte_range(header) == wanted


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ByteRange(0, 99), (0, 99 + 1)),
        (ByteRange(990, 2000), (990, 10)),
        (ByteRange(5, None), (5, 995)),
        (ByteRange(None, 10), (990, 10)),
        (ByteRange(None, 5000), (0, 1000)),
        (ByteRange(1000, None), None),
        (ByteRange(7, 6), None),
        (ByteRange(None, 0), None),
    ],
)
def test_within_a_file_of_a_thousand_bytes(wanted: ByteRange, found: tuple[int, int] | None) -> None:
    assert wanted.within(1000) == found
