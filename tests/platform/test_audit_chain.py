"""The chain of the audit trail: what changes is found, and both exports carry everything."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from shared.audit_chain import (
    GENESIS,
    ChainedRow,
    NotARow,
    as_csv,
    as_json,
    csv_header,
    read_csv,
    read_json,
    verify,
)
from shared.cli.main import app

BEGAN = datetime(2026, 11, 25, 8, 0, 0, 123456, tzinfo=UTC)


def chained(rows: Sequence[ChainedRow]) -> list[ChainedRow]:
    """The same rows with the hashes that they must have."""
    previous, made = GENESIS, []
    for row in rows:
        linked = replace(row, previous=previous)
        made.append(replace(linked, hash=linked.computed_hash()))
        previous = made[-1].hash
    return made


def trail(count: int = 6) -> list[ChainedRow]:
    return chained(
        [
            ChainedRow(
                number=number,
                at=BEGAN + timedelta(seconds=number),
                action="live_view_ended",
                outcome="ok",
                who="li",
                camera="cook-1",
                site="school-1",
                address="10.0.0.7",
                seconds=12.25,
                detail={"stream": "main", "purpose": "patrol"},
            )
            for number in range(1, count + 1)
        ]
    )


def test_a_whole_chain() -> None:
    rows = trail()
    verdict = verify(rows)
    assert (verdict.rows, verdict.first, verdict.last, verdict.broken_at) == (6, 1, 6, None)
    assert verify(rows[3:]).broken_at is None, "what came since the last export"


@pytest.mark.parametrize(
    "change",
    [
        {"who": "wang"},
        {"who": None},
        {"at": BEGAN},
        {"action": "snapshot"},
        {"outcome": "refused"},
        {"camera": "cook-2"},
        {"site": "school-2"},
        {"address": ""},
        {"seconds": 12.250000000000002},
        {"seconds": None},
        {"detail": {"stream": "main", "purpose": "draw"}},
        {"detail": {}},
        {"number": 33},
    ],
)
def test_a_changed_row_is_named(change: dict[str, Any]) -> None:
    rows = trail()
    rows[2] = replace(rows[2], **change)
    verdict = verify(rows)
    assert (verdict.rows, verdict.broken_at) == (2, rows[2].number)
    assert "changed" in verdict.reason


def _without_third(rows: list[ChainedRow]) -> list[ChainedRow]:
    return rows[:2] + rows[3:]


def _swapped(rows: list[ChainedRow]) -> list[ChainedRow]:
    return [rows[0], rows[2], rows[1], *rows[3:]]


def _doubled(rows: list[ChainedRow]) -> list[ChainedRow]:
    return [*rows[:3], rows[2], *rows[3:]]


def _rewritten(rows: list[ChainedRow]) -> list[ChainedRow]:
    """Changed, with a hash that fits the change: the next row gives it away."""
    changed = replace(rows[2], who="wang")
    return [*rows[:2], replace(changed, hash=changed.computed_hash()), *rows[3:]]


@pytest.mark.parametrize(
    ("forge", "broken_at"),
    [(_without_third, 4), (_swapped, 3), (_doubled, 3), (_rewritten, 4)],
    ids=("without the third", "swapped", "doubled", "rewritten"),
)
def test_moved_removed_and_rewritten_rows_are_named(
    forge: Callable[[list[ChainedRow]], list[ChainedRow]], broken_at: int
) -> None:
    assert verify(forge(trail())).broken_at == broken_at


def test_a_cut_or_wholly_rewritten_chain_is_found_by_what_was_noted() -> None:
    rows = trail()
    noted = {5: rows[4].hash}
    assert verify(rows, noted).broken_at is None
    assert verify(rows[:4], noted).broken_at == 5
    forged = chained([replace(row, who="wang") for row in rows])
    assert verify(forged).broken_at is None, "nothing within it gives it away"
    assert verify(forged, noted).broken_at == 5


# What PostgreSQL keeps: no NUL, no half of a surrogate pair.
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
TEXTS = st.none() | WORDS


@given(
    TEXTS,
    TEXTS,
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.dictionaries(WORDS, WORDS),
)
def test_both_exports_are_read_back_exactly(
    who: str | None, address: str | None, seconds: float | None, detail: dict[str, str]
) -> None:
    rows = chained([ChainedRow(1, BEGAN, "log_in", "ok", who, None, None, address, seconds, detail)])
    assert list(read_json([as_json(rows[0])])) == rows
    text = csv_header() + as_csv(rows[0])
    assert list(read_csv(io.StringIO(text, newline=""))) == rows


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", ""])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    cell = as_csv(chained([ChainedRow(1, BEGAN, text, "ok", None, None, None, None, None)])[0]).split(",")[2]
    assert cell.strip('"').startswith("'")


@pytest.mark.parametrize("line", ["[]", "{}", "not json", '{"number": 1}'])
def test_what_is_no_row_is_said_with_its_line(line: str) -> None:
    with pytest.raises(NotARow, match="line 1"):
        list(read_json([line]))


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_bk_audit_verify_says_the_first_broken_row(tmp_path: Path, kind: str) -> None:
    rows = trail()
    write = as_csv if kind == "csv" else lambda row: as_json(row) + "\n"
    file = tmp_path / f"audit.{kind}"

    def run(written: list[ChainedRow], *more: str) -> tuple[int, str]:
        head = csv_header() if kind == "csv" else ""
        file.write_text(head + "".join(write(row) for row in written), newline="")
        answer = CliRunner().invoke(app, ["audit", "verify", str(file), *more])
        return answer.exit_code, answer.output

    assert run(rows) == (0, f"whole: 6 rows, 1 to 6; note 6:{rows[5].hash.hex()}\n")
    code, said = run([*rows[:3], replace(rows[3], who="nobody"), *rows[4:]])
    assert code == 5
    assert said.startswith("BROKEN at row 4: what it says")
    code, said = run(rows[:4], "--expect", f"6:{rows[5].hash.hex()}")
    assert (code, said[:15]) == (5, "BROKEN at row 6")
    code, said = run(rows, "--expect", "six")
    assert code == 1
    assert "NUMBER:HASH" in said
