"""docker-compose.yml against the code: settings, ports, networks, hardening. No engine is needed, and none is used."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.bus.streams import DEFAULT_LIMITS, EVENTS
from shared.settings_table import settings_classes
from shared.simulator.command import simulate
from tests.deploy.documents import (
    DEMO,
    ROOT,
    SERVICES,
    NotSet,
    compose,
    compose_environment,
    generated_env,
    image_variables,
    interpolate,
)

# HTTP 2 s, browsers and cameras told 5 s, tasks 5 s, closing: each step of shared/service.py has its limit.
ORDERLY_STOP_S = 30
SERVERS = ("minio", "nats", "postgres", "volumes")


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return generated_env(tmp_path_factory.mktemp("compose"))


def test_everything_is_there_and_nothing_else() -> None:
    assert set(compose()["services"]) == {*SERVICES, *SERVERS, *DEMO}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_accepts_what_it_is_told(
    service: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = compose_environment(service, variables)
    settings = settings_classes()[service]
    known = {f"BK_{name.upper()}" for name in settings.model_fields}
    assert set(told) <= known, f"{service} does not know {sorted(set(told) - known)}"
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings()  # raises where one that is required is missing or wrong
    assert told["BK_NATS_USER"] == service


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_port_of_its_image(service: str, variables: dict[str, str]) -> None:
    told = compose_environment(service, variables)
    image = image_variables(f"services/{service}/Dockerfile")
    assert told["BK_HTTP_PORT"] == image["BK_HTTP_PORT"]
    assert told["BK_HTTP_HOST"] == "0.0.0.0"
    built = compose()["services"][service]
    assert built["build"] == {"context": ".", "dockerfile": f"services/{service}/Dockerfile"}
    assert built["image"].startswith(f"bright-kitchen/{service}:")


def test_who_speaks_may_finish_before_the_engine_ends_the_intercom() -> None:
    drain_s = settings_classes()["intercom"].model_fields["drain_s"].default
    grace = compose()["services"]["intercom"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) >= drain_s + ORDERLY_STOP_S


def test_only_the_gateway_and_the_sound_of_talks_are_reached(variables: dict[str, str]) -> None:
    published = {name: each["ports"] for name, each in compose()["services"].items() if "ports" in each}
    port = compose_environment("gateway", variables)["BK_HTTP_PORT"]
    # Browsers send their sound to the intercom itself: to its one UDP port, and nothing else.
    sound = compose_environment("intercom", variables)["BK_ICE_PORT"]
    assert published.pop("intercom") == [f"{sound}:{sound}/udp"]
    assert published == {"gateway": [f"127.0.0.1:${{BK_PORT:-{port}}}:{port}"]}


# variable, name of the server in it
ADDRESSES = [("BK_NATS_URL", "nats"), ("BK_DATABASE_URL", "postgres"), ("BK_S3_ENDPOINT", "minio")]


@pytest.mark.parametrize(("variable", "server"), ADDRESSES)
def test_whoever_is_told_an_address_shares_a_network_and_waits(
    variable: str, server: str, variables: dict[str, str]
) -> None:
    services = compose()["services"]
    for service in SERVICES:
        address = compose_environment(service, variables).get(variable)
        if address is None:
            continue
        host = urlsplit(address if "//" in address else f"//{address}").hostname
        assert host == server
        assert set(services[service]["networks"]) & set(services[server]["networks"])
        assert services[service]["depends_on"][server] == {"condition": "service_healthy"}
        assert "healthcheck" in services[server]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_in_no_network_it_does_not_need(service: str, variables: dict[str, str]) -> None:
    told = compose_environment(service, variables)
    networks = set(compose()["services"][service]["networks"]) - {"front", "cameras", "notices"}
    wanted = {"bus"} | ({"data"} if "BK_DATABASE_URL" in told or "BK_S3_ENDPOINT" in told else set())
    assert networks == wanted


def test_bus_and_data_have_no_way_out() -> None:
    networks = compose()["networks"]
    assert networks["bus"] == networks["data"] == {"internal": True}
    # Who looks for cameras by name or by address stands where they are.
    standing = {name for name, each in compose()["services"].items() if "cameras" in each.get("networks", ())}
    assert standing == {"ingest", "intercom", "gateway", "demo-camera"}
    # Who tells people stands where mail servers and message services are.
    assert [name for name, each in compose()["services"].items() if "notices" in each.get("networks", ())] == [
        "alerting"
    ]


def test_ports_of_servers_are_those_of_their_configuration() -> None:
    nats = (ROOT / "k8s/compose/nats.conf").read_text()
    listen = re.search(r'^listen: "0\.0\.0\.0:(\d+)"', nats, re.MULTILINE)
    monitor = re.search(r'^http: "127\.0\.0\.1:(\d+)"', nats, re.MULTILINE)
    assert listen is not None
    assert monitor is not None
    services = compose()["services"]
    assert services["ingest"]["environment"]["BK_NATS_URL"] == f"nats://nats:{listen[1]}"
    assert f":{monitor[1]}/healthz" in services["nats"]["healthcheck"]["test"][-1]


def test_the_demo_registers_the_cameras_that_it_serves(variables: dict[str, str]) -> None:
    services = compose()["services"]
    options = dict(each.split("=", 1) for each in services["demo-camera"]["command"][2:] if "=" in each)
    told = compose_environment("demo-registration", variables)
    assert told["BK_DEMO_COUNT"] == options["--count"]
    assert f":{options['--port']}/" in told["BK_DEMO_CAMERAS"]
    address = urlsplit(told["BK_DEMO_CAMERAS"].format(number=1))
    assert address.hostname == "demo-camera"
    assert f"{address.path}, {address.path}/sub" in (simulate.__doc__ or "")
    assert told["BK_GATEWAY_URL"] == f"http://gateway:{compose_environment('gateway', variables)['BK_HTTP_PORT']}"
    assert told["BK_ADMIN_PASSWORD_FILE"] == compose_environment("gateway", variables)["BK_ADMIN_PASSWORD_FILE"]
    assert told["BK_SIMULATE_PASSWORD"] == compose_environment("demo-camera", variables)["BK_SIMULATE_PASSWORD"]


def test_streams_fit_on_the_disk_of_the_bus(variables: dict[str, str]) -> None:
    store = int(compose_environment("nats", variables)["BK_NATS_STORE_BYTES"])
    media = settings_classes()["ingest"].model_fields["media_max_bytes"].default
    assert media + DEFAULT_LIMITS[EVENTS].max_bytes < store


@pytest.mark.parametrize("name", [*SERVICES, *SERVERS, *DEMO])
def test_every_container_is_hardened(name: str) -> None:
    container = compose()["services"][name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    if name == "volumes":  # one shot, root with the one capability it needs, and no network
        assert (container["user"], container["cap_add"], container["network_mode"]) == ("0:0", ["CHOWN"], "none")
    else:
        assert not container["user"].startswith("0:")
        assert "cap_add" not in container
    if name not in ("volumes", "demo-registration"):
        limits = container["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}


def test_volumes_belong_to_who_writes_there() -> None:
    services = compose()["services"]
    given = dict(re.findall(r"chown (\d+:\d+) /(\w+)", services["volumes"]["command"][0]))
    owners = {name: user for user, name in given.items()}
    assert owners == {
        "nats": services["nats"]["user"],
        "objects": services["minio"]["user"],
        "gateway": services["gateway"]["user"],
    }


def test_images_are_pinned() -> None:
    for name, container in compose()["services"].items():
        image = interpolate(container["image"], {})
        tag = image.rpartition(":")[2]
        assert tag not in ("", "latest"), name
        assert any(character.isdigit() for character in tag), name


# Secrets


def test_without_env_compose_refuses() -> None:
    with pytest.raises(NotSet, match=r"make-env\.sh"):
        compose_environment("ingest", {})


def test_no_secret_has_a_value_in_the_file() -> None:
    for name, container in compose()["services"].items():
        for variable, value in container.get("environment", {}).items():
            if re.search(r"PASSWORD(?!_FILE|_ONCE)|SECRET|ACCESS_KEY|ROOT_USER", variable):
                # Generated, or an operator's own that may be missing.
                assert re.fullmatch(r"\$\{\w+:(\?run sh k8s/compose/make-env\.sh|-)\}", value), f"{name}: {variable}"
            assert "@" not in value or ":?" in value, f"{name}: {variable}"


def test_env_is_private_complete_and_never_overwritten(tmp_path: Path) -> None:
    first = generated_env(tmp_path)
    path = tmp_path / ".env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    needed = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert set(first) == needed
    again = subprocess.run(["sh", ROOT / "k8s/compose/make-env.sh", path], capture_output=True, check=False)
    assert again.returncode == 1
    assert generated_env(tmp_path) == first


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = generated_env(tmp_path / "a"), generated_env(tmp_path / "b")
    values = [*one.values(), *other.values()]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 20 for value in values)
