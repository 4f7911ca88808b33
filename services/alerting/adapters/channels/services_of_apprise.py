"""The services that apprise knows: WeCom, DingTalk, Feishu, ntfy, Telegram, SMS gateways and some two hundred more."""

from __future__ import annotations

import asyncio
import logging
import threading

import apprise

from services.alerting.adapters.channels.beside import Beside
from services.alerting.notices.channel import ChannelFailed, Outgoing, Taken

_LINES_MAX = 5


class AppriseChannel:
    """Implements `Channel`. apprise says why only in its log: the lines of our own thread are read."""

    def __init__(self, beside: Beside, limit_s: float):
        self._beside = beside
        self._limit_s = limit_s
        self._lines = _Lines()

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        return await self._beside.call(channel, lambda: self._notify(address, message))

    async def is_known(self, address: str) -> bool:
        """Whether apprise can make anything of it. The first time it loads all its services, which takes a while."""
        return await asyncio.to_thread(apprise.Apprise.instantiate, address, suppress_exceptions=True) is not None

    def _notify(self, address: str, message: Outgoing) -> Taken:
        service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        if service is None:
            raise ChannelFailed("This address is not one that the service knows.", is_final=True)
        service.socket_connect_timeout = service.socket_read_timeout = self._limit_s / 2
        self._lines.begin()
        try:
            is_taken = service.notify(title=message.title, body=message.text, body_format=apprise.NotifyFormat.TEXT)
        except Exception as error:  # a plugin of somebody else's, fed by somebody else's server: never our bug
            raise ChannelFailed(f"The service failed: {type(error).__name__}") from error
        finally:
            said = self._lines.end()
        if not is_taken:
            raise ChannelFailed("The service did not take it. " + " ".join(said))
        return Taken("sent", "The service took it.")


class _Lines(logging.Handler):
    """What apprise logs, by thread. It goes nowhere else: addresses with tokens are in it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._here = threading.local()
        logger = logging.getLogger("apprise")
        logger.setLevel(logging.WARNING)
        logger.propagate = False
        logger.addHandler(self)

    def begin(self) -> None:
        self._here.lines = []

    def end(self) -> list[str]:
        lines: list[str] = self._here.lines
        self._here.lines = []
        return lines[-_LINES_MAX:]

    def emit(self, record: logging.LogRecord) -> None:
        lines: list[str] | None = getattr(self._here, "lines", None)
        if lines is not None:
            lines.append(record.getMessage())
