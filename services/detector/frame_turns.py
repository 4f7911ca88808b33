"""Decoded frames waiting for the models: newest of each camera wins, and cameras take turns. Pure.

The rule of shedding: a camera has at most `depth` frames waiting; a newer one pushes its oldest out, never another
camera's. Whoever was looked at longest ago is next. So a camera that sends much gets no more than its share, and
with too little of a GPU all cameras are looked at equally less often.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

C = TypeVar("C")
T = TypeVar("T")


class FrameTurns(Generic[C, T]):
    """Args: cameras_max: waiting at once, and so the bound of it all with `depth`."""

    def __init__(self, cameras_max: int = 4096):
        self._cameras_max = cameras_max
        # In the order in which they have their turn.
        self._waiting: OrderedDict[C, deque[T]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, camera: C, frame: T, depth: int = 1) -> list[T]:
        """Let it wait; returns what is dropped for it: older frames of the same camera, or it itself."""
        queue = self._waiting.get(camera)
        if queue is None:
            if len(self._waiting) >= self._cameras_max:
                return [frame]
            queue = self._waiting[camera] = deque()
        queue.append(frame)
        self._count += 1
        dropped = []
        while len(queue) > depth:
            dropped.append(queue.popleft())
            self._count -= 1
        return dropped

    def take(self, count: int) -> list[tuple[C, T]]:
        """Up to `count` frames, one of each camera in turn; who gave one goes to the end."""
        taken: list[tuple[C, T]] = []
        while self._waiting and len(taken) < count:
            camera, queue = self._waiting.popitem(last=False)
            taken.append((camera, queue.popleft()))
            self._count -= 1
            if queue:
                self._waiting[camera] = queue
        return taken

    def forget(self, camera: C) -> int:
        """The camera is no longer ours; returns how many frames went with it."""
        queue = self._waiting.pop(camera, None)
        dropped = 0 if queue is None else len(queue)
        self._count -= dropped
        return dropped
