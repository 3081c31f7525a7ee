"""Days and moments as Vietnamese officials write and type them."""

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
#: 16/11/2026, 16-11-2026, 16.11.2026, 16 11 2026, "ngày 16 tháng 11 năm 2026", 2026-11-16 (ISO, time ignored).
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:[/\-. ]|th[aá]ng)\s*(\d{1,2})\s*(?:[/\-. ]|n[aă]m)\s*(\d{4}|\d{2})(?!\d)"
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")


def format_day(value: date) -> str:
    """``15/7/2024``: a zero before single days and before January and February, as official documents write it."""
    month = f"{value.month:02}" if value.month < 3 else str(value.month)
    return f"{value.day:02}/{month}/{value.year}"


def format_weekday(t: Translator, value: date) -> str:
    """``thứ Năm``."""
    return t(_WEEKDAYS[value.weekday()])


def format_moment(value: datetime) -> str:
    """``15:09 16/11/2026``, in Vietnamese time."""
    local = to_vietnam_time(value)
    return f"{local:%H:%M} {format_day(local.date())}"


def parse_day(text: str) -> date | None:
    """The first day in a typed text; ``None`` where there is none, or none that exists."""
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
#: "01/11/2026 - 15/11/2026", "01/11/2026-15/11/2026", "từ 1/11/2026 đến 15/11/2026".
_DAY_RANGE = re.compile(rf"(?:t[uừ]|from)?\s*{_DAY}(?:\s*(?:-|–|—|đến|den|tới|toi|to)\s*{_DAY})?")


@dataclass(frozen=True, slots=True)
class DayRange:
    """The first and the last day in their order (a single one is both), or the one that there is not."""

    days: tuple[date, date] | None = None
    wrong: str = ""  #: as it was typed: no calendar has it


def parse_day_range(text: str) -> DayRange | None:
    """``None`` where the text is anything but days."""
    found = _DAY_RANGE.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    days = []
    for written in filter(None, found.groups()):
        if (day := parse_day(written)) is None:
            return DayRange(wrong=written)
        days.append(day)
    return DayRange((min(days), max(days)))


#: "8h30", "08:30", "8 giờ 30", "20h".
_TIME = re.compile(r"(?<![\d/.\-])(\d{1,2})\s?(?:h|:|gi[oờ]|g)\s?(\d{2})?(?:\s?ph[uú]t)?(?![\d/.\-])")
_HOUR = re.compile(r"\d{1,2}")


def parse_time(text: str) -> time | None:
    """``None`` where the text is anything but a time that clocks show; a number alone is an hour."""
    typed = " ".join(text.lower().split())
    found = _TIME.fullmatch(typed)
    if found:
        return _to_time(*found.groups())
    return _to_time(typed, None) if _HOUR.fullmatch(typed) else None


def parse_moment(text: str, usual: time) -> datetime | None:
    """A day with a time, in either order, on the clocks of Viet Nam; a day alone is meant at the usual time."""
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
