"""Messages of a conversation as HTML, for the page and for its stream alike."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bot.channels.rendering import to_well_formed
from bot.pages import render
from bot.store.web_chat import StoredFile, WebMessage
from handlers.core import MarkupTranslator, format_day, format_size
from handlers.model import CODE_DIGITS, START_PREFIX
from rules.calendar import to_vietnam_time

#: Pictures of ours that are shown; whatever a person sent never is.
SHOWN = frozenset({"image/png"})


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file in a bubble."""

    id: str
    name: str
    size: str
    is_picture: bool


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as the template shows it."""

    id: int
    version: int
    key: str
    side: str
    html: Markup
    choices: Sequence[tuple[str, str]]
    files: Sequence[ShownFile]
    day: str  #: in words
    date: str  #: ISO 8601
    time: str
    moment: str  #: ISO 8601

    @property
    def is_mine(self) -> bool:
        """Tell whether the person said it."""
        return self.side == "person"


def to_bubble(message: WebMessage, language: str) -> Bubble | None:
    """Prepare a message; ``None`` for one that was deleted."""
    content = message.content
    if content is None:
        return None
    at: datetime = to_vietnam_time(message.at)
    return Bubble(
        id=message.id,
        version=message.version,
        key=content.key,
        side=content.side,
        html=_to_html(content.html),
        choices=[(choice.label, f"{message.id}:{choice.tap}") for choice in content.choices],
        files=[_to_shown(file, language) for file in content.files],
        day=format_day(at.date()),
        date=at.date().isoformat(),
        time=f"{at:%H:%M}",
        moment=at.isoformat(timespec="seconds"),
    )


def _to_shown(file: StoredFile, language: str) -> ShownFile:
    size = format_size(MarkupTranslator(language), file.size)
    return ShownFile(file.id, file.name, size, is_picture=bool(file.id) and file.media_type in SHOWN)


def _to_html(html: str) -> Markup:
    """Keep the line breaks, and let links lead out without a word about us."""
    formed = to_well_formed(html).replace("<a href=", '<a rel="noopener noreferrer" target="_blank" href=')
    return Markup("<br>").join(Markup(line) for line in formed.split("\n"))  # noqa: S704 - well formed just now


def to_bubbles(messages: Sequence[WebMessage], language: str) -> Iterator[Bubble]:
    """Prepare the messages that were not deleted."""
    return (bubble for message in messages if (bubble := to_bubble(message, language)))


def to_change(message: WebMessage, language: str) -> dict[str, object]:
    """Return what adds, replaces or removes a message in a page."""
    bubble = to_bubble(message, language)
    if bubble is None:
        return {"name": "gone", "data": str(message.id), "version": message.version}
    html = str(render("chat_bubble.html", language, bubble=bubble))
    return {"name": "message", "data": html, "version": message.version}


def to_event(message: WebMessage, language: str) -> str:
    """Return the same as an event of a stream."""
    change = to_change(message, language)
    return format_event(str(change["name"]), str(change["data"]), message.version)


def format_event(name: str, data: str, version: int | None = None) -> str:
    """Write an event as https://html.spec.whatwg.org/multipage/server-sent-events.html has it."""
    lines = [f"event: {name}", *(f"data: {line}" for line in data.splitlines() or [""])]
    if version is not None:
        lines.insert(0, f"id: {version}")
    return "\n".join(lines) + "\n\n"


def find_start(start: str) -> str:
    """Return what the page was opened for: a reminder by its code, or linking a channel; empty for anything else."""
    return start if re.fullmatch(rf"TB-[0-9]{{6,9}}|{START_PREFIX}[0-9]{{{CODE_DIGITS}}}", start) else ""
