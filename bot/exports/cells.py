"""A request as the cells of a list for people: words in their language, the text of strangers made harmless."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from bot.exports.columns import COLUMNS, Column, Kind, Value
from bot.harmless import harmless
from handlers.office.model import Filed
from handlers.office.units import UnitDirectory
from locales import Translator
from rules.calendar import vietnamese

#: Moments are naive and on the clocks of Viet Nam; nothing is an empty text.
Cell = str | int | date | datetime
_Said = Callable[[Filed], Cell]


class Cells:
    """Requests as rows of cells."""

    def __init__(self, t: Translator, units: UnitDirectory, columns: Sequence[Column] = COLUMNS) -> None:
        self.columns = tuple(columns)
        self.titles = [t(column.title) for column in columns]
        self._said = [_said(column, t, units) for column in columns]

    def row(self, filed: Filed) -> list[Cell]:
        """One request."""
        return [said(filed) for said in self._said]


def _said(column: Column, t: Translator, units: UnitDirectory) -> _Said:
    """What gives the cell of a column; the words of the language are looked up once."""
    get = column.get
    if column.words:
        words = {str(machine): t(message) for machine, message in column.words.items()}
        return lambda filed: _in_words(get(filed, units), words)
    if column.kind is Kind.MOMENT:
        return lambda filed: _on_clocks(get(filed, units))
    return lambda filed: _plain(get(filed, units))


def _in_words(value: Value, words: dict[str, str]) -> str:
    if isinstance(value, tuple):
        return ", ".join(words.get(one, one) for one in value)
    return words.get(str(value), str(value)) if value else ""


def _on_clocks(value: Value) -> Cell:
    return vietnamese(value).replace(tzinfo=None) if isinstance(value, datetime) else ""


def _plain(value: Value) -> Cell:
    if isinstance(value, str):
        return harmless(value)
    return value if isinstance(value, int | date) else ""
