"""The gateway's HTTP API as the command line uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from shared.cli.failure import CommandFailed

LIMIT_S = 15.0
REPLAY_LIMIT_S = 60.0
ADMIN = "admin"
_PAGE = 500


class GatewayClient:
    """One login; every refusal becomes one line with what the gateway says to change."""

    def __init__(self, url: str, token: str | None = None):
        self._url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # trust_env off: a proxy of the surroundings has no business between us and loopback.
        self._http = httpx.Client(base_url=f"{self._url}/api/v1", headers=headers, timeout=LIMIT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def log_in(self, password_path: Path) -> None:
        """As admin, with the password that the first start left there."""
        try:
            password = password_path.read_text().strip()
        except OSError as error:
            raise CommandFailed(f"cannot read {password_path} ({error.strerror}): give --token instead") from error
        session = self._call("POST", "/sessions", {"name": ADMIN, "password": password})
        self._http.headers["Authorization"] = f"Bearer {session['token']}"

    def log_out(self) -> None:
        self._call("DELETE", "/sessions/current")

    def status(self) -> dict[str, Any]:
        return dict(self._call("GET", "/status"))

    def cameras(self) -> list[dict[str, Any]]:
        return self._all("/cameras")

    def sites(self) -> list[dict[str, Any]]:
        return self._all("/sites")

    def add_site(self, site: dict[str, Any]) -> dict[str, Any]:
        return dict(self._call("POST", "/sites", site))

    def add_camera(self, camera: dict[str, Any]) -> dict[str, Any]:
        return dict(self._call("POST", "/cameras", camera))

    def change_camera(self, camera_id: str, change: dict[str, Any]) -> dict[str, Any]:
        return dict(self._call("PATCH", f"/cameras/{camera_id}", change))

    def remove_camera(self, camera_id: str) -> None:
        self._call("DELETE", f"/cameras/{camera_id}")

    def alert(self, alert: str) -> dict[str, Any]:
        return dict(self._call("GET", f"/alerts/{alert}"))

    def replay_alert(self, alert: str, asked: dict[str, Any]) -> dict[str, Any]:
        return dict(self._call("POST", f"/alerts/{alert}/replay", asked, timeout=REPLAY_LIMIT_S))

    def alert_clip(self, alert: str) -> bytes:
        """The film that proves it."""
        return self._ask("GET", f"/alerts/{alert}/clip.mp4", timeout=REPLAY_LIMIT_S).content

    def probe(self, source: dict[str, Any]) -> dict[str, Any]:
        return dict(self._call("POST", "/cameras/probe", source))

    def audit_lines(self, format: str, after: int) -> Iterator[str]:
        """The audit trail as it is exported, line by line, never all of it in memory."""
        asked: dict[str, str | int] = {"format": format, "after": after}
        try:
            with self._http.stream("GET", "/audit/export", params=asked) as response:
                if not response.is_success:
                    response.read()
                    raise CommandFailed(_explain(response))
                rest = ""
                for text in response.iter_text():
                    *lines, rest = (rest + text).split("\n")
                    yield from (line + "\n" for line in lines)
                if rest:
                    yield rest
        except httpx.HTTPError as error:
            raise CommandFailed(f"the export broke off ({error}): try again") from error

    def _all(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self._call("GET", path, params={"limit": _PAGE} | ({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return items

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> Any:
        response = self._ask(method, path, body, **more)
        return response.json() if response.content else {}

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, json=body, **more)
        except httpx.HTTPError as error:
            raise CommandFailed(f"no answer from {self._url} ({error}): is bk up running?") from error
        if response.is_success:
            return response
        raise CommandFailed(_explain(response))


def _explain(response: httpx.Response) -> str:
    """What an RFC 9457 problem document says, with the fields it names."""
    try:
        problem = response.json()
    except ValueError:
        return f"the gateway answered {response.status_code} to {response.request.method} {response.request.url.path}"
    text = problem.get("detail") or problem.get("title") or f"the gateway answered {response.status_code}"
    for fault in problem.get("errors") or []:
        text += f" {fault['field']}: {fault['problem']} {fault['change']}"
    return str(text)
