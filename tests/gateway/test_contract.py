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
                    problem = _there(answer)["content"]["application/problem+json"]
                    assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
                    assert problem["example"]["status"] == int(status)


def test_every_reference_leads_somewhere() -> None:
    for reference in _references(CONTRACT):
        _, _, kind, name = reference.split("/")
        assert name in CONTRACT["components"][kind], reference


def test_what_every_guarded_route_can_refuse_is_said() -> None:
    for path, operations in CONTRACT["paths"].items():
        for method, operation in operations.items():
            said = operation["responses"].keys()
            if operation["security"]:
                assert said >= {"401", "403", "429"}, (method, path)
            if "requestBody" in operation:
                assert said >= {"408", "413", "422"}, (method, path)


def test_no_answer_has_a_password() -> None:
    schemas = CONTRACT["components"]["schemas"]
    for name in ("CameraAnswer", "AccountAnswer", "AuditRow", "Status"):
        assert "password" not in schemas[name]["properties"]
        assert "sealed_password" not in schemas[name]["properties"]


def _there(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer, or what its reference leads to."""
    name = answer.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = CONTRACT["components"]["responses"][name] if name else answer
    return found


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []
