"""The streams and buckets of the bus: one definition, whoever starts first creates them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, KeyValueConfig, RetentionPolicy, StorageType, StreamConfig

from shared.bus.client_wire import ClientWire
from shared.bus.errors import BusUnreachable
from shared.bus.kv import KvBucket
from shared.subjects import EVENTS_SUBJECTS, MEDIA_SUBJECTS

_DAY_S = 24 * 3600
_GB = 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stream may hold; whichever is reached first drops the oldest."""

    max_age_s: int
    max_bytes: int


MEDIA = "MEDIA"
EVENTS = "EVENTS"
# MEDIA's age = how long recording survives without S3 or PostgreSQL; its bytes = how much disk that may take.
DEFAULT_LIMITS = {MEDIA: Limits(3600, 32 * _GB), EVENTS: Limits(30 * _DAY_S, 2 * _GB)}
# = a fact published again within this time is recognised by its id and not stored twice
_DEDUPLICATION_S = 120

# Bucket: seconds after which an entry that was not renewed is gone (None: it stays).
BUCKETS: dict[str, float | None] = {
    "cameras": None,
    "camera_states": None,
    "model_packs": None,
    "people": None,
    "picture_baselines": None,
    "rooms": None,
    "rules": None,
    "calendars": None,
    "kitchen_hours": None,
    "silences": None,
    "sites": None,
    "uniforms": None,
    "speakers": None,
    "watches": 6.0,
    "floors": 3.5,
    "floor_waits": 3.5,
    # = the hour in which announcements to a camera are counted
    "announcements_heard": 3600.0,
    **{f"members_{service}": 5.0 for service in ("ingest", "detector", "alerting", "recorder", "intercom", "gateway")},
    **{f"shards_{service}": None for service in ("ingest", "detector", "alerting", "recorder")},
}


async def ensure_stream(js: JetStreamContext, name: str, limits: Limits | None, replicas: int) -> None:
    """Create the stream; one that is there is brought to `limits` where they are given."""
    chosen = limits or DEFAULT_LIMITS[name]
    config = StreamConfig(
        name=name,
        num_replicas=replicas,
        subjects=[MEDIA_SUBJECTS if name == MEDIA else EVENTS_SUBJECTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=chosen.max_age_s,
        max_bytes=chosen.max_bytes,
        allow_direct=True,
        # media repeats are recognised by run and sequence: remembering ids would cost memory for each fragment
        duplicate_window=0.1 if name == MEDIA else _DEDUPLICATION_S,
    )
    try:
        # Asked first: creating what is there already needs its storage free a second time (nats-server 2.15).
        try:
            there = (await js.stream_info(name)).config
        except nats.js.errors.NotFoundError:
            await _create(js, config)
            return
        is_wanted = (there.max_age, there.max_bytes) == (chosen.max_age_s, chosen.max_bytes)
        if limits is not None and not is_wanted:
            await js.update_stream(config)
    except (nats.errors.Error, TimeoutError) as error:
        raise BusUnreachable(f"stream {name} not there: {error or type(error).__name__}") from error


async def _create(js: JetStreamContext, config: StreamConfig) -> None:
    try:
        await js.add_stream(config)
    except nats.js.errors.BadRequestError as error:
        if error.err_code != 10058:  # stream name already in use: another service was faster
            raise


@dataclass(frozen=True, slots=True)
class StreamState:
    """How much a stream holds. `used` is the share of its bound that is taken, of bytes or age, whichever is nearer."""

    first_seq: int
    last_seq: int
    used: float


async def stream_state(js: JetStreamContext, name: str, now_us: int) -> StreamState:
    """Raises BusUnreachable."""
    try:
        info = await js.stream_info(name)
        state, config = info.state, info.config
        used_bytes = state.bytes / config.max_bytes if config.max_bytes and config.max_bytes > 0 else 0.0
        used_age = 0.0
        if state.messages and config.max_age:
            # nats-py leaves out when the oldest was stored; the oldest says it itself.
            oldest = await js.get_msg(name, state.first_seq, direct=True)
            stored = (oldest.headers or {}).get("Nats-Time-Stamp", "")
            used_age = _age_s(stored, now_us) / config.max_age
    except nats.js.errors.NotFoundError:
        used_age = 1.0  # dropped between the two questions: it was that old
    except (nats.errors.Error, TimeoutError) as error:
        raise BusUnreachable(f"stream {name} not there: {error or type(error).__name__}") from error
    return StreamState(state.first_seq, state.last_seq, max(used_bytes, min(1.0, used_age)))


def _age_s(stored: str, now_us: int) -> float:
    """Of a moment as nats-server writes it: RFC 3339 with nanoseconds, which Python 3.11 does not read."""
    seconds = datetime.fromisoformat(re.sub(r"\.\d+", "", stored.replace("Z", "+00:00"))).timestamp()
    return max(0.0, now_us / 1e6 - seconds)


async def ensure_bucket(js: JetStreamContext, name: str, replicas: int, wire: ClientWire) -> KvBucket:
    """Open a bucket; create it where nobody has."""
    try:
        try:
            store = await js.key_value(name)
        except nats.js.errors.NotFoundError:
            ttl = BUCKETS[name]
            config = KeyValueConfig(bucket=name, history=1, ttl=ttl, storage=StorageType.FILE, replicas=replicas)
            store = await js.create_key_value(config)
    except (nats.errors.Error, TimeoutError) as error:
        raise BusUnreachable(f"bucket {name} not there: {error or type(error).__name__}") from error
    return KvBucket(store, name, wire)
