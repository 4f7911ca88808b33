"""Who may do what on the bus, generated from the catalogue of subjects: least privilege, one user a service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from shared.bus.streams import EVENTS, MEDIA
from shared.subjects import CATALOGUE, EVENTS_SUBJECTS, MEDIA_SUBJECTS, Part, command, facts

OPS = "ops"


def nats_authorization(passwords: Mapping[str, str]) -> str:
    """The `authorization` block of nats-server's configuration.

    Args:
        passwords: of each service, and of `ops`, the read-only user of the command line.
    """
    users = [_user(part.service, passwords[part.service], *_permissions(part)) for part in CATALOGUE]
    if OPS in passwords:
        users.append(_user(OPS, passwords[OPS], *ops_permissions()))
    return "authorization {\n  users = [\n" + "".join(users) + "  ]\n}\n"


def permissions_of(service: str) -> tuple[list[str], list[str]]:
    """(may publish, may subscribe) of one service."""
    return _permissions(next(part for part in CATALOGUE if part.service == service))


def ops_permissions() -> tuple[list[str], list[str]]:
    """Asks every service how it is; hears facts; changes nothing."""
    publish = [command(part.service, "status") for part in CATALOGUE] + ["$SRV.>", *_stream_reading(EVENTS)]
    return publish, [f"_INBOX_{OPS}.>", EVENTS_SUBJECTS]


def _permissions(part: Part) -> tuple[list[str], list[str]]:
    service = part.service
    publish = ["$JS.API.INFO"]
    subscribe = [f"_INBOX_{service}.>"]
    for name in part.says:
        publish.append(facts(service, name))
    # Whoever starts first creates EVENTS; its definition is the same everywhere.
    publish += [f"$JS.API.STREAM.CREATE.{EVENTS}", f"$JS.API.STREAM.INFO.{EVENTS}"]
    if "publish" in part.media:
        publish += [MEDIA_SUBJECTS, f"$JS.API.STREAM.CREATE.{MEDIA}", f"$JS.API.STREAM.UPDATE.{MEDIA}"]
        publish += [f"$JS.API.STREAM.INFO.{MEDIA}", *_direct(MEDIA)]
    if "live" in part.media:
        subscribe.append(MEDIA_SUBJECTS)
    if "recent" in part.media:
        publish += [f"$JS.API.STREAM.INFO.{MEDIA}", *_direct(MEDIA)]
    for owner in part.hears:
        publish += _stream_reading(EVENTS)
        subscribe.append(facts(owner))
    for name in part.answers:
        subscribe += [command(service, name), f"{command(service, name)}.*"]
    # nats.micro: discovery, statistics and pings of a service
    subscribe.append("$SRV.>")
    for asked in part.asks:
        owner, _, name = asked.partition(".")
        publish += [command(owner, name), f"{command(owner, name)}.*"]
    for bucket in part.writes:
        publish += [f"$KV.{bucket}.>", f"$JS.API.STREAM.CREATE.KV_{bucket}", *_stream_reading(f"KV_{bucket}")]
    for bucket in part.reads:
        # A reader may create the bucket too: it may be the first to start, and the definition is one.
        publish += [f"$JS.API.STREAM.CREATE.KV_{bucket}", *_stream_reading(f"KV_{bucket}")]
    return _unique(publish), _unique(subscribe)


def _direct(stream: str) -> list[str]:
    return [f"$JS.API.DIRECT.GET.{stream}", f"$JS.API.DIRECT.GET.{stream}.>"]


def _stream_reading(stream: str) -> list[str]:
    """Reading a stream and having consumers on it; never changing or deleting it."""
    return [
        f"$JS.API.STREAM.INFO.{stream}",
        f"$JS.API.STREAM.MSG.GET.{stream}",
        *_direct(stream),
        f"$JS.API.CONSUMER.CREATE.{stream}",
        f"$JS.API.CONSUMER.CREATE.{stream}.>",
        f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.>",
        f"$JS.API.CONSUMER.INFO.{stream}.*",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.*",
        f"$JS.API.CONSUMER.DELETE.{stream}.*",
        f"$JS.ACK.{stream}.>",
        f"$JS.FC.{stream}.>",
    ]


def _unique(subjects: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(subjects))


def _user(name: str, password: str, publish: list[str], subscribe: list[str]) -> str:
    return (
        f"    {{ user: {json.dumps(name)}, password: {json.dumps(password)}, permissions: {{\n"
        f"      publish: {{ allow: {json.dumps(publish)} }}\n"
        f"      subscribe: {{ allow: {json.dumps(subscribe)} }}\n"
        # answering: one reply to whoever asked, and to nobody else
        '      allow_responses: { max: 1, expires: "30s" }\n'
        "    } }\n"
    )
