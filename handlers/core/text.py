"""Translates sentences into escaped HTML, joins them, and writes and reads days as Vietnamese officials do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from math import ceil

from markupsafe import Markup, escape

from locales import N_, Translator, translator
from rules.calendar import VIETNAM, to_vietnam_time


@dataclass(frozen=True, slots=True)
class MarkupTranslator:
    """Translates message ids as HTML: ``say("Hello <b>{name}</b>", name=x)`` escapes the values but not the id."""

    language: str

    @property
    def t(self) -> Translator:
        """Return the plain-text translator of the same language."""
        return translator(self.language)

    def __call__(self, message: str, /, **values: object) -> Markup:
        sentence = Markup(self.t(message))  # noqa: S704 - catalogues are ours; values are escaped by format
        return sentence.format(**values) if values else sentence

    def text(self, message: str, /) -> Markup:
        """Translate a sentence that carries no markup, such as a text of the rule pack, and escape it."""
        return escape(self.t(message))


def join_lines(*parts: str) -> Markup:
    """Join parts as the lines of one paragraph, without empty parts."""
    return Markup("\n").join(part for part in parts if part)


def strip_markup(text: Markup) -> str:
    """Return the text without its markup; line breaks stay."""
    return "\n".join(line.striptags() for line in text.splitlines())


def capitalize_first(text: str) -> str:
    """Capitalize the first letter only; ``str.capitalize`` would lower the rest."""
    return text[:1].upper() + text[1:]


def format_bold(text: str) -> Markup:
    """Return the text in bold, escaped unless it is markup already."""
    return Markup("<b>{}</b>").format(text)


def format_bullets(items: Iterable[str]) -> Markup:
    """Format items as lines with bullets."""
    return Markup("\n").join(Markup("• {}").format(item) for item in items)


def format_numbered(items: Iterable[str]) -> Markup:
    """Format items as numbered lines, from 1."""
    return Markup("\n").join(Markup("{}. {}").format(number, item) for number, item in enumerate(items, 1))


def format_count(say: MarkupTranslator, value: int) -> str:
    """Format a number with separators: ``12.000`` in Vietnamese, ``12,000`` in English."""
    return f"{value:,}".replace(",", "," if say.language == "en" else ".")


def format_size(say: MarkupTranslator, size: int) -> str:
    """Format the size of a file: ``12 KB``, ``3,4 MB`` in Vietnamese, ``3.4 MB`` in English."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} KB"
    megabytes = f"{size / 1_000_000:.1f}"
    return f"{megabytes if say.language == 'en' else megabytes.replace('.', ',')} MB"


_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
#: Matches 16/11/2026, 16-11-2026, 16.11.2026, 16 11 2026 and "ngày 16 tháng 11 năm 2026". ``_ISO`` matches 2026-11-16;
#: a time after it is ignored.
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:[/\-. ]|th[aá]ng)\s*(\d{1,2})\s*(?:[/\-. ]|n[aă]m)\s*(\d{4}|\d{2})(?!\d)"
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")


def format_day(value: date) -> str:
    """Format a day as official documents do (``15/7/2024``): with a zero before days below 10, January and February."""
    month = f"{value.month:02}" if value.month < 3 else str(value.month)
    return f"{value.day:02}/{month}/{value.year}"


def format_weekday(t: Translator, value: date) -> str:
    """Return the name of the weekday, such as ``thứ Năm``."""
    return t(_WEEKDAYS[value.weekday()])


def format_moment(value: datetime) -> str:
    """Format a moment in Vietnamese time, such as ``15:09 16/11/2026``."""
    local = to_vietnam_time(value)
    return f"{local:%H:%M} {format_day(local.date())}"


def parse_day(text: str) -> date | None:
    """Return the first day in a text, or ``None`` if there is none or the calendar does not have it."""
    if found := _ISO.search(text):
        year, month, number = map(int, found.groups())
    elif found := _DAY_FIRST.search(text.lower()):
        number, month, year = map(int, found.groups())
        year += 2000 if year < 100 else 0
    else:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def find_impossible_day(text: str) -> str | None:
    """Return the first day in a text as it was typed, if no calendar has it ("31/02/2027")."""
    found = _ISO.search(text) or _DAY_FIRST.search(text.lower())
    return found[0] if found and parse_day(text) is None else None


