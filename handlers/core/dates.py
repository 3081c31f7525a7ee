"""Days and moments as Vietnamese officials write and type them."""

import re
from datetime import date, datetime

from locales import N_, Translator
from rules.calendar import vietnamese

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


def day(value: date) -> str:
    """``15/7/2024``: a zero before single days and before January and February, as official documents write it."""
    month = f"{value.month:02}" if value.month < 3 else str(value.month)
    return f"{value.day:02}/{month}/{value.year}"


def weekday(t: Translator, value: date) -> str:
    """``thứ Năm``."""
    return t(_WEEKDAYS[value.weekday()])


def moment(value: datetime) -> str:
    """``15:09 16/11/2026``, in Vietnamese time."""
    local = vietnamese(value)
    return f"{local:%H:%M} {day(local.date())}"


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
