"""Which device looks at which camera, where there are several: the one with the fewest. Pure."""

from __future__ import annotations


class DeviceShare:
    """A camera keeps its device: its pictures, if a GPU decodes them, lie there."""

    def __init__(self, devices: int):
        self._cameras = [0] * devices

    def take(self) -> int:
        """For a camera more; returns the device's number. Give it back with `free`."""
        number = min(range(len(self._cameras)), key=self._cameras.__getitem__)
        self._cameras[number] += 1
        return number

    def free(self, number: int) -> None:
        self._cameras[number] -= 1
