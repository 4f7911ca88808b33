"""Writes openapi.json: `python -m services.gateway.openapi`."""

from __future__ import annotations

import json

from services.gateway.adapters.http.app import create_app
from services.gateway.adapters.http.contract import WRITTEN, complete


def contract_text() -> str:
    """The document as it is kept in the repository, for who builds on it."""
    return json.dumps(complete(create_app(None)), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    WRITTEN.write_text(contract_text())
