"""`bk models`: what the detector's models see in a file, and how good a pack is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Models: run them on a file, evaluate a pack.")

AsJson = Annotated[bool, typer.Option("--json", help="for programs")]
# The command line may not import a service: the program is the detector's.
_PROGRAM = [sys.executable, "-m", "services.detector.adapters.model_commands"]


@app.command()
def run(
    image: Annotated[Path | None, typer.Option("--image", help="a picture of any size")] = None,
    video: Annotated[Path | None, typer.Option("--video", help="a film of any size")] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", help="pictures of a film looked at in a second; 1, and 5 with --night")
    ] = None,
    night: Annotated[
        bool, typer.Option("--night", help="a film of the night watch: what small moves is looked for")
    ] = False,
    packs: Annotated[list[Path] | None, typer.Option("--packs", help="a folder with further packs")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the whole pipeline sees in a picture or a film."""
    if (image is None) == (video is None):
        raise typer.BadParameter("give either --image or --video")
    words = ["run", *(["--image", str(image)] if image else ["--video", str(video)]), *(["--night"] if night else [])]
    words += [] if rate is None else ["--rate", str(rate)]
    for folder in packs or ():
        words += ["--packs", str(folder)]
    _call(words, as_json)


@app.command()
def evaluate(
    pack: Annotated[Path, typer.Option("--pack", help="a pack's folder")],
    labels: Annotated[Path, typer.Option("--labels", help="CSV with the columns crop,mask,headwear")],
    images: Annotated[Path, typer.Option("--images", help="folder with the crops")],
    part: Annotated[
        str | None, typer.Option("--part", help="only rows with this in the column part, e.g. test")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Figures and confusion of a pack of head attributes on a labelled folder."""
    words = ["evaluate", "--pack", str(pack), "--labels", str(labels), "--images", str(images)]
    _call([*words, *(["--part", part] if part else [])], as_json)


@app.command()
def train(
    images: Annotated[Path, typer.Option("--images", help="folder with the crops, .jpg")],
    labels: Annotated[Path, typer.Option("--labels", help="CSV with the columns crop,mask,headwear,source")],
    out: Annotated[Path, typer.Option("--out", help="folder for the pack; training goes on there if it was stopped")],
    steps: Annotated[int, typer.Option("--steps", help="4500 take about half an hour on two cores")] = 4500,
) -> None:
    """Train the network of mask and headwear on labelled heads, and write it as a pack."""
    words = ["--images", str(images), "--labels", str(labels), "--out", str(out), "--steps", str(steps)]
    program = [sys.executable, "-m", "services.detector.adapters.head_training.train"]
    raise typer.Exit(subprocess.run([*program, *words], check=False).returncode)


def _call(words: list[str], as_json: bool) -> None:
    done = subprocess.run([*_PROGRAM, *words, *(["--json"] if as_json else [])], check=False)
    raise typer.Exit(done.returncode)
