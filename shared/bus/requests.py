"""Requests: always answered, refusals with their code, in queue groups of nats.micro."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import nats.errors
from nats.aio.client import Client
from nats.micro.request import Request
from nats.micro.service import Service, ServiceConfig
from pydantic import ValidationError

from shared import subjects
from shared.bus.errors import BusUnreachable, NobodyAnswers
from shared.bus.round_trip import confirmed
from shared.bus.tracing import trace_headers, within_trace
from shared.errors import PeerError, RequestRefused
from shared.field_faults import FieldFault
from shared.messages.base import Message
from shared.messages.refusals import RefusedField, RefusedFields
from shared.telemetry import log

RequestHandler = Callable[[bytes], Awaitable[Message]]
# = how long what was begun may still take when a service ends
END_LIMIT_S = 3.0
# As JSON writes it; not where somebody typed a backslash, which JSON doubles. PostgreSQL keeps no NUL in a text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Requests:
    """The part of a connection that asks and answers."""

    def __init__(self, client: Client):
        self._client = client

    async def ask(self, owner: str, name: str, data: bytes, timeout_s: float, instance: str | None) -> bytes:
        if b"\\u0000" in data and _NUL.search(data):
            raise RequestRefused("nul_in_text", "A text holds no NUL character: leave it out.", status=422)
        try:
            answer = await self._client.request(
                subjects.command(owner, name, instance), data, timeout=timeout_s, headers=trace_headers() or None
            )
        except nats.errors.NoRespondersError as error:
            who = "service" if instance is None else f"worker {instance}"
            raise NobodyAnswers(f"no {owner} {who} is running") from error
        except (nats.errors.TimeoutError, TimeoutError) as error:
            raise NobodyAnswers(f"{owner} did not answer within {timeout_s:g} s") from error
        except nats.errors.Error as error:
            raise BusUnreachable(f"request not sent: {error or type(error).__name__}") from error
        headers = answer.headers or {}
        code = headers.get("Nats-Service-Error-Code")
        if code is not None:
            reason, _, text = headers.get("Nats-Service-Error", "").partition(": ")
            raise RequestRefused(reason, text, status=int(code), faults=_faults_in(answer.data))
        return bytes(answer.data)

    async def serve(
        self,
        owner: str,
        handlers: Mapping[str, RequestHandler],
        version: str,
        pinned: Mapping[str, RequestHandler],
        instance: str,
        at_once: Mapping[str, int],
    ) -> Callable[[], Awaitable[None]]:
        lines: list[_Line] = []

        def line(name: str, handler: RequestHandler) -> Callable[[Request], Awaitable[None]]:
            lines.append(_Line(_answering(owner, name, handler), at_once.get(name, 1)))
            return lines[-1].take

        config = ServiceConfig(name=f"bright-kitchen-{owner}", version=version, queue_group=owner)
        service, is_served = Service(self._client, config), False
        try:
            await service.start()
            for name, handler in handlers.items():
                await service.add_endpoint(
                    name=name, subject=subjects.command(owner, name), handler=line(name, handler)
                )
            for name, handler in pinned.items():
                subject = subjects.command(owner, name, instance)
                await service.add_endpoint(name=name, subject=subject, handler=line(name, handler))
            # Served means served: the server knows the subscriptions before anybody is told that we are ready.
            await confirmed(self._client)
            is_served = True
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnreachable(f"requests not served: {error or type(error).__name__}") from error
        finally:
            if not is_served:
                await _abandon(service)

        async def end() -> None:
            await service.stop()
            running = [task for each in lines for task in each.running]
            if running:
                await asyncio.wait(running, timeout=END_LIMIT_S)

        return end


async def _abandon(service: Service) -> None:
    """What was begun is taken back: it would go on answering beside the next try.

    `Service.stop` asks a server that does not answer to confirm each subscription first, and gives up at the first one.
    """
    begun = [*(endpoint._subscription for endpoint in service._endpoints), *service._subscriptions.values()]
    for subscription in begun:
        if subscription is not None:
            with suppress(nats.errors.Error):  # the connection is gone, and the subscription with it
                await subscription.unsubscribe()


class _Line:
    """Requests of one kind: begun in the order in which they come, so many side by side; the others wait.

    nats.micro does one after the other, and then a camera that does not answer one person keeps all others waiting.
    """

    def __init__(self, answer: Callable[[Request], Awaitable[None]], at_once: int):
        self._answer = answer
        self._free = asyncio.Semaphore(at_once)
        self.running: set[asyncio.Task[None]] = set()

    async def take(self, request: Request) -> None:
        await self._free.acquire()
        task = asyncio.ensure_future(self._do(request))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _do(self, request: Request) -> None:
        try:
            await self._answer(request)
        except nats.errors.Error as error:
            # Who asked is told by the time-out of theirs; what was done is done.
            log().warning("answer not sent", detail=str(error) or type(error).__name__)
        finally:
            self._free.release()


def _answering(owner: str, name: str, handler: RequestHandler) -> Callable[[Request], Awaitable[None]]:
    async def answer(request: Request) -> None:
        try:
            with within_trace(request.headers):
                reply = await handler(request.data)
        except RequestRefused as error:
            await request.respond_error(str(error.status), _header(f"{error.code}: {error}"), _body_of(error.faults))
        except PeerError as error:
            await request.respond_error("503", _header(f"unavailable: {error}"))
        except ValidationError as error:
            # The message could not be read: the caller's mistake, or a newer version of it.
            await request.respond_error("400", _header(f"not_understood: {error}"))
        except Exception as error:  # noqa: BLE001 - a request is answered even by our bug; it is logged as one
            log().critical("our bug in a request", request=f"{owner}.{name}", exc_info=error)
            await request.respond_error("500", "internal: the service failed, its log says why")
        else:
            await request.respond(reply.encode())

    return answer


def _body_of(faults: Sequence[FieldFault]) -> bytes:
    said = tuple(
        RefusedField(field=each.field, code=each.code, facts=dict(each.facts), problem=each.problem, change=each.change)
        for each in faults
    )
    return RefusedFields(fields=said).encode() if said else b""


def _faults_in(data: bytes) -> list[FieldFault]:
    """Empty where none are told, or in a way that a newer version has: the sentence says it too."""
    try:
        said = RefusedFields.decode(data).fields if data else ()
    except ValidationError:
        return []
    return [FieldFault(each.field, each.code, each.facts, each.problem, each.change) for each in said]


def _header(text: str) -> str:
    """One line, as a header must be."""
    return " ".join(text.split())[:500]
