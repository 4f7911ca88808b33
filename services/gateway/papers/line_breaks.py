"""Where lines end: between any two Chinese characters, at the blanks of other words, never before a full stop. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

# What may not begin a line, and what may not end one (GB/T 15834-2011, 5.1).
_NOT_FIRST = frozenset("、。，．；：？！）】》〉」』”’…—～·％!),.:;?]}%")
_NOT_LAST = frozenset("（【《〈「『“‘([{")
# General categories of Unicode: controls, marks of format, halves of pairs, private and unassigned ones.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
# They choose how the character before them is drawn, and have no shape of their own.
_SELECTORS = range(0xFE00, 0xFE10)
# From here on characters stand in squares: radicals, kana, hanzi, hangul, wide forms, and the planes of hanzi.
_WIDE = ((0x2E80, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))


def printable(text: str) -> str:
    """Without what would steer a printer or turn what is read around: controls, marks of direction."""
    kept = (
        " " if each in "\t\u00a0" else each
        for each in text.replace("\r\n", "\n").replace("\r", "\n")
        if each in "\n\t" or (ord(each) not in _SELECTORS and unicodedata.category(each) not in _UNSEEN)
    )
    return "".join(kept)


def lines_of(text: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    """The text in lines no wider than `width`; its own line ends stay. Args: width_of: of a piece of text."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if width_of(line + piece.rstrip(" ")) <= width:
                line += piece
                continue
            if line:
                lines.append(line.rstrip(" "))
            *whole, line = _cut(piece.lstrip(" "), width, width_of)
            lines += whole
        lines.append(line.rstrip(" "))
    return lines


def _pieces(paragraph: str) -> Iterator[str]:
    """What is never torn: a word with the blanks behind it, a square character with the marks that cling to it."""
    piece = ""
    for each in paragraph:
        if piece and _may_break(piece[-1], each):
            yield piece
            piece = ""
        piece += each
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return before == " " or _is_square(before) or _is_square(after)


def _is_square(each: str) -> bool:
    return any(first <= ord(each) <= last for first, last in _WIDE)


def _cut(piece: str, width: float, width_of: Callable[[str], float]) -> list[str]:
    """A piece that no line holds, in as many as it takes."""
    parts = [""]
    for each in piece:
        if parts[-1] and width_of(parts[-1] + each) > width:
            parts.append("")
        parts[-1] += each
    return parts
