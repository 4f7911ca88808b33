"""`bk alerts`: whether an alert stands when it is ruled again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from shared.cli.camera import AsJson, Data, Token, Url, gateway_of
from shared.cli.failure import CommandFailed, one_line

app = typer.Typer(no_args_is_help=True, help="Alerts: rule one again.")

FALLS = 1
CANNOT_SAY = 2
# The command line may not import a service: the program is the detector's.
_MODELS = [sys.executable, "-m", "services.detector.adapters.model_commands"]
_FRAMES_MAX = 600
_WORDS = {
    "same": "it stands: the same alert, resting on the same pictures",
    "stands": "it stands: the rule is broken in the same moments",
    "falls": "it falls",
    "unknown": "nobody can say",
}


@app.callback()
def _alerts() -> None:
    """A group, so that `replay` keeps its name."""


@app.command()
def replay(
    alert: Annotated[str, typer.Argument(help="its id")],
    rule_version: Annotated[
        int | None, typer.Option("--rule-version", help="another version than the one that raised it", min=1)
    ] = None,
    model: Annotated[
        bool, typer.Option("--model", help="let the models here look at the kept clip again, and rule what they see")
    ] = False,
    rate: Annotated[float, typer.Option("--rate", help="with --model: pictures looked at in a second")] = 1.0,
    data: Data = Path("data"),
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Rule an alert again over the facts that were kept. Exit code 0: it stands, 1: it does not, 2: cannot be said."""
    with one_line(), _cannot_say(), gateway_of(data, url, token) as gateway:
        asked: dict[str, Any] = {"rule_version": rule_version}
        if model:
            shown = gateway.alert(alert)
            with TemporaryDirectory(prefix="bk-replay-") as folder:
                clip = Path(folder) / "clip.mp4"
                clip.write_bytes(gateway.alert_clip(alert))
                asked["frames"] = _looked_at(clip, shown, rate)
        done = gateway.replay_alert(alert, asked)
        typer.echo(json.dumps(done, ensure_ascii=False) if as_json else _in_words(done, is_model=model))
    if done["stands"] is None:
        raise typer.Exit(CANNOT_SAY)
    raise typer.Exit(0 if done["stands"] else FALLS)


@contextmanager
def _cannot_say() -> Iterator[None]:
    """What could not be asked is no judgement."""
    try:
        yield
    except CommandFailed as error:
        raise CommandFailed(str(error), exit_code=CANNOT_SAY) from error


def _looked_at(clip: Path, alert: dict[str, Any], rate: float) -> list[dict[str, Any]]:
    """What the models see in the clip, as the camera's facts would have said it."""
    words = ["run", "--video", str(clip), "--rate", str(rate), "--json"]
    done = subprocess.run([*_MODELS, *words], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise CommandFailed(done.stderr.strip().removeprefix("bk: ") or "the models cannot look at the clip")
    begins = ((alert.get("proof") or {}).get("clip") or {}).get("start")
    if begins is None:
        raise CommandFailed("the gateway does not say when the clip begins: is it of an older version?")
    begins_us = _us_of(begins)
    frames = []
    for line in done.stdout.splitlines()[:_FRAMES_MAX]:
        look = json.loads(line)
        at_us = begins_us + look["at_us"]
        hops = dict.fromkeys(("captured_us", "received_us", "heard_us", "decoded_us", "inferred_us"), at_us)
        place = {"site": alert["site"], "camera": alert["camera"], "stream": "main", "run": "replay", "pts_90k": 0}
        frames.append(look | place | {"at_us": at_us, "fragment_sha256": "", "hops": hops})
    return frames


def _us_of(moment: str) -> int:
    """UTC microseconds of an RFC 3339 time."""
    return round(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() * 1e6)


def _in_words(done: dict[str, Any], *, is_model: bool) -> str:
    rule, then = done["rule"], done["version_then"]
    version = f"version {rule['version']}" + ("" if rule["version"] == then else f" (it was raised by version {then})")
    over = "pictures of the kept clip, looked at again" if is_model else "facts that were kept"
    lines = [f"rule {rule['rule']}, {version}, over {done['facts']} {over}", _WORDS[done["verdict"]], done["detail"]]
    lines += [
        f"  found: {one['broken']} broken looks, certain at {one['raised_us'] / 1e6:.3f}, alert {one['id']}"
        for one in done["found"]
    ]
    return "\n".join(line for line in lines if line)
