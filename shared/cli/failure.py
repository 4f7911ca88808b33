"""How a command ends when something outside must be changed first: one line, no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from shared.errors import BrightKitchenError


class CommandFailed(BrightKitchenError):
    """The one line a person reads; it says what to do. `exit_code` is what scripts read."""

    def __init__(self, message: str, *, exit_code: int = 1):
        super().__init__(message)
        self.exit_code = exit_code


@contextmanager
def one_line() -> Iterator[None]:
    """Turn errors of ours into one line on stderr and an exit code."""
    try:
        yield
    except CommandFailed as error:
        typer.echo(f"bk: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    except BrightKitchenError as error:
        typer.echo(f"bk: {error}", err=True)
        raise typer.Exit(1) from error
