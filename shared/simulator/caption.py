"""The bar at the top of composed footage: picture index, what it is, which room, and a running counter."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from shared.simulator.picture_index import BLOCKS, BLOCKS_PER_WIDTH, Pixels, burn_index

BAR_HEIGHT = 34
_GROUND, _TEXT, _QUIET = (22, 26, 32), (242, 244, 246), (158, 170, 182)
_FONT_PIXELS = 17
_CJK_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def cjk_font_path() -> str | None:
    """A font of this machine that has Chinese; None: captions are in English only."""
    known = next((path for path in _CJK_FONTS if Path(path).exists()), None)
    if known is not None:
        return known
    try:
        listed = subprocess.run(["fc-list", ":lang=zh", "file"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    paths = sorted(line.rstrip(": ") for line in listed.stdout.splitlines() if line)
    return next((path for path in paths if "Sans" in path), paths[0] if paths else None)


def _font() -> Font:
    path = cjk_font_path()
    return ImageFont.load_default(_FONT_PIXELS) if path is None else ImageFont.truetype(path, _FONT_PIXELS)


class Caption:
    """`name_zh` and `name_en` say which camera it pretends to be."""

    def __init__(self, width: int, name_zh: str, name_en: str):
        self._font = _font()
        has_chinese = cjk_font_path() is not None
        self._bar = Image.new("RGB", (width, BAR_HEIGHT), _GROUND)
        draw = ImageDraw.Draw(self._bar)
        left = round(width * (BLOCKS + 0.7) / BLOCKS_PER_WIDTH)
        what = "演示画面 · 合成 / demo footage, composed" if has_chinese else "demo footage, composed"
        where = f"{name_zh} {name_en}" if has_chinese else name_en
        draw.text((left, BAR_HEIGHT / 2), what, _TEXT, self._font, anchor="lm")
        draw.text(
            (left + draw.textlength(what, self._font) + 26, BAR_HEIGHT / 2), where, _QUIET, self._font, anchor="lm"
        )
        self._glyphs: dict[str, Image.Image] = {}

    def burn(self, picture: Image.Image, index: int, frame_rate: int) -> Pixels:
        """Draw the bar, and return the picture as an array with its index burned in."""
        picture.paste(self._bar, (0, 0))
        seconds, rest = divmod(index, frame_rate)
        x = picture.width - 150
        for character in f"{seconds // 60:02d}:{seconds % 60:02d}.{rest:02d}  #{index:04d}":
            glyph = self._glyph(character)
            picture.paste(glyph, (x, 0))
            x += glyph.width
        pixels = np.array(picture)
        burn_index(pixels, index)
        return pixels

    def _glyph(self, character: str) -> Image.Image:
        # All digits equally wide, so that the counter does not tremble.
        if character not in self._glyphs:
            width = 10 if character.isdigit() else 13 if character == "#" else 6
            glyph = Image.new("RGB", (width, BAR_HEIGHT), _GROUND)
            ImageDraw.Draw(glyph).text((width / 2, BAR_HEIGHT / 2), character, _TEXT, self._font, anchor="mm")
            self._glyphs[character] = glyph
        return self._glyphs[character]
