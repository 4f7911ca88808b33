"""A paper as a row of blocks, from its head to the lines that people sign on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.messages.detector import SeenBox

Language = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; its own line ends are kept."""

    text: str
    is_strong: bool = False
    is_small: bool = False
    indent_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and what they say, two to a row."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG and what is drawn over it, never into it; or, in words, why it is not there."""

    caption: str
    jpeg: bytes | None = None
    boxes: tuple[SeenBox, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Side by side, `across` in a row. `is_exact`: the bytes are put in as they are, whatever they weigh."""

    items: tuple[Picture, ...]
    across: int = 1
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Ruled:
    """Empty lines for a pen."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Signatures:
    """Two columns of what is signed, sealed and dated; never torn apart by a page's end."""

    columns: tuple[tuple[str, ...], tuple[str, ...]]


Block = Heading | Words | Facts | Pictures | Ruled | Signatures


@dataclass(frozen=True, slots=True)
class Paper:
    """`address`: where it is found, also as a QR code; `foot`: on every page; `pages`: how they are counted."""

    language: Language
    bureau: str
    title: str
    subject: str
    address: str
    scan: str
    foot: tuple[str, ...]
    pages: str
    blocks: tuple[Block, ...]
    made_us: int
