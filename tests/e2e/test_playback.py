"""Playback through the gateway: a recorded stretch, the newest seconds, and what ffmpeg makes of both."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from tests.e2e.live_client import Api
from tests.stack import Stack

CAMERA = "played"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One demo camera, recorded in segments of 4 s."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    env = {"BK_SEGMENT_S": "4"}
    running = Stack(folder / "data", demo=1, env=env)
    running.start()
    yield running
    running.stop()
    rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[Api]:
    logged_in = Api(stack.url, stack.admin_password)
    logged_in.site("school")
    logged_in.add(CAMERA, stack.demo_url(1), username="demo", password=stack.demo_password)
    until_recorded(logged_in, 12.0)
    yield logged_in
    logged_in.close()


def at(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat()


def timeline(api: Api, back_s: float = 3600.0) -> dict[str, Any]:
    now = time.time()
    answer = api.http.get(f"/cameras/{CAMERA}/timeline", params={"start": at(now - back_s), "end": at(now + 1)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def until_recorded(api: Api, seconds: float) -> tuple[float, float]:
    """Until so much plays without a hole; from when to when it does."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        ranges = timeline(api)["ranges"]
        if ranges:
            first, last = (datetime.fromisoformat(ranges[-1][side]).timestamp() for side in ("start", "end"))
            if last - first >= seconds:
                return first, last
        time.sleep(0.5)
    raise AssertionError("nothing was recorded")


def playlist(api: Api, start_s: float, end_s: float | None) -> str:
    params = {"start": at(start_s)} | ({} if end_s is None else {"end": at(end_s)})
    answer = api.http.get(f"/cameras/{CAMERA}/playback.m3u8", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    return answer.text


def test_the_timeline_reaches_to_within_seconds_of_now(api: Api) -> None:
    first, last = until_recorded(api, 12.0)
    assert time.time() - last < 2.5, "the demo's GOPs are a second or two long"
    assert last - first >= 12.0


def test_a_stretch_that_is_over_plays_in_ffmpeg_from_its_first_picture_to_its_last(api: Api) -> None:
    first, _ = until_recorded(api, 12.0)
    token = api.http.post("/media-tokens", json={"camera": CAMERA, "verb": "playback"}).json()["token"]
    url = f"{api.url}/api/v1/cameras/{CAMERA}/playback.m3u8"
    wanted = str(httpx.URL(url, params={"start": at(first + 2), "end": at(first + 10), "token": token}))
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets",
         "-allowed_extensions", "ALL", "-extension_picky", "0", wanted],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    streams = {one["codec_name"]: int(one["nb_read_packets"]) for one in json.loads(shown.stdout)["streams"]}
    # 8 s at 25 pictures, and at most a GOP more at each end
    assert 200 <= streams["h264"] <= 200 + 4 * 50
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-allowed_extensions", "ALL", "-extension_picky", "0", "-i", wanted, "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (decoded.returncode, decoded.stderr) == (0, "")


