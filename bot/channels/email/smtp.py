"""Hand messages to a mail server, over connections that are kept open, and tell exactly how far each one got.

Until the end of the content has left, nothing was sent, whatever went wrong. From then on until the server answers
nobody knows: the message may be on its way, and a second try might double it.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Literal

import aiosmtplib
from pydantic import SecretStr

from bot.channels import Blocked, ChannelError, Doubtful, Invalid, Refused, RetryLater, Unreachable
from bot.clock import Clock

Security = Literal["starttls", "tls", "none"]
#: The steps of handing a message over.
Stage = Literal["login", "sender", "recipient", "content"]

_CONNECT_SECONDS, _COMMAND_SECONDS = 15.0, 60.0
#: A server may look at a message for so long before it says that it has it (RFC 5321, 4.5.3.2.6, asks for ten minutes).
ANSWER_SECONDS = 300.0
#: An open connection that was idle for so long may be dead: servers end them after some minutes.
_IDLE_SECONDS = 60.0
_LATER_SECONDS, _SOON_SECONDS = 600.0, 60.0
#: A line that begins with a dot would end the message (RFC 5321, 4.5.2).
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
#: aiosmtplib raises these where the line is gone or silent.
_LINE_ERRORS = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, ConnectionError, TimeoutError)


class NoSuchAddress(Invalid):
    """The server knows of no such mailbox."""


class TransientRefusal(RetryLater):
    """The server asks to be offered the same message later: the mailbox is full, or we are not known yet."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server, and as whom we send there."""

    host: str
    port: int
    security: Security
    sender: str  #: the address that messages come from, and that bounces go to
    user: str | None = None
    password: SecretStr | None = None
    ca_file: str | None = None  #: of a server whose certificate no public authority issued
    answer_seconds: float = ANSWER_SECONDS

    def context(self) -> ssl.SSLContext:
        """Return what checks the server's certificate and name. Raises OSError where the CA file cannot be read."""
        return ssl.create_default_context(cafile=self.ca_file)


def outcome_of(stage: Stage, code: int, text: str) -> ChannelError:
    """Return what a refusal means for a message: by the step, the code, and the enhanced code (RFC 3463), if any."""
    enhanced = text.split(maxsplit=1)[0] if text[:2] in {"4.", "5."} else ""
    detail = enhanced[2:]
    if code == 421 or (stage == "login" and code < 500):
        return RetryLater(_SOON_SECONDS)
    if code < 500 or detail.startswith("2.2") or (code == 552 and stage == "recipient"):  # the mailbox is full
        return TransientRefusal(_LATER_SECONDS)
    if stage == "login" or (stage == "sender" and code != 552 and not detail.startswith("3.4")):  # not for its size
        return Refused()
    if stage == "recipient":
        return Blocked() if detail.startswith("7") else NoSuchAddress()
    return Invalid()


class SmtpPool:
    """A few connections to one server, each used by one message at a time."""

    def __init__(self, settings: SmtpSettings, clock: Clock, most: int) -> None:
        """``most`` is the number of connections at the same time."""
        self.settings = settings
        self.is_accepted = True  #: whether the server takes our name and sender, as far as is known
        self._clock = clock
        self._room = asyncio.Semaphore(most)
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []

    async def close(self) -> None:
        """End the open connections."""
        idle, self._idle = self._idle, []
        for client, _ in idle:
            await _quit(client)

    async def deliver(self, recipient: str, message: bytes) -> None:
        """Hand a message over for one recipient; it is the server's once this returns.

        Raises:
            Doubtful: it left, and no answer came.
            ChannelError: it surely was not sent; the kind says what is to be done.
        """
        async with self._room:
            try:
                client = await self._begin(message)
                await self._hand_over(client, recipient, message)
            except ChannelError as error:
                if isinstance(error, Refused):
                    self.is_accepted = False
                raise
            self.is_accepted = True

    async def check(self) -> None:
        """Go as far as a message would before it names a recipient. Raises as ``deliver`` does."""
        client = await self._begin(b"")
        await self._give_back(client)

    async def _begin(self, message: bytes) -> aiosmtplib.SMTP:
        """Name the sender over a connection that is open, or over a new one where that turns out to be dead."""
        while self._idle:
            client, since = self._idle.pop()
            if self._clock.monotonic() - since > _IDLE_SECONDS:
                client.close()
                continue
            with contextlib.suppress(Unreachable):
                await self._name_sender(client, message)
                return client
        client = await self._connect()
        await self._name_sender(client, message)
        return client

    async def _connect(self) -> aiosmtplib.SMTP:
        known = self.settings
        try:
            context = known.context() if known.security != "none" else None
        except OSError:
            raise Refused from None
        client = aiosmtplib.SMTP(
            hostname=known.host, port=known.port, timeout=_CONNECT_SECONDS, use_tls=known.security == "tls",
            start_tls=known.security == "starttls", tls_context=context,
        )  # fmt: skip
        try:
            await client.connect()
            client.timeout = _COMMAND_SECONDS
        except (aiosmtplib.SMTPException, OSError):  # a certificate that is not the server's, too
            client.close()
            raise Unreachable from None
        await self._log_in(client)
        return client

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        known = self.settings
        if not (known.user and known.password):
            return
        try:
            await client.login(known.user, known.password.get_secret_value())
        except _LINE_ERRORS:
            client.close()
            raise Unreachable from None
        except aiosmtplib.SMTPException as error:  # or it takes nobody's password
            client.close()
            raise outcome_of("login", getattr(error, "code", 535), "") from None

    async def _name_sender(self, client: aiosmtplib.SMTP, message: bytes) -> None:
        sized = [f"SIZE={len(message)}"] if client.supports_extension("size") else []
        try:
            await _step("sender", client, client.mail(self.settings.sender, options=sized))
        except BaseException:  # nobody uses this connection any more
            client.close()
            raise

    async def _hand_over(self, client: aiosmtplib.SMTP, recipient: str, message: bytes) -> None:
        try:
            await _step("recipient", client, client.rcpt(recipient))
            await self._send_content(client, message)
        except (Doubtful, Unreachable):
            client.close()
            raise
        except ChannelError:
            await self._give_back(client)
            raise
        except BaseException:  # it was cancelled
            client.close()
            raise
        self._idle.append((client, self._clock.monotonic()))

    async def _send_content(self, client: aiosmtplib.SMTP, message: bytes) -> None:
        """Send what follows DATA; only here may a message be sent without our knowing."""
        ready = await _step("content", client, client.execute_command(b"DATA"))
        if ready.code != aiosmtplib.SMTPStatus.start_input or client.protocol is None:
            raise outcome_of("content", ready.code, ready.message)
        try:
            client.protocol.write(_LEADING_DOT.sub(b"..", message) + b".\r\n")
            answer = await client.protocol.read_response(timeout=self.settings.answer_seconds)
        except (*_LINE_ERRORS, aiosmtplib.SMTPException):
            raise Doubtful from None
        if answer.code != aiosmtplib.SMTPStatus.completed:
            raise outcome_of("content", answer.code, answer.message)

    async def _give_back(self, client: aiosmtplib.SMTP) -> None:
        """Keep a connection whose message was refused, where the server goes on with it."""
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            client.close()
        else:
            self._idle.append((client, self._clock.monotonic()))


async def _step(
    stage: Stage, client: aiosmtplib.SMTP, command: Awaitable[aiosmtplib.SMTPResponse]
) -> aiosmtplib.SMTPResponse:
    """Wait for a command before the content: whatever goes wrong, nothing was sent."""
    try:
        return await command
    except aiosmtplib.SMTPResponseException as error:
        if error.code == 421:
            client.close()
        raise outcome_of(stage, error.code, error.message) from None
    except (*_LINE_ERRORS, aiosmtplib.SMTPException):
        client.close()
        raise Unreachable from None


async def _quit(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=2.0)
    client.close()
