"""`bk camera`: the registry from the command line, and cameras that are not there."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.data_directory import DataDirectory
from shared.cli.failure import one_line
from shared.cli.gateway_client import GatewayClient
from shared.cli.table import show
from shared.simulator.command import simulate

app = typer.Typer(no_args_is_help=True, help="Cameras: add, list, remove, probe, simulate.")
app.command()(simulate)

Data = Annotated[Path, typer.Option("--data", envvar="BK_DATA", help="folder of the running bk up")]
Url = Annotated[str | None, typer.Option("--url", help="another gateway than that of --data")]
Token = Annotated[str | None, typer.Option("--token", envvar="BK_TOKEN", help="a login's token, instead of --data")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]


class Purpose(StrEnum):
    HYGIENE = "hygiene"
    PROCESSING = "processing"
    DISHES = "dishes"
    STORAGE = "storage"


class Talk(StrEnum):
    AUTO = "auto"
    ONVIF = "onvif"
    ISAPI = "isapi"
    DAHUA = "dahua"
    NONE = "none"


class Transport(StrEnum):
    AUTO = "auto"
    TCP = "tcp"
    UDP = "udp"


TalkOption = Annotated[Talk, typer.Option("--talk", help="how its speaker is reached; auto: as it is found to be")]
TalkPort = Annotated[
    int | None, typer.Option("--talk-port", help="isapi, dahua: port of its HTTP server, 80 without", min=1, max=65535)
]


@app.command("list")
def list_cameras(data: Data = Path("data"), url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List cameras and what they do now."""
    with one_line(), gateway_of(data, url, token) as gateway:
        cameras = gateway.cameras()
        if as_json:
            typer.echo(json.dumps(cameras, ensure_ascii=False))
            return
        show(
            ("id", "site", "name", "purpose", "state", "speaker", "address"),
            [
                (
                    camera["id"],
                    camera["site"],
                    camera["name"],
                    camera["purpose"],
                    (camera.get("state") or {}).get("condition", "unknown"),
                    _speaker(camera.get("speaker")),
                    camera["main"]["url"],
                )
                for camera in cameras
            ],
        )


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="rtsp://... and others; a name and password in it are moved out")],
    site: Annotated[str, typer.Option("--site", help="id of its site; made when it is new")],
    name: Annotated[str, typer.Option("--name", help="what people call it")],
    camera_id: Annotated[str | None, typer.Option("--id", help="a-z, 0-9, - and _; made up without")] = None,
    purpose: Annotated[Purpose, typer.Option(help="kind of view")] = Purpose.PROCESSING,
    sub: Annotated[str | None, typer.Option("--sub", help="address of its smaller stream")] = None,
    transport: Annotated[Transport, typer.Option(help="RTSP over")] = Transport.AUTO,
    user: Annotated[str | None, typer.Option("--user", help="the password is asked for, or read from stdin")] = None,
    talk: TalkOption = Talk.AUTO,
    talk_port: TalkPort = None,
    data: Data = Path("data"),
    url: Url = None,
    token: Token = None,
) -> None:
    """Register a camera; pictures follow within seconds."""
    camera: dict[str, Any] = {
        "site": site,
        "name": name,
        "purpose": purpose.value,
        "main": {"url": address, "transport": transport.value},
        "talk": talk.value,
        "talk_port": talk_port,
    }
    if camera_id is not None:
        camera["id"] = camera_id
    if sub is not None:
        camera["sub"] = {"url": sub, "transport": transport.value}
    if user is not None:
        camera |= {"username": user, "password": _password()}
    with one_line(), gateway_of(data, url, token) as gateway:
        if site not in {known["id"] for known in gateway.sites()}:
            gateway.add_site({"id": site, "name": site, "kind": "school"})
        typer.echo(gateway.add_camera(camera)["id"])


@app.command()
def remove(
    camera_id: Annotated[str, typer.Argument(help="its id")],
    data: Data = Path("data"),
    url: Url = None,
    token: Token = None,
) -> None:
    """Forget a camera."""
    with one_line(), gateway_of(data, url, token) as gateway:
        gateway.remove_camera(camera_id)


@app.command()
def probe(
    address: Annotated[str, typer.Argument(help="rtsp://..., http://....m3u8, ...")],
    transport: Annotated[Transport, typer.Option(help="RTSP over")] = Transport.AUTO,
    user: Annotated[str | None, typer.Option("--user", help="the password is asked for, or read from stdin")] = None,
    talk: TalkOption = Talk.AUTO,
    talk_port: TalkPort = None,
    data: Data = Path("data"),
    url: Url = None,
    token: Token = None,
) -> None:
    """Say what a camera would show, and how it can be spoken to, without registering it. Prints JSON."""
    source: dict[str, Any] = {
        "url": address,
        "transport": transport.value,
        "talk": talk.value,
        "talk_port": talk_port,
    }
    if user is not None:
        source |= {"username": user, "password": _password()}
    with one_line(), gateway_of(data, url, token) as gateway:
        typer.echo(json.dumps(gateway.probe(source), ensure_ascii=False, indent=2))


def _speaker(found: dict[str, Any] | None) -> str:
    """In one cell: the way and the codec, or why there is none."""
    if found is None:
        return "not looked for yet"
    return f"{found['way']} {found['codec']}" if found["codec"] else f"{found['way'] or '?'}: {found['reason_code']}"


@contextmanager
def gateway_of(data: Path, url: str | None, token: str | None) -> Iterator[GatewayClient]:
    """A gateway that knows us: by --token, else by the password that --data holds."""
    directory = DataDirectory(data)
    with GatewayClient(url or directory.running().url, token) as gateway:
        if token is not None:
            yield gateway
            return
        gateway.log_in(directory.password_path)
        try:
            yield gateway
        finally:
            gateway.log_out()


def _password() -> str:
    # Never an argument: other users of the machine can read command lines.
    return getpass.getpass("password of the camera: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
