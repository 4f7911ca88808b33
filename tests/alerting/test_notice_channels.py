"""Channels against real servers on loopback: mail, webhooks, a service of apprise; refusing, dead, slow, lying."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.alerting.adapters.channels.beside import Beside
from services.alerting.adapters.channels.mail import MailChannel, MailServer
from services.alerting.adapters.channels.services_of_apprise import AppriseChannel
from services.alerting.adapters.channels.webhook import WebhookChannel
from services.alerting.notices.channel import ChannelFailed, Outgoing, cleaned
from shared.camera_networks import networks_of
from shared.embedded.ports import HOST, free_port

PAGE = Path(__file__).parents[2] / "shared" / "design" / "notifications.md"
SECRET = "a secret of the receiver"
LOOPBACK = networks_of("127.0.0.0/8", allows_loopback=False)
MESSAGE = Outgoing(
    "n1", "[1 级] 告警：未戴口罩", "11-25 10:00 school-1/cook-1", {"id": "n1", "title": "未戴口罩", "things": []}
)
LIMIT_S = 10.0


def recipe() -> Callable[..., int]:
    """The example of the page, as it is printed there."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)
    check: Callable[..., int] = found["check"]
    return check


class Receiver:
    """A web server that answers each request with what `answer` makes of it."""

    def __init__(self, answer: Callable[[str, dict[str, str], bytes], int]) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.more = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().rstrip("\r\n").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers["Content-Length"]))
        self.requests.append(head + body)
        status = self.answer(first, headers, body)
        writer.write(f"HTTP/1.1 {status} X\r\n{self.more}Content-Length: 4\r\n\r\nsaid".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(handle: Callable[..., Any]) -> AsyncIterator[int]:
    """A TCP server on a free port, ended whatever its connections do."""
    server = await asyncio.start_server(handle, HOST, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes what comes and never says anything."""
    while await reader.read(1000):
        pass
    writer.close()


def webhook(limit_s: float = LIMIT_S, now_s: int | None = None) -> WebhookChannel:
    return WebhookChannel(LOOPBACK, limit_s, lambda: int(time.time()) if now_s is None else now_s)


async def test_a_webhook_is_taken_once_and_its_replay_is_refused() -> None:
    check, seen, statuses = recipe(), set[str](), []

    def answer(first: str, headers: dict[str, str], body: bytes) -> int:
        statuses.append(check(headers, body, SECRET, seen))
        return statuses[-1]

    receiver = Receiver(answer)
    async with serving(receiver.handle) as port:
        url = f"http://{HOST}:{port}/hook?for=li"
        assert (await webhook().send("c", url, SECRET, MESSAGE)).state == "delivered"
        # The same message again, as after a crash between sending and marking: not done again, and delivered.
        assert (await webhook().send("c", url, SECRET, MESSAGE)).state == "delivered"
        # Somebody who listened sends the bytes again.
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(receiver.requests[0])
        assert b" 409 " in await reader.readline()
        writer.close()
        assert statuses == [200, 409, 409]
        assert receiver.requests[0].startswith(b"POST /hook?for=li HTTP/1.1\r\n")
        # A wrong secret, and a recording from an hour ago: refused, and not tried again.
        for sender, secret in ((webhook(), "another secret......"), (webhook(now_s=int(time.time()) - 3600), SECRET)):
            with pytest.raises(ChannelFailed, match="401") as failed:
                await sender.send("c", url, secret, Outgoing("n2", "t", "t", {}))
            assert failed.value.is_final
    assert seen == {"n1"}


async def test_a_changed_body_is_not_from_us() -> None:
    check = recipe()
    headers: dict[str, str] = {}

    def answer(first: str, told: dict[str, str], body: bytes) -> int:
        headers.update(told)
        return 200

    receiver = Receiver(answer)
    async with serving(receiver.handle) as port:
        await webhook().send("c", f"http://{HOST}:{port}/", SECRET, MESSAGE)
    body = receiver.requests[0].partition(b"\r\n\r\n")[2]
    assert check(headers, body, SECRET, set()) == 200
    assert check(headers, body.replace(b"n1", b"n2"), SECRET, set()) == 401
    assert check(headers | {"X-BK-Id": "n2"}, body, SECRET, set()) == 401
    assert check(headers, body, SECRET, set(), now=lambda: time.time() + 301) == 401


@pytest.mark.parametrize(("status", "is_final"), [(301, True), (400, True), (404, True), (429, False), (500, False)])
async def test_what_a_receiver_refuses(status: int, is_final: bool) -> None:
    elsewhere = Receiver(lambda *_: 200)
    receiver = Receiver(lambda *_: status)
    async with serving(elsewhere.handle) as other, serving(receiver.handle) as port:
        receiver.more = f"Location: http://{HOST}:{other}/\r\n"
        with pytest.raises(ChannelFailed, match=str(status)) as failed:
            await webhook().send("c", f"http://{HOST}:{port}/", SECRET, MESSAGE)
    assert failed.value.is_final is is_final
    assert elsewhere.requests == [], "a redirect is not followed"


async def test_a_webhook_reaches_allowed_networks_alone() -> None:
    receiver = Receiver(lambda *_: 200)
    async with serving(receiver.handle) as port:
        private = WebhookChannel(networks_of("", allows_loopback=False), LIMIT_S, lambda: 0)
        # By its name and by its address: what the name leads to is what counts.
        for host in ("localhost", HOST):
            with pytest.raises(ChannelFailed, match="BK_NOTICE_NETWORKS") as failed:
                await private.send("c", f"http://{host}:{port}/", SECRET, MESSAGE)
            assert failed.value.is_final
        with pytest.raises(ChannelFailed, match="No address is known"):
            await private.send("c", "http://no-such-host.invalid/", SECRET, MESSAGE)
    assert receiver.requests == []


async def test_a_dead_receiver_a_silent_one_and_one_that_is_no_web_server() -> None:
    with pytest.raises(ChannelFailed, match="cannot be reached") as failed:
        await webhook().send("c", f"http://{HOST}:{free_port()}/", SECRET, MESSAGE)
    assert not failed.value.is_final

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    async with serving(silent) as quiet, serving(nonsense) as other:
        with pytest.raises(ChannelFailed, match=r"No answer within 0.3 s"):
            await webhook(0.3).send("c", f"http://{HOST}:{quiet}/", SECRET, MESSAGE)
        with pytest.raises(ChannelFailed, match="not HTTP"):
            await webhook().send("c", f"http://{HOST}:{other}/", SECRET, MESSAGE)
        with pytest.raises(ChannelFailed, match="TLS failed"):
            await webhook().send("c", f"https://{HOST}:{other}/", SECRET, MESSAGE)


class Mailbox:
    """What a mail server was handed in; recipients named `nobody` are refused."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes]] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append((envelope.rcpt_tos, bytes(envelope.content or b"")))
        return "250 OK"


@contextmanager
def mail_server(box: Mailbox) -> Iterator[int]:
    def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data == LoginPassword(b"kitchens", b"right password")
        return AuthResult(success=is_right, handled=False)

    controller = Controller(
        box, hostname=HOST, port=free_port(), authenticator=login, auth_required=True, auth_require_tls=False
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
async def beside() -> AsyncIterator[Beside]:
    made = Beside(4, LIMIT_S)
    yield made
    await made.close()


def server(port: int, password: str = "right password") -> MailServer:
    return MailServer(HOST, port, "none", "kitchens", password, "kitchens@bureau.example")


async def test_mail_is_handed_in_and_the_same_message_keeps_its_id(beside: Beside) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        channel = MailChannel(server(port), beside, LIMIT_S)
        for _ in range(2):
            assert (await channel.send("c", "li@school.example", "", MESSAGE)).state == "sent"
        with pytest.raises(ChannelFailed, match="550 no such mailbox") as failed:
            await channel.send("c", "nobody@school.example", "", MESSAGE)
        assert failed.value.is_final
    first, second = [message_from_bytes(data, policy=policy.default) for _, data in box.mails]
    assert box.mails[0][0] == ["li@school.example"]
    assert first["Subject"] == MESSAGE.title
    assert MESSAGE.text in first.get_body().get_content()  # type: ignore[union-attr]
    assert first["Message-ID"] == second["Message-ID"] == "<n1@bureau.example>"


async def test_mail_with_a_wrong_password_a_dead_server_and_a_silent_one(beside: Beside) -> None:
    with mail_server(Mailbox()) as port:
        with pytest.raises(ChannelFailed, match="535") as failed:
            await MailChannel(server(port, "wrong"), beside, LIMIT_S).send("c", "li@school.example", "", MESSAGE)
        assert failed.value.is_final, "every further try could lock the account"
    with pytest.raises(ChannelFailed, match="cannot be reached") as failed:
        await MailChannel(server(free_port()), beside, LIMIT_S).send("c", "li@school.example", "", MESSAGE)
    assert not failed.value.is_final
    async with serving(silent) as port:
        hurried = Beside(1, 0.3)
        with pytest.raises(ChannelFailed, match=r"No answer within 0.3 s"):
            await MailChannel(server(port), hurried, 1.0).send("c", "li@school.example", "", MESSAGE)
        with pytest.raises(ChannelFailed, match="still hangs"):
            await MailChannel(server(port), hurried, 1.0).send("c", "li@school.example", "", MESSAGE)
        await hurried.close()
    with pytest.raises(ChannelFailed, match="BK_NOTICE_MAIL_SERVER"):
        await MailChannel(None, beside, LIMIT_S).send("c", "li@school.example", "", MESSAGE)


async def test_a_service_of_apprise_takes_it_or_says_why(beside: Beside) -> None:
    channel, box = AppriseChannel(beside, LIMIT_S), Mailbox()
    with mail_server(box) as port:
        url = f"mailto://kitchens:right%20password@{HOST}:{port}?from=kitchens@bureau.example&to=li@school.example&mode=insecure"
        assert await channel.is_known(url)
        assert (await channel.send("c", url, "", MESSAGE)).state == "sent"
        wrong = url.replace("right%20password", "wrongpassword1")
        with pytest.raises(ChannelFailed, match="did not take it") as failed:
            await channel.send("c", wrong, "", MESSAGE)
        assert "wrongpassword1" not in cleaned(str(failed.value), wrong)
    assert len(box.mails) == 1
    receiver = Receiver(lambda *_: 403)
    async with serving(receiver.handle) as port:
        with pytest.raises(ChannelFailed, match="403"):
            await channel.send("c", f"ntfy://tok3n123@{HOST}:{port}/kitchens", "", MESSAGE)
    assert len(receiver.requests) == 1
    assert not await channel.is_known("nonsense")
    assert not await channel.is_known("wecombot://")


async def test_what_blocks_keeps_its_own_channel_alone() -> None:
    beside = Beside(4, 0.3)
    async with serving(silent) as port:
        channel = AppriseChannel(beside, 2.0)
        with pytest.raises(ChannelFailed, match="No answer"):
            await channel.send("slow", f"ntfy://{HOST}:{port}/kitchens", "", MESSAGE)
        receiver = Receiver(lambda *_: 200)
        async with serving(receiver.handle) as other:
            patient = AppriseChannel(Beside(1, LIMIT_S), LIMIT_S)
            assert (await patient.send("quick", f"ntfy://{HOST}:{other}/kitchens", "", MESSAGE)).state == "sent"
    await beside.close()
