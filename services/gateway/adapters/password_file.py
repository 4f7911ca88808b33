"""The file that holds the first administrator's password, for the person who started us."""

from __future__ import annotations

import os
from pathlib import Path


def write_password(file: Path, password: str) -> None:
    """Mode 0600 from the first moment; raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(file.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as writing:
        writing.write(password + "\n")
        writing.flush()
        os.fsync(writing.fileno())
    temporary.replace(file)
