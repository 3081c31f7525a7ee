"""Split a reply into messages that a channel can send; the HTML of replies is b, i, u, code, and a with its href.

Each message is an outbox row of its own, so that a retry never repeats another part.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import accumulate

from bot.channels import Capabilities
from handlers.broadcasts.rendering import BroadcastCallback
from handlers.core import Attachment, Choice, Reply

_TOKEN = re.compile(
    r"(?P<close></(?:b|i|u|code|a)>)"
    r'|(?P<open><(?:b|i|u|code|a href="[^"<>]*")>)'
    r"|(?P<entity>&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});)"
    r"|(?P<text>[^<>&]+|[<>&])"
)
_SPECIAL = re.compile(r"[<>&]")
_TAG = re.compile(r"<[^<>]*>")
_NAME = re.compile(r"[a-z]+")
_HREF = re.compile(r'href="([^"]*)"')


@dataclass(frozen=True, slots=True)
class MarkupToken:
    """A tag or a piece of text: a run without special signs, or one entity."""

    kind: str  #: open, close, entity or text
    source: str

    @property
    def visible(self) -> bool:
        """Return whether the token is text rather than a tag."""
        return self.kind in {"text", "entity"}

    @property
    def name(self) -> str:
        """Return the name of the tag."""
        found = _NAME.search(self.source)
        return found.group() if found else ""

    @property
    def closer(self) -> str:
        """Return the tag that closes this one."""
        return f"</{self.name}>"


def parse_tokens(html: str) -> Iterator[MarkupToken]:
    """Yield tags and text in well-formed order: stray signs are escaped, stray closers dropped, open tags closed."""
    stack: list[MarkupToken] = []
    for token in map(_to_token, _TOKEN.finditer(html)):
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            if token.name not in {opened.name for opened in stack}:
                continue
            yield from _close_inner(stack, token.name)
        yield token
    yield from (MarkupToken("close", opened.closer) for opened in reversed(stack))


def _to_token(match: re.Match[str]) -> MarkupToken:
    source = match.group()
    if source in {"<", ">", "&"}:
        return MarkupToken("entity", escape(source))
    return MarkupToken(match.lastgroup or "text", source)


def _close_inner(stack: list[MarkupToken], name: str) -> Iterator[MarkupToken]:
    """Close the tags opened after ``name`` that are still open, and take ``name`` itself off the stack."""
    while (opened := stack.pop()).name != name:
        yield MarkupToken("close", opened.closer)


def to_well_formed(html: str) -> str:
    """Return the text with balanced tags and escaped signs."""
    return format_tokens(parse_tokens(html)) if _SPECIAL.search(html) else html


def has_visible_text(html: str) -> bool:
    """Return whether a well-formed text shows anything to the reader."""
    return bool(unescape(_TAG.sub("", html)).strip())


def format_tokens(parts: Iterable[MarkupToken]) -> str:
    """Join tokens into HTML."""
    return "".join(token.source for token in parts)


def to_plain_text(html: str) -> str:
    """Return the text without markup; the address of a link follows its text in parentheses."""
    pieces: list[str] = []
    links: list[str] = []
    for token in parse_tokens(html):
        if token.visible:
            pieces.append(unescape(token.source) if token.kind == "entity" else token.source)
        elif token.name == "a":
            pieces.append(_format_link_address(token, links))
    return "".join(pieces)


def _format_link_address(token: MarkupToken, links: list[str]) -> str:
    if token.kind == "open":
        found = _HREF.search(token.source)
        links.append(unescape(found.group(1)) if found else "")
        return ""
    address = links.pop() if links else ""
    return f" ({address})" if address else ""


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, as chat platforms count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_SENTENCE_ENDS = frozenset(".!?;:…\n")

_GAP = "\n\n"
#: A keyboard needs a message to hang on; this one stands in for an empty text.
_NOTHING_SAID = "…"


def split_paragraph(paragraph: str, limit: int) -> Iterator[str]:
    """Yield pieces of at most ``limit`` UTF-16 units, markup included; only white space at the cuts is lost.

    Tags are closed at the end of a piece and opened again in the next. ``limit`` must be at least 100.
    """
    if utf16_length(paragraph) <= limit:
        yield paragraph
        return
    parts = list(_split_characters(parse_tokens(paragraph)))
    if _heaviest_nesting(parts) > limit // 2:  # the markup alone would fill messages: the text matters more
        parts = [token for token in parts if token.visible]
    for piece in _split_tokens(parts, limit):
        if to_plain_text(piece).strip():
            yield piece.strip()


def _split_characters(parts: Iterable[MarkupToken]) -> Iterator[MarkupToken]:
    for token in parts:
        if token.kind == "text":
            yield from (MarkupToken("text", character) for character in token.source)
        else:
            yield token


def _heaviest_nesting(parts: Iterable[MarkupToken]) -> int:
    """Return the most UTF-16 units that the tags open at one place need, their closers included."""
    weights: list[int] = []
    heaviest = 0
    for token in parts:
        if token.kind == "open":
            weights.append(_weight(token))
            heaviest = max(heaviest, sum(weights))
        elif token.kind == "close":
            weights.pop()
    return heaviest


def _weight(token: MarkupToken) -> int:
    return utf16_length(token.source) + (len(token.closer) if token.kind == "open" else 0)


def _split_tokens(parts: Sequence[MarkupToken], limit: int) -> Iterator[str]:
    opened: list[MarkupToken] = []
    while parts:
        cut = _cut_index(parts, limit - sum(map(_weight, opened)))
        taken, parts = parts[:cut], parts[cut:]
        still_open = _open_tags_after(opened, taken)
        closers = "".join(token.closer for token in reversed(still_open))
        yield format_tokens(opened) + format_tokens(taken) + closers
        opened = still_open


def _cut_index(parts: Sequence[MarkupToken], room: int) -> int:
    """Return the number of tokens to take: all that fit, or fewer at the end of a sentence or a word."""
    sentence = word = 0
    before = ""
    for index, token in enumerate(parts):
        if token.kind != "close":  # the closer's length was counted with its opener
            room -= _weight(token)
        if room < 0:
            return _best_cut(max(index, 1), sentence, word)
        if token.visible:
            if token.source.isspace():
                word = index + 1
                sentence = index + 1 if before in _SENTENCE_ENDS or token.source == "\n" else sentence
            before = token.source
    return len(parts)


def _best_cut(index: int, sentence: int, word: int) -> int:
    """Cut at a sentence's end unless it wastes more than half of the message, else at a word's end, else anywhere."""
    return sentence if sentence > index // 2 else word or index


def _open_tags_after(opened: Sequence[MarkupToken], taken: Iterable[MarkupToken]) -> list[MarkupToken]:
    stack = list(opened)
    for token in taken:
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close":
            stack.pop()
    return stack


def split_reply(reply: Reply, capabilities: Capabilities) -> tuple[Reply, ...]:
    """Return the messages of a reply, in order, each within the channel's limits; a second split changes nothing.

    Paragraphs stay whole where they fit. The keyboard hangs on the last text; without buttons it becomes a numbered
    menu.
    Files follow the text, or carry it if it is short enough. If the channel cannot edit, an edit becomes a new message;
    if
    it cannot delete, a deletion is dropped. A change of buttons is never split: its message was split already.
    """
    if reply.action == "delete":
        return (reply,) if capabilities.deleting and reply.target else ()
    if reply.action == "buttons":
        return _split_button_edit(reply, capabilities)
    if _has_room_in_caption(reply, capabilities):
        return (reply.model_copy(update={"paragraphs": _join_paragraphs(reply.paragraphs)}),)
    texts = _message_texts(reply, capabilities)
    messages = [Reply(paragraphs=(text,)) for text in texts]
    if messages:
        messages[0] = messages[0].model_copy(update=_edit_target(reply, capabilities))
    if messages and _takes_buttons(reply, capabilities):
        messages[-1] = messages[-1].model_copy(update={"choices": reply.choices})
    messages += (
        Reply(paragraphs=(), attachments=(file,)) for file in reply.attachments if _is_accepted(file, capabilities)
    )
    return tuple(messages)


def is_single_message(reply: Reply, capabilities: Capabilities) -> bool:
    """Return whether a reply is one message as it stands, such as a reply that ``split_reply`` returned."""
    limit = capabilities.caption_limit if reply.attachments else capabilities.text_limit
    single = len(reply.paragraphs) <= 1 and len(reply.attachments) <= 1
    return single and all(utf16_length(text) <= limit for text in reply.paragraphs)


def render_text(reply: Reply, capabilities: Capabilities) -> str:
    """Return the text of one message in the channel's form: HTML, or plain text."""
    html = _GAP.join(reply.paragraphs)
    return html if capabilities.markup else to_plain_text(html)


