"""What a spreadsheet would run: marked in cells that we write, and taken back in cells that come home."""

import re
from datetime import date, datetime

from handlers.core.dates import format_day

#: Where a spreadsheet may take what follows for a formula: at the beginning of a cell, and behind every separator that
#: it may split at. Vietnamese Excel splits at ``;`` and then no quotation mark holds a cell together. What stands
#: between (blanks, quotation marks, our own apostrophes) hides no sign. A blank is a separator for whoever ticks it; a
#: sign that stands between two blanks is a cell of its own then, and does nothing.
_FORMULA = re.compile(
    r"""(^[\t\r]?|[,;|\t\r\n])([\s"]*)('*)(?=[=+\-@＝＋－＠])|([\s]"*)('*)(?=[=+\-@＝＋－＠](?!\s))"""
)


def guard_formula(cell: str | int | date) -> str:
    """Return the cell as text, with an apostrophe before whatever a spreadsheet would run.

    Every run of apostrophes before a sign grows by one, so that ``unguard_formula`` gives back what was there.
    """
    if isinstance(cell, str):
        return _FORMULA.sub(lambda found: f"{_before(found)}'{_apostrophes(found)}", cell)
    if isinstance(cell, datetime):
        return f"{cell:%H:%M} {format_day(cell)}"
    return format_day(cell) if isinstance(cell, date) else str(cell)


def unguard_formula(text: str) -> str:
    """Return a cell of our own CSV as it was before ``guard_formula``."""
    return _FORMULA.sub(lambda found: f"{_before(found)}{_apostrophes(found)[1:]}", text)


def _before(found: re.Match[str]) -> str:
    return found[4] or f"{found[1] or ''}{found[2] or ''}"


def _apostrophes(found: re.Match[str]) -> str:
    return found[3] or found[5] or ""
