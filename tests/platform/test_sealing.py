"""Sealed secrets open only with their key, in their context, unchanged."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sealing import SealBroken, Sealer, decode_key, new_key

_OLD, _NEW = bytes(range(32)), bytes(range(1, 33))


@given(st.text(), st.text())
def test_opens_what_it_sealed(secret: str, context: str) -> None:
    sealer = Sealer([_NEW])
    assert sealer.open(sealer.seal(secret, context), context) == secret


def test_the_same_secret_never_looks_the_same() -> None:
    sealer = Sealer([_NEW])
    assert sealer.seal("1234", "camera:a/b") != sealer.seal("1234", "camera:a/b")


def test_does_not_open_for_another_camera() -> None:
    sealer = Sealer([_NEW])
    with pytest.raises(SealBroken, match="something else"):
        sealer.open(sealer.seal("1234", "camera:a/b"), "camera:a/c")


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_byte_can_be_changed(position: int, flip: int) -> None:
    sealer = Sealer([_NEW])
    raw = bytearray(base64.b64decode(sealer.seal("1234", "c")))
    raw[position % len(raw)] ^= flip
    with pytest.raises(SealBroken):
        sealer.open(base64.b64encode(raw).decode(), "c")


@pytest.mark.parametrize("text", ["", "not base64!", "AQ==", base64.b64encode(b"\x01" * 20).decode(), "é"])
def test_hostile_texts_are_refused(text: str) -> None:
    with pytest.raises(SealBroken):
        Sealer([_NEW]).open(text, "c")


def test_an_old_key_still_opens_and_is_not_current() -> None:
    sealed = Sealer([_OLD]).seal("1234", "c")
    rotated = Sealer([_NEW, _OLD])
    assert rotated.open(sealed, "c") == "1234"
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal("1234", "c"))


def test_an_unknown_key_is_named_not_shown() -> None:
    with pytest.raises(SealBroken, match="BK_SECRET_KEYS_OLD"):
        Sealer([_NEW]).open(Sealer([_OLD]).seal("1234", "c"), "c")


@pytest.mark.parametrize("text", ["***", "AAAA", base64.b64encode(b"\0" * 31).decode()])
def test_a_key_that_is_none_names_its_variable(text: str) -> None:
    with pytest.raises(ValueError, match="BK_SECRET_KEY"):
        decode_key(text)


def test_a_new_key_is_a_key() -> None:
    assert len(decode_key(new_key())) == 32
