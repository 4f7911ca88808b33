"""`bk models run` and `bk models evaluate`: what the pipeline sees in a file, and how good a pack is on labelled heads.

A program of its own, because the command line may not import a service.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

from services.detector.adapters.camera_decoder import memory_planes
from services.detector.adapters.model_runner import PackBroken, load_pack
from services.detector.adapters.pack_folders import PackFolders
from services.detector.adapters.photos import NotAPicture, picture_of
from services.detector.attribute_report import Judged, labelled, report_by_source
from services.detector.camera_sight import CameraSight, PictureLook
from services.detector.diagnosis.keeping import Kept
from services.detector.loaded_pack import LoadedPack, bands_of, scores_of
from services.detector.model_set import CORE_CAPABILITIES, ModelSet
from services.detector.picture import Bytes, Picture
from services.detector.picture_eye import new_eye
from shared.errors import BrightKitchenError
from shared.messages.cameras import AnalysisPolicy
from shared.subjects import CameraRef

DEFAULT_PACKS = Path(__file__).resolve().parents[1] / "packs"
_BATCH = 64
_NIGHT_HZ = 5.0


class Refused(BrightKitchenError):
    """What was given cannot be used; one line says what to change."""


def main(words: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(words)
    try:
        if options.command == "evaluate":
            evaluate(options.pack, options.labels, options.images, options.part, as_json=options.json)
        elif options.image is not None:
            _say(_looked_at([(_picture(options.image), 0)], _models(options.packs)), as_json=options.json)
        else:
            rate_hz = options.rate if options.rate is not None else _NIGHT_HZ if options.night else 1.0
            seen = _looked_at(_video(options.video, rate_hz), _models(options.packs), is_night_watch=options.night)
            _say(seen, as_json=options.json)
    except (Refused, PackBroken) as error:
        sys.stderr.write(f"bk: {error}\n")
        return 1
    return 0


def evaluate(folder: Path, labels: Path, images: Path, part: str | None, *, as_json: bool) -> None:
    """Labelled heads of a folder through one pack of attributes; the figures on standard output.

    Args:
        part: only heads with this in the column `part`, such as "test": those that a pack did not learn from.
    """
    pack = _pack(folder)
    if pack.manifest.task != "head_attributes":
        raise Refused(f"{folder}: task {pack.manifest.task!r}; evaluated are packs of head_attributes")
    rows = [row for row in _labels(labels, pack.manifest.classes) if part in (None, row.get("part"))]
    if not rows:
        raise Refused(f"{labels}: no row" + (f" with {part!r} in the column part" if part else ""))
    judged: dict[str, list[Judged]] = {name: [] for name in pack.manifest.classes}
    missing, took_s, heads = 0, 0.0, 0
    for begin in range(0, len(rows), _BATCH):
        some = [(row, crop) for row in rows[begin : begin + _BATCH] if (crop := _crop(images, row["crop"], pack))]
        missing += len(rows[begin : begin + _BATCH]) - len(some)
        began = time.perf_counter()
        scores = scores_of(pack, [crop[0] for _, crop in some])
        took_s, heads = took_s + time.perf_counter() - began, heads + len(some)
        for (row, _), score in zip(some, scores, strict=True):
            for name in pack.manifest.classes:
                is_there = labelled(name, row.get(name) or "")
                if is_there is not None:
                    judged[name].append(Judged(score[name], is_there, _source(row)))
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{begin + len(some)}/{len(rows)}")
    if not heads:
        raise Refused(f"{images}: none of the {len(rows)} crops named in {labels} is there")
    bands = bands_of(pack.manifest)
    figures = {
        "pack": pack.manifest.id,
        "sha256": pack.digest,
        "heads": heads,
        "missing_files": missing,
        "ms_a_head": round(1000 * took_s / heads, 3),
        "device": pack.runner.device,
        "attributes": {name: report_by_source(some, bands[name]) for name, some in judged.items()},
    }
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n" if as_json else _table(figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bk models")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    what = run.add_mutually_exclusive_group(required=True)
    what.add_argument("--image", type=Path)
    what.add_argument("--video", type=Path)
    run.add_argument("--packs", type=Path, action="append", default=[])
    run.add_argument("--rate", type=float)
    run.add_argument("--night", action="store_true")
    run.add_argument("--json", action="store_true")
    test = commands.add_parser("evaluate")
    for name in ("pack", "labels", "images"):
        test.add_argument(f"--{name}", type=Path, required=True)
    test.add_argument("--part")
    test.add_argument("--json", action="store_true")
    return parser


def _models(folders: Sequence[Path]) -> ModelSet:
    found = PackFolders((DEFAULT_PACKS, *folders)).look()
    packs = {}
    for pack in sorted(found.whole, key=lambda one: one.manifest.id):
        packs[pack.manifest.capability] = load_pack(pack.manifest, pack.weights, 0)
    for broken in found.broken.values():
        for name, why in broken.items():
            sys.stderr.write(f"bk: pack {name} is not used: {why}\n")
    return ModelSet(packs, missing=tuple(name for name in CORE_CAPABILITIES if name not in packs))


def _pack(folder: Path) -> LoadedPack:
    found = PackFolders((folder.parent,)).look()
    for pack in found.whole:
        if pack.weights.parent.resolve() == folder.resolve():
            return load_pack(pack.manifest, pack.weights, 1)
    reasons = [why for broken in found.broken.values() for name, why in broken.items() if name.startswith(folder.name)]
    raise Refused(f"{folder} is no whole pack: {'; '.join(reasons) or 'manifest.json is not there, or not right'}")


def _looked_at(
    pictures: Iterable[tuple[Picture, int]], models: ModelSet, *, is_night_watch: bool = False
) -> Iterator[Any]:
    """What the facts of a camera would say that films this; as there, no model is asked what cannot be judged."""
    camera = CameraRef("file", "file")
    sight, eye = CameraSight(camera, "main"), new_eye(camera, AnalysisPolicy(), lambda: None, Kept())
    for picture, at_us in pictures:
        picture.captured_us = at_us
        shown = eye.observe(picture, is_night_watch)
        look = PictureLook(unavailable=models.missing)
        if shown.verdict.is_usable:
            (look,) = models.look([picture])
        fact = sight.see(shown, look, at_us)
        wanted = {"at_us", "width", "height", "people", "things", "movers", "picture", "models", "unavailable"}
        yield json.loads(fact.model_dump_json(include=wanted, exclude_none=True))


def _say(seen: Iterator[Any], *, as_json: bool) -> None:
    for one in seen:
        if as_json:
            sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
            continue
        heads = sum("head" in person for person in one["people"])
        told = [attribute for person in one["people"] for attribute in person["attributes"]]
        absent = [attribute["name"] for attribute in told if attribute["state"] == "absent"]
        without = "".join(f", {absent.count(name)} without {name}" for name in sorted(set(absent)))
        usable = "" if one["picture"]["is_usable"] else ", cannot be judged"
        found = [thing["label"] for thing in one["things"]]
        things = "".join(f", {found.count(label)} {label}" for label in sorted(set(found)))
        faults = "".join(f", {fault['fault']}" for fault in one["picture"]["faults"])
        moving = sum(mover["kind"] == "large" for mover in one["movers"])
        movers = f", {moving} large moving" if moving else ""
        movers += ", suspected rodent" if any(mover["is_suspected"] for mover in one["movers"]) else ""
        missing = f"; not available: {', '.join(one['unavailable'])}" if one["unavailable"] else ""
        size = f"{one['width']}x{one['height']}"
        people = f"{len(one['people'])} people, {heads} heads{without}"
        sys.stdout.write(f"{one['at_us'] / 1e6:8.2f} s  {size}: {people}{things}{movers}{faults}{usable}{missing}\n")
        sys.stdout.flush()


def _picture(path: Path) -> Picture:
    try:
        return picture_of(path)
    except NotAPicture as error:
        raise Refused(f"{path}: {error}") from error


def _video(path: Path, rate_hz: float) -> Iterator[tuple[Picture, int]]:
    """Pictures of a film at a rate, by their own times."""
    if rate_hz <= 0:
        raise Refused("--rate is pictures a second, above 0")
    due_s = 0.0
    try:
        with av.open(str(path)) as file:
            if not file.streams.video:
                raise Refused(f"{path} has no video")
            base = file.streams.video[0].time_base or Fraction(1, 25)
            first: int | None = None
            for frame in file.decode(video=0):
                first = frame.pts if first is None else first
                at_s = float(((frame.pts or 0) - (first or 0)) * base)
                if at_s + 1e-6 < due_s:
                    continue
                due_s = max(due_s + 1 / rate_hz, at_s)
                yield Picture(memory_planes(frame), 0, 0), round(at_s * 1e6)
    except (av.FFmpegError, OSError) as error:
        raise Refused(f"{path} cannot be read as a film: {error}") from error


def _labels(path: Path, classes: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            if "crop" not in columns or not set(classes) & set(columns):
                raise Refused(
                    f"{path}: columns {', '.join(columns) or 'none'}; wanted are crop and {', '.join(classes)}"
                )
            return [{key: value or "" for key, value in row.items() if key} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path} cannot be read: {error}") from error


def _crop(images: Path, name: str, pack: LoadedPack) -> tuple[Bytes] | None:
    for path in (images / name, images / f"{name}.jpg", images / f"{name}.png"):
        try:
            with Image.open(path) as image:
                size = (pack.manifest.input.width, pack.manifest.input.height)
                pixels = np.asarray(image.convert("RGB"))
                # As heads are cut out of pictures.
                is_smaller = pixels.shape[1] >= size[0] and pixels.shape[0] >= size[1]
                way = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
                return (np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8),)
        except (FileNotFoundError, IsADirectoryError):
            continue
        except OSError as error:
            raise Refused(f"{path} cannot be read as a picture: {error}") from error
    return None


def _source(row: dict[str, str]) -> str:
    return (row.get("source") or row["crop"]).split("/")[0].split("_")[0]


def _table(figures: dict[str, Any]) -> str:
    lines = [f"{figures['pack']}: {figures['heads']} heads, {figures['ms_a_head']} ms a head on {figures['device']}"]
    for name, parts in figures["attributes"].items():
        for source, one in (("all", parts["all"]), *parts["by_source"].items()):
            lines.append(
                f"  {name:10} {source:10} {one['heads']:6} heads   there and found {_percent(one['present_found'])}"
                f"   absent and found {_percent(one['absent_found'])}   absent taken for there"
                f" {_percent(one['absent_as_present'])}"
            )
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "    -" if share is None else f"{100 * share:4.1f}%"


if __name__ == "__main__":
    sys.exit(main())
