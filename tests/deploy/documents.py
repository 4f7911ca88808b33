"""The files that deploy us, read the way their engines read them: compose, Dockerfiles, kustomize."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # ships no types

ROOT = Path(__file__).parents[2]
SERVICES = ("alerting", "detector", "gateway", "ingest", "intercom", "recorder")
# Containers that hold our code and are no service of ours.
DEMO = ("demo-camera", "demo-registration")
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")

Document = dict[str, Any]


class NotSet(Exception):
    """Compose would refuse to start: a variable with `:?` has no value."""


def compose() -> Document:
    """docker-compose.yml with its anchors resolved."""
    document: Document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """`${NAME}`, `${NAME:-default}` and `${NAME:?message}` as the Compose specification says."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        given = variables.get(name, "")
        if given or kind is None:
            return given
        if kind == ":?":
            raise NotSet(f"{name}: {rest}")
        return str(rest)

    return _VARIABLE.sub(value, text)


def compose_environment(service: str, variables: Mapping[str, str]) -> dict[str, str]:
    """What the container of this name finds in its environment."""
    told = compose()["services"][service].get("environment", {})
    return {name: interpolate(str(value), variables) for name, value in told.items()}


def generated_env(folder: Path) -> dict[str, str]:
    """The .env that `k8s/compose/make-env.sh` writes."""
    path = folder / ".env"
    if not path.exists():
        subprocess.run(["sh", ROOT / "k8s/compose/make-env.sh", path], check=True, capture_output=True)
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def program(name: str) -> str:
    """A program of the environment that runs the tests."""
    return str(Path(sysconfig.get_path("scripts")) / name)


@lru_cache
def _kustomized_text(folder: str) -> str:
    done = subprocess.run([program("kubectl"), "kustomize", ROOT / folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def kustomized(folder: str) -> list[Document]:
    """What `kubectl apply -k` would send."""
    return list(yaml.safe_load_all(_kustomized_text(folder)))


def kustomized_text(folder: str) -> str:
    return _kustomized_text(folder)


def by_kind(documents: list[Document], kind: str) -> dict[str, Document]:
    return {each["metadata"]["name"]: each for each in documents if each["kind"] == kind}


def workloads(documents: list[Document]) -> dict[str, Document]:
    """Everything that runs pods, by name."""
    return by_kind(documents, "Deployment") | by_kind(documents, "StatefulSet")


def pod_spec(workload: Document) -> Document:
    spec: Document = workload["spec"]["template"]["spec"]
    return spec


@lru_cache
def generated_secrets() -> dict[str, dict[str, str]]:
    """What `k8s/make-secrets.sh` prints: Secret name -> key -> value."""
    done = subprocess.run(["sh", ROOT / "k8s/make-secrets.sh"], capture_output=True, text=True, check=True)
    return {each["metadata"]["name"]: each["stringData"] for each in yaml.safe_load_all(done.stdout) if each}


def pod_environment(documents: list[Document], workload: Document) -> dict[str, str]:
    """What the first container finds in its environment, with ConfigMaps and generated Secrets filled in."""
    configs = by_kind(documents, "ConfigMap")
    container = pod_spec(workload)["containers"][0]
    told: dict[str, str] = {}
    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            told |= configs[source["configMapRef"]["name"]]["data"]
        else:
            told |= generated_secrets()[source["secretRef"]["name"]]
    for each in container.get("env", []):
        told[each["name"]] = _value(each)
    return told


def _value(variable: Document) -> str:
    if "value" in variable:
        return str(variable["value"])
    source = variable["valueFrom"]
    if "secretKeyRef" in source:
        return generated_secrets()[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
    return f"some-{source['fieldRef']['fieldPath'].replace('.', '-')}"


def dockerfile(path: str) -> list[tuple[str, str]]:
    """(instruction, arguments) in order, continuation lines joined, comments left out."""
    text = re.sub(r"\\\n", " ", (ROOT / path).read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def said(path: str, instruction: str) -> list[str]:
    """The arguments of every such instruction in the last stage."""
    steps = dockerfile(path)
    last = max(number for number, (word, _) in enumerate(steps) if word == "FROM")
    return [rest for word, rest in steps[last:] if word == instruction]


def image_variables(path: str) -> dict[str, str]:
    """ENV of the last stage."""
    pairs = re.findall(r"(\w+)=(\S+)", " ".join(said(path, "ENV")))
    return dict(pairs)
