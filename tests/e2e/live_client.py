"""A front-end developer's view of the product: the HTTP API, and the live WebSocket, nothing of ours inside."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import httpx
from websockets.sync.client import connect


class Api:
    """Logged in, as administrator where nobody is named."""

    def __init__(self, url: str, password: str, name: str = "admin"):
        self.url = url
        # Without TLS nothing is verified, and reading all the world's certificates takes 30 ms.
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=30.0, trust_env=False, verify=False)
        answer = self.http.post("/sessions", json={"name": name, "password": password})
        assert answer.status_code == 201, answer.text
        self.token = str(answer.json()["token"])
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def close(self) -> None:
        self.http.close()

    def site(self, site: str) -> None:
        answer = self.http.post("/sites", json={"id": site, "name": site, "kind": "school"})
        assert answer.status_code in (201, 409), answer.text

    def add(self, camera: str, url: str, **more: Any) -> dict[str, Any]:
        body = {
            "id": camera,
            "site": more.pop("site", "school"),
            "name": camera,
            "purpose": "processing",
            "main": {"url": url, "transport": more.pop("transport", "auto")},
            **more,
        }
        answer = self.http.post("/cameras", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def remove(self, camera: str) -> None:
        assert self.http.delete(f"/cameras/{camera}").status_code in (200, 204)

    @contextmanager
    def camera(self, camera: str, url: str, **more: Any) -> Iterator[str]:
        self.add(camera, url, **more)
        try:
            yield camera
        finally:
            self.remove(camera)

    def state(self, camera: str) -> dict[str, Any]:
        answer = self.http.get(f"/cameras/{camera}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json().get("state") or {})

    def until(
        self, camera: str, is_so: Callable[[dict[str, Any]], bool], limit_s: float
    ) -> tuple[dict[str, Any], float]:
        """Wait for a state; returns it and the seconds it took."""
        began = time.monotonic()
        state: dict[str, Any] = {}
        while time.monotonic() - began < limit_s:
            state = self.state(camera)
            if is_so(state):
                return state, time.monotonic() - began
            time.sleep(0.1)
        raise AssertionError(f"after {limit_s} s {camera} is {state}")

    def until_condition(self, camera: str, condition: str, limit_s: float = 15.0) -> tuple[dict[str, Any], float]:
        return self.until(camera, lambda state: state.get("condition") == condition, limit_s)

    def watch(
        self,
        camera: str,
        seconds: float,
        stream: str = "main",
        codecs: str = "",
        is_enough: Callable[[Watched], bool] = lambda _: False,
    ) -> Watched:
        """Watch for a while, as a player does; no longer than until `is_enough` of what has come."""
        ws_url = self.url.replace("http", "ws") + f"/api/v1/cameras/{camera}/live?stream={stream}&codecs={codecs}"
        watched = Watched(time.monotonic())
        headers = {"Authorization": f"Bearer {self.token}"}
        with connect(ws_url, additional_headers=headers, max_size=None, proxy=None) as socket:
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                try:
                    message = socket.recv(timeout=left)
                except TimeoutError:
                    break
                watched.hear(message)
                if is_enough(watched):
                    break
        return watched


@dataclass(slots=True)
class Watched:
    """What came over one WebSocket."""

    began: float
    words: list[dict[str, Any]] = field(default_factory=list)
    fragments: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    first_s: float | None = None

    def hear(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.words.append(json.loads(message))
        else:
            self.first_s = self.first_s if self.first_s is not None else time.monotonic() - self.began
            self.fragments.append((self.words[-1], message))

    @property
    def codecs(self) -> list[str]:
        return [word["codecs"] for word in self.words if word["type"] == "stream"]

    def runs(self) -> list[bytes]:
        """The bytes of each run, as MediaSource gets them."""
        runs: dict[str, bytearray] = {}
        for words, payload in self.fragments:
            runs.setdefault(words["run"], bytearray()).extend(payload)
        return [bytes(run) for run in runs.values()]

    def decoded(self) -> tuple[int, int]:
        """(pictures, pieces of sound) that libav decodes of everything that came; it raises where it cannot."""
        pictures = sounds = 0
        for run in self.runs():
            with av.open(io.BytesIO(run)) as container:
                for frame in container.decode():
                    if isinstance(frame, av.VideoFrame):
                        pictures += 1
                    else:
                        sounds += 1
        return pictures, sounds
