"""Writes openapi.json: `python -m services.gateway.openapi`."""

from __future__ import annotations

import json
from pathlib import Path

from services.gateway.wiring import contract

CONTRACT_FILE = Path(__file__).parent / "openapi.json"


def contract_text() -> str:
    """The document as it is kept in the repository, for who builds on it."""
    return json.dumps(contract(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    CONTRACT_FILE.write_text(contract_text())
