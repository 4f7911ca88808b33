"""k8s/ against Kubernetes' own schemas and against the code. No cluster is needed, and none is used."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types

from shared.bus.streams import DEFAULT_LIMITS, EVENTS
from shared.settings_table import settings_classes
from tests.deploy.documents import (
    ROOT,
    SERVICES,
    Document,
    by_kind,
    compose,
    generated_secrets,
    image_variables,
    interpolate,
    kustomized,
    kustomized_text,
    pod_environment,
    pod_spec,
    program,
    workloads,
)

FOLDERS = ("k8s/base", "k8s/overlays/demo")
BASE, DEMO = FOLDERS
POD_LABELS = {"BK_NATS_URL": "uses-bus", "BK_DATABASE_URL": "uses-database", "BK_S3_ACCESS_KEY": "uses-objects"}


NAMES = {BASE: (*SERVICES, "nats"), DEMO: (*SERVICES, "nats", "postgres", "minio", "demo-camera")}
EVERY_WORKLOAD = [(folder, name) for folder, names in NAMES.items() for name in names]
EVERY_SERVICE = [(folder, service) for folder in FOLDERS for service in SERVICES]


# Schemas


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_api_server_would_take_it(folder: str, tmp_path: Path) -> None:
    _validate(kustomized_text(folder), tmp_path)


def test_the_api_server_would_take_the_secrets(tmp_path: Path) -> None:
    done = subprocess.run(["sh", ROOT / "k8s/make-secrets.sh"], capture_output=True, text=True, check=True)
    _validate(done.stdout, tmp_path)


def _validate(text: str, folder: Path) -> None:
    path = folder / "all.yaml"
    path.write_text(text)
    argv = [program("kubernetes-validate"), "--strict", "--quiet", "-k", "1.37", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Against the code


@pytest.mark.parametrize("folder", FOLDERS)
def test_everything_is_there_and_nothing_else(folder: str) -> None:
    assert set(workloads(kustomized(folder))) == set(NAMES[folder])


@pytest.mark.parametrize(("folder", "service"), EVERY_SERVICE)
def test_a_service_accepts_what_it_is_told(folder: str, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = kustomized(folder)
    told = pod_environment(documents, workloads(documents)[service])
    settings = settings_classes()[service]
    # The ConfigMap is everybody's: a service may leave out what is not for it, never what is its own.
    everybodys = by_kind(documents, "ConfigMap")["bright-kitchen"]["data"]
    known = {f"BK_{name.upper()}" for each in settings_classes().values() for name in each.model_fields}
    own = {f"BK_{name.upper()}" for name in settings.model_fields}
    assert {name for name in told if name.startswith("BK_")} - set(everybodys) <= own
    assert set(everybodys) <= known
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings()  # raises where one that is required is missing or wrong
    assert told["BK_NATS_USER"] == service


@pytest.mark.parametrize(("folder", "service"), EVERY_SERVICE)
def test_a_service_is_probed_where_it_listens(folder: str, service: str) -> None:
    documents = kustomized(folder)
    workload = workloads(documents)[service]
    container = pod_spec(workload)["containers"][0]
    port = int(pod_environment(documents, workload)["BK_HTTP_PORT"])
    assert [each for each in container["ports"] if each.get("protocol", "TCP") == "TCP"] == [
        {"name": "http", "containerPort": port}
    ]
    assert str(port) == image_variables(f"services/{service}/Dockerfile")["BK_HTTP_PORT"]
    paths = {kind: container[kind]["httpGet"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths["startupProbe"] == paths["livenessProbe"] == {"path": "/healthz", "port": "http"}
    assert paths["readinessProbe"] == {"path": "/readyz", "port": "http"}
    marks = workload["spec"]["template"]["metadata"]["annotations"]
    assert marks["prometheus.io/port"] == str(port)
    assert container["image"].startswith(f"bright-kitchen/{service}:")


@pytest.mark.parametrize(("folder", "service"), EVERY_SERVICE)
def test_a_pod_may_reach_what_it_is_told_of_and_no_more(folder: str, service: str) -> None:
    documents = kustomized(folder)
    workload = workloads(documents)[service]
    told = pod_environment(documents, workload)
    marks = workload["spec"]["template"]["metadata"]["labels"]
    for variable, label in POD_LABELS.items():
        # The gateway has no key to S3: it reads what the recorder signs an address for.
        is_reader = service == "gateway" and label == "uses-objects"
        assert (f"bright-kitchen/{label}" in marks) == (variable in told or is_reader), f"{service}: {label}"


def test_the_bus_is_where_it_is_looked_for() -> None:
    documents = kustomized(BASE)
    urls = by_kind(documents, "ConfigMap")["bright-kitchen"]["data"]["BK_NATS_URL"].split(",")
    nats = by_kind(documents, "StatefulSet")["nats"]["spec"]
    assert urls == [f"nats://nats-{number}.{nats['serviceName']}:4222" for number in range(nats["replicas"])]
    ports = {each["name"]: each["containerPort"] for each in nats["template"]["spec"]["containers"][0]["ports"]}
    configured = (ROOT / "k8s/base/nats/nats.conf").read_text()
    assert set(re.findall(r'"0\.0\.0\.0:(\d+)"', configured)) == {str(port) for port in ports.values()}
    for number in range(nats["replicas"]):
        assert f'"nats://nats-{number}.{nats["serviceName"]}:{ports["cluster"]}"' in configured


@pytest.mark.parametrize("folder", FOLDERS)
def test_streams_fit_on_the_disk_of_the_bus(folder: str) -> None:
    documents = kustomized(folder)
    nats = by_kind(documents, "StatefulSet")["nats"]
    store = int(pod_environment(documents, nats)["BK_NATS_STORE_BYTES"])
    told = pod_environment(documents, workloads(documents)["ingest"])
    default = settings_classes()["ingest"].model_fields["media_max_bytes"].default
    assert int(told.get("BK_MEDIA_MAX_BYTES", default)) + DEFAULT_LIMITS[EVENTS].max_bytes < store
    claim = nats["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
    assert store < int(claim.removesuffix("Gi")) * 1024**3


def test_demo_servers_are_where_services_look() -> None:
    documents = kustomized(DEMO)
    services = by_kind(documents, "Service")
    host, port = by_kind(documents, "ConfigMap")["bright-kitchen"]["data"]["BK_S3_ENDPOINT"].split(":")
    assert services[host]["spec"]["ports"][0]["port"] == int(port)
    for service in ("alerting", "gateway", "intercom", "recorder"):
        address = generated_secrets()[service]["database-url"].partition("@")[2]
        assert address == "postgres:5432/bright_kitchen"
    assert services["postgres"]["spec"]["ports"][0]["port"] == 5432


def test_metrics_that_decide_something_exist() -> None:
    told = kustomized_text(BASE) + (ROOT / "k8s/rules/bright-kitchen.rules.yaml").read_text()
    wanted = {name.removeprefix("bk_") for name in re.findall(r"\bbk_\w+", told)}
    defined: set[str] = set()
    for folder in ("shared", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            defined |= set(re.findall(r'\b(?:counter|gauge|histogram)\(\s*"(\w+)"', path.read_text()))
    assert wanted
    assert wanted <= defined, f"no code counts {sorted(wanted - defined)}"


def test_the_alerting_rules_are_a_rules_file() -> None:
    document = yaml.safe_load((ROOT / "k8s/rules/bright-kitchen.rules.yaml").read_text())
    for rule in document["groups"][0]["rules"]:
        assert (
            {"alert", "expr", "labels", "annotations"} <= set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        )
        assert set(rule["annotations"]) == {"summary", "action"}


# References inside


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_secret_that_is_named_is_made(folder: str) -> None:
    made = generated_secrets()
    for name, key in _secret_keys(kustomized(folder)):
        assert name in made, f"{folder} names Secret {name}"
        assert key is None or key in made[name], f"{folder} names key {key} of Secret {name}"


def test_no_secret_is_made_for_nobody() -> None:
    named = {name for name, _ in _secret_keys(kustomized(DEMO))}
    assert named == set(generated_secrets())


def test_bus_passwords_agree_on_both_ends() -> None:
    made = generated_secrets()
    for service in SERVICES:
        assert made["nats"][f"BK_NATS_PASSWORD_{service.upper()}"] == made[service]["nats-password"]
    for service in ("alerting", "gateway", "intercom", "recorder"):
        password = made["postgres"][f"BK_DATABASE_PASSWORD_{service.upper()}"]
        assert f"//{service}:{password}@" in made[service]["database-url"]


def _secret_keys(documents: list[Document]) -> Iterator[tuple[str, str | None]]:
    for workload in workloads(documents).values():
        for container in pod_spec(workload)["containers"]:
            for source in container.get("envFrom", []):
                if "secretRef" in source:
                    yield source["secretRef"]["name"], None
            for each in container.get("env", []):
                if "secretKeyRef" in each.get("valueFrom", {}):
                    found = each["valueFrom"]["secretKeyRef"]
                    yield found["name"], found["key"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_selectors_and_targets_find_somebody(folder: str) -> None:
    documents = kustomized(folder)
    pods = [each["spec"]["template"]["metadata"]["labels"] for each in workloads(documents).values()]
    for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
        for name, each in by_kind(documents, kind).items():
            selector = each["spec"].get("selector") or each["spec"].get("podSelector") or {}
            wanted = selector.get("matchLabels", selector if kind == "Service" else {})
            assert any(wanted.items() <= labels.items() for labels in pods), f"{kind} {name} selects no pod"
    for name, each in by_kind(documents, "HorizontalPodAutoscaler").items():
        assert each["spec"]["scaleTargetRef"]["name"] in workloads(documents), name
    services = by_kind(documents, "Service")
    for ingress in by_kind(documents, "Ingress").values():
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            backend = path["backend"]["service"]
            ports = [port["name"] for port in services[backend["name"]]["spec"]["ports"]]
            assert backend["port"]["name"] in ports


def test_browsers_reach_the_one_port_that_the_intercom_takes() -> None:
    documents = kustomized(BASE)
    intercom = workloads(documents)["intercom"]
    port = int(pod_environment(documents, intercom)["BK_ICE_PORT"])
    assert by_kind(documents, "NetworkPolicy")["talkers"]["spec"]["ingress"] == [
        {"ports": [{"protocol": "UDP", "port": port}]}
    ]
    declared = pod_spec(intercom)["containers"][0]["ports"]
    assert {"name": "webrtc", "containerPort": port, "protocol": "UDP"} in declared
    assert "sysctls" not in pod_spec(intercom)["securityContext"]


def test_who_speaks_may_finish_before_the_kernel_ends_the_pod() -> None:
    documents = kustomized(BASE)
    intercom = workloads(documents)["intercom"]
    drain_s = float(pod_environment(documents, intercom)["BK_DRAIN_S"])
    # HTTP 2 s, browsers and cameras told 5 s, tasks 5 s, closing: each step of shared/service.py has its limit.
    assert pod_spec(intercom)["terminationGracePeriodSeconds"] >= drain_s + 30


PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]


def test_nothing_speaks_unless_it_is_allowed() -> None:
    policies = by_kind(kustomized(BASE), "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    # Browsers are anywhere, TURN servers too: to them goes UDP, and TCP to TURN's own ports, from the intercom alone,
    # and never to the cloud's metadata service.
    (talkers,) = policies.pop("talkers")["spec"]["egress"]
    assert [peer["ipBlock"] for peer in talkers["to"]] == [{"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}]
    assert {port["port"] for port in talkers["ports"] if port["protocol"] != "UDP"} == {3478, 5349}
    # Mail and webhooks go to the private networks, from alerting alone, and to no port of a database or bus.
    notices = policies.pop("notices")["spec"]
    assert notices["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "alerting"}}
    (told,) = notices["egress"]
    assert [peer["ipBlock"]["cidr"] for peer in told["to"]] == PRIVATE
    assert [port["port"] for port in told["ports"]] == [25, 80, 443, 465, 587]
    blocks = [
        peer["ipBlock"]["cidr"]
        for policy in policies.values()
        for rule in policy["spec"].get("egress", [])
        for peer in rule["to"]
        if "ipBlock" in peer
    ]
    # Only cameras are named by address, and never the network of the cloud's metadata service.
    assert blocks == PRIVATE


@pytest.mark.parametrize("folder", FOLDERS)
def test_more_than_one_replica_has_a_budget(folder: str) -> None:
    documents = kustomized(folder)
    budgets = {each["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] for each in _budgets(documents)}
    several = {name for name, each in workloads(documents).items() if each["spec"]["replicas"] > 1}
    assert several <= budgets


def _budgets(documents: list[Document]) -> list[Document]:
    return list(by_kind(documents, "PodDisruptionBudget").values())


def test_the_overlay_for_gpus_gives_each_detector_one(tmp_path: Path) -> None:
    _validate(kustomized_text("k8s/overlays/gpu"), tmp_path)
    pod = pod_spec(workloads(kustomized("k8s/overlays/gpu"))["detector"])
    (container,) = pod["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod["runtimeClassName"] == "nvidia"
    told = {one["name"]: one.get("value") for one in container["env"]}
    assert "video" in told["NVIDIA_DRIVER_CAPABILITIES"], "or nothing is decoded there"


# Hardening


@pytest.mark.parametrize(("folder", "name"), EVERY_WORKLOAD)
def test_every_pod_is_hardened(folder: str, name: str) -> None:
    pod = pod_spec(workloads(kustomized(folder))[name])
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}
        assert "livenessProbe" in container
        assert "readinessProbe" in container


@pytest.mark.parametrize(("folder", "name"), EVERY_WORKLOAD)
def test_images_are_pinned(folder: str, name: str) -> None:
    for container in pod_spec(workloads(kustomized(folder))[name])["containers"]:
        tag = container["image"].rpartition(":")[2]
        assert any(character.isdigit() for character in tag), container["image"]


def test_compose_and_kubernetes_run_the_same_images_as_the_same_users() -> None:
    pods = workloads(kustomized(DEMO))
    for name, container in compose()["services"].items():
        if name in pods:
            assert pod_spec(pods[name])["containers"][0]["image"] == interpolate(container["image"], {})
            context = pod_spec(pods[name])["securityContext"]
            assert f"{context['runAsUser']}:{context['runAsGroup']}" == container["user"]


def test_no_secret_lies_in_the_repository() -> None:
    for folder in FOLDERS:
        assert not by_kind(kustomized(folder), "Secret")
