"""The counts of an admin's desk: each is a filter of the request list, so that a number opens what it counts."""

from datetime import date, timedelta

from handlers.model import INCOMPLETE_STATES, LATE_DAYS, NEW_STATES, SOON_DAYS, UNFINISHED, Filter


def pressing_filters(today: date) -> dict[str, Filter]:
    """Return the filters of what presses, by name: late, expiring, incomplete."""
    soon = {"expires_from": today, "expires_until": today + timedelta(days=SOON_DAYS)}
    return {
        "late": Filter(states=UNFINISHED, until=today - timedelta(days=LATE_DAYS + 1)),
        "expiring": Filter(states=UNFINISHED, **soon),
        "incomplete": Filter(states=INCOMPLETE_STATES),
    }


def desk_filters(today: date, *, everything: bool) -> dict[str, Filter]:
    """Return the filters of the desk, by name; requests without a unit are seen only by those who see everything."""
    unplaced = {"unplaced": Filter(states=UNFINISHED, without_unit=True)} if everything else {}
    return {"new": Filter(states=NEW_STATES), **pressing_filters(today), **unplaced}
