"""Settings: each documented, wrong ones named, the table current."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.cli.fleet import SERVICES
from shared.settings import DatabaseSettings, ObjectSettings, SealingSettings, ServiceSettings, explain
from shared.settings_table import TABLE_PATH, settings_classes, table


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_launcher_gives_each_service_the_secrets_it_reads_and_no_others(service: str) -> None:
    reads = settings_classes()[service]
    needs = SERVICES[service]
    assert needs.database == issubclass(reads, DatabaseSettings)
    assert needs.objects == issubclass(reads, ObjectSettings)
    assert needs.sealing == issubclass(reads, SealingSettings)


def test_six_services_have_settings() -> None:
    assert set(settings_classes()) == {"alerting", "detector", "gateway", "ingest", "intercom", "recorder"}


@pytest.mark.parametrize("service", sorted(settings_classes()))
def test_every_field_says_what_it_is_and_what_a_wrong_value_costs(service: str) -> None:
    for name, field in settings_classes()[service].model_fields.items():
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra.get("when_wrong"), name


def test_the_table_is_current() -> None:
    assert TABLE_PATH.read_text() == table(settings_classes()), "run: make docs"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("BK_HTTP_PORT", "eighty"), ("BK_HTTP_PORT", "70000"), ("BK_LOG_LEVEL", "loud"), ("BK_WORKER_ID", "a.b")],
)
def test_a_wrong_value_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as raised:
        ServiceSettings()
    (line,) = explain(raised.value)
    assert line.startswith(f"{variable}: ")


def test_the_worker_id_is_a_bus_token() -> None:
    assert "." not in ServiceSettings().worker_id
