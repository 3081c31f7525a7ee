"""Units that a cell means otherwise than by their code: by name, or by the number that their code is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.units.leaving_out import CODE
from bot.units.reading import Row
from handlers.office.units import UnitDirectory
from handlers.unit_words import keys_of


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a cell says, and the code of the unit that was taken for it."""

    said: str
    code: str


class Naming:
    """All units of the file and of the store, by code, name and number."""

    def __init__(self, rows: Sequence[Row], stored: UnitDirectory) -> None:
        self._codes = set(stored.units) | {row.cells["code"] for row in rows}
        listed = [(row.cells["code"], row.cells["name"]) for row in rows if CODE.fullmatch(row.cells["code"])]
        inside = {code for code, _ in listed}
        self._listed = _by_name(listed)
        self._stored = _by_name((code, unit.name) for code, unit in stored.units.items() if code not in inside)
        self._numbers = _grouped((row.numbers["code"], row.cells["code"]) for row in rows if "code" in row.numbers)

    def find(self, said: str, number: float | None = None) -> tuple[str, ...]:
        """Codes of the units meant; several where it is a name of several.

        Args:
            said: The cell as it is shown.
            number: The number that it is: one that is shown as 01 means the unit whose code is that number and is
                shown as 00001, where no unit has the code 01.
        """
        if said in self._codes:
            return (said,)
        if number is not None:
            return tuple(self._numbers.get(number, ()))
        keys = [key for key in keys_of(said) if key]
        for names in (self._listed, self._stored):
            if found := {code: None for key in keys for code in names.get(key, ())}:
                return tuple(found)
        return ()


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[object, list[str]]:
    return _grouped((key, code) for code, name in pairs for key in keys_of(name) if key)


def _grouped(pairs: Iterable[tuple[object, str]]) -> dict[object, list[str]]:
    found: defaultdict[object, list[str]] = defaultdict(list)
    for key, code in pairs:
        if code not in found[key]:
            found[key].append(code)
    return dict(found)
