"""Which python3.11 of several on the PATH makes the environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def chosen(*folders: Path) -> str:
    path = ":".join([*map(str, folders), "/usr/bin", "/bin"])
    told = subprocess.run(
        [ROOT / ".ci" / "python", "python3.11.of.a.test"],
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()


def python(folder: Path, answer: str) -> Path:
    """An interpreter that says `answer` when it is measured."""
    folder.mkdir()
    program = folder / "python3.11.of.a.test"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("first", "second", "is_second"),
    [
        ("echo 1500", "echo 1000", True),  # compiled with plain options, and with its compiler's
        ("echo 1000", "echo 950", False),  # no more than chance: what the person put first
        ("echo 1000", "echo 1500", False),
        ("exit 1", "echo 1500", True),  # no venv, or a shim that leads nowhere
        ("echo 1000", "exit 1", False),
        ("echo out of order", "echo 1500", True),
        ("exit 1", f'exec {sys.executable} "$@"', True),  # what is asked of it runs
    ],
)
def test_the_first_on_the_path_unless_another_is_much_faster(
    tmp_path: Path, first: str, second: str, is_second: bool
) -> None:
    folders = [python(tmp_path / "first", first), python(tmp_path / "second", second)]
    assert chosen(*folders) == str(folders[is_second] / "python3.11.of.a.test")


def test_where_none_runs_the_name_is_left_for_the_installation_to_complain_about(tmp_path: Path) -> None:
    assert chosen(python(tmp_path / "broken", "exit 1")) == "python3.11.of.a.test"
