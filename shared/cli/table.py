"""A table for people: drawn on a terminal, columns separated by tabs where a program reads."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_COLOURS = {
    "ready": "green",
    "online": "green",
    "connecting": "yellow",
    "not_ready": "yellow",
    "stalled": "yellow",
    "down": "red",
    "refused": "red",
    "unreachable": "red",
}


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        # Text, not markup: a camera's name may contain brackets.
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    Console().print(table)
