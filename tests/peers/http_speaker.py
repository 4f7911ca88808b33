"""Cameras that are spoken to over HTTP, as far as their makers' documents say: Hikvision's ISAPI and Dahua's CGI.

No such camera can run here, so this stands in for them at the socket: it reads bytes, checks Digest by its own
arithmetic (RFC 2617), notes when each piece of sound came, and does what cameras do to their callers: it is busy, it
refuses, it hangs, it dies.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

_ANSWERS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 503: "Busy"}


@dataclass
class HttpSpeaker:
    """Listens while the `async with` block lasts.

    Attributes:
        is_busy: somebody else speaks. hangs: takes requests and answers none. is_deaf: has no speaker.
        takes_nothing: reads the request for sound and no byte of it. answers: says OK to it, as some do.
        refuses_sound: the status with which it answers that request.
        heard: when each piece came (time.time()) and what it was. requests: method and target of each, with the
            name that was checked ("" where none was given).
        is_open: whether the speaker's channel is open. closed_by: how it was closed each time, by "request" or by
            "hanging up".
    """

    kind: Literal["isapi", "dahua"]
    user: str = "admin"
    password: str = "secret"
    codec: str = "G.711alaw"
    channels: int = 1
    is_busy: bool = False
    is_deaf: bool = False
    hangs: bool = False
    takes_nothing: bool = False
    answers: bool = False
    names_session: bool = True
    refuses_sound: int = 0
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    sound_heads: list[dict[str, str]] = field(default_factory=list)
    is_open: bool = False
    closed_by: list[str] = field(default_factory=list)
    _session: str = ""
    _counts: dict[str, set[str]] = field(default_factory=dict)
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        await self.listen(0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.die()

    async def listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def die(self) -> None:
        """Power off: everything is cut, nothing listens."""
        self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()
        await asyncio.sleep(0)

    def forget_nonces(self) -> None:
        """As a camera does after some minutes."""
        self._counts.clear()

    @property
    def sound(self) -> bytes:
        return b"".join(piece for _, piece in self.heard)

    async def until_heard(self, count: int, limit_s: float = 10.0) -> None:
        async with asyncio.timeout(limit_s):
            while len(self.sound) < count:
                await asyncio.sleep(0.01)

    async def until_closed(self, by: str, limit_s: float = 10.0) -> None:
        async with asyncio.timeout(limit_s):
            while self.is_open or self.closed_by[-1:] != [by]:
                await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *rest = head.split("\r\n")
                method, target, version = line.split(" ")
                assert version == "HTTP/1.1", line
                fields = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
                assert fields.get("host"), "RFC 9112 3.2: a request without Host"
                if self.hangs:
                    await asyncio.sleep(3600)
                if not await self._answer(method, target, fields, reader, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _answer(
        self,
        method: str,
        target: str,
        fields: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Whether the connection goes on."""
        user = self._checked(method, target, fields.get("authorization", ""))
        self.requests.append((method, target, user))
        if not user:
            nonce = secrets.token_hex(16)
            self._counts[nonce] = set()
            challenge = f'Digest realm="camera", nonce="{nonce}", qop="auth", algorithm=MD5'
            return self._say(writer, 401, b"", fields, ("WWW-Authenticate", challenge))
        return await (self._isapi if self.kind == "isapi" else self._dahua)(method, target, fields, reader, writer)

    async def _isapi(
        self,
        method: str,
        target: str,
        fields: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        root = "/ISAPI/System/TwoWayAudio/channels"
        path, _, query = target.partition("?")
        if (method, path) == ("GET", root) and not self.is_deaf:
            channels = "".join(
                f'<TwoWayAudioChannel version="2.0"><id>{number}</id><enabled>{str(self.is_busy).lower()}</enabled>'
                f"<audioCompressionType>{self.codec}</audioCompressionType></TwoWayAudioChannel>"
                for number in range(1, self.channels + 1)
            )
            body = f'<?xml version="1.0"?><TwoWayAudioChannelList>{channels}</TwoWayAudioChannelList>'
            return self._say(writer, 200, body.encode(), fields)
        found = re.fullmatch(root + r"/(\d+)/(open|close|audioData)", path)
        if method != "PUT" or found is None or not 1 <= int(found[1]) <= self.channels or self.is_deaf:
            return self._say(writer, 404, _status(4, "Invalid Operation", "notSupport"), fields)
        if found[2] == "open":
            if self.is_busy or self.is_open:
                return self._say(writer, 403, _status(2, "Device Busy", "deviceBusy"), fields)
            self._session = secrets.token_hex(4) if self.names_session else ""
            self.is_open = True
            body = f"<TwoWayAudioSession><sessionId>{self._session}</sessionId></TwoWayAudioSession>".encode()
            return self._say(writer, 200, body if self._session else _status(1, "OK", "ok"), fields)
        if not self.is_open or query != (f"sessionId={self._session}" if self._session else ""):
            return self._say(writer, 403, _status(4, "Invalid Operation", "invalidSession"), fields)
        if found[2] == "close":
            self._close("request")
            return self._say(writer, 200, _status(1, "OK", "ok"), fields)
        assert fields["content-type"] == "application/octet-stream"
        return await self._listen(fields, reader, writer)

    async def _dahua(
        self,
        method: str,
        target: str,
        fields: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        path, _, query = target.partition("?")
        given = dict(pair.split("=") for pair in query.split("&") if pair)
        if (method, path, given.get("action")) == ("GET", "/cgi-bin/devAudioOutput.cgi", "getCollect"):
            return self._say(writer, 200, f"result={0 if self.is_deaf else self.channels}\r\n".encode(), fields)
        if (method, path, given.get("name")) == ("GET", "/cgi-bin/configManager.cgi", "Encode"):
            body = f"table.Encode[0].MainFormat[0].Audio.Compression={self.codec}\r\n"
            return self._say(writer, 200, body.encode(), fields)
        wanted = {"action": "postAudio", "httptype": "singlepart"}
        if (method, path) != ("POST", "/cgi-bin/audio.cgi") or not wanted.items() <= given.items():
            return self._say(writer, 404, b"", fields)
        assert fields["content-type"] in ("Audio/G.711A", "Audio/G.711Mu"), fields
        assert int(fields["content-length"]) > 1_000_000, "the upload is told as a long one"
        if self.is_busy or self.is_open:
            return self._say(writer, 503, b"Error: device busy\r\n", fields)
        self.is_open = True
        return await self._listen(fields, reader, writer)

    async def _listen(self, fields: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Sound, until the caller hangs up."""
        self.sound_heads.append(fields)
        if self.refuses_sound:
            return self._say(writer, self.refuses_sound, b"", fields)
        if self.takes_nothing:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(3600)
        if self.answers:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while piece := await reader.read(4096):
            self.heard.append((time.time(), piece))
        if self.is_open:
            self._close("hanging up")
        return False

    def _close(self, how: str) -> None:
        self.is_open = False
        self.closed_by.append(how)

    def _say(
        self, writer: asyncio.StreamWriter, status: int, body: bytes, asked: dict[str, str], *more: tuple[str, str]
    ) -> bool:
        fields = "".join(f"{name}: {value}\r\n" for name, value in more)
        head = f"HTTP/1.1 {status} {_ANSWERS[status]}\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        return asked.get("connection", "").lower() != "close"

    def _checked(self, method: str, target: str, authorization: str) -> str:
        """The user, where the answer to our challenge is right and was not given before."""
        given = {
            name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', authorization)
        }
        counts = self._counts.get(given.get("nonce", ""))
        if not authorization.startswith("Digest ") or counts is None or given.get("uri") != target:
            return ""

        def md5(*parts: str) -> str:
            return hashlib.md5(":".join(parts).encode()).hexdigest()

        secret = md5(self.user, "camera", self.password)
        expected = md5(secret, given["nonce"], given["nc"], given["cnonce"], "auth", md5(method, target))
        if given["response"] != expected or given["nc"] in counts:
            return ""
        counts.add(given["nc"])
        return given["username"]


def _status(code: int, text: str, sub: str) -> bytes:
    return (
        f"<ResponseStatus><statusCode>{code}</statusCode><statusString>{text}</statusString>"
        f"<subStatusCode>{sub}</subStatusCode></ResponseStatus>"
    ).encode()
