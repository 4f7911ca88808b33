"""Checks a case file: needs Python 3.9 or newer and `cryptography`, and nothing of the system that made it.

    python verify.py case.zip [--public-key FILE]

Exit 0: nothing was changed. Exit 1: it says what is wrong. It shares no code with what seals case files, so that a
fault there is not repeated here.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Dict, List, Optional, Tuple  # noqa: UP035 - Python 3.9

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

Json = Dict[str, Any]  # noqa: UP006 - Python 3.9
PIECE_BYTES = 1024 * 1024
NO_LINK = "0" * 64
# Segments one behind the other may be dated some milliseconds apart.
HOLE_US = 1_000_000
# What hostile or broken input makes the reading raise.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, zipfile.BadZipFile, NotImplementedError)


class Checked:
    """What was found: `wrong` speaks against the file, `notes` do not."""

    def __init__(self) -> None:
        self.wrong: List[str] = []  # noqa: UP006
        self.notes: List[str] = []  # noqa: UP006


def check(archive: IO[bytes], public_key: Optional[bytes] = None) -> Checked:  # noqa: UP045 - Python 3.9
    """Check a case file; `public_key` (PEM) is who must have signed it, else the key enclosed is believed."""
    checked = Checked()
    try:
        with zipfile.ZipFile(archive) as case:
            _check_case(case, public_key, checked)
    except UNREADABLE as error:
        checked.wrong.append(f"this is not a case file that can be read: {type(error).__name__}: {error}")
    return checked


def _check_case(case: zipfile.ZipFile, public_key: Optional[bytes], checked: Checked) -> None:  # noqa: UP045
    enclosed = case.read("public-key.pem")
    key, key_id = _key_of(public_key or enclosed)
    if public_key is None:
        checked.notes.append(
            f"signed with key {key_id}, which lies in the file itself: compare it with the key that the operator "
            "publishes (--public-key), because anybody can make a key"
        )
    elif _key_of(enclosed)[1] != key_id:
        checked.wrong.append(f"the key enclosed is {_key_of(enclosed)[1]}, not the operator's {key_id}")
    signed = _json(case.read("manifest.json"))
    manifest = signed["manifest"]
    if not _is_signed(key, manifest, signed["signature"]):
        checked.wrong.append(f"the list of contents (manifest.json) is not signed by key {key_id}")
    if manifest["kind"] != "bright-kitchen case file 1" or manifest["key_id"] != key_id:
        checked.wrong.append("the list of contents is of another kind or names another key")
    hashes = _check_files(case, manifest, checked)
    statements = _check_statements(case, manifest, key, key_id, checked)
    if not manifest["streams"]:
        checked.notes.append("no camera is in this case")
    for stream in manifest["streams"]:
        _check_chain(_json(case.read(stream["chain"])), stream, statements, hashes, checked)


def _check_files(case: zipfile.ZipFile, manifest: Json, checked: Checked) -> Dict[str, str]:  # noqa: UP006
    """Every file against the hash list; returns what the files really hash to."""
    listed = {entry["path"]: entry for entry in manifest["files"]}
    names = case.namelist()
    for name in sorted({name for name in names if names.count(name) > 1}):
        checked.wrong.append(f"{name} is in the file twice")
    for name in sorted(set(names) - set(listed) - {"manifest.json"}):
        checked.wrong.append(f"{name} was added: it is not in the list of contents")
    found: Dict[str, str] = {}  # noqa: UP006
    for name, entry in listed.items():
        if name not in names:
            checked.wrong.append(f"{name} was removed: it is in the list of contents")
            continue
        try:
            found[name] = _sha256(case, name)
        except zipfile.BadZipFile:
            found[name] = ""  # its checksum in the ZIP is wrong already
        if found[name] != entry["sha256"]:
            checked.wrong.append(f"{name} was changed: its SHA-256 is not the one in the list of contents")
    return found


def _check_statements(
    case: zipfile.ZipFile, manifest: Json, key: Ed25519PublicKey, key_id: str, checked: Checked
) -> Dict[int, Json]:  # noqa: UP006
    statements: Dict[int, Json] = {}  # noqa: UP006
    hashes: Dict[int, str] = {}  # noqa: UP006
    for path in manifest["statements"]:
        signed = _json(case.read(path))
        statement = signed["statement"]
        if not _is_signed(key, statement, signed["signature"]):
            checked.wrong.append(f"{path} is not signed by key {key_id}")
            continue
        if statement["kind"] != "bright-kitchen hourly statement 1":
            checked.wrong.append(f"{path} is not an hourly statement")
            continue
        statements[statement["number"]] = statement
        hashes[statement["number"]] = hashlib.sha256(_canonical(signed)).hexdigest()
        token = path[: -len("json")] + "tsr"
        if token in case.namelist():
            checked.notes.append(
                f"{token} is a time-stamp of an authority, not checked here: unpack both, then "
                f"`openssl ts -verify -data {path} -in {token} -CAfile <its certificate>`"
            )
    for number, statement in statements.items():
        before = hashes.get(number - 1, NO_LINK if number == 1 else None)
        if before is not None and statement["previous"] != before:
            checked.wrong.append(f"hourly statement {number} does not follow the one before it")
    return statements


def _check_chain(
    chain: Json,
    asked: Json,
    statements: Dict[int, Json],  # noqa: UP006
    hashes: Dict[str, str],  # noqa: UP006
    checked: Checked,
) -> None:
    """Links in order, the end proven by a signed statement, and the video of each segment of the range."""
    stream, records = asked["stream"], chain["records"]
    if chain["kind"] != "bright-kitchen chain 1" or chain["stream"] != stream:
        checked.wrong.append(f"{stream}: the chain enclosed belongs to {chain['stream']}")
    if not records:
        checked.wrong.append(f"{stream}: the chain is empty: nothing proves what was filmed")
        return
    previous = chain["before_link"]
    if records[0]["number"] == 1 and previous != NO_LINK:
        checked.wrong.append(f"{stream}: segment 1 is chained to something before it")
    number = records[0]["number"]
    for record in records:
        if record["number"] != number:
            checked.wrong.append(f"{stream}: segment {number} is missing in the chain, or segments were swapped")
            number = record["number"]
        if record["link"] != _link(stream, record, previous):
            checked.wrong.append(
                f"{stream}: segment {number} is not what was chained: its time, place, size or content was changed, "
                "or the one before it was removed"
            )
        previous = record["link"]
        number += 1
    first = records[0]
    if first["number"] > 1 and first["ends_us"] > asked["from_us"]:
        checked.wrong.append(f"{stream}: segments before {first['number']} may belong to the range and are not here")
    _check_proofs(asked, chain, statements, checked)
    wanted = [record for record in records if _is_in(asked, record["starts_us"], record["ends_us"])]
    for record in wanted:
        _check_video(stream, record, hashes, checked)
    _note_holes(asked, wanted, checked)


def _is_in(asked: Json, starts_us: int, ends_us: int) -> bool:
    return bool(starts_us < asked["to_us"] and ends_us > asked["from_us"])


def _note_holes(asked: Json, wanted: List[Json], checked: Checked) -> None:  # noqa: UP006
    """What was not recorded is no fault of the file, and is said."""
    at_us = asked["from_us"]
    for record in sorted(wanted, key=lambda record: record["starts_us"]):
        gap = record["gap"]
        _note_hole(asked["stream"], at_us, record["starts_us"], gap["cause"] if gap else "unknown", checked)
        at_us = max(at_us, record["ends_us"])
    _note_hole(asked["stream"], at_us, asked["to_us"], "not recorded when the case was sealed", checked)


def _note_hole(stream: str, from_us: int, to_us: int, cause: str, checked: Checked) -> None:
    if to_us - from_us > HOLE_US:
        start = datetime.fromtimestamp(from_us // 1_000_000, timezone.utc)  # noqa: UP017 - Python 3.9
        checked.notes.append(
            f"{stream}: nothing was recorded for {(to_us - from_us) // 1_000_000} s "
            f"from {start:%Y-%m-%d %H:%M:%S} UTC: {cause}"
        )


def _check_proofs(asked: Json, chain: Json, statements: Dict[int, Json], checked: Checked) -> None:  # noqa: UP006
    stream = asked["stream"]
    links = {record["number"]: record["link"] for record in chain["records"]}
    proven, until_us = 0, 0
    for proof in chain["proofs"]:
        statement = statements.get(proof["statement"])
        if statement is None:
            checked.wrong.append(f"{stream}: hourly statement {proof['statement']} is not here or not signed")
        elif links.get(proof["number"]) != proof["link"]:
            checked.wrong.append(
                f"{stream}: hourly statement {proof['statement']} knows another segment {proof['number']}"
            )
        elif not _leads_to_root(f"{stream} {proof['number']} {proof['link']}".encode(), proof, statement):
            checked.wrong.append(
                f"{stream}: segment {proof['number']} is not in what hourly statement {proof['statement']} signed"
            )
        else:
            proven = max(proven, proof["number"])
            until_us = max(until_us, statement["until_us"])
    if until_us < asked["to_us"]:
        checked.wrong.append(f"{stream}: the range reaches beyond the last hourly statement: its end is not proven")
    last = chain["records"][-1]["number"]
    if proven != last:
        checked.wrong.append(
            f"{stream}: the chain is proven up to segment {proven} and ends with {last}: it was cut off or lengthened"
        )


def _check_video(stream: str, record: Json, hashes: Dict[str, str], checked: Checked) -> None:  # noqa: UP006
    path = record["file"]
    if path is None or path not in hashes:
        checked.wrong.append(f"{stream}: the video of segment {record['number']} is missing")
    elif hashes[path] != record["sha256"]:
        checked.wrong.append(f"{stream}: the video of segment {record['number']} is not what was recorded ({path})")


def _link(stream: str, record: Json, previous: str) -> str:
    lines = (
        "bright-kitchen segment 2",
        stream,
        str(record["number"]),
        record["run"],
        f"{record['first_seq']} {record['last_seq']}",
        f"{record['starts_us']} {record['ends_us']}",
        str(record["size_bytes"]),
        record["codecs"],
        "" if record["gap"] is None else f"{record['gap']['from_us']} {record['gap']['cause']}",
        record["sha256"],
        previous,
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _leads_to_root(leaf: bytes, proof: Json, statement: Json) -> bool:
    """RFC 9162, section 2.1.3.2."""
    index, last = proof["index"], statement["chains"] - 1
    if not 0 <= index <= last:
        return False
    found = hashlib.sha256(b"\x00" + leaf).digest()
    for step in map(bytes.fromhex, proof["path"]):
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            found = hashlib.sha256(b"\x01" + step + found).digest()
            while index % 2 == 0 and index != 0:
                index, last = index >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + step).digest()
        index, last = index >> 1, last >> 1
    return bool(last == 0 and found.hex() == statement["root"])


def _key_of(pem: bytes) -> Tuple[Ed25519PublicKey, str]:  # noqa: UP006
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the public key is not an Ed25519 key")
    return key, hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _is_signed(key: Ed25519PublicKey, body: Json, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), _canonical(body))
    except (InvalidSignature, ValueError):
        return False
    return True


def _canonical(what: Json) -> bytes:
    return json.dumps(what, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _json(data: bytes) -> Json:
    def once(pairs: List[Tuple[str, Any]]) -> Json:  # noqa: UP006
        # The same name twice is read in one way here and in another elsewhere.
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a name is there twice")
        return dict(pairs)

    found = json.loads(data, object_pairs_hook=once)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _sha256(case: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with case.open(name) as file:
        for piece in iter(lambda: file.read(PIECE_BYTES), b""):
            digest.update(piece)
    return digest.hexdigest()


def main(arguments: Optional[List[str]] = None) -> int:  # noqa: UP006, UP045
    """The command line."""
    parser = argparse.ArgumentParser(description="Checks a Bright Kitchen case file.")
    parser.add_argument("case", type=Path, help="the ZIP")
    parser.add_argument("--public-key", type=Path, help="the operator's public key, PEM, got by another way")
    chosen = parser.parse_args(arguments)
    try:
        public_key = chosen.public_key.read_bytes() if chosen.public_key else None
        with chosen.case.open("rb") as archive:
            checked = check(archive, public_key)
    except OSError as error:
        sys.stdout.write(f"cannot be read: {error}\n")
        return 1
    for line in checked.notes:
        sys.stdout.write(f"note: {line}\n")
    for line in checked.wrong:
        sys.stdout.write(f"WRONG: {line}\n")
    sys.stdout.write(
        "NOT GENUINE OR NOT WHOLE / 核验未通过\n" if checked.wrong else "Unchanged and whole / 核验通过，未被改动\n"
    )
    return 1 if checked.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
