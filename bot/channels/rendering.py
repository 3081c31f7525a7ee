"""A reply becomes messages that a channel can take: one outbox row each, so that a retry never repeats another part."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import accumulate

from bot.channels.base import Capabilities
from bot.channels.markup import plain, shows_anything, utf16, well_formed
from bot.channels.splitting import split_paragraph
from handlers.broadcasts.taps import BroadcastTap
from handlers.replies import Attachment, Choice, Reply

_GAP = "\n\n"
#: A keyboard needs a message to hang on.
_NOTHING_SAID = "…"


def split(reply: Reply, capabilities: Capabilities) -> tuple[Reply, ...]:
    """The messages of a reply, in order, each within the channel's limits; splitting one of them again changes nothing.

    Paragraphs stay whole where they fit. The keyboard hangs on the last text; without buttons it becomes a numbered
    menu. Files follow the text, or carry it where it is short enough. An edit the channel cannot do becomes a new
    message, a deletion it cannot do falls away. A change of buttons stays whole: its message was split already.
    """
    if reply.action == "delete":
        return (reply,) if capabilities.deleting and reply.target else ()
    if reply.action == "buttons":
        return _rebuttoned(reply, capabilities)
    if _fits_a_caption(reply, capabilities):
        return (reply.model_copy(update={"paragraphs": _joined(reply.paragraphs)}),)
    texts = _texts(reply, capabilities)
    messages = [Reply(paragraphs=(text,)) for text in texts]
    if messages:
        messages[0] = messages[0].model_copy(update=_placing(reply, capabilities))
    if capabilities.buttons and messages:
        messages[-1] = messages[-1].model_copy(update={"choices": reply.choices})
    messages += (Reply(paragraphs=(), attachments=(file,)) for file in reply.attachments if _taken(file, capabilities))
    return tuple(messages)


def fits(reply: Reply, capabilities: Capabilities) -> bool:
    """Whether a reply is one message as it stands: what ``split`` made of it, seen again when it is sent."""
    limit = capabilities.caption_limit if reply.attachments else capabilities.text_limit
    single = len(reply.paragraphs) <= 1 and len(reply.attachments) <= 1
    return single and all(utf16(text) <= limit for text in reply.paragraphs)


def text_of(reply: Reply, capabilities: Capabilities) -> str:
    """The text of one message, in the channel's form."""
    html = _GAP.join(reply.paragraphs)
    return html if capabilities.markup else plain(html)


def _rebuttoned(reply: Reply, capabilities: Capabilities) -> tuple[Reply, ...]:
    if capabilities.editing and capabilities.buttons and reply.target:
        return (reply,)
    return split(anew(reply), capabilities) if reply.paragraphs else ()


def anew(reply: Reply) -> Reply:
    """The reply as a message of its own."""
    return reply.model_copy(update={"action": "send", "target": None})


def _fits_a_caption(reply: Reply, capabilities: Capabilities) -> bool:
    if len(reply.attachments) != 1 or not capabilities.files_out or reply.action != "send":
        return False
    if reply.choices and not capabilities.buttons:
        return False
    return all(utf16(text) <= capabilities.caption_limit for text in _joined(reply.paragraphs))


def _joined(paragraphs: Iterable[str]) -> tuple[str, ...]:
    text = _GAP.join(_visible(paragraphs))
    return (text,) if text else ()


def _visible(paragraphs: Iterable[str]) -> list[str]:
    formed = (well_formed(paragraph.strip()) for paragraph in paragraphs)
    return [paragraph for paragraph in formed if shows_anything(paragraph)]


def _placing(reply: Reply, capabilities: Capabilities) -> dict[str, str]:
    if reply.action == "edit" and capabilities.editing and reply.target:
        return {"action": "edit", "target": reply.target}
    return {}


def _texts(reply: Reply, capabilities: Capabilities) -> list[str]:
    paragraphs = _visible(reply.paragraphs)
    if reply.choices and not capabilities.buttons:
        paragraphs.append(_menu(reply.choices))
    paragraphs += _visible(_inlined(file) for file in reply.attachments if not _taken(file, capabilities))
    if reply.choices and not paragraphs:
        paragraphs.append(_NOTHING_SAID)
    return list(_packed(paragraphs, capabilities.text_limit))


def _taken(attachment: Attachment, capabilities: Capabilities) -> bool:
    return capabilities.accepts(attachment.media_type)


def _menu(choices: Sequence[Choice]) -> str:
    counted = accumulate(int(choice.numbered) for choice in choices)
    return "\n".join(_line(number, choice) for number, choice in zip(counted, choices, strict=True))


def _line(number: int, choice: Choice) -> str:
    """A reminder is no page that a number could be an answer to: its lines are commands."""
    reminder, label = BroadcastTap.parse(choice.tap), escape(choice.label, quote=False)
    if reminder:
        return f"{reminder.typed_command} – {label}"
    return f"{number}. {label}" if choice.numbered else f"• {label}"


def _inlined(attachment: Attachment) -> str:
    readable = attachment.media_type.startswith("text/") or attachment.media_type == "application/json"
    body = attachment.content.decode("utf-8", "replace") if readable else ""
    return escape(f"{attachment.name}\n{body}".strip(), quote=False)


def _packed(paragraphs: Iterable[str], limit: int) -> Iterator[str]:
    """As many whole paragraphs a message as fit."""
    message = ""
    for piece in (piece for paragraph in paragraphs for piece in split_paragraph(paragraph, limit)):
        together = f"{message}{_GAP}{piece}" if message else piece
        if utf16(together) <= limit:
            message = together
            continue
        yield message
        message = piece
    if message:
        yield message