def _split_button_edit(reply: Reply, capabilities: Capabilities) -> tuple[Reply, ...]:
    if capabilities.editing and capabilities.buttons and reply.target:
        return (reply,)
    return split_reply(to_new_message(reply), capabilities) if reply.paragraphs else ()


def to_new_message(reply: Reply) -> Reply:
    """Return the reply as a new message instead of an edit."""
    return reply.model_copy(update={"action": "send", "target": None})


def _has_room_in_caption(reply: Reply, capabilities: Capabilities) -> bool:
    if len(reply.attachments) != 1 or not capabilities.files_out or reply.action != "send":
        return False
    if not _takes_buttons(reply, capabilities):
        return False
    return all(utf16_length(text) <= capabilities.caption_limit for text in _join_paragraphs(reply.paragraphs))


def _join_paragraphs(paragraphs: Iterable[str]) -> tuple[str, ...]:
    text = _GAP.join(_visible_paragraphs(paragraphs))
    return (text,) if text else ()


def _visible_paragraphs(paragraphs: Iterable[str]) -> list[str]:
    formed = (to_well_formed(paragraph.strip()) for paragraph in paragraphs)
    return [paragraph for paragraph in formed if has_visible_text(paragraph)]


def _edit_target(reply: Reply, capabilities: Capabilities) -> dict[str, str]:
    if reply.action == "edit" and capabilities.editing and reply.target:
        return {"action": "edit", "target": reply.target}
    return {}


