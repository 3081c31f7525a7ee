"""Days as lists write them: the day before the month, the year in full."""

import re
import unicodedata
from datetime import date

_DAY_FIRST = re.compile(r"(?:ngày\s*)?(\d{1,2})\s*(?:[/.-]|tháng)\s*(\d{1,2})\s*(?:[/.-]|năm)\s*(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{4})(\d{2})(\d{2})")
_HOURS = re.compile(r"[t\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?z?$")
_SHORT_YEAR = re.compile(r"\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2}")
#: A unit may be closed on a day far ahead; a year beyond these is a slip of the pen.
_YEARS = range(1900, 3000)


def read_day(text: str) -> date | None:
    """The day that the whole text says; ``None`` where it says none, or one that does not exist."""
    plain = _plain(text)
    if found := _DAY_FIRST.fullmatch(plain):
        number, month, year = map(int, found.groups())
    elif found := _YEAR_FIRST.fullmatch(plain):
        year, month, number = (int(part) for part in found.groups() if part)
    else:
        return None
    try:
        return date(year, month, number) if year in _YEARS else None
    except ValueError:
        return None


def has_short_year(text: str) -> bool:
    """Whether it is a day whose year has two digits: nobody knows the century."""
    return _SHORT_YEAR.fullmatch(_plain(text)) is not None


def _plain(text: str) -> str:
    return _HOURS.sub("", unicodedata.normalize("NFKC", text).strip().lower())
