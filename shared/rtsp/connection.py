"""One RTSP connection: requests matched with their responses, media handed to the tracks' receivers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from shared.clock import Clock
from shared.errors import CameraUnreachable, ProtocolViolation
from shared.rtsp.interleaved_reader import InterleavedReader
from shared.rtsp.links import Link
from shared.rtsp.messages import Headers, Request, Response
from shared.rtsp.track_receiver import TrackReceiver

_ANSWERED_KINDLY = frozenset({"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE"})
_MOST_UNANSWERED = 32

ResponseHandler = Callable[[Response], None]


class RtspConnection:
    """Sits on a link. `failure` is what ended it, None while it stands."""

    def __init__(self, link: Link, clock: Clock):
        self._link = link
        self._clock = clock
        self._reader = InterleavedReader(self._on_message)
        self._awaited: dict[int, ResponseHandler] = {}
        self._ended = asyncio.Event()
        self.failure: BaseException | None = None
        link.start(self._on_data, self._on_closed)

    @property
    def link(self) -> Link:
        return self._link

    def attach(self, channel: int, receiver: TrackReceiver) -> None:
        self._reader.attach(channel, receiver)

    def set_immediate(self, is_immediate: bool) -> None:
        """Read as soon as bytes arrive, or when the mill finds it worth while."""
        self._link.set_immediate(is_immediate)

    def send(self, request: Request, on_response: ResponseHandler) -> None:
        """Send without waiting; cameras that never answer keep-alives are not waited for."""
        if request.cseq is None:
            raise ValueError("a request without CSeq")
        if len(self._awaited) >= _MOST_UNANSWERED:
            self._awaited.pop(next(iter(self._awaited)))
        self._awaited[request.cseq] = on_response
        self._link.write(request.to_bytes())

    async def exchange(self, request: Request) -> Response:
        """Send and wait for the final response. The caller sets the time limit.

        Raises:
            PeerError: the connection ended before it came.
        """
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def settle(response: Response) -> None:
            if not answer.done():
                answer.set_result(response)

        self.send(request, settle)
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait((answer, ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            if request.cseq is not None:
                self._awaited.pop(request.cseq, None)
        if answer.done():
            return answer.result()
        answer.cancel()
        assert self.failure is not None
        raise self.failure

    def write(self, data: bytes) -> None:
        """An interleaved frame of our own: a receiver report, backchannel sound."""
        if self.failure is None:
            self._link.write(data)

    def end(self, error: BaseException) -> None:
        """Give the connection up for a reason found elsewhere (a UDP track, a keep-alive)."""
        self._link.close()
        self._on_closed(error)

    def close(self) -> None:
        self.end(CameraUnreachable("The connection was closed by us."))

    async def wait_ended(self) -> BaseException:
        await self._ended.wait()
        assert self.failure is not None
        return self.failure

    def _on_data(self, data: bytes) -> None:
        self._reader.feed(data, self._clock.now_us())

    def _on_closed(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            self._awaited.clear()
            self._ended.set()

    def _on_message(self, message: Request | Response) -> None:
        if isinstance(message, Request):
            self._answer(message)
            return
        if 100 <= message.status < 200:  # provisional, the final one follows (RFC 2326 7.1.1)
            return
        cseq = message.cseq
        if cseq is None:
            # A few cameras leave CSeq out: with one request under way there is no doubt.
            if len(self._awaited) != 1:
                raise ProtocolViolation("RTSP response without CSeq")
            cseq = next(iter(self._awaited))
        on_response = self._awaited.pop(cseq, None)
        if on_response is not None:
            on_response(message)

    def _answer(self, request: Request) -> None:
        """Servers may ask too (RFC 2326 10.1, 10.8). REDIRECT means that this connection is of no further use."""
        if request.method == "REDIRECT":
            raise CameraUnreachable("The camera sends us elsewhere (REDIRECT).")
        status = 200 if request.method in _ANSWERED_KINDLY else 501
        cseq = request.headers.get("CSeq")
        fields = [("CSeq", cseq)] if cseq is not None else []
        self._link.write(Response(status, Headers(fields)).to_bytes())
