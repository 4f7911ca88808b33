"""HTTP/1.1 to a camera: small requests, and an upload that lasts as long as somebody speaks.

On h11 and a socket of our own. What uploads with httpx are written whole before the answer is read, so a camera that
refuses is noticed when it hangs up; both it and aiohttp resolve names behind our allow-list; and no library sends what
Hikvision's cameras take: a PUT of length 0, and behind it sound.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import h11

from shared.camera_sockets import first_connection
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.rtsp.digest import Credentials, parse_challenges

_LARGEST_BODY_BYTES = 256 * 1024
_USER_AGENT = "BrightKitchen/1"
# Sound that waits longer than that in our buffer (half a second) is of no use to anybody.
_MOST_WAITING_BYTES = 4000
_DEAD_AFTER_DROPS = 150

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where a camera's HTTP server is, and who we are to it. `may_connect` is asked with each IP address."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    may_connect: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes = b""


class CameraHttp:
    """One camera's HTTP server. Each request has a connection of its own: cameras keep few alive, and not for long."""

    def __init__(self, address: HttpAddress, limit_s: float):
        self._address = address
        self._limit_s = limit_s
        self._credentials = None if address.username is None else Credentials(address.username, address.password or "")

    async def ask(self, method: str, target: str) -> HttpAnswer:
        """A request without a body. 401 never comes back: it is answered, or raised.

        Raises:
            CameraRefused: the password; CameraUnreachable, ProtocolViolation: as everywhere.
        """
        answer = await self._once(method, target)
        if answer.status == 401:
            raise CameraRefused("The camera refuses this user name and password.", status=401, is_credentials=True)
        return answer

    async def upload(self, method: str, target: str, fields: Fields, length: int) -> Upload:
        """Begin to send; authorized by what an earlier `ask` was told, because sound cannot be sent twice.

        Args:
            length: what Content-Length says. With 0 the sound follows the request all the same.
        """
        try:
            async with asyncio.timeout(self._limit_s):
                reader, writer = await self._connect()
        except TimeoutError:
            raise self._late() from None
        parser = h11.Connection(h11.CLIENT)
        request = h11.Request(
            method=method,
            target=target,
            headers=[*self._head(method, target), *fields, ("Content-Length", str(length))],
        )
        writer.write(parser.send(request) or b"")
        return Upload(reader, writer, parser, length)

    async def _once(self, method: str, target: str) -> HttpAnswer:
        try:
            async with asyncio.timeout(self._limit_s):
                answer, challenges = await self._exchange(method, target)
                credentials = self._credentials if answer.status == 401 else None
                if credentials is not None and credentials.accept(parse_challenges(challenges)) is not None:
                    # Once and no more: cameras lock accounts.
                    answer, _ = await self._exchange(method, target)
                return answer
        except TimeoutError:
            raise self._late() from None

    async def _exchange(self, method: str, target: str) -> tuple[HttpAnswer, list[str]]:
        reader, writer = await self._connect()
        parser = h11.Connection(h11.CLIENT)
        fields = [*self._head(method, target), ("Connection", "close"), ("Content-Length", "0")]
        try:
            writer.write(parser.send(h11.Request(method=method, target=target, headers=fields)) or b"")
            parser.send(h11.EndOfMessage())
            return await _answer(reader, parser)
        finally:
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async def streams(sock: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return await asyncio.open_connection(sock=sock)

        return await first_connection(self._address.host, self._address.port, self._address.may_connect, streams)

    def _head(self, method: str, target: str) -> list[tuple[str, str]]:
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        fields = [("Host", f"{host}:{self._address.port}"), ("User-Agent", _USER_AGENT)]
        authorization = self._authorization(method, target)
        return fields if authorization is None else [*fields, ("Authorization", authorization)]

    def _authorization(self, method: str, target: str) -> str | None:
        return None if self._credentials is None else self._credentials.authorization(method, target)

    def _late(self) -> CameraUnreachable:
        return CameraUnreachable(
            f"No answer from {self._address.host}:{self._address.port} within {self._limit_s:g} s.", code="timed_out"
        )


class Upload:
    """Bytes to a camera that takes them as they come.

    Attributes:
        dropped: packets that were left out because the camera does not keep up.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parser: h11.Connection, length: int):
        self._writer = writer
        self._left = length or None
        self._drops_in_a_row = 0
        self.dropped = 0
        self._failure: asyncio.Future[PeerError] = asyncio.get_running_loop().create_future()
        self._answered: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(reader, parser))

    def write(self, data: bytes) -> None:
        """Never waits, never raises."""
        if self._failure.done():
            return
        if self._writer.transport.get_write_buffer_size() > _MOST_WAITING_BYTES:
            self.dropped += 1
            self._drops_in_a_row += 1
            if self._drops_in_a_row >= _DEAD_AFTER_DROPS:
                self._fail(CameraUnreachable("The camera takes nothing of what we send.", code="timed_out"))
            return
        self._drops_in_a_row = 0
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                self._fail(CameraUnreachable("As much was said as one request may hold: speak again.", code="closed"))
                return
        self._writer.write(data)

    async def answer(self, within_s: float) -> HttpAnswer | None:
        """What the camera says to it; None where it has not said anything by then."""
        await asyncio.wait((self._answered, self._failure), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        return self._answered.result() if self._answered.done() else None

    async def wait_ended(self) -> PeerError:
        """Why the connection ended."""
        return await asyncio.shield(self._failure)

    async def close(self) -> None:
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()  # what is in the buffer is still sent

    async def _read(self, reader: asyncio.StreamReader, parser: h11.Connection) -> None:
        if self._left is None:
            parser.send(h11.EndOfMessage())
        try:
            found, _ = await _answer(reader, parser, is_head_enough=True)
            self._answered.set_result(found)
            if found.status >= 300:
                raise CameraRefused(f"The camera answered with {found.status}.", status=found.status)
            # An answer is not the end: some say OK at once and go on listening. The end of the connection is.
            while await reader.read(4096):
                pass
            self._fail(CameraUnreachable("The camera closed the connection.", code="closed"))
        except PeerError as error:
            self._fail(error)
        except OSError as error:
            self._fail(CameraUnreachable(f"The connection to the camera was lost: {error.strerror}", code="closed"))

    def _fail(self, error: PeerError) -> None:
        if not self._failure.done():
            self._failure.set_result(error)


async def _answer(
    reader: asyncio.StreamReader, parser: h11.Connection, *, is_head_enough: bool = False
) -> tuple[HttpAnswer, list[str]]:
    """The final response with its body, and its WWW-Authenticate fields.

    Args:
        is_head_enough: of an answer that is no refusal, which may go on for ever.
    """
    heard = _Heard(is_head_enough)
    try:
        while not heard.take(parser.next_event()):
            data = await reader.read(4096) if heard.wants_data else None
            if data == b"" and not heard.status:
                raise CameraUnreachable("The camera closed the connection.", code="closed")
            if data is not None:
                parser.receive_data(data)
    except h11.RemoteProtocolError as error:
        # One that hangs up in the middle of its body has said what counts.
        if not heard.status or not reader.at_eof():
            raise ProtocolViolation(f"not HTTP: {error}") from error
    except OSError as error:
        raise CameraUnreachable(
            f"The connection to the camera was lost: {error.strerror or error}", code="closed"
        ) from error
    return HttpAnswer(heard.status, bytes(heard.body)), heard.challenges


class _Heard:
    """A response as far as it has come."""

    def __init__(self, is_head_enough: bool):
        self._is_head_enough = is_head_enough
        self.wants_data = False
        self.status = 0
        self.body = bytearray()
        self.challenges: list[str] = []

    def take(self, event: object) -> bool:
        """Whether that was the end."""
        self.wants_data = event is h11.NEED_DATA
        if isinstance(event, h11.Response):
            self.status = event.status_code
            self.challenges = [value.decode("latin-1") for name, value in event.headers if name == b"www-authenticate"]
            return self._is_head_enough and self.status < 300
        if isinstance(event, h11.Data):
            self.body += event.data
            if len(self.body) > _LARGEST_BODY_BYTES:
                raise ProtocolViolation("an answer that is far too long")
        return isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED
