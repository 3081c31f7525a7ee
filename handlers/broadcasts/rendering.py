"""Renders a broadcast as the message for one recipient, with its buttons."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from html import escape

from markupsafe import Markup

from handlers.broadcasts.template import Placeholder, Template, parse, text_for
from handlers.core import Choice, MarkupTranslator, Reply, format_day
from handlers.model import BROADCAST_CODE_PATTERN, BroadcastButton, BroadcastDraft, PlaceholderValues
from handlers.requests import PROCEDURE_LABELS
from locales import N_, translator
from rules.outcome import Procedure

_CALLBACK_PATTERN = re.compile(rf"bc\|([a-z0-9_]{{1,20}})\|({BROADCAST_CODE_PATTERN})")


class ButtonAction(StrEnum):
    """The actions of the buttons in reminders and notices."""

    NOW = "now"
    DONE = "done"
    LATER = "later"  #: asks for the day
    LATER_1 = "later_1"  #: postpone by one day
    LATER_3 = "later_3"
    LATER_7 = "later_7"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    SHOW = "show"


_ACTION_OF_VALUE = {action.value: action for action in ButtonAction}
#: Days until the next reminder.
LATER_DAYS = {ButtonAction.LATER_1: 1, ButtonAction.LATER_3: 3, ButtonAction.LATER_7: 7}
#: The command to type instead of each button; a code follows it.
TYPED_COMMANDS = {
    ButtonAction.NOW: "lamngay",
    ButtonAction.DONE: "dalam",
    **dict.fromkeys((ButtonAction.LATER, *LATER_DAYS), "nhacsau"),
}
#: Actions for the people who send broadcasts; the others are for recipients.
ADMIN_ACTIONS = frozenset({ButtonAction.PAUSE, ButtonAction.RESUME, ButtonAction.CANCEL, ButtonAction.SHOW})


@dataclass(frozen=True, slots=True)
class BroadcastCallback:
    """The data of a button, in at most 64 ASCII bytes: ``bc|action|TB-000012``."""

    action: ButtonAction
    broadcast: str

    @classmethod
    def parse(cls, data: str) -> "BroadcastCallback | None":
        """Parse the data of a button; return ``None`` for anything else."""
        found = _CALLBACK_PATTERN.fullmatch(data)
        action = _ACTION_OF_VALUE.get(found[1]) if found else None
        return cls(action, found[2]) if found and action else None

    @property
    def typed_command(self) -> str:
        """Return the command to type where there are no buttons; a number would answer the open question instead."""
        command = TYPED_COMMANDS.get(self.action, "thongbao")
        days = LATER_DAYS.get(self.action)
        return f"/{command} {self.broadcast} {days}" if days else f"/{command} {self.broadcast}"

    def __str__(self) -> str:
        return f"bc|{self.action}|{self.broadcast}"


BUTTON_LABELS = {
    BroadcastButton.NOW: N_("Do it now"),
    BroadcastButton.DONE: N_("I have done it"),
    BroadcastButton.LATER: N_("Remind me later"),
}
HOW_TO_STOP = N_("/dungnhan: no more reminders")
FIRST_MESSAGE_NOTE = N_(
    "<i>This is your first reminder. At most {number} a week will come; with /dungnhan none will, and you can take"
    " that back at any time.</i>"
)


def render_broadcast(
    broadcast: str, draft: BroadcastDraft, values: PlaceholderValues, today: date, *, first: int | None = None
) -> Reply:
    """Render the message for one person in their language; the sender adds the document.

    Args:
        broadcast: Id of the broadcast.
        draft: The draft with its texts and buttons.
        values: The values of the placeholders for this person.
        today: The day of sending in Viet Nam, from which {so_ngay} is counted.
        first: The weekly limit of reminders, for a person who never had one: the message then tells it, and how to
            stop.

    Returns:
        A message of exactly one paragraph.
    """
    language = values.language
    text = _parse_or_quote(text_for(draft.text, language)).fill(_placeholder_texts(values, today))
    return Reply(
        paragraphs=(f"{text}\n\n{_format_ending(language, first)}",),
        choices=_reminder_choices(broadcast, draft.buttons, language),
    )


def fill_plainly(template: Template, values: PlaceholderValues, today: date) -> str:
    """Fill a text for one person without any markup, for a platform that takes none."""
    return Markup(template.fill(_placeholder_texts(values, today))).striptags()  # noqa: S704 - its values are escaped


def format_days_left(language: str, days: int) -> str:
    """Format the remaining days in words: "còn 7 ngày", "hôm nay", "đã quá 2 ngày"."""
    t = translator(language)
    if days == 0:
        return t(N_("today"))
    if days < 0:
        return t(N_("{number} days overdue") if days < -1 else N_("1 day overdue"), number=-days)
    return t(N_("{number} days left") if days > 1 else N_("1 day left"), number=days)


def _placeholder_texts(values: PlaceholderValues, today: date) -> dict[Placeholder, str]:
    """Return the known values as HTML; they are escaped, because a name may look like markup."""
    words = {
        Placeholder.NAME: _one_line(values.name),
        Placeholder.UNIT: _one_line(values.unit),
        Placeholder.TO_DO: _format_procedures(values.language, values.to_do),
    }
    if values.day:
        words[Placeholder.DEADLINE] = format_day(values.day)
        words[Placeholder.DAYS] = format_days_left(values.language, (values.day - today).days)
    return words


def _one_line(value: str | None) -> str:
    return escape(" ".join(value.split()), quote=False) if value else ""


@lru_cache(maxsize=64)
def _format_procedures(language: str, procedures: tuple[Procedure, ...]) -> str:
    t = translator(language)
    return escape(", ".join(t(PROCEDURE_LABELS[one]) for one in procedures if one in PROCEDURE_LABELS), quote=False)


@lru_cache(maxsize=128)
def _parse_or_quote(text: str) -> Template:
    """Parse a text; one that cannot be parsed is shown literally, which never happens to a checked text."""
    parsed = parse(text)
    return parsed if isinstance(parsed, Template) else Template((escape(text, quote=False),))


@lru_cache(maxsize=16)
def _format_ending(language: str, first: int | None) -> str:
    say = MarkupTranslator(language)
    return str(say(HOW_TO_STOP) if first is None else say(FIRST_MESSAGE_NOTE, number=first))


@lru_cache(maxsize=256)
def _reminder_choices(broadcast: str, buttons: tuple[BroadcastButton, ...], language: str) -> tuple[Choice, ...]:
    t = translator(language)
    return tuple(
        Choice(label=t(BUTTON_LABELS[one]), tap=str(BroadcastCallback(ButtonAction(one), broadcast))) for one in buttons
    )
