"""Send letters: each is the server's, surely is not, or may be; which of these is told exactly."""

import asyncio
from datetime import timedelta

from bot.channels import CHANNELS, Capabilities, Gone, Invalid, RetryLater, Unreachable
from bot.channels.email.composing import Letterhead, compose
from bot.channels.email.smtp import Deferred, NoSuchAddress, SmtpPool
from bot.clock import Clock
from bot.messages import Chat, OutboxRow
from bot.services.email import STOP_PATH, letter_mac, stop_token
from bot.store import Store, StoreError
from handlers.core import MarkupTranslator
from handlers.model import EMAIL

#: A server that asked for patience for so long will not take the letter.
_PATIENCE = timedelta(hours=48)
_LONGEST_DELAY = 3600.0


class EmailChannel:
    """The channel to mailboxes; it brings nothing in."""

    name = EMAIL
    capabilities: Capabilities = CHANNELS[EMAIL].capabilities
    start_link: str | None = None

    def __init__(self, pool: SmtpPool, store: Store, clock: Clock, *, address: str | None, language: str) -> None:
        """``address`` is that of the web server; ``language`` of people who have not chosen one."""
        self._pool = pool
        self._store = store
        self._clock = clock
        self._address = address
        self._language = language

    async def send(self, row: OutboxRow) -> str | None:
        """Deliver a row as one letter, with all of its files.

        Raises:
            ChannelError: its kind decides the next state of the row.
        """
        if row.reply.action == "delete" or not (row.reply.paragraphs or row.reply.attachments):
            return None  # what was sent by mail stays
        chat = row.chat.id
        try:
            letter = await asyncio.to_thread(self._compose, row, await self._voice(chat))
            await self._pool.deliver(row.chat.address, letter)
        except Deferred as error:
            raise await self._later(chat, error) from None
        except NoSuchAddress:
            await self._end_address(row.chat)
            raise
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None
        await self._note_taken(chat)
        return str(row.id)

    async def fetch(self, reference: str, limit: int) -> bytes:
        """Nothing comes in by mail.

        Raises:
            Gone: always.
        """
        del reference, limit
        raise Gone

    async def _voice(self, chat: str) -> MarkupTranslator:
        return MarkupTranslator(await self._store.email.language(chat) or self._language)

    def _compose(self, row: OutboxRow, voice: MarkupTranslator) -> bytes:
        keyring, address = self._store.keyring, self._address
        stop_at = f"{address}{STOP_PATH}{stop_token(keyring, row.chat.id)}" if address else None
        place = f"?start={row.broadcast}" if row.broadcast else ""
        open_at = f"{address}/{place}" if address else None
        head = Letterhead(self._pool.settings.sender, open_at, stop_at)
        return compose(row, letter_mac(keyring, row.id, row.chat.id), head, voice, self._clock.now())

    async def _later(self, chat: str, error: Deferred) -> RetryLater | Invalid:
        """Wait longer each time; what a server has put off for two days it will not take."""
        try:
            now = self._clock.now()
            waited = now - await self._store.email.note_deferred(chat, now)
        except StoreError:
            return error
        if waited >= _PATIENCE:
            await self._note_taken(chat)
            return Invalid()
        return RetryLater(min(_LONGEST_DELAY, error.after + waited.total_seconds() / 2))

    async def _note_taken(self, chat: str) -> None:
        try:
            await self._store.email.note_taken(chat)
        except StoreError:
            return  # the next letter tells it again

    async def _end_address(self, chat: Chat) -> None:
        """Send nothing more to a mailbox that does not exist; a wrong word of its server is mended with /email."""
        try:
            await self._store.chats.mark_blocked(chat, self._clock.now())
        except StoreError:
            return
