"""E-mail: the way out through the office's mail server, and what comes back, read from a mailbox where there is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from ssl import SSLError

import structlog

from bot.channels import AcceptUpdates, ChannelError, Receiver, RecordBlockChange, ServedChannel
from bot.channels.email.channel import EmailChannel
from bot.channels.email.returned import ImapSettings, MailboxReader, ReturnedMail
from bot.channels.email.smtp import SmtpPool, SmtpSettings
from bot.channels.pace import Pace, Rate
from bot.clock import Clock
from bot.errors import SettingsError, to_reason
from bot.settings import Settings
from bot.store import Store
from locales import N_

_CONNECTIONS = 4
#: Seconds that a start waits for the mail server: others must not wait for it.
_PATIENCE = 5.0
#: A mailbox takes what comes; many at once look like unwanted mail.
_CHAT_PACE = Rate(0.2, 5)

_UNREADABLE = N_("TROLY_EMAIL_CA_FILE: the file {path} cannot be read: {reason}")
_NO_CERTIFICATE = N_("TROLY_EMAIL_CA_FILE: the file {path} holds no certificate in PEM")

_log = structlog.get_logger(__name__)


def smtp_settings(settings: Settings) -> SmtpSettings:
    """Return the mail server of the settings. Raises SettingsError where there is none, or its CA file is none."""
    host, sender = settings.email_host, settings.email_from
    if host is None or sender is None:
        raise SettingsError(N_("TROLY_EMAIL_HOST and TROLY_EMAIL_FROM are not both set"))
    known = SmtpSettings(
        host, settings.email_port, settings.email_security, sender, settings.email_user, settings.email_password,
        str(settings.email_ca_file) if settings.email_ca_file else None,
    )  # fmt: skip
    try:
        known.context()
    except SSLError:
        raise SettingsError(_NO_CERTIFICATE, path=settings.email_ca_file) from None
    except OSError as error:
        raise SettingsError(_UNREADABLE, path=settings.email_ca_file, reason=to_reason(error)) from None
    return known


def imap_settings(settings: Settings) -> ImapSettings | None:
    """Return the mailbox of the settings that answers come to; ``None`` where none is read."""
    host, user, password = settings.email_imap_host, settings.email_imap_user, settings.email_imap_password
    if host is None or user is None or password is None:
        return None
    ca_file = str(settings.email_ca_file) if settings.email_ca_file else None
    return ImapSettings(host, settings.email_imap_port, user, password, settings.email_imap_folder, ca_file)


@asynccontextmanager
async def open_email(settings: Settings, store: Store, clock: Clock) -> AsyncIterator[ServedChannel]:
    """Open the mail server; nothing is asked of it yet. Raises SettingsError."""
    pool = SmtpPool(smtp_settings(settings), clock, _CONNECTIONS)

    reader = _reader(settings, store, clock)

    def receive(_: AcceptUpdates, __: RecordBlockChange) -> Receiver:
        return Receiver(reader.run if reader else _wait)

    try:
        yield ServedChannel(
            channel=EmailChannel(pool, store, clock, address=settings.web_address, language=settings.language),
            pace=Pace(settings.email_messages_per_minute / 60, _CHAT_PACE),
            broadcasts_at_once=_CONNECTIONS,
            prepare=partial(_prepare, pool),
            receive=receive,
            stand_by=_wait,
            is_accepted=lambda: pool.is_accepted,
            probe=pool.check,
            trouble=lambda: reader.trouble if reader else None,
        )
    finally:
        await pool.close()


async def _prepare(pool: SmtpPool) -> None:
    """Try the server; where that fails the other channels are served all the same."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await pool.check()
    except (ChannelError, TimeoutError) as error:
        _log.error("email_not_ready", error=type(error).__name__, hint="troly email check")


def _reader(settings: Settings, store: Store, clock: Clock) -> MailboxReader | None:
    known = imap_settings(settings)
    if known is None:
        return None
    returned = ReturnedMail(store, clock, address=settings.web_address, language=settings.language)
    return MailboxReader(known, returned.take, clock)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()
