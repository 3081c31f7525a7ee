"""A broadcast as one person reads it."""

from datetime import date
from functools import lru_cache
from html import escape

from handlers.broadcasts.model import Button, Draft, Values
from handlers.broadcasts.placeholders import Placeholder
from handlers.broadcasts.taps import Action, BroadcastTap
from handlers.broadcasts.template import Template, parse
from handlers.dates import day
from handlers.replies import Choice, Reply
from handlers.requests.words import PROCEDURES
from handlers.voice import Voice
from locales import N_, translator
from rules.outcome import Procedure

LABELS = {
    Button.NOW: N_("Do it now"),
    Button.DONE: N_("I have done it"),
    Button.LATER: N_("Remind me later"),
}
HOW_TO_STOP = N_("/dungnhan: no more reminders")
FIRST = N_(
    "<i>This is your first reminder. At most {number} a week will come; with /dungnhan none will, and you can take"
    " that back at any time.</i>"
)


def rendered(broadcast: str, draft: Draft, values: Values, today: date, *, first: int | None = None) -> Reply:
    """The message, of one paragraph, with its buttons, in the person's language; a document is put on by the sender.

    ``today`` is the day of sending in Viet Nam: {so_ngay} is counted from it. ``first`` is how many reminders may come
    in a week, where the person never had one: the message then says so, and how to stop.
    """
    language = values.language
    text = _template(getattr(draft.text, language)).fill(_words(values, today))
    return Reply(
        paragraphs=(f"{text}\n\n{_ending(language, first)}",), choices=_choices(broadcast, draft.buttons, language)
    )


def left(language: str, days: int) -> str:
    """How long it still is, in words: "còn 7 ngày", "hôm nay", "đã quá 2 ngày"."""
    t = translator(language)
    if days == 0:
        return t(N_("today"))
    if days < 0:
        return t(N_("{number} days overdue") if days < -1 else N_("1 day overdue"), number=-days)
    return t(N_("{number} days left") if days > 1 else N_("1 day left"), number=days)


def _words(values: Values, today: date) -> dict[Placeholder, str]:
    """What is known, as HTML: whatever somebody is called, it is no markup."""
    words = {
        Placeholder.NAME: _one_line(values.name),
        Placeholder.UNIT: _one_line(values.unit),
        Placeholder.TO_DO: _to_do(values.language, values.to_do),
    }
    if values.day:
        words[Placeholder.DEADLINE] = day(values.day)
        words[Placeholder.DAYS] = left(values.language, (values.day - today).days)
    return words


def _one_line(value: str | None) -> str:
    return escape(" ".join(value.split()), quote=False) if value else ""


@lru_cache(maxsize=64)
def _to_do(language: str, procedures: tuple[Procedure, ...]) -> str:
    t = translator(language)
    return escape(", ".join(t(PROCEDURES[one]) for one in procedures if one in PROCEDURES), quote=False)


@lru_cache(maxsize=128)
def _template(text: str) -> Template:
    """A text that cannot be read as one is said as it stands; none that was checked is such."""
    parsed = parse(text)
    return parsed if isinstance(parsed, Template) else Template((escape(text, quote=False),))


@lru_cache(maxsize=16)
def _ending(language: str, first: int | None) -> str:
    say = Voice(language)
    return str(say(HOW_TO_STOP) if first is None else say(FIRST, number=first))


@lru_cache(maxsize=256)
def _choices(broadcast: str, buttons: tuple[Button, ...], language: str) -> tuple[Choice, ...]:
    t = translator(language)
    return tuple(Choice(label=t(LABELS[one]), tap=str(BroadcastTap(Action(one), broadcast))) for one in buttons)
