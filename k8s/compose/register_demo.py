"""Registers the simulated cameras of docker-compose.yml through the API, as a person would; safe to repeat."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from shared.cli.demo import SITE, USER
from shared.cli.failure import CommandFailed
from shared.cli.gateway_client import GatewayClient


def camera(number: int, url: str, password: str) -> dict[str, Any]:
    """What `POST /cameras` is told of one."""
    return {
        "id": f"demo-{number}",
        "site": SITE["id"],
        "name": f"示范机位 Demo {number}",
        "purpose": "processing",
        "main": {"url": url, "transport": "auto"},
        "sub": {"url": f"{url}/sub", "transport": "auto"},
        "username": USER,
        "password": password,
    }


def register(gateway: GatewayClient, urls: list[str], password: str) -> None:
    """Bring the registry to these cameras; what a person changed since is left as it is."""
    if SITE["id"] not in {site["id"] for site in gateway.sites()}:
        gateway.add_site(SITE)
    known = {each["id"] for each in gateway.cameras()}
    for number, url in enumerate(urls, start=1):
        wanted = camera(number, url, password)
        if wanted["id"] not in known:
            gateway.add_camera(wanted)
            sys.stdout.write(f"registered {wanted['id']} {url}\n")


def main() -> None:
    count = int(os.environ["BK_DEMO_COUNT"])
    urls = [os.environ["BK_DEMO_CAMERAS"].format(number=number) for number in range(1, count + 1)]
    with GatewayClient(os.environ["BK_GATEWAY_URL"]) as gateway:
        gateway.log_in(Path(os.environ["BK_ADMIN_PASSWORD_FILE"]))
        register(gateway, urls, os.environ["BK_SIMULATE_PASSWORD"])
        gateway.log_out()


if __name__ == "__main__":
    try:
        main()
    except CommandFailed as failure:
        sys.exit(str(failure))
