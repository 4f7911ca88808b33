"""`bk audit`: take the audit trail out, and check that nobody changed it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TextIO, cast

import typer

from shared.audit_chain import ChainedRow, NotARow, Verdict, read_csv, read_json, verify
from shared.cli.data_directory import DataDirectory
from shared.cli.failure import CommandFailed, one_line
from shared.cli.gateway_client import GatewayClient

app = typer.Typer(no_args_is_help=True, help="The audit trail: export, verify.")

EXIT_BROKEN = 5

Data = Annotated[Path, typer.Option("--data", envvar="BK_DATA", help="folder of the running bk up")]
Url = Annotated[str | None, typer.Option("--url", help="another gateway than that of --data")]
Token = Annotated[str | None, typer.Option("--token", envvar="BK_TOKEN", help="a token that may read the audit trail")]


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="to be written; - is standard output")],
    format: Annotated[Format, typer.Option(help="csv: no cell is taken for a formula")] = Format.JSONL,
    after: Annotated[int, typer.Option(help="rows behind this number alone", min=0)] = 0,
    data: Data = Path("data"),
    url: Url = None,
    token: Token = None,
) -> None:
    """Write every row with its hash."""
    with one_line(), _gateway(data, url, token) as gateway:
        out = sys.stdout if str(file) == "-" else _open(file, "w")
        with out:
            for line in gateway.audit_lines(format.value, after):
                out.write(line)


@app.command("verify")
def verify_chain(
    file: Annotated[
        Path | None, typer.Argument(help="an exported file; without it, the database through the gateway")
    ] = None,
    expect: Annotated[
        list[str] | None, typer.Option(help="NUMBER:HASH that was noted elsewhere; may be repeated")
    ] = None,
    data: Data = Path("data"),
    url: Url = None,
    token: Token = None,
) -> None:
    """Say the first row that does not fit the chain. Exit code 0: whole, 5: broken.

    Note NUMBER:HASH of its last line where nobody who writes the database can reach it, and give it with --expect the
    next time: a chain that was cut short or written anew as a whole is found by that alone.
    """
    with one_line():
        noted = dict(_noted(each) for each in expect or [])
        try:
            verdict = _of_file(file, noted) if file is not None else _of_database(data, url, token, noted)
        except NotARow as error:
            raise CommandFailed(f"cannot be read as an export of the audit trail: {error}") from error
    typer.echo(_words(verdict))
    if verdict.broken_at is not None:
        raise typer.Exit(EXIT_BROKEN)


def _of_file(file: Path, noted: dict[int, bytes]) -> Verdict:
    with _open(file, "r") as lines:
        first = lines.readline()
        lines.seek(0)
        rows: Iterator[ChainedRow] = read_json(lines) if first.startswith("{") else read_csv(lines)
        return verify(rows, noted)


def _of_database(data: Path, url: str | None, token: str | None, noted: dict[int, bytes]) -> Verdict:
    with _gateway(data, url, token) as gateway:
        return verify(read_json(gateway.audit_lines("jsonl", 0)), noted)


def _words(verdict: Verdict) -> str:
    if verdict.broken_at is not None:
        kept = f"{verdict.rows} rows before it fit" if verdict.rows else "no row before it fits"
        return f"BROKEN at row {verdict.broken_at}: {verdict.reason}. {kept}."
    if verdict.first is None:
        return "whole: no rows"
    head = f"{verdict.last}:{verdict.head.hex()}"
    return f"whole: {verdict.rows} rows, {verdict.first} to {verdict.last}; note {head}"


def _noted(text: str) -> tuple[int, bytes]:
    number, _, digest = text.partition(":")
    try:
        return int(number), bytes.fromhex(digest)
    except ValueError as error:
        raise CommandFailed(f"--expect {text!r} is not NUMBER:HASH, as `bk audit verify` prints it") from error


def _open(file: Path, mode: Literal["r", "w"]) -> TextIO:
    try:
        return cast(TextIO, file.open(mode, encoding="utf-8", newline=""))
    except OSError as error:
        raise CommandFailed(f"cannot open {file}: {error.strerror}") from error


@contextmanager
def _gateway(data: Path, url: str | None, token: str | None) -> Iterator[GatewayClient]:
    directory = DataDirectory(data)
    with GatewayClient(url or directory.running().url, token) as gateway:
        if token is None:
            gateway.log_in(directory.password_path)
        try:
            yield gateway
        finally:
            if token is None:
                gateway.log_out()
