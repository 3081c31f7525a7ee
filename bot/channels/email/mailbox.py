"""Read new messages of a mailbox by IMAP: each is marked once it was handled, and handled twice it changes nothing."""

import asyncio
import imaplib
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import structlog
from pydantic import SecretStr

from bot.cancellation import cancel_on
from bot.channels import ChannelError, Refused, Unreachable
from bot.clock import Clock
from bot.retry import Backoff
from bot.store import StoreError
from handlers.model import EMAIL

_LOOK_SECONDS, _TIMEOUT = 120.0, 30.0
#: Messages of one look, and bytes of one that are read: a report tells what matters at its beginning.
_BATCH, _MOST_BYTES = 100, 256 * 1024

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """A mailbox, over TLS."""

    host: str
    port: int
    user: str
    password: SecretStr
    folder: str
    ca_file: str | None = None  #: of a server whose certificate no public authority issued


#: Handles a message and returns in a word what it was. It raises StoreError.
TakeMessage = Callable[[bytes], Awaitable[str]]


class MailboxReader:
    """Looks into a mailbox every other minute; ``taken`` counts what was found, by kind."""

    def __init__(self, settings: ImapSettings, take: TakeMessage, clock: Clock) -> None:
        self._settings = settings
        self._take = take
        self._clock = clock
        self.taken: Counter[str] = Counter()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; a failure waits for another look."""
        backoff = Backoff(first=_LOOK_SECONDS, longest=1800.0)
        while not stop.is_set():
            try:
                await self.look()
                backoff.reset()
                pause = _LOOK_SECONDS
            except (ChannelError, StoreError) as error:
                _log.warning("mailbox_not_read", channel=EMAIL, error=type(error).__name__)
                pause = backoff.next()
            await cancel_on(stop, self._clock.sleep(pause))

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
        with self._opened(readonly=True):
            return

    def _fetch(self) -> list[tuple[bytes, bytes]]:
        with self._opened(readonly=True) as mailbox:
            _, found = mailbox.uid("SEARCH", "UNSEEN")
            numbers = (found[0] or b"").split()[:_BATCH] if found else []
            return [(number, raw) for number in numbers if (raw := _fetch_one(mailbox, number)) is not None]

    def _mark(self, numbers: Sequence[bytes]) -> None:
        with self._opened(readonly=False) as mailbox:
            mailbox.uid("STORE", b",".join(numbers).decode(), "+FLAGS.SILENT", r"(\Seen)")

    @contextmanager
    def _opened(self, *, readonly: bool) -> Iterator[imaplib.IMAP4_SSL]:
        known = self._settings
        try:
            context = ssl.create_default_context(cafile=known.ca_file)
            mailbox = imaplib.IMAP4_SSL(known.host, known.port, ssl_context=context, timeout=_TIMEOUT)
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
