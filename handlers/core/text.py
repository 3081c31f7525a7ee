"""Formats and parses days and times as Vietnamese officials write them."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from locales import N_, Translator
from rules.calendar import VIETNAM, to_vietnam_time

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
