"""`bk camera simulate`."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.failure import CommandFailed, one_line

PASSWORD_VARIABLE = "BK_SIMULATE_PASSWORD"


class Kind(StrEnum):
    DEMO = "demo"
    BENCH = "bench"


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "bright-kitchen" / "footage"


def simulate(
    count: Annotated[int, typer.Option("--count", help="how many cameras", min=1, max=1000)] = 4,
    host: Annotated[str, typer.Option("--host", help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0: any that is free; it is printed", min=0, max=65535)] = 8554,
    kind: Annotated[
        Kind, typer.Option("--kind", help="a drawn kitchen, or 1080p25 at 4 Mbit/s to measure with")
    ] = Kind.DEMO,
    file: Annotated[Path | None, typer.Option("--file", help="show this H.264 or H.265 file instead, as it is")] = None,
    user: Annotated[str | None, typer.Option("--user", help=f"ask for a password (${PASSWORD_VARIABLE})")] = None,
    password_file: Annotated[Path | None, typer.Option("--password-file", help="holds the password instead")] = None,
    backchannel: Annotated[bool, typer.Option("--backchannel", help="take sound (ONVIF, PCMU)")] = False,
    room: Annotated[
        bool, typer.Option("--room", help="let the microphone hear the loudspeaker, a kitchen's hum beside it")
    ] = False,
    heard: Annotated[Path | None, typer.Option("--heard", help="folder for what was said, camera-<n>.ulaw")] = None,
    one_talker: Annotated[bool, typer.Option("--one-talker", help="refuse a second backchannel of a camera")] = False,
    pieces: Annotated[
        int, typer.Option("--pieces", help="writes per picture, spread over its time", min=1, max=64)
    ] = 1,
    control_port: Annotated[
        int | None,
        typer.Option(
            "--control-port", help="tell over HTTP what was sent when, turn a room's knobs; 0: any", min=0, max=65535
        ),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", envvar="BK_SIMULATE_CACHE", help="folder where composed footage is kept")
    ] = None,
) -> None:
    """Be cameras: rtsp://HOST:PORT/cam/1, /cam/1/sub, /cam/2, ... until Ctrl-C."""
    with one_line():
        # Imported here: PyAV and numpy would make every other command of bk start half a second later.
        from shared.simulator.fleet import FleetOptions
        from shared.simulator.run import run_fleet

        secret = _password(user, password_file)
        options = FleetOptions(count, host, port, user, secret, backchannel or room, pieces, heard, room, one_talker)
        run_fleet(options, kind.value, file, cache or _default_cache(), control_port, typer.echo)


def _password(user: str | None, file: Path | None) -> str:
    if user is None:
        return ""
    try:
        password = os.environ.get(PASSWORD_VARIABLE, "") if file is None else file.read_text().strip()
    except OSError as error:
        raise CommandFailed(f"cannot read {file}: {error.strerror}") from error
    if not password:
        raise CommandFailed(f"--user needs a password: set {PASSWORD_VARIABLE}, or --password-file")
    return password
