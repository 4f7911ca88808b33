"""Messages that are handed over where they are read, on a real nats-server."""

from __future__ import annotations

import asyncio
import signal

from nats.aio.msg import Msg

from shared.bus.straight import subscribe_straight


async def test_a_message_is_told_where_it_is_read_and_a_failing_handler_ends_nothing(
    nats_server,  # type: ignore[no-untyped-def]
    connect,
    until,
) -> None:
    bus = await connect("ingest")
    states = await bus.kv("camera_states")
    client, told, failures = bus._client, list[asyncio.Task[None] | None](), list[str]()
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(str(context["exception"])))

    def hear(msg: Msg) -> None:
        assert b"seq" in msg.data
        told.append(asyncio.current_task())
        if len(told) == 2:
            raise ValueError("the handler's own mistake")

    subscription = await subscribe_straight(client, f"{bus.inbox}.straight", hear)
    # The bucket's answer to each comes to that inbox.
    subject = f"{states._store._pre}school.one"
    for _ in range(4):
        await client.publish(subject, b"state", reply=f"{bus.inbox}.straight")
    await until(lambda: len(told) == 4)
    assert set(told) == {client._reading_task}
    assert failures == ["the handler's own mistake"]
    assert subscription.pending_msgs == 0

    nats_server.stop(signal.SIGKILL)
    await until(lambda: not bus.is_connected)
    nats_server.start()
    await until(lambda: bus.is_connected)

    async def answered() -> None:
        while len(told) == 4:  # JetStream may not be ready as soon as the connection is
            await client.publish(subject, b"state", reply=f"{bus.inbox}.straight")
            await asyncio.sleep(0.1)

    await asyncio.wait_for(answered(), 10)
    await subscription.unsubscribe()
