"""nats-server on the configurations that containers use: only paths, hosts and port numbers are changed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from k8s.nats_permissions import PATH
from shared.embedded.ports import HOST
from shared.embedded.process import Process, program
from tests.deploy.documents import ROOT

STOP_LIMIT_S = 20.0


@asynccontextmanager
async def nats_server(
    folder: Path,
    source: str,
    passwords: Mapping[str, str],
    *,
    ports: Mapping[str, int],
    replace: Mapping[str, str] | None = None,
    store_bytes: int = 4 * 1024**3,
) -> AsyncIterator[Process]:
    """Started, not yet ready. `ports` maps those of the file to those to use; `passwords` are by service."""
    folder.mkdir()
    text = (ROOT / source).read_text()
    for before, port in ports.items():
        text = re.sub(rf'"(0\.0\.0\.0|127\.0\.0\.1):{before}"', f'"{HOST}:{port}"', text)
    for before, after in {'"/data"': f'"{folder}/data"', "/run/nats": str(folder), **(replace or {})}.items():
        text = text.replace(before, after)
    (folder / "nats.conf").write_text(text)
    (folder / "permissions.conf").write_text(PATH.read_text())
    told = {f"BK_NATS_PASSWORD_{service.upper()}": password for service, password in passwords.items()}
    told |= {"BK_NATS_STORE_BYTES": str(store_bytes), "POD_NAME": folder.name}
    argv: list[str | Path] = [program("nats-server"), "--config", folder / "nats.conf"]
    process = Process(folder.name, argv, folder / "log", env=told)
    await process.start()
    try:
        yield process
    finally:
        await process.stop(STOP_LIMIT_S)
