"""Demo cameras are registered once, follow their simulator's port, and stay removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.cli.data_directory import DataDirectory
from shared.cli.demo import Demo


class Registry:
    """The gateway's registry, in memory."""

    def __init__(self) -> None:
        self.by_id: dict[str, dict[str, Any]] = {}
        self.site_ids: list[str] = []

    def sites(self) -> list[dict[str, Any]]:
        return [{"id": each} for each in self.site_ids]

    def cameras(self) -> list[dict[str, Any]]:
        return list(self.by_id.values())

    def add_site(self, site: dict[str, Any]) -> dict[str, Any]:
        self.site_ids.append(site["id"])
        return site

    def add_camera(self, camera: dict[str, Any]) -> dict[str, Any]:
        assert camera["site"] in self.site_ids
        self.by_id[camera["id"]] = camera
        return camera

    def change_camera(self, camera_id: str, change: dict[str, Any]) -> dict[str, Any]:
        self.by_id[camera_id] |= change
        return self.by_id[camera_id]


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path)


def test_the_first_start_registers_all_and_the_next_none(data: DataDirectory) -> None:
    registry = Registry()
    for _ in range(2):
        Demo(data, 8554, 4).register(registry)
        assert sorted(registry.by_id) == ["demo-1", "demo-2", "demo-3", "demo-4"]
    assert registry.site_ids == ["demo"]
    assert {camera["purpose"] for camera in registry.cameras()} == {"hygiene", "processing", "dishes", "storage"}


def test_a_removed_camera_does_not_come_back(data: DataDirectory) -> None:
    registry = Registry()
    Demo(data, 8554, 4).register(registry)
    del registry.by_id["demo-2"]
    Demo(data, 8554, 4).register(registry)
    assert "demo-2" not in registry.by_id


def test_more_are_added_and_fewer_take_none_away(data: DataDirectory) -> None:
    registry = Registry()
    for count, expected in ((1, 1), (6, 6), (2, 6), (0, 6)):
        Demo(data, 8554, count).register(registry)
        assert len(registry.by_id) == expected


def test_another_port_is_told_to_the_registry(data: DataDirectory) -> None:
    registry = Registry()
    Demo(data, 8554, 2).register(registry)
    password = registry.by_id["demo-1"]["password"]
    Demo(data, 9000, 2).register(registry)
    assert {camera["main"]["url"] for camera in registry.cameras()} == {
        "rtsp://127.0.0.1:9000/camera-1/main",
        "rtsp://127.0.0.1:9000/camera-2/main",
    }
    assert registry.by_id["demo-1"]["password"] == password


def test_none_are_registered_where_none_are_wanted(data: DataDirectory) -> None:
    registry = Registry()
    Demo(data, 8554, 0).register(registry)
    assert (registry.by_id, registry.site_ids) == ({}, [])
