"""Pixels that stay where they were decoded, on a GPU: canvases and crops are made there, and only small parts leave it.

The same arithmetic as `planes.py`, so that a model sees the same whoever decoded. It runs on any device of torch: the
tests compare both on the CPU.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import cv2
import numpy as np
import torch
from av.video.frame import VideoFrame
from torch.utils.dlpack import from_dlpack

from services.detector.picture import MASKED, Bytes, Canvas, Polygon
from services.detector.planes import widened
from shared.errors import ResourceExhausted

_MASKS_KEPT = 512
_masks: dict[tuple[Any, ...], torch.Tensor] = {}

# BT.601 of the range of television, as `cv2.COLOR_YUV2RGB_I420` has it.
_LIGHT, _RED_OF_CR, _GREEN_OF_CB, _GREEN_OF_CR, _BLUE_OF_CB = 1.1644, 1.5960, -0.3918, -0.8130, 2.0172


P = ParamSpec("P")
R = TypeVar("R")


def _full_is_told(made: Callable[P, R]) -> Callable[P, R]:
    """A device whose memory is full costs a picture, not the worker."""

    @functools.wraps(made)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return made(*args, **kwargs)
        except torch.OutOfMemoryError as error:
            raise ResourceExhausted(f"the GPU's memory is full: {str(error)[:200]}") from error

    return told


class DevicePlanes:
    """NV12: luma (height, width), chroma (height/2, width/2, 2), uint8 tensors of one device."""

    def __init__(self, luma: torch.Tensor, chroma: torch.Tensor, is_full_range: bool = False):
        self._luma = luma
        self._chroma = chroma
        self._is_full_range = is_full_range

    @classmethod
    def of(cls, frame: VideoFrame, is_full_range: bool) -> DevicePlanes:
        """A decoded frame of format nv12, wherever its planes are; it lives as long as they are looked at."""
        # By the capsule: libav decodes on the stream that torch's is by default, and refuses to be told another.
        luma, chroma = (from_dlpack(frame.planes[at].__dlpack__()) for at in range(2))
        return cls(luma[: frame.height, : frame.width], chroma, is_full_range)

    @property
    def width(self) -> int:
        return int(self._luma.shape[1])

    @property
    def height(self) -> int:
        return int(self._luma.shape[0])

    @property
    def is_full_range(self) -> bool:
        return self._is_full_range

    @_full_is_told
    def canvas(self, width: int, height: int, masks: Sequence[Polygon]) -> Canvas:
        luma = _resized(self._luma[None], height, width)[0]
        chroma = _resized(self._chroma.permute(2, 0, 1), height // 2, width // 2)
        made = self._rgb(luma, chroma)
        if masks:
            made.masked_fill_(_hidden(tuple(masks), width, height, made.device)[..., None], MASKED)
        return made

    @_full_is_told
    def crop(self, left: int, top: int, right: int, bottom: int, size: int) -> Canvas:
        # On whole chroma samples.
        left, top = left & ~1, top & ~1
        right, bottom = max(left + 2, right + (right & 1)), max(top + 2, bottom + (bottom & 1))
        luma = _cut(self._luma[None], left, top, right, bottom)
        chroma = _cut(self._chroma.permute(2, 0, 1), left // 2, top // 2, right // 2, bottom // 2)
        return self._rgb(_resized(luma, size, size)[0], _resized(chroma, size // 2, size // 2))

    @_full_is_told
    def small(self, width: int, height: int) -> tuple[Bytes, Bytes, Bytes]:
        luma = _resized(self._luma[None], height, width)
        chroma = _resized(self._chroma.permute(2, 0, 1), height // 2, width // 2)
        # In one transfer: each is waited for.
        together = _in_memory(torch.cat((luma.flatten(), chroma.flatten())))
        luma_in_memory = together[: height * width].reshape(height, width)
        cb, cr = together[height * width :].reshape(2, height // 2, width // 2)
        return (luma_in_memory if self._is_full_range else widened(luma_in_memory)), cb, cr

    def part(self, left: int, top: int, right: int, bottom: int) -> Bytes:
        return _in_memory(self._luma[max(0, top) : max(0, bottom), max(0, left) : max(0, right)])

    def every(self, rows: int, columns: int) -> Bytes:
        return _in_memory(self._luma[::rows, ::columns])

    def whole(self) -> Bytes:
        return _in_memory(self._luma)

    def _rgb(self, luma: torch.Tensor, chroma: torch.Tensor) -> torch.Tensor:
        """(height, width) and (2, height/2, width/2) rounded levels -> (height, width, 3) uint8."""
        if self._is_full_range:
            luma = torch.clamp(torch.round(16 + luma * (219 / 255)), 0, 255)
            chroma = torch.clamp(torch.round(128 + (chroma - 128) * (224 / 255)), 0, 255)
        cb, cr = chroma.repeat_interleave(2, 1).repeat_interleave(2, 2) - 128
        light = _LIGHT * torch.clamp(luma - 16, min=0)
        levels = (light + _RED_OF_CR * cr, light + _GREEN_OF_CB * cb + _GREEN_OF_CR * cr, light + _BLUE_OF_CB * cb)
        return torch.clamp(torch.round(torch.stack(levels, -1)), 0, 255).to(torch.uint8)


def _resized(planes: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(n, h, w) -> (n, height, width) float, rounded to levels as a picture in memory is."""
    levels = planes[None].to(torch.float32)
    if planes.shape[1:] == (height, width):
        return levels[0]
    is_smaller = planes.shape[1] >= height and planes.shape[2] >= width
    if is_smaller:
        sized = torch.nn.functional.interpolate(levels, (height, width), mode="area")
    else:
        sized = torch.nn.functional.interpolate(levels, (height, width), mode="bilinear", align_corners=False)
    return torch.round(sized[0])


def _cut(planes: torch.Tensor, left: int, top: int, right: int, bottom: int) -> torch.Tensor:
    """What lies outside repeats the border; of what lies wholly outside nothing is known, and it is grey."""
    height, width = planes.shape[1:]
    if right <= 0 or bottom <= 0 or left >= width or top >= height:
        return torch.full((planes.shape[0], bottom - top, right - left), 128, dtype=torch.uint8, device=planes.device)
    rows = torch.arange(top, bottom, device=planes.device).clamp(0, height - 1)
    columns = torch.arange(left, right, device=planes.device).clamp(0, width - 1)
    return planes[:, rows][:, :, columns]


def _hidden(masks: tuple[Polygon, ...], width: int, height: int, device: torch.device) -> torch.Tensor:
    key = masks, width, height, str(device)
    known = _masks.get(key)
    if known is None:
        drawn = np.zeros((height, width), np.uint8)
        for polygon in masks:
            corners = np.array([(round(x * width), round(y * height)) for x, y in polygon], np.int32)
            cv2.fillPoly(drawn, [corners], 1)
        if len(_masks) >= _MASKS_KEPT:
            _masks.clear()
        known = _masks[key] = torch.from_numpy(drawn.astype(bool)).to(device)
    return known


def _in_memory(levels: torch.Tensor) -> Bytes:
    return np.asarray(levels.to(torch.uint8).contiguous().cpu().numpy(), np.uint8)
