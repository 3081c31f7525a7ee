"""The list for programs: JSON Lines, machine names and words; the schema stands in docs/exports.md."""

import json
from collections.abc import Sequence
from datetime import date

from bot.exports.columns import COLUMNS, Value
from handlers.office.model import Filed
from handlers.office.units import UnitDirectory


class JsonLines:
    """Implements ``bot.exports.text.Lines``."""

    head = ""

    def __init__(self, units: UnitDirectory) -> None:
        self._said = {column.key: column.get(units) for column in COLUMNS}
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def format_batch(self, batch: Sequence[Filed]) -> str:
        """An object each, the keys in the order of the columns; what is not known is ``null``."""
        return "".join(f"{self._encode(self._to_object(filed))}\n" for filed in batch)

    def _to_object(self, filed: Filed) -> dict[str, object]:
        return {key: _ready(said(filed)) for key, said in self._said.items()}


def _ready(value: Value) -> object:
    """As JSON takes it: days and moments in ISO 8601, half characters replaced, for no UTF-8 holds them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and not value.isprintable():
        return value.encode("utf-8", "replace").decode()
    return value
