"""Mail through the installation's own server (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

from services.alerting.adapters.channels.beside import Beside
from services.alerting.notices.channel import ChannelFailed, Outgoing, Taken

Tls = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `user` empty: nobody is named."""

    host: str
    port: int
    tls: Tls
    user: str
    password: str
    sender: str


class MailChannel:
    """Implements `Channel`; None as server: mail is not set up."""

    def __init__(self, server: MailServer | None, beside: Beside, limit_s: float):
        self._server = server
        self._beside = beside
        self._limit_s = limit_s

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        server = self._server
        if server is None:
            raise ChannelFailed("Mail is not set up here: an operator sets BK_NOTICE_MAIL_SERVER.", is_final=True)
        mail = _mail(server, address, message)
        return await self._beside.call(channel, lambda: self._hand_in(server, address, mail))

    def _hand_in(self, server: MailServer, address: str, mail: EmailMessage) -> Taken:
        try:
            with self._connected(server) as smtp:
                if server.user:
                    smtp.login(server.user, server.password)
                smtp.send_message(mail, from_addr=server.sender, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _refused("The mail server refuses the recipient", code, words) from error
        except smtplib.SMTPResponseException as error:
            raise _refused("The mail server refuses", error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            said = "The mail server does not offer what BK_NOTICE_MAIL_* asks for."
            raise ChannelFailed(said, is_final=True) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelFailed(f"The mail server cannot be reached: {_reason(error)}") from error
        return Taken("sent", "The mail server took it.")

    def _connected(self, server: MailServer) -> smtplib.SMTP:
        if server.tls == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._limit_s, context=ssl.create_default_context()
            )
        smtp = smtplib.SMTP(server.host, server.port, timeout=self._limit_s)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
        except BaseException:
            smtp.close()
            raise
        return smtp


def _mail(server: MailServer, address: str, message: Outgoing) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = " ".join(message.title.split())
    mail["From"] = server.sender
    mail["To"] = address
    mail["Date"] = formatdate()
    # The same whenever it is tried again: mail programs show one.
    mail["Message-ID"] = f"<{message.id}@{server.sender.rpartition('@')[2] or 'bright-kitchen.invalid'}>"
    # RFC 3834: nobody's absence note answers it.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _refused(what: str, code: int, words: bytes | str) -> ChannelFailed:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    # RFC 5321 4.2.1: 5yz is a permanent negative completion reply.
    return ChannelFailed(f"{what}: {code} {' '.join(said.split())}", is_final=code >= 500)


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
