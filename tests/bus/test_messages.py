"""Every published version of every message parses for ever: one golden file a message and version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from shared.bus import documents
from shared.messages.cameras import CameraState
from shared.messages.ingest import CameraCameOnline

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "messages"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.name)
def test_golden_file_parses_and_says_the_same(path: Path) -> None:
    message = documents.all_messages()[path.name.split(".")[0]].decode(path.read_bytes())
    golden = json.loads(path.read_text())
    assert _as_far_as(json.loads(message.encode()), golden) == _as_far_as(golden, golden)


def _as_far_as(said: Any, golden: Any) -> Any:
    """What is said of that which the golden file says: newer versions say more, on every level."""
    if isinstance(golden, dict):
        return {name: _as_far_as(said.get(name), value) for name, value in golden.items() if value is not None}
    if isinstance(golden, list) and isinstance(said, list) and len(said) == len(golden):
        return [_as_far_as(one, other) for one, other in zip(said, golden, strict=True)]
    return said


def test_every_message_has_a_golden_file() -> None:
    named = {path.name.split(".")[0] for path in GOLDEN.glob("*.json")}
    assert named == set(documents.all_messages()), "add tests/data/messages/<Name>.v1.json; never change an old one"


def test_a_newer_version_is_understood_and_nonsense_is_not() -> None:
    golden = json.loads((GOLDEN / "CameraState.v1.json").read_text())
    assert CameraState.decode(json.dumps(golden | {"new_field": 7})).camera == golden["camera"]
    with pytest.raises(ValidationError):
        CameraState.decode(json.dumps(golden | {"condition": "asleep"}))
    with pytest.raises(ValidationError):
        CameraCameOnline.decode("{}")


def test_messages_are_frozen() -> None:
    state = CameraState.decode((GOLDEN / "CameraState.v1.json").read_bytes())
    with pytest.raises(ValidationError):
        state.camera = "another"  # type: ignore[misc]


def test_documents_are_current() -> None:
    assert documents.ASYNCAPI_PATH.read_text() == documents.asyncapi(), "run python -m shared.bus.documents"
    assert documents.TABLE_PATH.read_text() == documents.table(), "run python -m shared.bus.documents"


def test_what_is_left_out_when_it_is_none_is_not_required_to_be_there() -> None:
    for name, message in documents.all_messages().items():
        for field, about in message.model_fields.items():
            is_left_out = type(None) in get_args(about.annotation)
            assert not (is_left_out and about.is_required()), f"{name}.{field}: give it the default None"
