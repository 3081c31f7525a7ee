"""A time of day, alone or with a day, as somebody types it: nothing else in the text."""

import re
from datetime import date, datetime, time

from handlers.typed_days import typed_days
from rules.calendar import VIETNAM

#: "8h30", "08:30", "8 giờ 30", "20h".
_TIME = re.compile(r"(?<![\d/.\-])(\d{1,2})\s?(?:h|:|gi[oờ]|g)\s?(\d{2})?(?:\s?ph[uú]t)?(?![\d/.\-])")
_HOUR = re.compile(r"\d{1,2}")


def typed_time(text: str) -> time | None:
    """``None`` where the text is anything but a time that clocks show; a number alone is an hour."""
    typed = " ".join(text.lower().split())
    found = _TIME.fullmatch(typed)
    if found:
        return _shown(*found.groups())
    return _shown(typed, None) if _HOUR.fullmatch(typed) else None


def typed_moment(text: str, usual: time) -> datetime | None:
    """A day with a time, in either order, on the clocks of Viet Nam; a day alone is meant at the usual time."""
    typed = " ".join(text.lower().split())
    found = _TIME.search(typed)
    at = _shown(*found.groups()) if found else usual
    day = _single_day(typed.replace(found[0], " ") if found else typed)
    return datetime.combine(day, at, VIETNAM) if day and at else None


def _single_day(text: str) -> date | None:
    typed = typed_days(re.sub(r"\b(?:ng[aà]y|l[uú]c|at|on)\b", " ", text).strip(" ,;"))
    return typed.days[0] if typed and typed.days and typed.days[0] == typed.days[1] else None


def _shown(hour: str, minute: str | None) -> time | None:
    try:
        return time(int(hour), int(minute or 0))
    except ValueError:
        return None
