"""Everything that is watched through this gateway: channels, their viewers, and what is wanted of ingest."""

from __future__ import annotations

from dataclasses import dataclass

from services.gateway.live_channel import LiveChannel
from services.gateway.live_fragment import state_message
from services.gateway.live_viewer import LiveViewer
from shared.errors import ResourceExhausted
from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState, StreamName
from shared.subjects import CameraRef


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """One stream of one camera."""

    camera: CameraRef
    stream: StreamName


@dataclass(frozen=True, slots=True)
class HubLimit:
    """`warm_s` is how long a channel nobody looks at any more stays open, so that who comes back sees at once."""

    viewers: int = 1000
    viewers_of_person: int = 64
    warm_s: float = 30.0


class LiveHub:
    """Pure: told what arrives and who comes and goes, it says which channels must be open and which be watched."""

    def __init__(self, limit: HubLimit):
        self._limit = limit
        self._channels: dict[ChannelKey, LiveChannel] = {}
        self._person_of: dict[LiveViewer, str] = {}

    @property
    def viewer_count(self) -> int:
        return len(self._person_of)

    def admit(self, viewer: LiveViewer, person: str) -> None:
        """Raises ResourceExhausted where there are too many: a new viewer is refused, nobody is thrown out."""
        if len(self._person_of) >= self._limit.viewers:
            raise ResourceExhausted(f"This gateway serves {self._limit.viewers} live views and has no room for more.")
        if sum(each == person for each in self._person_of.values()) >= self._limit.viewers_of_person:
            raise ResourceExhausted(
                f"You have {self._limit.viewers_of_person} live views open, the most for one person: close some."
            )
        self._person_of[viewer] = person

    def dismiss(self, viewer: LiveViewer) -> None:
        """The counterpart of `admit`."""
        self._person_of.pop(viewer, None)

    def join(self, key: ChannelKey, viewer: LiveViewer, now_s: float, now_us: int) -> bool:
        """Whether the channel is new: then it must be opened."""
        channel = self._channels.get(key)
        is_new = channel is None
        if channel is None:
            channel = self._channels[key] = LiveChannel()
        channel.join(viewer, now_s, now_us)
        return is_new

    def leave(self, key: ChannelKey, viewer: LiveViewer, now_s: float) -> None:
        channel = self._channels.get(key)
        if channel is None:
            return
        channel.viewers.discard(viewer)
        if not channel.viewers:
            channel.idle_since_s = now_s

    def channel(self, key: ChannelKey) -> LiveChannel | None:
        return self._channels.get(key)

    def on_fragment(self, key: ChannelKey, fragment: Fragment, now_s: float) -> None:
        channel = self._channels.get(key)
        if channel is not None:
            channel.on_fragment(fragment, now_s)

    def on_state(self, camera: CameraRef, state: CameraState) -> None:
        """Tell everybody who looks at this camera, whichever stream."""
        words = state_message(state)
        for key, channel in self._channels.items():
            if key.camera == camera:
                for viewer in channel.viewers:
                    viewer.tell(words)

    def end_camera(self, camera: CameraRef, code: int, reason: str) -> None:
        """The camera is gone: so is every view of it."""
        for key, channel in self._channels.items():
            if key.camera == camera:
                for viewer in channel.viewers:
                    viewer.end(code, reason)

    def fail(self, key: ChannelKey, code: int, reason: str) -> None:
        """The channel could not be opened: its viewers are sent away, and the next one tries again."""
        channel = self._channels.pop(key, None)
        for viewer in channel.viewers if channel is not None else ():
            viewer.end(code, reason)

    def watched(self) -> dict[ChannelKey, bool]:
        """The watch leases to hold: what somebody looks at, and whether anybody wants it picture by picture."""
        return {
            key: any(viewer.wants_each_picture for viewer in channel.viewers)
            for key, channel in self._channels.items()
            if channel.viewers
        }

    def close_idle(self, now_s: float) -> list[ChannelKey]:
        """Forget the channels that nobody came back to; their subscriptions are to be ended."""
        idle = [
            key
            for key, channel in self._channels.items()
            if not channel.viewers and now_s - channel.idle_since_s >= self._limit.warm_s
        ]
        for key in idle:
            del self._channels[key]
        return idle

    def codecs(self, camera: CameraRef) -> dict[StreamName, str]:
        """What is known from the fragments of each open stream of a camera."""
        return {
            key.stream: channel.codecs
            for key, channel in self._channels.items()
            if key.camera == camera and channel.codecs is not None
        }
