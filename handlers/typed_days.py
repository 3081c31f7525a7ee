"""A day, or the first and the last of several, as somebody types them: nothing else in the text."""

import re
from dataclasses import dataclass
from datetime import date

from handlers.dates import parse_day

_NUMBERS = r"\d{1,2}\s*(?:[/\-. ]|th[aá]ng)\s*\d{1,2}\s*(?:[/\-. ]|n[aă]m)\s*(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}"
_DAY = rf"(?:ng[aà]y\s*)?({_NUMBERS})"
#: "01/11/2026 - 15/11/2026", "01/11/2026-15/11/2026", "từ 1/11/2026 đến 15/11/2026".
_SPAN = re.compile(rf"(?:t[uừ]|from)?\s*{_DAY}(?:\s*(?:-|–|—|đến|den|tới|toi|to)\s*{_DAY})?")


@dataclass(frozen=True, slots=True)
class TypedDays:
    """The first and the last day in their order (a single one is both), or the one that there is not."""

    days: tuple[date, date] | None = None
    wrong: str = ""  #: as it was typed: no calendar has it


def typed_days(text: str) -> TypedDays | None:
    """``None`` where the text is anything but days."""
    found = _SPAN.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    days = []
    for written in filter(None, found.groups()):
        if (day := parse_day(written)) is None:
            return TypedDays(wrong=written)
        days.append(day)
    return TypedDays((min(days), max(days)))