def without_day(text: str) -> str:
    """Return a text with a comma in place of the first day in it, so that what stands beside the day is read alone."""
    return _ISO.sub(",", text, count=1) if _ISO.search(text) else _DAY_FIRST.sub(",", text, count=1)


_NUMBERS = r"\d{1,2}\s*(?:[/\-. ]|th[aá]ng)\s*\d{1,2}\s*(?:[/\-. ]|n[aă]m)\s*(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}"
_DAY = rf"(?:ng[aà]y\s*)?({_NUMBERS})"
#: Matches "01/11/2026 - 15/11/2026", "01/11/2026-15/11/2026" and "từ 1/11/2026 đến 15/11/2026".
_DAY_RANGE = re.compile(rf"(?:t[uừ]|from)?\s*{_DAY}(?:\s*(?:-|–|—|đến|den|tới|toi|to)\s*{_DAY})?")


@dataclass(frozen=True, slots=True)
class DayRange:
    """The days that were typed, first and last (a single day is both), or the text of a day that does not exist."""

    days: tuple[date, date] | None = None
    wrong: str = ""  #: the typed day, if no calendar has it


def parse_day_range(text: str) -> DayRange | None:
    """Parse one day or a range of days; return ``None`` if the text holds anything else."""
    found = _DAY_RANGE.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    days = []
    for written in filter(None, found.groups()):
        if (day := parse_day(written)) is None:
            return DayRange(wrong=written)
        days.append(day)
    return DayRange((min(days), max(days)))


_DAY_MONTH = re.compile(r"(?:ngày |ngay )?(\d{1,2})\s?[/\-.]\s?(\d{1,2})")


def parse_coming_day(text: str, today: date) -> DayRange | None:
    """Parse a day or range as ``parse_day_range`` does; a day without a year ("15/12") is the next such day."""
    if found := _DAY_MONTH.fullmatch(" ".join(text.lower().split())):
        number, month = map(int, found.groups())
        later = today.year + ((month, number) < (today.month, today.day))
        return parse_day_range(f"{number}/{month}/{later}")
    return parse_day_range(text)


#: Matches "8h30", "08:30", "8 giờ 30" and "20h".
_TIME = re.compile(r"(?<![\d/.\-])(\d{1,2})\s?(?:h|:|gi[oờ]|g)\s?(\d{2})?(?:\s?ph[uú]t)?(?![\d/.\-])")
_HOUR = re.compile(r"\d{1,2}")


def parse_time(text: str) -> time | None:
    """Parse a time of day, where a number alone is an hour; return ``None`` if the text is not a valid time."""
    typed = " ".join(text.lower().split())
    found = _TIME.fullmatch(typed)
    if found:
        return _to_time(*found.groups())
    return _to_time(typed, None) if _HOUR.fullmatch(typed) else None


def parse_moment(text: str, usual: time) -> datetime | None:
    """Parse a day and a time, in either order, in Vietnamese time; without a time, ``usual`` applies.

    Returns:
        An aware moment, or ``None`` if the text is not one day with at most one valid time.
    """
    typed = " ".join(text.lower().split())
    found = _TIME.search(typed)
    at = _to_time(*found.groups()) if found else usual
    day = _parse_single_day(typed.replace(found[0], " ") if found else typed)
    return datetime.combine(day, at, VIETNAM) if day and at else None


def _parse_single_day(text: str) -> date | None:
    typed = parse_day_range(re.sub(r"\b(?:ng[aà]y|l[uú]c|at|on)\b", " ", text).strip(" ,;"))
    return typed.days[0] if typed and typed.days and typed.days[0] == typed.days[1] else None


def _to_time(hour: str, minute: str | None) -> time | None:
    try:
        return time(int(hour), int(minute or 0))
    except ValueError:
        return None


#: Lines on a page for print, and letters in a line of it at 11 points; a capital takes the room of so many letters.
PAGE_LINES, LINE_LETTERS, _CAPITAL = 56, 97, 1.6


def printed_width(text: str) -> float:
    """Return the room that a text takes in a line for print, in letters of usual width."""
    return len(text) + sum(map(str.isupper, text)) * (_CAPITAL - 1)


def count_printed_lines(text: str) -> int:
    """Return the lines that a paragraph takes on a page for print, rather too many than too few."""
    return sum(max(1, ceil(printed_width(line) / LINE_LETTERS)) for line in text.split("\n"))
