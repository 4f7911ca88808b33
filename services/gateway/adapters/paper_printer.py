"""Prints papers in a thread of its own, one at a time, and few wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from services.gateway.papers.paper import Paper
from services.gateway.refusals import TryLater
from shared.chinese_font import ChineseFont, chinese_font
from shared.errors import RequestRefused

# = how many are waited for at once, each some hundred milliseconds
_WAITING_MAX = 4


class PaperPrinter:
    """Implements `Printer`."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="papers")
        self._asked = 0

    async def pdf(self, paper: Paper) -> bytes:
        """Raises RequestRefused."""
        if self._asked > _WAITING_MAX:
            words = "Papers are being printed for others: try again in some seconds."
            raise TryLater("too_many_papers", words, status=503, retry_after_s=5)
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, printed, paper, chinese_font())
        finally:
            self._asked -= 1

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def printed(paper: Paper, font: ChineseFont | None) -> bytes:
    """The PDF; raises RequestRefused where this machine has no font with Chinese."""
    if font is None:
        raise RequestRefused(
            "no_font",
            "The gateway's machine has no font with Chinese, so a PDF would show empty boxes: install fonts-noto-cjk "
            "there, or print the page of the console.",
            status=503,
        )
    # Needed a few times a day; at the start of the service it would cost half a second.
    from services.gateway.adapters.paper_layout import draw

    return draw(paper, font)
