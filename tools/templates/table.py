"""The table of an official list, made with python-docx."""

from collections.abc import Sequence
from dataclasses import dataclass

from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.shared import Mm
from docx.table import _Cell, _Row

from bot.exports.templates.ooxml import keep_whole, repeat
from bot.exports.templates.parts import said

_SIZE, _HEAD = 12, 11


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    head: str
    width: int  #: in mm
    filled: str = ""  #: what docxtpl fills in; empty: written by hand
    centred: bool = False


def table(document: Document, columns: Sequence[Column]) -> None:
    """A head that every page repeats, and one row for each entry."""
    made = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    head, begin, entry, end = made.rows
    for place, column in zip(made.columns, columns, strict=True):
        place.width = Mm(column.width)
    repeat(head)
    keep_whole(head)
    keep_whole(entry)
    _fill(head, [(column.head, True) for column in columns], columns, bold=True)
    _fill(entry, [(column.filled, column.centred) for column in columns], columns)
    begin.cells[0].text, end.cells[0].text = "{%tr for row in rows %}", "{%tr endfor %}"


def _fill(row: _Row, texts: Sequence[tuple[str, bool]], columns: Sequence[Column], *, bold: bool = False) -> None:
    for cell, (text, centred), column in zip(row.cells, texts, columns, strict=True):
        cell.width = Mm(column.width)
        _write(cell, text, centred=centred, bold=bold)


def _write(cell: _Cell, text: str, *, centred: bool, bold: bool) -> None:
    said(cell.paragraphs[0], text, _HEAD if bold else _SIZE, "bold" if bold else "", centred=centred)
