"""Import the tree of units from a file: its faults are described here, with what to do about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import TrolyError
from locales import N_, Translator

#: The most letters quoted of a cell.
_QUOTED = 120
#: These values do not come from the file.
_OWN_VALUES = {"known"}


@dataclass(frozen=True, slots=True)
class UnitFault:
    """One fault in a row; ``message`` is a message id."""

    line: int
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, t: Translator) -> str:
        """Return ``Line 12: the fault, and what to do``; quoted cells are cut and made visible."""
        quoted = {name: value if name in _OWN_VALUES else quote_cell(value) for name, value in self.values.items()}
        return t(N_("Line {line}: {what}"), line=self.line, what=t(self.message, **quoted))


def quote_cell(value: object) -> str:
    """Return text of the file with signs that could move the cursor or reorder the line shown by their numbers."""
    text = "".join(letter if letter.isprintable() else f"[U+{ord(letter):04X}]" for letter in str(value))
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


class UnitsError(TrolyError):
    """Units cannot be imported."""


class UnitsFileError(UnitsError):
    """The file of units cannot be read."""


class FaultyUnitsError(UnitsError):
    """Rows of the file are wrong."""

    def __init__(self, faults: Sequence[UnitFault]) -> None:
        super().__init__(N_("{count} faults in the file. Nothing was imported."), count=len(faults))
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
