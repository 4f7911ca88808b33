"""One person looking at one camera: which of its streams, and which to try next."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.cameras import Camera
from services.gateway.live_hub import ChannelKey
from services.gateway.live_viewer import LiveViewer
from services.gateway.stream_choice import can_play, first_choice
from shared.messages.cameras import StreamName


class LiveView:
    """`login` is the login that it lives and dies with; `streams` are those to try, best first."""

    def __init__(
        self,
        viewer: LiveViewer,
        camera: Camera,
        login: str | None,
        streams: tuple[StreamName, ...],
        decodable: frozenset[str],
    ):
        self.viewer = viewer
        self.camera = camera
        self.login = login
        self._streams = streams
        self._decodable = decodable
        self._choice = 0

    @property
    def key(self) -> ChannelKey:
        return ChannelKey(self.camera.ref, self._streams[self._choice])

    def choose(self, known: Mapping[StreamName, str]) -> None:
        """Begin with the best stream that is not known to be beyond the client."""
        self._choice = first_choice(self._streams, self._decodable, known)

    def must_fall_back(self) -> bool:
        """Whether the stream turned out to be one that the client cannot decode, and another is left to try."""
        codecs = self.viewer.codecs
        is_playable = codecs is None or can_play(codecs, self._decodable)
        return not is_playable and self._choice + 1 < len(self._streams)

    def fall_back(self) -> None:
        """On to the next one."""
        self._choice += 1
