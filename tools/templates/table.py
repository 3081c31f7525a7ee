"""Make the table of an official list with python-docx."""

from collections.abc import Sequence
from dataclasses import dataclass

from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.shared import Mm
from docx.table import _Cell, _Row

from tools.templates.ooxml import keep_row_whole, repeat_row
from tools.templates.parts import add_text

_SIZE, _HEAD = 11, 10


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column of an official list."""

    head: str
    width: int  #: in mm
    filled: str = ""  #: the placeholder for docxtpl; empty if written by hand
    centred: bool = False


def add_table(document: Document, columns: Sequence[FormColumn]) -> None:
    """Add a table with a head that every page repeats, and one row for each entry."""
    made = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    head, begin, entry, end = made.rows
    for place, column in zip(made.columns, columns, strict=True):
        place.width = Mm(column.width)
    repeat_row(head)
    keep_row_whole(head)
    keep_row_whole(entry)
    _fill_row(head, [(column.head, True) for column in columns], columns, bold=True)
    _fill_row(entry, [(column.filled, column.centred) for column in columns], columns)
    begin.cells[0].text, end.cells[0].text = "{%tr for row in rows %}", "{%tr endfor %}"


def _fill_row(
    row: _Row, texts: Sequence[tuple[str, bool]], columns: Sequence[FormColumn], *, bold: bool = False
) -> None:
    for cell, (text, centred), column in zip(row.cells, texts, columns, strict=True):
        cell.width = Mm(column.width)
        _write_cell(cell, text, centred=centred, bold=bold)


def _write_cell(cell: _Cell, text: str, *, centred: bool, bold: bool) -> None:
    add_text(cell.paragraphs[0], text, _HEAD if bold else _SIZE, "bold" if bold else "", centred=centred)
