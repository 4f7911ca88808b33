"""Looking at a camera by WebRTC: asked of the intercom, which holds the connection with the browser."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message

ViewState = Literal["connecting", "playing", "ended"]
ViewEnding = Literal[
    "hung_up",
    "browser_gone",
    "ice_failed",
    "camera_gone",
    "camera_changed",
    "login_ended",
    "gateway_gone",
    "draining",
    "failed",
]


class ViewWanted(Message):
    """Request `view_open`: picture and sound of a camera to a browser. Any worker answers; the view is pinned to it."""

    site: str
    camera: str
    viewer: str = Field(description="name of the account")
    stream: Literal["main", "sub"] = "main"
    offer: str = Field(
        description="SDP with one picture that the browser receives, and perhaps a sound", max_length=64_000
    )


class ViewStatus(Message):
    """How a view is. Answer of `view`, `view_end` and `view_trickle`."""

    view: str = Field(description="<worker>.<random>")
    site: str
    camera: str
    viewer: str
    stream: Literal["main", "sub"]
    state: ViewState
    ending: ViewEnding | None = None
    detail: str = Field("", description="in words, where it ended otherwise than by its viewer")
    width: int = 0
    height: int = 0
    has_sound: bool = False
    seconds: float = Field(0.0, description="since it was opened; of one that ended, how long it lasted")
    pictures: int = Field(0, description="sent so far")
    shed: int = Field(0, description="pictures not sent, because the browser or its network did not keep up")
    is_thin: bool = Field(False, description="every IDR alone is sent, because the network loses too much")


class ViewOpened(Message):
    """Answer of `view_open`."""

    status: ViewStatus
    answer: str = Field(description="SDP")


class ViewRef(Message):
    """Request `view` or `view_end` of the worker that holds it. Nobody else's view is told or ended."""

    view: str
    viewer: str


class ViewTrickle(Message):
    """Request `view_trickle` of the worker that holds it: more candidates of the browser."""

    view: str
    viewer: str
    fragment: str = Field(description="application/trickle-ice-sdpfrag (RFC 8840)", max_length=64_000)


class ViewsKept(Message):
    """Request `views_keep` of a worker, every few seconds, by the gateway that opened them: may go on.

    A view that nobody keeps any more is ended: who looks must be logged in, and only the gateway knows.
    """

    views: tuple[str, ...] = Field(max_length=4096)
    refused: tuple[str, ...] = Field((), description="of these the login has ended: they end now", max_length=4096)


class ViewsSeen(Message):
    """Answer of `views_keep`: how they are. One that is not among them is not held here (any more)."""

    views: tuple[ViewStatus, ...]
