"""Who may import whom, for every file of the tree; and proof that each rule catches what it forbids."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.architecture.rules import ROOMS, RULES, SERVICES, Source, missing_rooms, tree, tree_paths, violations


def test_the_tree_keeps_every_rule() -> None:
    found = violations(tree())
    assert not found, "\n" + "\n".join(map(str, found))


def test_every_service_has_the_same_rooms() -> None:
    found = missing_rooms(tree_paths())
    assert not found, "\n" + "\n".join(map(str, found))


LONG_FUNCTION = '"""A."""\n\n\ndef f():\n' + "    x = 1\n" * 80
LONG_FILE = '"""A."""\n' + "x = 1\n" * 500
LONG_MAIN = '"""A."""\n' + "x = 1\n" * 40

# path, text, rule, line
PLANTED = [
    ("services/ingest/a.py", '"""A."""\nfrom services.gateway.cameras import Camera\n', "service_imports_service", 2),
    ("services/ingest/adapters/a.py", '"""A."""\nimport services.recorder\n', "service_imports_service", 2),
    ("services/ingest/a.py", '"""A."""\nimport os\n', "pure_does_io", 2),
    ("services/ingest/handlers.py", '"""A."""\nfrom time import time\n', "pure_does_io", 2),
    ("services/gateway/handlers/people.py", '"""A."""\nimport socket\n', "pure_does_io", 2),
    ("services/gateway/a.py", '"""A."""\nfrom sqlalchemy.ext.asyncio import AsyncSession\n', "pure_does_io", 2),
    ("services/gateway/a.py", '"""A."""\n\n\ndef f():\n    import av\n', "pure_does_io", 5),
    ("services/gateway/a.py", '"""A."""\nfrom shared.bus import Bus\n', "pure_does_io", 2),
    ("services/gateway/a.py", '"""A."""\nfrom shared import bus\n', "pure_does_io", 2),
    ("services/gateway/a.py", '"""A."""\nimport asyncio\n\nasyncio.Queue()\n', "pure_does_io", 4),
    ("services/gateway/a.py", '"""A."""\nfrom asyncio import sleep\n', "pure_does_io", 2),
    ("services/gateway/a.py", '"""A."""\nfrom datetime import datetime\n\nx = datetime.now()\n', "pure_does_io", 4),
    ("services/gateway/a.py", '"""A."""\nopen("x")\n', "pure_does_io", 2),
    ("shared/messages/a.py", '"""A."""\nimport socket\n', "pure_does_io", 2),
    ("shared/media/a.py", '"""A."""\nimport av\n', "pure_does_io", 2),
    ("services/ingest/a.py", '"""A."""\nfrom services.ingest.adapters.b import B\n', "core_sees_adapter", 2),
    ("services/ingest/handlers.py", '"""A."""\nfrom services.ingest import adapters\n', "core_sees_adapter", 2),
    ("shared/a.py", '"""A."""\nfrom services.ingest import settings\n', "shared_imports_service", 2),
    ("shared/cli/a.py", '"""A."""\n\n\ndef f():\n    import services\n', "shared_imports_service", 5),
    ("services/ingest/a.py", '"""A."""\nfrom . import b\n', "relative_import", 2),
    ("services/ingest/a.py", '"""A."""\nfrom ..gateway import b\n', "relative_import", 2),
    ("shared/utils.py", '"""A."""\n', "nameless", 1),
    ("services/gateway/camera_manager.py", '"""A."""\n', "nameless", 1),
    ("services/gateway/adapters/common/a.py", '"""A."""\n', "nameless", 1),
    ("services/ingest/adapters/a.py", '"""A."""\nimport nats.js\n', "library_has_one_home", 2),
    ("shared/a.py", '"""A."""\nfrom minio import Minio\n', "library_has_one_home", 2),
    ("services/ingest/wiring.py", '"""A."""\nx = "bk.v1.cmd.ingest.probe"\n', "subject_spelled", 2),
    ("shared/bus/a.py", '"""A."""\ny = 1\nx = f"bk.v1.media.{y}"\n', "subject_spelled", 3),
    ("shared/a.py", LONG_FILE, "too_long", 1),
    ("services/ingest/__main__.py", LONG_MAIN, "too_long", 1),
    ("tests/a/test_a.py", LONG_FUNCTION, "too_long", 4),
    ("shared/a.py", "x = 1\n", "says_nothing_of_itself", 1),
    ("shared/a.py", '"""A."""\ntry:\n    f()\nexcept Exception:\n    g()\n', "swallows_everything", 4),
    ("shared/a.py", '"""A."""\ntry:\n    f()\nexcept (OSError, BaseException):\n    g()\n', "swallows_everything", 4),
    ("shared/a.py", '"""A."""\ntry:\n    f()\nexcept:\n    g()\n', "swallows_everything", 4),
]


@pytest.mark.parametrize(("path", "text", "rule", "line"), PLANTED)
def test_a_planted_violation_is_found_where_it_is(path: str, text: str, rule: str, line: int) -> None:
    found = [(each.path, each.rule, each.line) for each in violations([Source(PurePosixPath(path), text)])]
    assert found == [(path, rule, line)]


def test_each_rule_has_a_planted_violation() -> None:
    assert {rule for _, _, rule, _ in PLANTED} == set(RULES)


ALLOWED = [
    (
        "services/ingest/adapters/a.py",
        '"""A."""\nimport asyncio\nimport socket\n\nfrom services.ingest.fleet import Fleet\n',
    ),
    ("services/ingest/wiring.py", '"""A."""\nimport os\n\nfrom services.ingest.adapters.b import B\n'),
    ("services/gateway/migrations/a.py", '"""A."""\nimport sqlalchemy\n'),
    ("services/gateway/a.py", '"""A."""\nfrom shared.clock import Clock\nfrom shared.subjects import CameraRef\n'),
    ("services/gateway/a.py", '"""A."""\n\n\ndef f(clock):\n    return clock.now()\n'),
    ("shared/bus/a.py", '"""A."""\nimport nats\n'),
    ("shared/objects.py", '"""A."""\nfrom minio import Minio\n'),
    ("shared/subjects.py", '"""A."""\nx = "bk.v1.media"\n'),
    ("shared/messages/a.py", '"""A fact on bk.v1.evt.ingest."""\n\nx = 1\n"""Also on bk.v1.cmd."""\n'),
    ("tests/a/test_a.py", '"""A."""\nimport nats\n\nx = "bk.v1.media.>"\n'),
    ("shared/a.py", '"""A."""\ntry:\n    f()\nexcept Exception:  # the process boundary\n    g()\n'),
    ("shared/a.py", '"""A."""\ntry:\n    f()\nexcept BaseException:\n    g()\n    raise\n'),
    ("shared/__init__.py", ""),
]


@pytest.mark.parametrize(("path", "text"), ALLOWED)
def test_what_is_allowed_is_not_found(path: str, text: str) -> None:
    assert violations([Source(PurePosixPath(path), text)]) == []


def _rooms_of_all() -> set[str]:
    return {f"services/{service}/{room}" for service in SERVICES for room in (*ROOMS, "handlers.py")}


@pytest.mark.parametrize("room", [*ROOMS, "handlers.py"])
def test_a_missing_room_is_found(room: str) -> None:
    found = missing_rooms(_rooms_of_all() - {f"services/recorder/{room}"})
    assert [each.path for each in found] == [f"services/recorder/{room}"]


def test_handlers_may_be_a_folder() -> None:
    paths = _rooms_of_all() - {"services/gateway/handlers.py"} | {"services/gateway/handlers/__init__.py"}
    assert missing_rooms(paths) == []


def test_a_seventh_service_is_found() -> None:
    found = missing_rooms(_rooms_of_all() | {"services/billing/a.py"})
    assert [each.path for each in found] == ["services/billing/a.py"]
