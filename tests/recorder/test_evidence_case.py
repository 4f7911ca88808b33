"""A case file is whole and checks; each way of altering it is caught, by outsiders and by whoever has the key."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.recorder.evidence.case_file import PIECE_BYTES, Attachment
from services.recorder.evidence.case_verifier import check
from services.recorder.evidence.signature import SigningKey
from tests.recorder.evidence_cases import (
    KEY,
    OTHER_KEY,
    STREAMS,
    VERIFIER,
    Bucket,
    Change,
    a_case,
    altered,
    chain_of,
    in_json,
    sealed,
)

CHAIN = "chains/school.stove.main.json"


def wrong_with(archive: bytes, public_key: bytes | None = KEY.public_pem) -> str:
    return "\n".join(check(io.BytesIO(archive), public_key).wrong)


def _videos(files: dict[str, bytes]) -> list[str]:
    return sorted(name for name in files if name.startswith("video/school/stove/"))


def _flip_a_bit(files: dict[str, bytes]) -> None:
    name = _videos(files)[1]
    data = bytearray(files[name])
    data[len(data) // 2] ^= 1
    files[name] = bytes(data)


def _remove_a_video(files: dict[str, bytes]) -> None:
    del files[_videos(files)[1]]


def _remove_manifest(files: dict[str, bytes]) -> None:
    del files["manifest.json"]


def _swap_videos(files: dict[str, bytes]) -> None:
    first, second = _videos(files)[1:3]
    files[first], files[second] = files[second], files[first]


def _remove_record(chain: Any) -> None:
    del chain["records"][3]


def _swap_records(chain: Any) -> None:
    records = chain["records"]
    records[2], records[3] = records[3], records[2]


def _change_time(chain: Any) -> None:
    chain["records"][2]["starts_us"] -= 3_600_000_000


def _change_cause(chain: dict[str, Any]) -> None:
    record = next(record for record in chain["records"] if record["gap"] is not None)
    record["gap"]["cause"] = "disabled"


def _cut_end(chain: Any) -> None:
    del chain["records"][5:]


def _cut_beginning(chain: Any) -> None:
    chain["before_link"] = chain["records"][1]["link"]
    del chain["records"][:2]


def _cut_end_and_proof(chain: Any) -> None:
    del chain["records"][5:]
    del chain["proofs"][1]


def _forge_proof(chain: Any) -> None:
    chain["proofs"][1]["path"][0] = "00" * 32


def _change_root(statement: Any) -> None:
    statement["statement"]["root"] = "00" * 32


def _change_asker(manifest: Any) -> None:
    manifest["manifest"]["asked_by"] = "somebody else"


def _move_range(manifest: Any) -> None:
    manifest["manifest"]["streams"][0]["from_us"] -= 300_000_000


def _lengthen_range(manifest: Any) -> None:
    manifest["manifest"]["streams"][0]["to_us"] += 24 * 3_600_000_000


# what is done, by whom (with the operator's key or without), what the verifier says
ALTERED: list[tuple[str, Change, SigningKey | None, str]] = [
    ("one bit of video", _flip_a_bit, None, "was changed: its SHA-256"),
    ("one bit of video, signed again", _flip_a_bit, KEY, "video of segment 4 is not what was recorded"),
    ("a removed segment", _remove_a_video, None, "was removed: it is in the list"),
    ("a removed segment, signed again", _remove_a_video, KEY, "video of segment 4 is missing"),
    ("a removed record, signed again", in_json(CHAIN, _remove_record), KEY, "segment 5 is missing in the chain"),
    ("swapped segments", _swap_videos, None, "was changed"),
    ("swapped segments, signed again", _swap_videos, KEY, "video of segment 5 is not what was recorded"),
    ("swapped records, signed again", in_json(CHAIN, _swap_records), KEY, "segments were swapped"),
    ("a changed time", in_json(CHAIN, _change_time), None, "was changed"),
    ("a changed time, signed again", in_json(CHAIN, _change_time), KEY, "segment 4 is not what was chained"),
    ("another cause of a hole, signed again", in_json(CHAIN, _change_cause), KEY, "is not what was chained"),
    ("a truncated chain", in_json(CHAIN, _cut_end), None, "was changed"),
    ("a truncated chain, signed again", in_json(CHAIN, _cut_end), KEY, "knows another segment 9"),
    ("truncated with its proof", in_json(CHAIN, _cut_end_and_proof), KEY, "proven up to segment 5 and ends with 6"),
    ("a chain cut at its beginning", in_json(CHAIN, _cut_beginning), KEY, "segments before 4 may belong"),
    ("a forged proof", in_json(CHAIN, _forge_proof), KEY, "is not in what hourly statement 2 signed"),
    ("a changed statement", in_json("statements/000002.json", _change_root), KEY, "000002.json is not signed"),
    ("another person asked", in_json("manifest.json", _change_asker), None, "manifest.json) is not signed"),
    ("another range", in_json("manifest.json", _move_range), None, "manifest.json) is not signed"),
    ("an earlier range, signed again", in_json("manifest.json", _move_range), KEY, "segments before 2 may belong"),
    ("a longer range, signed again", in_json("manifest.json", _lengthen_range), KEY, "beyond the last hourly"),
    ("a file added", lambda files: files.update({"stills/2.jpg": b"x"}), None, "stills/2.jpg was added"),
    ("a still changed", lambda files: files.update({"stills/1.jpg": b"x"}), None, "stills/1.jpg was changed"),
    ("no manifest", _remove_manifest, None, "not a case file that can be read"),
    ("a manifest of nothing", lambda files: files.update({"manifest.json": b"[]"}), None, "not a case file"),
]


async def test_a_clean_case_checks() -> None:
    case, bucket = a_case()
    archive = await sealed(case, bucket)
    checked = check(io.BytesIO(archive), KEY.public_pem)
    assert checked.wrong == []
    assert [note.partition("UTC: ")[2] for note in checked.notes] == ["camera_refused"] * 2
    assert "school/stove/main: nothing was recorded for 30 s from" in checked.notes[0]
    assert bucket.piece_bytes_max <= PIECE_BYTES
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        assert read.testzip() is None
        names = read.namelist()
        assert len([name for name in names if name.startswith("video/")]) == 8
        assert {"stills/1.jpg", "records/alert.json", "verify.py", "report.zh-CN.html", "report.en.html"} <= set(names)
        assert "camera_refused" in read.read("report.en.html").decode()
        assert "证据包 case-7" in read.read("report.zh-CN.html").decode()


@pytest.mark.parametrize(("change", "key", "says"), [row[1:] for row in ALTERED], ids=[row[0] for row in ALTERED])
async def test_what_was_altered_is_caught(change: Change, key: SigningKey | None, says: str) -> None:
    assert says in wrong_with(altered(await sealed(*a_case()), change, key))


async def test_each_single_bit_of_one_video_counts() -> None:
    """In the ZIP's own bytes, where its checksum would catch it too."""
    archive = bytearray(await sealed(*a_case()))
    archive[200_000] ^= 0x10
    assert "was changed" in wrong_with(bytes(archive))


