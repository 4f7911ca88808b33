"""Merkle trees as RFC 9162 draws them, signatures, and statements that follow one another."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from services.recorder.evidence.case_verifier import _leads_to_root
from services.recorder.evidence.hourly_statement import HOUR_US, NO_PREVIOUS, HourlyStatement
from services.recorder.evidence.merkle import leaf_hash, node_hash, proof_of, root_of
from services.recorder.evidence.signature import SigningKey, canonical
from tests.recorder.evidence_cases import HOUR, KEY, STREAMS, chain_of, head_of, statements_over

# The leaves and roots that the implementers of certificate transparency test against (RFC 6962's reference code).
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )
]  # fmt: skip
CT_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize(("count", "root"), CT_ROOTS.items())
def test_roots_known_from_certificate_transparency(count: int, root: str) -> None:
    assert root_of(CT_LEAVES[:count]).hex() == root


@pytest.mark.parametrize("count", range(1, 34))
def test_every_proof_leads_to_the_root_and_to_no_other(count: int) -> None:
    leaves = [f"leaf {number}".encode() for number in range(count)]
    statement = {"chains": count, "root": root_of(leaves).hex()}
    for index, leaf in enumerate(leaves):
        proof = {"index": index, "path": [step.hex() for step in proof_of(leaves, index)]}
        assert _leads_to_root(leaf, proof, statement)
        assert not _leads_to_root(leaf + b"x", proof, statement)
        assert not _leads_to_root(leaf, {**proof, "index": index + 1}, statement)
        assert not _leads_to_root(leaf, {**proof, "path": [*proof["path"], "00" * 32]}, statement)  # type: ignore[misc]
    with pytest.raises(ValueError, match="no leaf"):
        proof_of(leaves, count)


def test_a_node_is_no_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("text", ["", "not base64", "c2hvcnQ=", base64.b64encode(bytes(31)).decode()])
def test_a_wrong_key_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(ValueError, match="evidence key is 32 bytes") as refused:
        SigningKey.from_base64(text)
    assert not text or text not in str(refused.value)


def test_a_key_has_its_name_and_signs() -> None:
    key = SigningKey.from_base64(base64.b64encode(bytes(range(32))).decode())
    assert key.key_id == KEY.key_id
    assert len(key.key_id) == 16
    what = {"b": 1, "a": "厨房"}
    assert canonical(what) == '{"a":"厨房","b":1}'.encode()
    load_pem_public_key(key.public_pem).verify(base64.b64decode(key.sign(what)), canonical(what))  # type: ignore[union-attr, call-arg]


def test_statements_follow_one_another() -> None:
    chains = [chain_of(of, 4) for of in STREAMS]
    first, second = statements_over(chains, (2, 4), KEY)
    assert first.body["previous"] == NO_PREVIOUS
    assert second.body["previous"] == hashlib.sha256(first.document).hexdigest()
    assert (first.statement.number, second.statement.number) == (1, 2)
    assert second.body["hour_us"] == HOUR + HOUR_US
    assert second.body["chains"] == 3
    # The order in which heads are given does not matter, what they are does.
    heads = [head_of(chain, 2) for chain in chains]
    assert HourlyStatement.over(heads[::-1], HOUR + HOUR_US, None).signed(KEY).document == first.document
    assert HourlyStatement.over(heads[:2], HOUR + HOUR_US, None).body("k")["root"] != first.body["root"]


def test_a_stream_that_is_not_in_it_has_no_proof() -> None:
    (signed,) = statements_over([chain_of(STREAMS[0], 2)], (2,), KEY)
    assert signed.proof_for(STREAMS[1]) is None
    assert signed.proof_for(STREAMS[0]) == {
        "statement": 1, "number": 2, "link": signed.statement.heads[0].link, "index": 0, "path": [],
    }  # fmt: skip
