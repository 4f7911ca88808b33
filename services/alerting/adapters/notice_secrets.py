"""Opens the sealed addresses and secrets of channels."""

from __future__ import annotations

from shared.errors import RequestRefused
from shared.messages.notices import address_context, secret_context
from shared.sealing import SealBroken, Sealer


class NoticeSecrets:
    """Implements `Opener`."""

    def __init__(self, sealer: Sealer):
        self._sealer = sealer

    def address(self, channel: str, sealed: str | None) -> str:
        return self._open(sealed, address_context(channel))

    def secret(self, channel: str, sealed: str | None) -> str:
        return self._open(sealed, secret_context(channel))

    def _open(self, sealed: str | None, context: str) -> str:
        if sealed is None:
            return ""
        try:
            return self._sealer.open(sealed, context)
        except SealBroken as error:
            text = "Enter the address and the secret of this channel again: they cannot be opened."
            raise RequestRefused("seal_broken", text, status=409) from error
