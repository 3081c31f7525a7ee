"""Write letters and send them: the same words as text and as HTML, files, and a way not to get another.

Each is the server's, surely is not, or may be; which of these is told exactly.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from markupsafe import Markup

from bot.channels import CHANNELS, Capabilities, Gone, Invalid, RetryLater, Unreachable
from bot.channels.email.smtp import NoSuchAddress, SmtpPool, TransientRefusal
from bot.channels.rendering import to_plain_text, to_well_formed
from bot.clock import Clock
from bot.messages import Chat, OutboxRow
from bot.pages import render
from bot.services.channels import STOP_PATH, letter_mac, stop_token
from bot.store import Store, StoreError
from handlers.core import MarkupTranslator, Reply
from handlers.model import EMAIL
from locales import N_, Translator

#: Characters of a subject: more is cut by most programs.
_LONGEST_SUBJECT = 90
_GAP = "\n\n"
_SPACE = re.compile(r"\s+")
#: As RFC 5322 writes lines.
_POLICY = policy.SMTP.clone(max_line_length=76)

SENDER_NAME = N_("Digital certificate assistant")
_FILES = N_("Your files from the assistant")
OPEN = N_("Open the assistant")
_NO_ANSWERS = N_("Nobody reads answers to this address.")
_STOP = N_("No more messages to this address")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Holds the lines that every letter of this assistant says of itself."""

    sender: str  #: the address it comes from
    open_at: str | None  #: where browsers reach the assistant, at the right place
    stop_at: str | None  #: where the reader ends it, with one click


def message_id(row: OutboxRow, mac: str, sender: str) -> str:
    """Return the id of a letter: by it a bounce is known to be about this very row."""
    return f"<{row.id}.{row.chat.id}.{mac}@{sender.rpartition('@')[2]}>"


def compose(row: OutboxRow, mac: str, head: Letterhead, voice: MarkupTranslator, now: datetime) -> bytes:
    """Write the letter of a row, as it is handed to a mail server.

    Args:
        row: what is said, to whom.
        mac: the part of its id that only we can make.
        head: what every letter says.
        voice: the language of what is added.
        now: the moment at which it is dated.
    """
    letter = EmailMessage(policy=_POLICY)
    letter["From"] = Address(voice.t(SENDER_NAME), addr_spec=head.sender)
    letter["To"] = Address(addr_spec=row.chat.address)
    letter["Subject"] = subject_of(row.reply, voice.t)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = message_id(row, mac, head.sender)
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answer is wanted
    letter["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if head.stop_at:  # RFC 2369 and RFC 8058
        letter["List-Unsubscribe"] = f"<{head.stop_at}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(_to_text(row.reply, head, voice.t), cte="quoted-printable")
    letter.add_alternative(_to_html(row.reply, head, voice), subtype="html", cte="quoted-printable")
    for file in row.reply.attachments:
        kind, _, subtype = file.media_type.partition("/")
        letter.add_attachment(file.content, maintype=kind, subtype=subtype or "octet-stream", filename=file.name)
    return letter.as_bytes()


def subject_of(reply: Reply, t: Translator) -> str:
    """Return the first line that says something, cut at a word; a salutation ends with a comma and says nothing."""
    text = "\n".join(to_plain_text(one) for one in reply.paragraphs)
    lines = [line for one in text.splitlines() if (line := _SPACE.sub(" ", one).strip())]
    line = next((one for one in lines if not one.endswith(",")), lines[0] if lines else "")
    if not line:
        return t(_FILES if reply.attachments else SENDER_NAME)
    if len(line) <= _LONGEST_SUBJECT:
        return line
    cut = line[:_LONGEST_SUBJECT].rpartition(" ")[0] or line[:_LONGEST_SUBJECT]
    return f"{cut} …"


def _to_text(reply: Reply, head: Letterhead, t: Translator) -> str:
    said = _GAP.join(to_plain_text(one) for one in reply.paragraphs)
    foot = [f"{t(OPEN)}: {head.open_at}"] if head.open_at else []
    foot += [t(_NO_ANSWERS)] + ([f"{t(_STOP)}: {head.stop_at}"] if head.stop_at else [])
    return f"{said}{_GAP}-- \n" + "\n".join(foot) + "\n"


def _to_html(reply: Reply, head: Letterhead, voice: MarkupTranslator) -> str:
    said = [Markup(to_well_formed(one).replace("\n", "<br>\n")) for one in reply.paragraphs]  # noqa: S704 - balanced, escaped
    known = {"open_at": head.open_at, "stop_at": head.stop_at}
    words = {"open_words": voice.t(OPEN), "no_answers": voice.t(_NO_ANSWERS), "stop_words": voice.t(_STOP)}
    return str(render("email.html", voice.language, said=said, **known, **words))


#: A server that asked to wait for so long will not take the letter.
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
        except TransientRefusal as error:
            raise await self._later(chat, error) from None
        except NoSuchAddress:
            await self._end_address(row.chat)
            raise
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None
        await self._note_taken(chat)
        return str(row.id)

    async def fetch(self, reference: str, limit: int) -> bytes:
        """Refuse: nothing comes in by mail.

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

    async def _later(self, chat: str, error: TransientRefusal) -> RetryLater | Invalid:
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
