"""The demo of `bk up`: its simulated cameras are registered and seen online."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]
ONLINE_LIMIT_S = 60.0


def test_the_demo_cameras_come_online(stack: Stack) -> None:
    deadline = time.monotonic() + ONLINE_LIMIT_S
    while not _all_online(cameras := stack.status()["cameras"]):
        assert time.monotonic() < deadline, str(cameras) + stack.logs()
        time.sleep(0.5)
    assert {camera["id"] for camera in cameras} == {"demo-1", "demo-2"}
    assert all(camera["width"] and camera["codecs"] for camera in cameras)


def test_a_camera_of_the_demo_can_be_probed(stack: Stack) -> None:
    url = stack.demo_url(1)
    done = stack.bk("camera", "probe", url, "--user=demo", stdin=stack.demo_password + "\n")
    assert done.returncode == 0, done.stderr
    assert "avc1" in done.stdout


def _all_online(cameras: list[dict[str, Any]]) -> bool:
    return bool(cameras) and all(camera["state"] == "online" for camera in cameras)
