"""How far somebody may reach, as conditions of a query."""

import json
from typing import Any

from handlers.office.rights import Reach


def reaching(reach: Reach, condition: str = "within_reach") -> tuple[tuple[str, ...], dict[str, Any]]:
    """Conditions and their parameters; none where everything is within reach.

    Raises:
        ValueError: nothing is within reach: whoever asks has to say so instead of querying.
    """
    if not reach:
        raise ValueError("nothing is within reach")
    return ((), {}) if reach.everything else ((condition,), {"reach": json.dumps(reach.units)})
