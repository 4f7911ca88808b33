"""The client's side of an RTSP conversation as a state machine: requests out, responses judged, no I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

from shared.errors import CameraRefused, CameraUnreachable, ProtocolViolation
from shared.rtsp.digest import Credentials, parse_challenges
from shared.rtsp.messages import REASONS, Headers, Request, Response

USER_AGENT = "BrightKitchen/1"
DEFAULT_TIMEOUT_S = 60  # RFC 2326 12.37
_SHORTEST_TIMEOUT_S = 4


class State(Enum):
    """RFC 2326 A.1."""

    INIT = auto()
    READY = auto()
    PLAYING = auto()


# State and method to the state after a 2xx; what is not here is not sent.
_NEXT = {
    (State.INIT, "OPTIONS"): State.INIT,
    (State.INIT, "DESCRIBE"): State.INIT,
    (State.INIT, "SETUP"): State.READY,
    (State.READY, "OPTIONS"): State.READY,
    (State.READY, "GET_PARAMETER"): State.READY,
    (State.READY, "SETUP"): State.READY,
    (State.READY, "PLAY"): State.PLAYING,
    (State.READY, "TEARDOWN"): State.INIT,
    (State.PLAYING, "OPTIONS"): State.PLAYING,
    (State.PLAYING, "GET_PARAMETER"): State.PLAYING,
    (State.PLAYING, "PLAY"): State.PLAYING,
    (State.PLAYING, "PAUSE"): State.READY,
    (State.PLAYING, "TEARDOWN"): State.INIT,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The camera did it."""

    response: Response


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The same once more, with an answer to the camera's challenge."""

    request: Request


@dataclass(frozen=True, slots=True)
class Moved:
    """Go on at another URL, on a new connection (RFC 2326 11.3)."""

    url: str


Verdict = Accepted | AskAgain | Moved


class Dialogue:
    """One connection's conversation. Requests are made by `ask`, every response goes through `judge`.

    Attributes:
        state: where RFC 2326 A.1 says we are.
        session: id of the RTSP session, None before SETUP.
        timeout_s: after which the camera forgets the session.
        keep_alive_method: what to send before that.
    """

    def __init__(self, credentials: Credentials | None = None, user_agent: str = USER_AGENT):
        self._credentials = credentials
        self._user_agent = user_agent
        self._cseq = 0
        self._is_proven = False
        self._answered: deque[int] = deque(maxlen=8)
        self.state = State.INIT
        self.session: str | None = None
        self.timeout_s = DEFAULT_TIMEOUT_S
        self.public: frozenset[str] = frozenset()
        self.keep_alive_method = "OPTIONS"

    def ask(self, method: str, url: str, *fields: tuple[str, str], body: bytes = b"") -> Request:
        """The next request, with CSeq, session and authorization; `fields` are what the method adds."""
        if (self.state, method) not in _NEXT:
            raise ValueError(f"{method} in state {self.state.name}")
        self._cseq += 1
        named = [("CSeq", str(self._cseq)), ("User-Agent", self._user_agent), *fields]
        if self.session is not None and method != "DESCRIBE":
            named.append(("Session", self.session))
        authorization = self._credentials.authorization(method, url) if self._credentials else None
        if authorization is not None:
            named.append(("Authorization", authorization))
        return Request(method, url, Headers(named), body)

    def adopt(self, session: str) -> None:
        """Go on with a session that stands already, set up over another connection (RFC 2326 1.3)."""
        self.session, self.state = session, State.READY

    def judge(self, request: Request, response: Response) -> Verdict:
        """What a final response means.

        Raises:
            CameraRefused: it said no; `is_credentials` where trying the same password again is of no use.
            CameraUnreachable: the RTSP session is gone (454).
            ProtocolViolation: a response that cannot be used.
        """
        status = response.status
        if 200 <= status < 300:
            self._note_success(request, response)
            return Accepted(response)
        if status == 401:
            return self._answer(request, response)
        if status in (301, 302, 303, 307, 308):
            return self._follow(request, response)
        reason = response.reason or REASONS.get(status, "no reason given")
        if status == 454:
            raise CameraUnreachable(
                f"The camera has forgotten the RTSP session ({request.method}: 454).", code="closed"
            )
        raise CameraRefused(f"The camera answered {request.method} with {status} {reason}.", status=status)

    def keep_alive(self, url: str) -> Request:
        """What keeps the session from timing out (10.8: GET_PARAMETER without a body, where the camera knows it)."""
        return self.ask(self.keep_alive_method, url)

    def note_keep_alive_refused(self) -> None:
        """GET_PARAMETER was announced and yet refused: OPTIONS from now on."""
        self.keep_alive_method = "OPTIONS"

    def _note_success(self, request: Request, response: Response) -> None:
        self._is_proven = True
        self.state = _NEXT[self.state, request.method]
        if request.method == "OPTIONS":
            words = (response.headers.get("Public") or "").replace(",", " ").split()
            if words:
                self.public = frozenset(word.upper() for word in words)
                self.keep_alive_method = "GET_PARAMETER" if "GET_PARAMETER" in self.public else "OPTIONS"
        elif request.method == "SETUP":
            self._note_session(response)
        elif request.method == "TEARDOWN":
            self.session = None

    def _note_session(self, response: Response) -> None:
        words = (response.headers.get("Session") or "").split(";")
        identifier = words[0].strip()
        if not identifier:
            raise ProtocolViolation("SETUP was answered without a Session", sequence=response.cseq)
        self.session = identifier
        for word in words[1:]:
            name, _, value = word.partition("=")
            value = value.strip().strip('"')
            if name.strip().lower() == "timeout" and value.isascii() and value.isdecimal() and len(value) < 8:
                self.timeout_s = max(_SHORTEST_TIMEOUT_S, int(value))

    def _answer(self, request: Request, response: Response) -> AskAgain:
        """RFC 7616 3.3. One answer a request; and where credentials were sent already, only for a nonce that has run
        out: the camera says so (stale), or has let this password through before. Anything else would lock accounts."""
        challenges = parse_challenges(response.headers.get_all("WWW-Authenticate"))
        if self._credentials is None:
            raise CameraRefused("The camera asks for a password.", status=401, is_credentials=True)
        was_sent = request.headers.get("Authorization") is not None
        challenge = self._credentials.accept(challenges)
        if challenge is None:
            raise CameraRefused("The camera asks for a kind of login we do not know.", status=401, is_credentials=True)
        may_answer = not was_sent or challenge.is_stale or self._is_proven
        if not may_answer or request.cseq in self._answered:
            raise CameraRefused("The camera refuses this user name and password.", status=401, is_credentials=True)
        fields = (pair for pair in request.headers if pair[0] not in ("CSeq", "User-Agent", "Session", "Authorization"))
        again = self.ask(request.method, request.uri, *fields, body=request.body)
        assert again.cseq is not None
        self._answered.append(again.cseq)
        return AskAgain(again)

    def _follow(self, request: Request, response: Response) -> Moved:
        location = response.headers.get("Location") or ""
        try:
            parts = urlsplit(location)
            is_usable = parts.scheme in ("rtsp", "rtsps") and bool(parts.hostname)
        except ValueError:
            is_usable = False
        if not is_usable or any(letter.isspace() for letter in location):
            raise ProtocolViolation(f"{request.method} was redirected to no RTSP URL", sequence=response.cseq)
        if request.uri.startswith("rtsps:") and parts.scheme != "rtsps":
            raise CameraRefused("The camera redirects from TLS to an open connection.", status=response.status)
        return Moved(location)
