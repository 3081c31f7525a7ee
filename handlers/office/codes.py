"""Codes of requests as people say them: the last digits are enough."""

import re
from datetime import date

#: "YC-2026-000303", "yc 303", "2026-303", "303".
_SAID = re.compile(r"(?:yc)?[\s.\-]*(?:(\d{4})[\s.\-]+)?(\d{1,7})", re.IGNORECASE)


def codes_meant(text: str, today: date) -> tuple[str, ...]:
    """The codes that may be meant, this year's first; none where the text is no code."""
    found = _SAID.fullmatch(text.strip())
    if found is None:
        return ()
    year, number = found.groups()
    years = (int(year),) if year else (today.year, today.year - 1)
    return tuple(f"YC-{one}-{int(number):06d}" for one in years)
