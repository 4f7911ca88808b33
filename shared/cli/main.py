"""The commands of `bk`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared.cli import alerts, audit, camera, models
from shared.cli.failure import one_line
from shared.cli.status import status as show_status
from shared.cli.up import up as run_up

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Bright Kitchen on one machine.",
)
app.add_typer(alerts.app, name="alerts")
app.add_typer(camera.app, name="camera")
app.add_typer(audit.app, name="audit")
app.add_typer(models.app, name="models")

Data = Annotated[Path, typer.Option("--data", envvar="BK_DATA", help="folder with everything of this installation")]


@app.command()
def up(
    data: Data = Path("data"),
    port: Annotated[int, typer.Option("--port", help="of the console and the API", min=1, max=65535)] = 8080,
    demo: Annotated[int, typer.Option("--demo", help="simulated cameras to register", min=0, max=64)] = 4,
) -> None:
    """Start servers, services and demo cameras; run in the foreground until Ctrl-C."""
    with one_line():
        run_up(data, port, demo)


@app.command()
def status(
    data: Data = Path("data"),
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """List services and cameras. Exit code 0: all ready, 3: not running, 4: a service is not ready."""
    with one_line():
        show_status(data, as_json=as_json)


if __name__ == "__main__":
    app()
