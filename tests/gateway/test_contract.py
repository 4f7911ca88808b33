"""The contract: current, complete, and what the console is generated from."""

from __future__ import annotations

import json
from typing import Any

from services.gateway.adapters.http.access import RULES
from services.gateway.openapi import CONTRACT_FILE, contract_text

CONTRACT: dict[str, Any] = json.loads(contract_text())


def test_the_file_is_current() -> None:
    assert CONTRACT_FILE.read_text() == contract_text(), "run: python -m services.gateway.openapi"


def test_every_route_is_described_with_its_refusals() -> None:
    described = {
        ("WS" if path.endswith("/live") else method.upper(), path)
        for path, operations in CONTRACT["paths"].items()
        for method in operations
    }
    assert described | {("GET", "/api/v1/openapi.json")} == RULES.keys()
    for path, operations in CONTRACT["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    problem = answer["content"]["application/problem+json"]
                    assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
                    assert problem["example"]["status"] == int(status)


def test_every_reference_leads_somewhere() -> None:
    schemas = CONTRACT["components"]["schemas"]
    for reference in _references(CONTRACT):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference


def test_no_answer_has_a_password() -> None:
    schemas = CONTRACT["components"]["schemas"]
    for name in ("CameraAnswer", "AccountAnswer", "AuditRow", "Status"):
        assert "password" not in schemas[name]["properties"]
        assert "sealed_password" not in schemas[name]["properties"]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []
