"""Read what comes back to the mailbox that letters are sent from: bounces, automatic answers, answers of people.

A bounce counts only where it holds the id of a letter of ours, which nobody else can make: else anybody could end
messages to somebody's mailbox with a forged one. A message is marked once it was handled; handled twice it changes
nothing.
"""

import asyncio
import email
import hashlib
import imaplib
import re
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import getaddresses
from hmac import compare_digest
from typing import Any

import structlog
from pydantic import SecretStr

from bot.channels import Refused, Unreachable
from bot.clock import Clock
from bot.concurrency import Backoff, cancel_on
from bot.messages import NOTICE, Chat, DeliveryState
from bot.services.channels import letter_mac
from bot.store import OutboxMessage, OutboxRecipient, Store, StoreError, message_query
from handlers.core import MarkupTranslator, Reply
from handlers.model import EMAIL, parse_email
from locales import N_

_LETTER = re.compile(rb"<(\d{1,18})\.([0-9a-f]{32})\.([0-9a-f]{24})@")
_STATUS = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})")
#: Ids that are looked at in one message.
_MOST_IDS = 20

_POINTER = N_("Nobody reads answers to this address.")
_POINTER_WEB = N_("To go on, open the assistant: {address}")
_POINTER_CHAT = N_("To go on, please write to the assistant where you met it.")

_UNREAD = N_("letters leave; the mailbox for what comes back cannot be read now and is tried again by itself")
_UNREAD_REFUSED = N_(
    "letters leave; the mailbox for what comes back refuses our name and password, or has no such folder: run"
    " “troly email check”"
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of ours that a message is about."""

    row: int
    chat: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """Carries the word of a mail server about a letter that it had taken."""

    state: DeliveryState | None  #: its end; ``None``: it is still being tried
    ends_address: bool = False  #: nothing more arrives there


def parse_message(raw: bytes) -> EmailMessage:
    """Read a message; whatever is broken in it is left out."""
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)  # noqa: S101 - the policy makes it so
    return found


def read_bounce(message: EmailMessage) -> Bounce | None:
    """Read a report on a delivery (RFC 3464); ``None`` where it is none, or says nothing."""
    if message.get_content_type() != "multipart/report":
        return None
    found = [one for part in _status_parts(message) if (one := _read_status(part))]
    return next((one for one in found if one.state is not None), found[0] if found else None)


def _status_parts(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (one for one in blocks if isinstance(one, EmailMessage)) if isinstance(blocks, list) else ()


def _read_status(block: EmailMessage) -> Bounce | None:
    action = _header(block, "Action").lower()
    code = _STATUS.match(_header(block, "Status"))
    if action not in {"failed", "delayed"}:
        return None
    if action == "delayed" or code is None or code[1] != "5":
        return Bounce(None if action == "delayed" else DeliveryState.FAILED)
    kind, detail = code[2], code[3]
    if kind == "2":  # the mailbox: full (2), or closed
        return Bounce(DeliveryState.FAILED) if detail == "2" else Bounce(DeliveryState.BLOCKED, ends_address=True)
    if kind == "7":
        return Bounce(DeliveryState.BLOCKED)
    return Bounce(DeliveryState.INVALID, ends_address=kind == "1")


def _header(part: EmailMessage, name: str) -> str:
    try:
        return str(part.get(name, ""))
    except Exception:  # noqa: BLE001 - a header that cannot be read says nothing
        return ""


def is_automatic(message: EmailMessage) -> bool:
    """Tell whether a program wrote it: to answer it would go on for ever (RFC 3834)."""
    automatic = _header(message, "Auto-Submitted").strip().lower()
    bulk = _header(message, "Precedence").strip().lower() in {"bulk", "junk", "list", "auto_reply"}
    listed = any(name in message for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Auto-Response-Suppress"))
    empty = _header(message, "Return-Path").strip() == "<>"
    return automatic not in {"", "no"} or bulk or listed or empty


class ReturnedMail:
    """Takes what came back; all of it may be done twice."""

    def __init__(self, store: Store, clock: Clock, *, address: str | None, language: str) -> None:
        """``address`` is that of the web server; ``language`` of people who have not chosen one."""
        self._store = store
        self._clock = clock
        self._address = address
        self._language = language

    async def take(self, raw: bytes) -> str:
        """Do what a message asks for, and return in a word what it was. Raises StoreError."""
        message = parse_message(raw)
        bounce = read_bounce(message)
        if bounce is not None:
            return await self._take_bounce(bounce, raw)
        if message.get_content_type() == "multipart/report" or is_automatic(message):
            return "automatic"
        sender = await self._sender(message)
        if sender is None:
            return "stranger"
        return await self._point(sender, raw)

    async def _take_bounce(self, bounce: Bounce, raw: bytes) -> str:
        letter = next(self._letters(raw), None)
        if letter is None:
            return "forged"
        if bounce.state is None:
            return "delayed"
        known = await self._store.email.note_bounce(
            letter.row, letter.chat, bounce.state, self._clock.now(), ends_address=bounce.ends_address
        )
        _log.info("letter_came_back", row=letter.row, state=bounce.state.value, new=known)
        return "bounce"

    def _letters(self, raw: bytes) -> Iterator[Letter]:
        for number, found in enumerate(_LETTER.finditer(raw)):
            if number >= _MOST_IDS:
                return
            row, chat, mac = int(found[1]), found[2].decode(), found[3]
            if compare_digest(letter_mac(self._store.keyring, row, chat).encode(), mac):
                yield Letter(row, chat)

    async def _sender(self, message: EmailMessage) -> Chat | None:
        """Return whose mailbox an answer came from, where we know it."""
        for _, address in getaddresses([_header(message, "From")])[:1]:
            if typed := parse_email(address):
                return await self._store.email.find(typed)
        return None

    async def _point(self, chat: Chat, raw: bytes) -> str:
        """Say, once, where a person goes on."""
        if not await self._store.channel_use.may_guide(chat.id):
            return "answer"
        say = MarkupTranslator(await self._store.email.language(chat.id) or self._language)
        where = say(_POINTER_WEB, address=f"{self._address}/") if self._address else say(_POINTER_CHAT)
        said = Reply(paragraphs=(str(say(_POINTER)), str(where)))
        origin = f"email-pointer:{chat.id}:{hashlib.sha256(raw).hexdigest()[:16]}"
        message = OutboxMessage(OutboxRecipient(chat.id, EMAIL), origin, said, NOTICE)
        now = self._clock.now()
        await self._store.driver.run(message_query(self._store.keyring, message, now))
        await self._store.channel_use.note_guided(chat.id, now)
        return "answer"


#: Seconds between looks, and until a server that says nothing is given up.
_LOOK_SECONDS, _TIMEOUT = 120.0, 30.0
#: Messages of one look, and bytes of one that are read: a report tells what matters at its beginning.
_BATCH, _MOST_BYTES = 100, 256 * 1024


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """A mailbox, over TLS."""

    host: str
    port: int
    user: str
    password: SecretStr
    folder: str
    ca_file: str | None = None  #: of a server whose certificate no public authority issued
    look_seconds: float = 600.0  #: that a whole look may take


#: Handles a message and returns in a word what it was. It raises StoreError.
TakeMessage = Callable[[bytes], Awaitable[str]]


class _Mailbox(imaplib.IMAP4_SSL):
    """A connection that tells its socket before a word is said."""

    def __init__(self, known: ImapSettings, context: ssl.SSLContext, opened: Callable[[socket.socket], None]) -> None:
        self._open_mailbox = opened
        super().__init__(known.host, known.port, ssl_context=context, timeout=_TIMEOUT)

    def open(self, *where: Any, **more: Any) -> None:
        super().open(*where, **more)
        self._open_mailbox(self.sock)


class MailboxReader:
    """Looks into a mailbox every other minute; ``taken`` counts what was found, by kind."""

    def __init__(self, settings: ImapSettings, take: TakeMessage, clock: Clock) -> None:
        self._settings = settings
        self._take = take
        self._clock = clock
        self.taken: Counter[str] = Counter()
        self.trouble: str | None = None  #: message id of why the last look failed
        self._line: socket.socket | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; a failure waits for another look."""
        backoff = Backoff(first=_LOOK_SECONDS, longest=1800.0)
        while not stop.is_set():
            try:
                async with asyncio.timeout(self._settings.look_seconds):
                    await self.look()
                backoff.reset()
                self.trouble, pause = None, _LOOK_SECONDS
            except Exception as error:  # noqa: BLE001 - whatever a server answers, letters and other channels go on
                _log.warning("mailbox_not_read", channel=EMAIL, error=type(error).__name__)
                self._hang_up()
                self.trouble = _UNREAD_REFUSED if isinstance(error, Refused) else _UNREAD
                pause = backoff.next()
            await cancel_on(stop, self._clock.sleep(pause))

    def _keep_line(self, line: socket.socket) -> None:
        self._line = line

    def _hang_up(self) -> None:
        """End a conversation that its thread still waits in: a server may send a byte now and then for ever."""
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    async def look(self) -> int:
        """Handle what is new; return how many messages that was.

        Raises:
            Refused: the server does not take the name and password, or has no such folder.
            Unreachable: it cannot be reached.
            StoreError: the rest is handled at the next look.
        """
        found, handled = await asyncio.to_thread(self._fetch), list[bytes]()
        try:
            for number, raw in found:
                self.taken[await self._handle(raw)] += 1
                handled.append(number)
        finally:
            if handled:
                await asyncio.to_thread(self._mark, handled)
        return len(handled)

    async def _handle(self, raw: bytes) -> str:
        try:
            return await self._take(raw)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a poison message must not hold up those behind it
            _log.error("message_not_readable", channel=EMAIL, error=type(error).__name__)
            return "not_readable"

    def check(self) -> None:
        """Open the mailbox and close it again. Raises as ``look`` does."""
        with self._open_mailbox(readonly=True):
            return

    def _fetch(self) -> list[tuple[bytes, bytes]]:
        with self._open_mailbox(readonly=True) as mailbox:
            _, found = mailbox.uid("SEARCH", "UNSEEN")
            numbers = (found[0] or b"").split()[:_BATCH] if found else []
            return [(number, raw) for number in numbers if (raw := _fetch_one(mailbox, number)) is not None]

    def _mark(self, numbers: Sequence[bytes]) -> None:
        with self._open_mailbox(readonly=False) as mailbox:
            mailbox.uid("STORE", b",".join(numbers).decode(), "+FLAGS.SILENT", r"(\Seen)")

    @contextmanager
    def _open_mailbox(self, *, readonly: bool) -> Iterator[imaplib.IMAP4_SSL]:
        known = self._settings
        try:
            context = ssl.create_default_context(cafile=known.ca_file)
            mailbox = _Mailbox(known, context, self._keep_line)
        except (OSError, imaplib.IMAP4.error):
            raise Unreachable from None
        try:
            mailbox.login(known.user, known.password.get_secret_value())
            status, _ = mailbox.select(f'"{known.folder}"', readonly=readonly)
            if status != "OK":
                raise Refused
            yield mailbox
        except imaplib.IMAP4.abort:
            raise Unreachable from None
        except imaplib.IMAP4.error:
            raise Refused from None
        except OSError:
            raise Unreachable from None
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                mailbox.logout()


def _fetch_one(mailbox: imaplib.IMAP4_SSL, number: bytes) -> bytes | None:
    _, parts = mailbox.uid("FETCH", number.decode(), f"(BODY.PEEK[]<0.{_MOST_BYTES}>)")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)
