"""The counts of an admin's desk: each is a filter of the request list, so that a number opens what it counts."""

from datetime import date, timedelta

from handlers.folding import fold
from handlers.model import INCOMPLETE_STATES, LATE_DAYS, NEW_STATES, SOON_DAYS, UNFINISHED, Filter

#: Words that people type for a filter of the desk, without accents.
FILTER_WORDS = {
    "new": ("moi", "yeu cau moi", "new"),
    "late": ("qua 7 ngay", "qua han", "tre han", "late"),
    "expiring": ("sap het han", "expiring"),
    "incomplete": ("thieu thong tin", "cho bo sung", "incomplete"),
    "unplaced": ("chua co don vi", "without a unit"),
}


def find_filter(text: str, today: date, *, everything: bool) -> Filter | None:
    """Return the filter of the desk that typed words name, or ``None``."""
    named = (name for name, words in FILTER_WORDS.items() if fold(text) in words)
    return desk_filters(today, everything=everything).get(next(named, ""))


def pressing_filters(today: date) -> dict[str, Filter]:
    """Return the filters of what presses in an overview, by name; there only what was sent back is incomplete."""
    soon = {"expires_from": today, "expires_until": today + timedelta(days=SOON_DAYS)}
    return {
        "late": Filter(states=UNFINISHED, until=today - timedelta(days=LATE_DAYS + 1)),
        "expiring": Filter(states=UNFINISHED, **soon),
        "incomplete": Filter(states=INCOMPLETE_STATES),
    }


def desk_filters(today: date, *, everything: bool) -> dict[str, Filter]:
    """Return the filters of the desk, by name; requests without a unit are seen only by those who see everything."""
    unplaced = {"unplaced": Filter(states=UNFINISHED, without_unit=True)} if everything else {}
    incomplete = {"incomplete": Filter(states=UNFINISHED, incomplete=True)}
    return {"new": Filter(states=NEW_STATES), **pressing_filters(today), **incomplete, **unplaced}
