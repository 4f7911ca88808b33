"""What ingest says about the cameras, kept as it was said last, and who wants to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shared.messages.cameras import CameraState
from shared.subjects import CameraRef

OnChange = Callable[[CameraRef, CameraState], None]


class CameraStates:
    """The newest state of every camera that ingest has spoken about."""

    def __init__(self) -> None:
        self._states: dict[CameraRef, CameraState] = {}
        self._listeners: list[OnChange] = []

    def listen(self, on_change: OnChange) -> None:
        """Call `on_change` whenever what a person would be told has changed, not for every figure."""
        self._listeners.append(on_change)

    def note(self, state: CameraState) -> None:
        camera = CameraRef(state.site, state.camera)
        before = self._states.get(camera)
        self._states[camera] = state
        if before is None or _told(before) != _told(state):
            for listener in self._listeners:
                listener(camera, state)

    def forget(self, camera: CameraRef) -> None:
        self._states.pop(camera, None)

    def of(self, camera: CameraRef) -> CameraState | None:
        return self._states.get(camera)

    def __iter__(self) -> Iterator[CameraState]:
        return iter(self._states.values())


def _told(state: CameraState) -> tuple[str, str, int]:
    return state.condition, state.reason_code, state.since_us
