"""One version of everything: what pyproject.toml names is what .ci/constraints.txt holds."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parents[2]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
_EXTRAS: dict[str, list[str]] = _PROJECT["optional-dependencies"]
_NAMED = [*_PROJECT["dependencies"], *(each for extra in _EXTRAS.values() for each in extra)]


def _constraints() -> dict[str, str]:
    lines = [line for line in (_ROOT / ".ci/constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


@pytest.mark.parametrize("named", _NAMED)
def test_a_pin_is_exact_and_the_same_everywhere(named: str) -> None:
    requirement = Requirement(named)
    (pin,) = requirement.specifier
    assert pin.operator == "=="
    assert _constraints()[canonicalize_name(requirement.name)] == pin.version


def test_torch_and_torchvision_are_pinned_together() -> None:
    assert [Requirement(each).name for each in _EXTRAS["detector"]][:2] == ["torch", "torchvision"]


def test_no_registry_is_named() -> None:
    for name in (
        "pyproject.toml",
        ".ci/constraints.txt",
        "Makefile",
        ".ci/install",
        ".ci/build-console",
        ".ci/peers",
    ):
        assert "http" not in (_ROOT / name).read_text().replace("httptools", "").replace("httpx", "").replace(
            "httpcore", ""
        ).replace("aiohttp", "").replace("HTTP", ""), name