def test_byte_ranges_are_those_of_the_file(api: Api) -> None:
    first, _ = until_recorded(api, 12.0)
    text = playlist(api, first, first + 6)
    name = next(line for line in text.splitlines() if line.startswith("recordings/"))
    whole = api.http.get(f"/cameras/{CAMERA}/{name}")
    assert whole.status_code == 200
    part = api.http.get(f"/cameras/{CAMERA}/{name}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    beyond = api.http.get(f"/cameras/{CAMERA}/{name}", headers={"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    assert beyond.json()["code"] == "no_such_bytes"


def test_a_growing_playlist_only_grows_and_its_addresses_stay(api: Api) -> None:
    first, _ = until_recorded(api, 12.0)
    before = playlist(api, first, None)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in before
    assert "#EXT-X-ENDLIST" not in before
    last = [line for line in before.splitlines() if line.startswith("gops/")][-1]
    newest = api.http.get(f"/cameras/{CAMERA}/{last}")  # still on the bus
    assert newest.status_code == 200
    deadline = time.monotonic() + 30
    while not (after := playlist(api, first, None)).startswith(before) or len(after) < len(before) + 500:
        assert after.startswith(before), "what was told is never told otherwise"
        assert time.monotonic() < deadline
        time.sleep(1)
    time.sleep(5)  # a segment later it lies in S3
    assert api.http.get(f"/cameras/{CAMERA}/{last}").content == newest.content
    with av.open(io.BytesIO(newest.content)) as file:
        assert sum(1 for _ in file.decode(video=0)) > 20


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("playback.m3u8?start=2020-01-01T00:00:00Z&end=2020-01-01T01:00:00Z", 404, "nothing_recorded"),
        ("playback.m3u8?start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z", 400, "range_too_long"),
        ("playback.m3u8?start=2020-01-02T00:00:00Z&end=2020-01-01T00:00:00Z", 400, "bad_range"),
        ("playback.m3u8?start=2020-01-01T00:00:00&end=2020-01-01T01:00:00Z", 422, "invalid_fields"),
        ("timeline?start=2020-01-01T00:00:00Z&end=2021-01-01T00:00:00Z", 400, "range_too_long"),
        ("recordings/main/2020/01/01/none.mp4", 404, "no_such_recording"),
        ("recordings/main/2020/01/01/..%2F..%2Fother.mp4", 404, None),
        ("gops/main/aa/1-2.mp4", 404, "no_such_recording"),
        ("gops/main/aa/nonsense.mp4", 404, "no_such_recording"),
    ],
)
def test_what_is_refused_says_what_to_change(api: Api, path: str, status: int, code: str | None) -> None:
    answer = api.http.get(f"/cameras/{CAMERA}/{path}")
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code


def test_playback_needs_its_own_token_and_leaves_a_trace(api: Api) -> None:
    first, _ = until_recorded(api, 12.0)
    url = f"{api.url}/api/v1/cameras/{CAMERA}/playback.m3u8"
    params = {"start": at(first), "end": at(first + 4)}
    assert httpx.get(url, params=params, trust_env=False).status_code == 401
    view = api.http.post("/media-tokens", json={"camera": CAMERA, "verb": "view"}).json()["token"]
    assert httpx.get(url, params=params | {"token": view}, trust_env=False).status_code == 403
    for _ in range(3):
        playlist(api, first, first + 4)
    rows = api.http.get("/audit", params={"camera": CAMERA}).json()["items"]
    same = [row for row in rows if row["action"] == "playback" and row["detail"]["from_us"] == str(round(first * 1e6))]
    assert len([row for row in same if row["detail"]["to_us"] == str(round((first + 4) * 1e6))]) == 1


def test_gstreamer_plays_the_same_address(api: Api) -> None:
    first, _ = until_recorded(api, 12.0)
    token = api.http.post("/media-tokens", json={"camera": CAMERA, "verb": "playback"}).json()["token"]
    url = f"{api.url}/api/v1/cameras/{CAMERA}/playback.m3u8"
    wanted = str(httpx.URL(url, params={"start": at(first + 2), "end": at(first + 8), "token": token}))
    done = subprocess.run(
        ["gst-launch-1.0", "playbin", f"uri={wanted}", "audio-sink=fakesink",
         "video-sink=fakesink sync=false num-buffers=100 silent=false", "-v"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("chain ") >= 100, done.stdout[-2000:]


def test_a_clip_is_cut_reported_downloaded_in_parts_and_accepted_by_ffprobe(api: Api, tmp_path: Path) -> None:
    first, _ = until_recorded(api, 16.0)
    body = {"camera": CAMERA, "start": at(first + 3.2), "end": at(first + 11.2), "is_exact": True}
    asked = api.http.post("/clips", json=body)
    assert asked.status_code == 202, asked.text
    clip = asked.json()
    deadline = time.monotonic() + 30
    while clip["state"] not in ("ready", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        clip = api.http.get(f"/clips/{clip['id']}").json()
    assert (clip["state"], clip["progress"], clip["error"]) == ("ready", 1.0, None)
    half = clip["size_bytes"] // 2
    address = f"/clips/{clip['id']}/file.mp4"
    parts = [
        api.http.get(address, headers={"Range": f"bytes=0-{half - 1}"}),
        api.http.get(address, headers={"Range": f"bytes={half}-"}),
    ]
    assert [part.status_code for part in parts] == [206, 206]
    data = b"".join(part.content for part in parts)
    assert hashlib.sha256(data).hexdigest() == clip["sha256"]
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_entries", "format=duration", str(path)],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert told.stderr == ""
    assert float(json.loads(told.stdout)["format"]["duration"]) == pytest.approx(8.0, abs=0.1)
    assert clip["id"] in [one["id"] for one in api.http.get("/clips", params={"camera": CAMERA}).json()["items"]]
    assert api.http.delete(f"/clips/{clip['id']}").status_code == 204
    assert api.http.get(f"/clips/{clip['id']}").status_code == 404


def test_a_clip_of_nothing_fails_in_words(api: Api) -> None:
    body = {"camera": CAMERA, "start": "2020-01-01T00:00:00Z", "end": "2020-01-01T00:01:00Z"}
    clip = api.http.post("/clips", json=body).json()
    deadline = time.monotonic() + 30
    while clip["state"] not in ("ready", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        clip = api.http.get(f"/clips/{clip['id']}").json()
    assert (clip["state"], clip["error_code"]) == ("failed", "nothing_recorded")


@pytest.mark.parametrize(("kind", "width"), [("jpeg", 1280), ("png", 640)])
def test_a_still_of_a_moment_long_stored_and_of_one_on_the_bus(api: Api, kind: str, width: int) -> None:
    first, last = until_recorded(api, 12.0)
    for moment in (first + 5.0, last - 0.5):
        body = {"camera": CAMERA, "at": at(moment), "kind": kind, "max_width": width}
        answer = api.http.post("/snapshots", json=body)
        assert answer.status_code == 200, answer.text
        captured_s = int(answer.headers["X-Captured-Us"]) / 1e6
        assert 0 <= moment - captured_s < 0.08
        picture = Image.open(io.BytesIO(answer.content))
        assert (picture.format, picture.width) == (kind.upper(), width)
    nothing = api.http.post("/snapshots", json={"camera": CAMERA, "at": "2020-01-01T00:00:00Z"})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "nothing_recorded")


def test_a_sheet_shows_the_minutes_that_were_recorded(api: Api) -> None:
    first, _ = until_recorded(api, 12.0)
    hour = first - first % 3600
    answer = api.http.get(f"/cameras/{CAMERA}/thumbnails.jpg", params={"hour": at(hour)})
    assert answer.status_code == 200, answer.text
    assert Image.open(io.BytesIO(answer.content)).size == (1600, 540)
    assert answer.headers["X-Filled"][int((first - hour) // 60)] == "1"


def test_a_case_is_sealed_and_its_own_verifier_accepts_it(api: Api, tmp_path: Path) -> None:
    first, _ = until_recorded(api, 16.0)
    body = {
        "cameras": [CAMERA],
        "start": at(first + 2),
        "end": at(first + 9),
        "locked_until": at(time.time() + 86_400),
        "reason": "投诉 117",
        "stills": [at(first + 4)],
    }
    asked = api.http.post("/evidence", json=body)
    assert asked.status_code == 202, asked.text
    case = asked.json()
    deadline = time.monotonic() + 60
    while case["state"] not in ("sealed", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.3)
        case = api.http.get(f"/evidence/{case['id']}").json()
    assert (case["state"], case["error"]) == ("sealed", None)
    data = api.http.get(f"/evidence/{case['id']}/file.zip").content
    assert hashlib.sha256(data).hexdigest() == case["sha256"]
    path = tmp_path / "case.zip"
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert any(name.endswith(".jpg") for name in names), names
    verifier = next(name for name in names if name.endswith(".py"))
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / verifier), str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    stored = api.http.get("/storage").json()["items"]
    kept = next(one for one in stored if one["camera"] == CAMERA)
    assert kept["retention_days"] == 30
    assert kept["size_bytes"] > 100_000
