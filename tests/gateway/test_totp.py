"""Time-based one-time passwords, with the vectors of the RFC."""

from __future__ import annotations

import pytest

from services.gateway.second_factors import plain, recovery_code, recovery_hash
from services.gateway.totp import STEP_S, as_text, code_at, matching_step, of_text, setup_uri

SECRET = b"12345678901234567890"


# RFC 6238, appendix B, SHA-1; its eight digits end in our six.
@pytest.mark.parametrize(
    ("at_s", "digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc(at_s: int, digits: str) -> None:
    assert code_at(SECRET, at_s // STEP_S) == digits[-6:]


@pytest.mark.parametrize(
    ("at_step", "last_step", "found"),
    [(0, 0, 100), (1, 0, 100), (-1, 0, 100), (2, 0, None), (-2, 0, None), (0, 99, 100), (0, 100, None), (0, 101, None)],
)
def test_a_code_counts_once_and_near_its_time(at_step: int, last_step: int, found: int | None) -> None:
    now_s = (100 + at_step) * STEP_S + 7
    assert matching_step(SECRET, code_at(SECRET, 100), now_s, last_step) == found
    assert matching_step(SECRET, "000000", now_s, last_step) is None


def test_what_the_app_is_told() -> None:
    assert of_text(as_text(SECRET)) == SECRET
    assert setup_uri(SECRET, "li@district") == (
        "otpauth://totp/Bright%20Kitchen:li%40district?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bright%20Kitchen"
    )


def test_recovery_codes_are_typed_in_any_way() -> None:
    code = recovery_code(bytes(range(16)))
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    assert recovery_hash("li", code) == recovery_hash("li", f" {code.upper().replace('-', ' ')} ")
    assert recovery_hash("li", code) != recovery_hash("wang", code)
    assert plain("492 039") == "492039"
