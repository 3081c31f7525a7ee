"""Errors of importing units.

::

    TrolyError (bot.errors)
    └── UnitsError
        ├── UnitsFileError      the file cannot be read at all
        └── FaultyUnitsError    rows of it are wrong: every one is named
"""

from collections.abc import Sequence

from bot.errors import TrolyError
from bot.units.faults import Fault
from locales import N_


class UnitsError(TrolyError):
    """Units cannot be imported."""


class UnitsFileError(UnitsError):
    """The file of units cannot be read."""


class FaultyUnitsError(UnitsError):
    """Rows of the file are wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(N_("{count} faults in the file. Nothing was imported."), count=len(faults))
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
