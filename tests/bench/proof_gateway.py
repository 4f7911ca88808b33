"""The gateway keeps its promises when it is killed, and to clients that send anything.

    python -m tests.bench.proof_gateway --what killed --clients 200 --kills 3

what: killed (the whole product; kill -9 of the gateway, again and again, while facts are said and clients listen with
Last-Event-ID: each event once, in order, for each of them), schema (every operation of the OpenAPI document, asked by
every role with requests that schemathesis makes of it: no 5xx, no answer outside the schema, nothing of another scope).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from tests.e2e.live_client import Api
from tests.e2e.resuming import resume_through
from tests.e2e.schema_walk import UNLIMITED, make_world, walk
from tests.stack import Stack

PER_S = 20.0
BETWEEN_S = 3.0


@contextmanager
def running(env: dict[str, str] | None = None) -> Iterator[tuple[Stack, Api]]:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    stack = Stack(folder / "data", demo=0, env=env)
    try:
        stack.start()
        api = Api(stack.url, stack.admin_password)
        yield stack, api
        api.close()
    finally:
        if stack.is_running:
            stack.stop()
        rmtree(folder, ignore_errors=True)


def killed(options: argparse.Namespace) -> dict[str, Any]:
    with running() as (stack, api):
        proof = resume_through(
            stack, api, clients=options.clients, kills=options.kills, per_s=PER_S, between_s=BETWEEN_S
        )
        return asyncio.run(proof)


def schema(options: argparse.Namespace) -> dict[str, Any]:
    with running(UNLIMITED) as (_, api):
        done = walk(make_world(api), examples=options.examples, limit_s=options.seconds)
    return done.told() | {"examples": options.examples, "is_proven": not done.findings and not done.left_out}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=("killed", "schema"), default="killed")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--examples", type=int, default=4, help="schema: that fit, and as many that do not, of each")
    parser.add_argument("--seconds", type=float, default=600.0, help="schema: operations after that are left out")
    options = parser.parse_args()
    found = {"what": options.what, **(killed(options) if options.what == "killed" else schema(options))}
    print(json.dumps(found), flush=True)
    sys.exit(0 if found["is_proven"] else 1)


if __name__ == "__main__":
    main()
