"""A MediaSink that remembers."""

from __future__ import annotations

from shared.media.access_unit import AccessUnit, AudioUnit


class RecordingSink:
    def __init__(self) -> None:
        self.video: list[AccessUnit] = []
        self.audio: list[AudioUnit] = []
        self.lost = 0
        self.reports: list[tuple[str, int, int, int]] = []

    def on_video(self, unit: AccessUnit) -> None:
        assert sum(map(len, unit.parts)) == unit.size_bytes
        self.video.append(unit)

    def on_audio(self, unit: AudioUnit) -> None:
        self.audio.append(unit)

    def on_loss(self, packets: int) -> None:
        self.lost += packets

    def on_sender_report(self, media: str, wall_us: int, pts: int, received_us: int) -> None:
        self.reports.append((media, wall_us, pts, received_us))

    def pictures(self) -> list[tuple[int, bool, bytes, tuple[bytes, ...] | None]]:
        """What can be compared of each picture."""
        return [(unit.pts_90k, unit.is_idr, b"".join(unit.parts), unit.parameter_sets) for unit in self.video]
