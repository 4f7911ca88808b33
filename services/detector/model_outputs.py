"""From the numbers a model gives to boxes and scores: one function for each kind of output. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.detector.geometry import Box, distinct
from services.detector.pack_manifest import PackManifest

Array = NDArray[np.float32]
Labelled = tuple[str, Box, float]
"""Class, where, how sure."""

_OVERLAP_MAX = 0.4
_FOUND_MAX = 100
_STRIDE = 4


def centerface(outputs: Sequence[Array], manifest: PackManifest, size: tuple[int, int]) -> list[list[Labelled]]:
    """Heatmap (n,1,h,w), scale (n,2,h,w), offset (n,2,h,w): a face where the map has a peak of its own.

    Source: CenterFace, Xu et al., 2019; a cell is 4 pixels, sizes are exponents.
    """
    heat, scale, offset = outputs[:3]
    threshold = manifest.threshold("score", 0.35)
    width, height = size
    pictures: list[list[Labelled]] = []
    for index in range(heat.shape[0]):
        rows, columns = np.nonzero(heat[index, 0] > threshold)
        scores = heat[index, 0, rows, columns]
        order = np.argsort(-scores)[:_FOUND_MAX]
        rows, columns, scores = rows[order], columns[order], scores[order]
        tall = np.exp(np.clip(scale[index, 0, rows, columns], -8, 8)) * _STRIDE
        wide = np.exp(np.clip(scale[index, 1, rows, columns], -8, 8)) * _STRIDE
        centre_y = (rows + offset[index, 0, rows, columns] + 0.5) * _STRIDE
        centre_x = (columns + offset[index, 1, rows, columns] + 0.5) * _STRIDE
        found = [
            (
                Box((x - w / 2) / width, (y - h / 2) / height, (x + w / 2) / width, (y + h / 2) / height).clipped(),
                float(score),
            )
            for x, y, w, h, score in zip(centre_x, centre_y, wide, tall, scores, strict=True)
        ]
        pictures.append([(manifest.classes[0], box, score) for box, score in distinct(found, _OVERLAP_MAX)])
    return pictures


def tensorflow_boxes(outputs: Sequence[Array], manifest: PackManifest, size: tuple[int, int]) -> list[list[Labelled]]:
    """Boxes (n,k,4) as top, left, bottom, right from 0 to 1, scores (n,k), classes (n,k) counted from 1."""
    boxes, scores, classes = outputs[:3]
    threshold = manifest.threshold("score", 0.4)
    pictures: list[list[Labelled]] = []
    for index in range(boxes.shape[0]):
        found: dict[str, list[tuple[Box, float]]] = {}
        for place in np.nonzero(scores[index] > threshold)[0]:
            number = int(classes[index, place]) - 1
            if 0 <= number < len(manifest.classes):
                top, left, bottom, right = (float(value) for value in boxes[index, place])
                box = Box(left, top, right, bottom).clipped()
                found.setdefault(manifest.classes[number], []).append((box, float(scores[index, place])))
        pictures.append(
            [(label, box, score) for label, all_of in found.items() for box, score in distinct(all_of, 0.6)]
        )
    return pictures


def torchvision_boxes(outputs: Sequence[Array], manifest: PackManifest, size: tuple[int, int]) -> list[list[Labelled]]:
    """Three a picture: boxes (k,4) as left, top, right, bottom in pixels, labels (k) counted from 1, scores (k)."""
    threshold = manifest.threshold("score", 0.5)
    width, height = size
    pictures: list[list[Labelled]] = []
    for index in range(0, len(outputs), 3):
        boxes, labels, scores = outputs[index : index + 3]
        found: list[Labelled] = []
        for (left, top, right, bottom), label, score in zip(boxes, labels, scores, strict=True):
            number = int(label) - 1
            if score > threshold and 0 <= number < len(manifest.classes):
                box = Box(left / width, top / height, right / width, bottom / height).clipped()
                found.append((manifest.classes[number], box, float(score)))
        pictures.append(found)
    return pictures


DECODERS: Mapping[str, Callable[[Sequence[Array], PackManifest, tuple[int, int]], list[list[Labelled]]]] = {
    "centerface": centerface,
    "tensorflow_boxes": tensorflow_boxes,
    "torchvision": torchvision_boxes,
}


def attribute_scores(outputs: Sequence[Array], manifest: PackManifest) -> list[dict[str, float]]:
    """Scores (n, classes) from 0 to 1, one row a head."""
    rows = np.asarray(outputs[0], dtype=np.float32).reshape(-1, len(manifest.classes))
    return [{name: float(row[at]) for at, name in enumerate(manifest.classes)} for row in rows]
