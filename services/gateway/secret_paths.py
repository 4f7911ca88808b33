"""Where an answer shows a secret, once or again: such answers are neither kept nor compressed."""

from __future__ import annotations

import re

# Logins, guests' and public links, tokens for programs and media, second factors, TURN credentials, OpenID Connect.
_SECRET_PATHS = re.compile(
    r"/api/v1/(sessions|guest-sessions|me/|media-tokens|ice-servers|rooms/[^/]*/guests|public-screens|public/|oidc)",
)


def shows_secrets(path: str) -> bool:
    return _SECRET_PATHS.match(path) is not None