async def test_a_case_signed_with_another_key() -> None:
    forged = await sealed(*a_case(OTHER_KEY), OTHER_KEY)
    assert "not signed by key" in wrong_with(forged)
    assert f"the key enclosed is {OTHER_KEY.key_id}" in wrong_with(forged)
    # On its own it is whole: then the verifier says that the key is only the file's word.
    checked = check(io.BytesIO(forged))
    assert checked.wrong == []
    assert f"signed with key {OTHER_KEY.key_id}, which lies in the file itself" in checked.notes[0]


async def test_a_statement_signed_with_another_key() -> None:
    """The seal is the operator's, the statements inside are not."""
    wrong = wrong_with(await sealed(*a_case(OTHER_KEY), KEY))
    assert "000002.json is not signed by key" in wrong
    assert "hourly statement 2 is not here or not signed" in wrong


async def test_a_segment_away_when_it_is_sealed_is_reported_and_found() -> None:
    case, _ = a_case()
    archive = await sealed(case, Bucket([chain_of(of, 10) for of in STREAMS], lost=(4,)))
    assert "the video of segment 4 is missing" in wrong_with(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        assert "LACKING" in read.read("report.en.html").decode()


async def test_what_was_not_yet_recorded_is_said() -> None:
    case, _ = a_case()
    longer = replace(case.streams[0], to_us=case.streams[0].to_us + 600_000_000)
    archive = await sealed(replace(case, streams=(longer,)), Bucket([chain_of(of, 10) for of in STREAMS]))
    checked = check(io.BytesIO(archive), KEY.public_pem)
    assert checked.wrong == []
    assert "nothing was recorded for 540 s" in checked.notes[1]
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        assert "not_recorded_when_sealed" in read.read("report.en.html").decode()


@pytest.mark.parametrize("path", ["1.jpg", "/etc/passwd", "stills/../../x", "stills/", "video/1.mp4", "stills//a"])
def test_an_attachment_stays_in_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="lies in stills/ or records/"):
        Attachment(path, b"")


async def test_the_enclosed_verifier_runs_alone(tmp_path: Path) -> None:
    """As who gets the file runs it: another folder, nothing of ours to import."""
    good = await sealed(*a_case())
    (tmp_path / "case.zip").write_bytes(good)
    (tmp_path / "bad.zip").write_bytes(altered(good, _flip_a_bit))
    (tmp_path / "noise.zip").write_bytes(b"PK\x03\x04 noise")
    (tmp_path / "key.pem").write_bytes(KEY.public_pem)
    with zipfile.ZipFile(io.BytesIO(good)) as read:
        (tmp_path / "verify.py").write_bytes(read.read("verify.py"))

    def run(*arguments: str) -> tuple[int, str]:
        # -P and -s: neither the folder of this test run nor the user's packages are found.
        command = [sys.executable, "-s", "-P", "verify.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONUTF8": "1"})
        assert done.stderr == ""
        return done.returncode, done.stdout

    code, said = run("case.zip", "--public-key", "key.pem")
    assert (code, said.splitlines()[-1]) == (0, "Unchanged and whole / 核验通过，未被改动")
    assert run("case.zip")[0] == 0
    for name in ("bad.zip", "noise.zip", "none.zip"):
        code, said = run(name)
        assert (code, "WRONG" in said or "cannot be read" in said) == (1, True)


def test_the_verifier_imports_nothing_of_ours() -> None:
    text = Path(VERIFIER).read_text()
    assert "from services" not in text
    assert "from shared" not in text


async def test_the_hash_list_names_every_file() -> None:
    with zipfile.ZipFile(io.BytesIO(await sealed(*a_case()))) as read:
        listed = {entry["path"] for entry in json.loads(read.read("manifest.json"))["manifest"]["files"]}
        assert listed == set(read.namelist()) - {"manifest.json"}
