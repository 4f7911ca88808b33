"""Media tokens: what they prove, and what they do not."""

from __future__ import annotations

import pytest

from services.gateway.media_tokens import MediaGrant, MediaTokens, MediaVerb
from shared.errors import RequestRefused

GRANT = MediaGrant("cook-1", "view", "ana", ("supervisor",), "login-1", 60_000_000)
TOKENS = MediaTokens(b"s" * 32)


def test_a_token_says_what_was_granted() -> None:
    assert TOKENS.read(TOKENS.issue(GRANT), "cook-1", "view", 59_999_999) == GRANT


@pytest.mark.parametrize(
    ("camera", "verb", "now_us", "code", "status"),
    [
        ("cook-2", "view", 0, "token_for_something_else", 403),
        ("cook-1", "snapshot", 0, "token_for_something_else", 403),
        ("cook-1", "view", 60_000_000, "token_expired", 401),
    ],
)
def test_a_token_is_for_one_camera_one_verb_one_minute(
    camera: str, verb: MediaVerb, now_us: int, code: str, status: int
) -> None:
    with pytest.raises(RequestRefused) as refused:
        TOKENS.read(TOKENS.issue(GRANT), camera, verb, now_us)
    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "W10.", TOKENS.issue(GRANT) + "A", "x" + TOKENS.issue(GRANT)])
def test_what_we_did_not_make_proves_nothing(token: str) -> None:
    with pytest.raises(RequestRefused, match="not valid"):
        TOKENS.read(token, "cook-1", "view", 0)


def test_another_installation_s_token_proves_nothing() -> None:
    with pytest.raises(RequestRefused, match="not valid"):
        TOKENS.read(MediaTokens(b"t" * 32).issue(GRANT), "cook-1", "view", 0)


def test_every_changed_character_is_noticed() -> None:
    token = TOKENS.issue(GRANT)
    for index in range(len(token) - 1):  # the last base64 character carries bits that are not used
        forged = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        with pytest.raises(RequestRefused):
            TOKENS.read(forged, "cook-1", "view", 0)
