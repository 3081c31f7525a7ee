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
_Cell = Callable[[Filed], Cell]


class Cells:
    """Requests as rows of cells."""

    def __init__(self, t: Translator, units: UnitDirectory, columns: Sequence[Column] = COLUMNS) -> None:
        self.columns = tuple(columns)
        self.titles = [t(column.title) for column in columns]
        self._cells = [_cell(column, t, units) for column in columns]

    def row(self, filed: Filed) -> list[Cell]:
        """One request."""
        return [cell(filed) for cell in self._cells]


def _cell(column: Column, t: Translator, units: UnitDirectory) -> _Cell:
    """What gives the cell of a column; the words of the language are looked up once."""
    said = column.get(units)
    if column.words:
        words = {machine: t(message) for machine, message in column.words.items()}
        return lambda filed: _in_words(said(filed), words)
    in_kind = _IN_KIND[column.kind]
    return lambda filed: in_kind(said(filed))


def _in_words(value: Value, words: dict[Value, str]) -> str:
    """A machine word that has none in the language stands for itself."""
    if isinstance(value, tuple):
        return ", ".join(words.get(one, one) for one in value)
    return (words.get(value) or str(value)) if value else ""


def _on_clocks(value: Value) -> Cell:
    return vietnamese(value).replace(tzinfo=None) if isinstance(value, datetime) else ""


def _text(value: Value) -> Cell:
    return harmless(value) if isinstance(value, str) else ""


def _plain(value: Value) -> Cell:
    return value if isinstance(value, int | date) else ""


_IN_KIND = {Kind.TEXT: _text, Kind.MOMENT: _on_clocks, Kind.DAY: _plain, Kind.NUMBER: _plain}
