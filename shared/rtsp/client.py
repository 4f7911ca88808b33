"""An RTSP client: opens a camera, says what it offers, and plays it into a sink."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import unquote

from shared.clock import Clock
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.media.sink import MediaSink
from shared.rtsp.connection import RtspConnection
from shared.rtsp.dialogue import Accepted, AskAgain, Dialogue, Moved
from shared.rtsp.digest import Credentials
from shared.rtsp.links import Rest, open_link
from shared.rtsp.messages import Response
from shared.rtsp.read_mill import ReadMill
from shared.rtsp.sdp import SessionDescription, parse_sdp, resolve_control
from shared.rtsp.session import MediaSession
from shared.rtsp.source import Address, RtspSource, parse_address
from shared.rtsp.track_receiver import ReportHandler
from shared.rtsp.tracks import Track, tracks_of

__all__ = ["RtspClient", "RtspSource", "is_playable", "open_rtsp"]

MOST_REDIRECTS = 3
TEARDOWN_LIMIT_S = 1.0
# A camera that accepts UDP and from which nothing arrives: a firewall in between.
FIRST_PACKET_LIMIT_S = 3.0


class _Redirected(Exception):
    def __init__(self, url: str):
        super().__init__(url)
        self.url = url


async def open_rtsp(
    source: RtspSource, *, mill: ReadMill, clock: Clock, connect_timeout_s: float = 5.0, is_immediate: bool = False
) -> RtspClient:
    """Connect, ask for OPTIONS and DESCRIBE, follow redirects; nothing plays yet.

    Raises:
        CameraRefused, CameraUnreachable, ProtocolViolation: each says what to look at.
    """
    client = RtspClient(source, mill, clock, connect_timeout_s, is_immediate)
    await client.open()
    return client


class RtspClient:
    """One camera stream. `tracks` are those it offers, in the order of its SDP."""

    def __init__(
        self, source: RtspSource, mill: ReadMill, clock: Clock, connect_timeout_s: float, is_immediate: bool = False
    ):
        self.source = source
        self._mill = mill
        self._clock = clock
        self._limit_s = connect_timeout_s
        self._is_immediate = is_immediate
        self._address: Address = parse_address(source.url)
        self._dialogue = Dialogue()
        self._connection: RtspConnection | None = None
        self._session: MediaSession | None = None
        self._rest_s: Rest | None = None
        self._aggregate = self._address.url
        self.description: SessionDescription | None = None
        self.tracks: tuple[Track, ...] = ()
        self.server = ""

    async def open(self) -> None:
        """What `open_rtsp` does; again after `close`, to begin anew."""
        url = self.source.url
        try:
            async with asyncio.timeout(self._limit_s):
                for _ in range(MOST_REDIRECTS + 1):
                    try:
                        await self._describe(parse_address(url))
                        return
                    except _Redirected as redirected:
                        self._drop()
                        url = redirected.url
            raise CameraRefused(f"The camera redirected us more than {MOST_REDIRECTS} times.", status=302)
        except TimeoutError:
            self._drop()
            raise CameraUnreachable(
                f"No answer from {self._address.host} within {self._limit_s:g} s.", code="timed_out"
            ) from None
        except (PeerError, _Redirected) as error:
            self._drop()
            raise self._named(error) from None
        except BaseException:
            self._drop()
            raise

    async def play(self, sink: MediaSink, tracks: Sequence[Track] | None = None, *, rest_s: Rest | None = None) -> None:
        """Set up `tracks` (by default the first picture and, where wanted, the first sound we can read) and play them.

        Media is given to `sink` synchronously, from before this returns. `rest_s` is asked after each read for how
        many seconds nothing that comes matters: so long it is not read, unless it shall be handed on at once.

        Raises:
            CameraRefused: no track to play, or the camera will not send it.
            CameraUnreachable: no answer, or no UDP packet where UDP was asked for and TCP was refused.
        """
        self._rest_s = rest_s
        try:
            async with asyncio.timeout(2 * self._limit_s + FIRST_PACKET_LIMIT_S):
                await self._play(sink, tuple(tracks) if tracks is not None else self._wanted())
        except TimeoutError:
            self._drop()
            raise CameraUnreachable("The camera did not begin to play in time.", code="timed_out") from None
        except (PeerError, _Redirected) as error:
            self._drop()
            raise self._named(error) from None
        except BaseException:
            self._drop()
            raise

    async def prepare(self, sink: MediaSink, tracks: Sequence[Track], unread: Sequence[Track] = ()) -> None:
        """SETUP alone: the session stands and is kept alive until `begin` plays it. Raises as `play` does.

        Args:
            unread: set up beside `tracks`, and what the camera sends of them is dropped.
        """
        async with self._limited("The camera did not grant a session in time."):
            wish = self.source.transport
            try:
                await self._set_up(sink, tuple(tracks), tuple(unread), is_tcp=wish != "udp")
            except CameraRefused as refusal:
                if refusal.status != 461 or wish != "auto":
                    raise
                await self._set_up(sink, tuple(tracks), tuple(unread), is_tcp=False)
            self._session_of().start()

    async def begin(self) -> None:
        """PLAY what `prepare` set up."""
        async with self._limited("The camera did not begin to play in time."):
            await self._begin()

    async def pause(self) -> None:
        """PAUSE: nothing flows until the next `begin`. Raises CameraRefused where it plays on, and PeerError."""
        try:
            async with asyncio.timeout(self._limit_s):
                self._standing().set_immediate(True)
                await self._ask("PAUSE", self._aggregate)
        except TimeoutError:
            self._drop()
            raise CameraUnreachable("The camera did not pause in time.", code="timed_out") from None

    @property
    def may_pause(self) -> bool:
        """Whether the camera says that it knows PAUSE."""
        return "PAUSE" in self._dialogue.public

    def listen(self, number: int, on_reports: ReportHandler) -> None:
        """From now on what the camera says of the sound it is sent on that track, which was set up with a sink."""
        self._session_of().listen(number, on_reports)

    def send(self, number: int, packet: bytes) -> None:
        """One RTP packet toward the camera, on the track that was set up as that number; dropped once it is closed."""
        if self._session is not None:
            self._session.send(number, packet)

    @asynccontextmanager
    async def _limited(self, late: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(2 * self._limit_s):
                yield
        except TimeoutError:
            self._drop()
            raise CameraUnreachable(late, code="timed_out") from None
        except (PeerError, _Redirected) as error:
            self._drop()
            raise self._named(error) from None

    async def wait_closed(self) -> None:
        """Until the connection ends.

        Raises:
            PeerError: what ended it; the end of the stream is a CameraUnreachable.
        """
        raise self._named(await self._standing().wait_ended())

    async def close(self) -> None:
        """TEARDOWN, waited for no longer than a second, and everything closed."""
        connection, session = self._connection, self._session
        try:
            if connection is not None and session is not None and connection.failure is None:
                session.stop()
                connection.set_immediate(True)  # the answer must not wait
                async with asyncio.timeout(TEARDOWN_LIMIT_S):
                    await self._ask("TEARDOWN", self._aggregate)
        except (PeerError, TimeoutError, _Redirected, ValueError):
            pass  # it forgets the session by itself, at its time-out
        finally:
            self._drop()

    @property
    def session(self) -> str:
        """What the camera calls the session; empty before SETUP."""
        return self._dialogue.session or ""

    async def end_session(self, session: str) -> None:
        """TEARDOWN of a session whose connection is gone, over one of its own. Raises PeerError."""
        await self.open()
        self._dialogue.adopt(session)
        try:
            async with self._limited("The camera did not end the session in time."):
                await self._ask("TEARDOWN", self._aggregate)
        finally:
            self._drop()

    def set_immediate(self, is_immediate: bool) -> None:
        """Hand media on as soon as it arrives (somebody watches), or when the mill finds it worth while."""
        self._is_immediate = is_immediate
        if self._session is not None and self._connection is not None:
            self._pace(self._connection, self._session)
            self._session.set_immediate(is_immediate)

    async def _describe(self, address: Address) -> None:
        self._address = address
        connection = await self._connect(address)
        self._dialogue = Dialogue(self._credentials(address))
        options = await self._ask("OPTIONS", address.url)
        self.server = options.headers.get("Server") or ""
        fields = [("Accept", "application/sdp"), *self._require()]
        response = await self._ask("DESCRIBE", address.url, *fields)
        base = response.headers.get("Content-Base") or response.headers.get("Content-Location") or address.url
        if not base.startswith(("rtsp://", "rtsps://")):
            base = resolve_control(address.url, base)
        self.description = parse_sdp(response.body)
        self.tracks = tracks_of(self.description, base)
        self._aggregate = resolve_control(base, self.description.attribute("control"))
        assert connection is self._connection

    async def _connect(self, address: Address) -> RtspConnection:
        tls = (self.source.tls or ssl.create_default_context()) if address.is_tls else None
        link = await open_link(
            address.host,
            address.port,
            tls=tls,
            mill=self._mill,
            is_immediate=True,  # nobody wants to wait a tick for each answer; `play` changes it
            may_connect=self.source.may_connect,
        )
        self._connection = RtspConnection(link, self._clock)
        return self._connection

    def _credentials(self, address: Address) -> Credentials | None:
        username, password = self.source.username, self.source.password
        if username is None and address.username is not None:
            username, password = unquote(address.username), unquote(address.password or "")
        return Credentials(username, password or "") if username is not None else None

    def _require(self) -> list[tuple[str, str]]:
        return [("Require", self.source.require)] if self.source.require else []

    async def _ask(self, method: str, url: str, *fields: tuple[str, str]) -> Response:
        connection, dialogue = self._standing(), self._dialogue
        request = dialogue.ask(method, url, *fields)
        while True:
            verdict = dialogue.judge(request, await connection.exchange(request))
            if isinstance(verdict, Accepted):
                return verdict.response
            if isinstance(verdict, Moved):
                raise _Redirected(verdict.url)
            assert isinstance(verdict, AskAgain)
            request = verdict.request

    def _wanted(self) -> tuple[Track, ...]:
        wanted = []
        for media in ("video", "audio") if self.source.wants_audio else ("video",):
            found = next((track for track in self.tracks if track.media == media and is_playable(track)), None)
            wanted += [found] if found is not None else []
        return tuple(wanted)

    async def _play(self, sink: MediaSink, tracks: tuple[Track, ...]) -> None:
        if not tracks:
            offered = ", ".join(track.encoding for track in self.tracks) or "nothing"
            raise CameraRefused(f"The camera offers no track we can play; it offers {offered}.")
        wish = self.source.transport
        if wish != "udp":
            try:
                await self._set_up(sink, tracks, is_tcp=True)
                await self._begin()
                return
            except CameraRefused as refusal:
                # 461 Unsupported Transport; only asked to choose ourselves do we go on with UDP.
                if refusal.status != 461 or wish == "tcp":
                    raise
        try:
            await self._set_up(sink, tracks, is_tcp=False)
            await self._begin()
            if await self._session_of().wait_first_packet(FIRST_PACKET_LIMIT_S):
                return
        except CameraRefused as refusal:
            if refusal.status != 461 or wish != "udp":
                raise
        if wish != "udp":
            raise CameraUnreachable("The camera refuses TCP, and of its UDP packets nothing arrives.", code="timed_out")
        await self.close()
        await self.open()
        await self._set_up(sink, self._wanted(), is_tcp=True)
        await self._begin()

    async def _set_up(
        self, sink: MediaSink, tracks: tuple[Track, ...], unread: tuple[Track, ...] = (), *, is_tcp: bool
    ) -> None:
        if self._session is not None:
            self._session.stop()
        session = self._session = MediaSession(
            self._standing(), self._dialogue, self._mill, self._clock, self._aggregate
        )
        for track, taken in (*((track, sink) for track in tracks), *((track, None) for track in unread)):
            offer = session.offer(track, taken, is_tcp)
            fields = [("Transport", offer.to_text()), *self._require()]
            response = await self._ask("SETUP", track.control, *fields)
            session.accept(response, self._is_immediate)

    async def _begin(self) -> None:
        await self._ask("PLAY", self._aggregate, ("Range", self._range()), *self._require())
        connection, session = self._standing(), self._session_of()
        session.start()
        if self._rest_s is not None:
            connection.link.rest_by(self._rest_s)
        self._pace(connection, session)

    def _pace(self, connection: RtspConnection, session: MediaSession) -> None:
        """Answers are not waited for: only media in between may rest."""
        connection.set_immediate(self._is_immediate or not session.is_interleaved)

    def _range(self) -> str:
        """A few cameras want a Range. Where the SDP says that the stream is live, asking for its beginning is a seek,
        which GStreamer's server refuses (RFC 2326 C.1.5)."""
        assert self.description is not None
        is_live = (self.description.attribute("range") or "").replace(" ", "") == "npt=now-"
        return "npt=now-" if is_live else "npt=0.000-"

    def _standing(self) -> RtspConnection:
        if self._connection is None:
            raise CameraUnreachable("The connection is closed.")
        return self._connection

    def _session_of(self) -> MediaSession:
        assert self._session is not None
        return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.stop()
            self._session = None
        if self._connection is not None:
            self._connection.close()

    def _named(self, error: BaseException) -> BaseException:
        if isinstance(error, ProtocolViolation) and error.camera is None:
            error.camera = self.source.camera
        if isinstance(error, _Redirected):
            return CameraUnreachable("The camera sends us elsewhere in the middle of the session.")
        return error


def is_playable(track: Track) -> bool:
    """Whether we can read it, and the camera sends it: a backchannel is sound that flows the other way."""
    return track.codec not in (None, "onvif_metadata") and track.direction not in ("sendonly", "inactive")
