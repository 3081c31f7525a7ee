"""Write a reply as a letter: the same words as text and as HTML, its files, and a way not to get another."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from markupsafe import Markup

from bot.channels.rendering import to_plain_text, to_well_formed
from bot.messages import OutboxRow
from bot.pages import render
from handlers.core import MarkupTranslator, Reply
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
    """What every letter of this assistant says of itself."""

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
