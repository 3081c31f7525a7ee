"""The numbers for programs.

::

    {"as_of": "2026-11-24T02:00:00+00:00",        when it was counted, in UTC
     "total": {"unit": "DN", "name": "Tỉnh ...",  null: all within reach
               "officers": 1234, ...},            each count of ``handlers.office.picture.Numbers``
     "units": [{...}, ...],                       the same for each unit right below; null: no unit known
     "burn_down": {"start": "2026-10-25", "until": "2026-12-31",
                   "open": [412, 408, ...],       at the end of each day from start on
                   "a_day": 11.2} or null}        to be done a day until the target; null where it is past
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from handlers.office.picture import BurnDown, Numbers
from handlers.office.units import UnitDirectory


def as_data(
    units: UnitDirectory, total: Numbers, lines: Sequence[Numbers], burnt: BurnDown | None, now: datetime
) -> dict[str, Any]:
    """JSON-ready values."""
    return {
        "as_of": now.isoformat(),
        "total": _numbers(units, total),
        "units": [_numbers(units, one) for one in lines],
        "burn_down": _burn_down(burnt) if burnt else None,
    }


def _numbers(units: UnitDirectory, one: Numbers) -> dict[str, Any]:
    counts = asdict(one)
    return {"unit": counts.pop("unit"), "name": units.name(one.unit) or None, **counts}


def _burn_down(burnt: BurnDown) -> dict[str, Any]:
    return {
        "start": burnt.start.isoformat(),
        "until": burnt.until.isoformat(),
        "open": list(burnt.open),
        "a_day": burnt.per_day,
    }
