"""The hourly statement: one signature over the heads of all chains, chained to the statement before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.recorder.evidence.merkle import proof_of, root_of
from services.recorder.evidence.signature import SigningKey, canonical
from services.recorder.segment import StreamRef

KIND = "bright-kitchen hourly statement 1"
NO_PREVIOUS = "0" * 64
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the chain of a stream ended when the statement was made."""

    of: StreamRef
    number: int
    link: str

    @property
    def leaf(self) -> bytes:
        return f"{self.of} {self.number} {self.link}".encode()


@dataclass(frozen=True, slots=True)
class HourlyStatement:
    """What is signed. `heads` are in order of their names; `until_us` is when they were read, UTC microseconds.

    A statement made while its hour still runs, because somebody sealed a case, is one more in the same row.
    """

    number: int
    hour_us: int
    until_us: int
    heads: tuple[ChainHead, ...]
    previous: str

    @classmethod
    def over(cls, heads: Iterable[ChainHead], until_us: int, after: SignedStatement | None) -> HourlyStatement:
        """The next statement behind `after`."""
        return cls(
            number=1 if after is None else after.statement.number + 1,
            hour_us=(until_us - 1) // HOUR_US * HOUR_US,
            until_us=until_us,
            heads=tuple(sorted(heads, key=lambda head: str(head.of))),
            previous=NO_PREVIOUS if after is None else after.sha256,
        )

    def body(self, key_id: str) -> dict[str, Any]:
        """As it is signed. The heads are in it as their root: whoever gets one chain learns of no other."""
        return {
            "kind": KIND,
            "number": self.number,
            "hour_us": self.hour_us,
            "until_us": self.until_us,
            "chains": len(self.heads),
            "root": root_of([head.leaf for head in self.heads]).hex(),
            "previous": self.previous,
            "key_id": key_id,
        }

    def signed(self, key: SigningKey) -> SignedStatement:
        body = self.body(key.key_id)
        return SignedStatement(self, body, key.sign(body))


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement as it is stored and handed out. `time_stamp` is an RFC 3161 token over it, where one was got."""

    statement: HourlyStatement
    body: Mapping[str, Any]
    signature: str
    time_stamp: bytes | None = None

    @property
    def sha256(self) -> str:
        """What the next statement calls `previous`, and what a time-stamping authority signs."""
        return hashlib.sha256(self.document).hexdigest()

    @property
    def document(self) -> bytes:
        return canonical({"statement": self.body, "signature": self.signature})

    def proof_for(self, of: StreamRef) -> dict[str, Any] | None:
        """How the chain of a stream leads to the root; None where the stream is not in it."""
        heads = self.statement.heads
        index = next((at for at, head in enumerate(heads) if head.of == of), None)
        if index is None:
            return None
        path = proof_of([head.leaf for head in heads], index)
        return {
            "statement": self.statement.number,
            "number": heads[index].number,
            "link": heads[index].link,
            "index": index,
            "path": [step.hex() for step in path],
        }
