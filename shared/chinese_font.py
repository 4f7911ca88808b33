"""The machine's font with Chinese, which is put into what we print so that it looks the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont

# Where Debian, Alpine, Fedora and Arch keep one; the images that print install fonts-noto-cjk.
FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
)
# In Noto's collection each language has a face of its own; simplified Chinese draws the characters as schools do.
_SIMPLIFIED = "CJK SC"
_FACES_MAX = 32


@dataclass(frozen=True, slots=True)
class ChineseFont:
    """A file and which of its faces."""

    path: Path
    face: int


def chinese_font(fonts: Sequence[Path] = FONTS) -> ChineseFont | None:
    """The first of them that is there; None: this machine has none."""
    path = next((each for each in fonts if each.exists()), None)
    return None if path is None else ChineseFont(path, _face_of(path))


def _face_of(path: Path) -> int:
    """0 of a font that has no face for simplified Chinese."""
    for at in range(_FACES_MAX):
        try:
            family, _ = ImageFont.truetype(str(path), 10, index=at).getname()
        except OSError:
            break  # no more faces
        if _SIMPLIFIED in (family or ""):
            return at
    return 0