def _message_texts(reply: Reply, capabilities: Capabilities) -> list[str]:
    paragraphs = _visible_paragraphs(reply.paragraphs)
    if not _takes_buttons(reply, capabilities):
        paragraphs.append(_format_menu(reply.choices))
    paragraphs += _visible_paragraphs(
        _format_inline_file(file) for file in reply.attachments if not _is_accepted(file, capabilities)
    )
    if reply.choices and not paragraphs:
        paragraphs.append(_NOTHING_SAID)
    return list(_pack_paragraphs(paragraphs, capabilities.text_limit))


def _takes_buttons(reply: Reply, capabilities: Capabilities) -> bool:
    return not reply.choices or capabilities.takes_buttons([choice.label for choice in reply.choices])


def _is_accepted(attachment: Attachment, capabilities: Capabilities) -> bool:
    return capabilities.accepts(attachment.media_type)


def _format_menu(choices: Sequence[Choice]) -> str:
    counted = accumulate(int(choice.numbered) for choice in choices)
    return "\n".join(_format_choice(number, choice) for number, choice in zip(counted, choices, strict=True))


def _format_choice(number: int, choice: Choice) -> str:
    """Format one line of a menu; in a reminder it is a command, because no number can answer a reminder."""
    reminder, label = BroadcastCallback.parse(choice.tap), escape(choice.label, quote=False)
    if reminder:
        return f"{reminder.typed_command} – {label}"
    if choice.zero:
        return f"0. {label}"
    return f"{number}. {label}" if choice.numbered else f"• {label}"


def _format_inline_file(attachment: Attachment) -> str:
    readable = attachment.media_type.startswith("text/") or attachment.media_type == "application/json"
    body = attachment.content.decode("utf-8", "replace") if readable else ""
    return escape(f"{attachment.name}\n{body}".strip(), quote=False)


def _pack_paragraphs(paragraphs: Iterable[str], limit: int) -> Iterator[str]:
    """Put as many whole paragraphs into each message as fit."""
    message = ""
    for piece in (piece for paragraph in paragraphs for piece in split_paragraph(paragraph, limit)):
        together = f"{message}{_GAP}{piece}" if message else piece
        if utf16_length(together) <= limit:
            message = together
            continue
        yield message
        message = piece
    if message:
        yield message
