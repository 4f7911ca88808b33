"""From the numbers a model gives to boxes and scores: one function for each kind of output. Pure arithmetic.

What each expects of a model is written for those who bring one in shared/design/model-packs.md.
"""

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
    places = boxes[..., [1, 0, 3, 2]]
    return [
        _labelled(places[index], scores[index], classes[index].astype(int) - 1, manifest)
        for index in range(boxes.shape[0])
    ]


def torchvision_boxes(outputs: Sequence[Array], manifest: PackManifest, size: tuple[int, int]) -> list[list[Labelled]]:
    """Three a picture: boxes (k,4) as left, top, right, bottom in pixels, labels (k) counted from 1, scores (k)."""
    return [
        _labelled(_shares(boxes.reshape(-1, 4), size), scores, labels.astype(int) - 1, manifest)
        for boxes, labels, scores in (outputs[at : at + 3] for at in range(0, len(outputs), 3))
    ]


def boxes_scores(outputs: Sequence[Array], manifest: PackManifest, size: tuple[int, int]) -> list[list[Labelled]]:
    """Boxes (n,k,4) as the manifest's `boxes` say, scores (n,k,classes); nothing was suppressed yet."""
    scores = outputs[1].reshape(outputs[1].shape[0], -1, len(manifest.classes))
    boxes: Array = outputs[0].reshape(*scores.shape[:2], 4)
    if manifest.boxes.order == "tlbr":
        boxes = boxes[..., [1, 0, 3, 2]]
    elif manifest.boxes.order == "cxcywh":
        boxes = _from_centres(boxes)
    if manifest.boxes.unit == "pixels":
        boxes = _shares(boxes, size)
    return [_best_class(boxes[index], scores[index], manifest) for index in range(boxes.shape[0])]


def yolo(outputs: Sequence[Array], manifest: PackManifest, size: tuple[int, int]) -> list[list[Labelled]]:
    """One output, (n, 4 + classes, k) or (n, k, 5 + classes): centre, width, height in pixels, [objectness,] scores."""
    rows, classes = outputs[0], len(manifest.classes)
    if rows.shape[1] in (4 + classes, 5 + classes) and rows.shape[2] not in (4 + classes, 5 + classes):
        rows = rows.transpose(0, 2, 1)
    if rows.shape[2] == 5 + classes:
        scores = rows[..., 5:] * rows[..., 4:5]
    elif rows.shape[2] == 4 + classes:
        scores = rows[..., 4:]
    else:
        raise ValueError(f"output {outputs[0].shape}: {4 + classes} or {5 + classes} numbers a box were expected")
    boxes = _shares(_from_centres(rows[..., :4]), size)
    return [_best_class(boxes[index], scores[index], manifest) for index in range(rows.shape[0])]


def detections(outputs: Sequence[Array], manifest: PackManifest, size: tuple[int, int]) -> list[list[Labelled]]:
    """One output (n, k, 6): left, top, right, bottom in pixels, score, class counted from 0; suppressed already."""
    rows = outputs[0].reshape(outputs[0].shape[0], -1, 6)
    boxes = _shares(rows[..., :4], size)
    return [
        _labelled(boxes[index], rows[index, :, 4], rows[index, :, 5].astype(int), manifest)
        for index in range(rows.shape[0])
    ]


def _shares(boxes: Array, size: tuple[int, int]) -> Array:
    """Pixels of the model's input to 0 to 1."""
    return np.asarray(boxes / np.array([*size, *size], np.float32), np.float32)


def _from_centres(boxes: Array) -> Array:
    half = boxes[..., 2:] / 2
    return np.asarray(np.concatenate([boxes[..., :2] - half, boxes[..., :2] + half], -1), np.float32)


def _best_class(boxes: Array, scores: Array, manifest: PackManifest) -> list[Labelled]:
    best = scores.argmax(axis=1)
    return _labelled(boxes, np.take_along_axis(scores, best[:, None], 1)[:, 0], best, manifest)


def _labelled(boxes: Array, scores: Array, classes: NDArray[np.int_], manifest: PackManifest) -> list[Labelled]:
    """Of boxes (k,4) as left, top, right, bottom from 0 to 1: those that are sure enough, each thing once."""
    overlap_max = manifest.threshold("overlap", 0.6)
    found: list[Labelled] = []
    for number, label in enumerate(manifest.classes):
        places = np.nonzero((classes == number) & (scores > manifest.least(label)))[0]
        places = places[np.argsort(-scores[places])][:_FOUND_MAX]
        some = [(Box(*(float(edge) for edge in boxes[at])).clipped(), float(scores[at])) for at in places]
        found += [(label, box, score) for box, score in distinct(some, overlap_max)]
    return found


DECODERS: Mapping[str, Callable[[Sequence[Array], PackManifest, tuple[int, int]], list[list[Labelled]]]] = {
    "centerface": centerface,
    "tensorflow_boxes": tensorflow_boxes,
    "torchvision": torchvision_boxes,
    "boxes_scores": boxes_scores,
    "yolo": yolo,
    "detections": detections,
}


def attribute_scores(outputs: Sequence[Array], manifest: PackManifest) -> list[dict[str, float]]:
    """Scores (n, classes) from 0 to 1, one row a head."""
    rows = np.asarray(outputs[0], dtype=np.float32).reshape(-1, len(manifest.classes))
    return [{name: float(row[at]) for at, name in enumerate(manifest.classes)} for row in rows]
