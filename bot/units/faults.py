"""What is wrong with a row, and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import TrolyError
from locales import N_, Translator

#: No quotation of a cell is longer than this.
_QUOTED = 120
#: Values that are no text of strangers.
_OWN_VALUES = {"known"}


@dataclass(frozen=True, slots=True)
class UnitFault:
    """One thing that is wrong. ``message`` is a message id."""

    line: int
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, t: Translator) -> str:
        """``Line 12: what is wrong, and what to do``; what stood in a cell is cut and made visible."""
        quoted = {name: value if name in _OWN_VALUES else quote_cell(value) for name, value in self.values.items()}
        return t(N_("Line {line}: {what}"), line=self.line, what=t(self.message, **quoted))


def quote_cell(value: object) -> str:
    """Text of a stranger's file, with what would move the cursor or turn the line around as its number."""
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
