"""Reads the bit strings of H.264 and H.265 headers: fixed lengths and Exp-Golomb codes."""

from __future__ import annotations

from shared.errors import ProtocolViolation


def without_emulation_prevention(nal: bytes) -> bytes:
    """The raw byte sequence payload: 00 00 03 stands for 00 00 (H.264 7.4.1, H.265 7.4.2)."""
    return nal.replace(b"\0\0\3", b"\0\0")


class BitReader:
    """Reads from the most significant bit on; reading past the end is a `ProtocolViolation`."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes):
        self._value = int.from_bytes(data)
        self._left = len(data) * 8

    def bits(self, count: int) -> int:
        """u(n): an unsigned number of `count` bits."""
        left = self._left - count
        if left < 0:
            raise ProtocolViolation("parameter set ends early")
        self._left = left
        return (self._value >> left) & ((1 << count) - 1)

    def flag(self) -> bool:
        return self.bits(1) == 1

    def skip(self, count: int) -> None:
        self.bits(count)

    def ue(self, limit: int = 0xFFFF_FFFE) -> int:
        """ue(v), H.264 9.1: an unsigned Exp-Golomb code of at most `limit`."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:  # no syntax element is longer than 32 bits
                raise ProtocolViolation("Exp-Golomb code longer than 32 bits")
        value = (1 << zeros) - 1 + self.bits(zeros)
        if value > limit:
            raise ProtocolViolation(f"value {value} in a parameter set is above its limit {limit}")
        return value

    def se(self) -> int:
        """se(v), H.264 9.1.1: a signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
