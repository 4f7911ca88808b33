"""The gateway is killed and comes back: whoever listens goes on where they were, without a lost or doubled event."""

from __future__ import annotations

from tests.e2e.live_client import Api
from tests.e2e.resuming import resume_through
from tests.stack import Stack


async def test_listeners_of_a_killed_gateway_hear_each_event_once(bare_stack: Stack, api: Api) -> None:
    found = await resume_through(bare_stack, api, clients=30, kills=2, per_s=10, between_s=0.5)
    assert found["is_proven"], found
