"""Make the table of a form with python-docx."""

from collections.abc import Sequence
from dataclasses import dataclass

from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.shared import Mm, Pt
from docx.table import _Row

from tools.templates.ooxml import keep_row_whole, repeat_row, set_cell_margins
from tools.templates.parts import add_text


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column of a form."""

    head: str
    width: int  #: in mm
    filled: str  #: what stands in it, with words in braces
    centred: bool = False


def add_table(document: Document, columns: Sequence[FormColumn], size: int) -> None:
    """Add a table with a head that every page repeats, and one row for each certificate."""
    made = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    set_cell_margins(made, Mm(1.2))
    head, begin, entry, end = made.rows
    for place, column in zip(made.columns, columns, strict=True):
        place.width = Mm(column.width)
    repeat_row(head)
    keep_row_whole(head)
    keep_row_whole(entry)
    _fill_row(head, [(column.head, True) for column in columns], columns, size - 1, bold=True)
    _fill_row(entry, [(column.filled, column.centred) for column in columns], columns, size)
    begin.cells[0].text, end.cells[0].text = "{%tr for row in rows %}", "{%tr endfor %}"


def _fill_row(
    row: _Row, texts: Sequence[tuple[str, bool]], columns: Sequence[FormColumn], size: int, *, bold: bool = False
) -> None:
    for cell, (text, centred), column in zip(row.cells, texts, columns, strict=True):
        cell.width = Mm(column.width)
        made = add_text(cell.paragraphs[0], text, size, "bold" if bold else "", centred=centred).paragraph_format
        made.space_before = made.space_after = Pt(1)
