"""A Merkle tree as certificate transparency builds it (RFC 9162, section 2.1), over the heads of all chains.

Own code and not a library: pymerkle, the one that is kept, is GPL and could not be shipped under our licence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

# RFC 9162, 2.1.1: the first byte tells a leaf from a node, so that neither can be passed off as the other.
_LEAF = b"\x00"
_NODE = b"\x01"


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The hash over all leaves; of no leaves the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = _split(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def proof_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root, lowest first (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} of {len(leaves)}")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*proof_of(leaves[:split], index), root_of(leaves[split:])]
    return [*proof_of(leaves[split:], index - split), root_of(leaves[:split])]


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
