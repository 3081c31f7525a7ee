"""Which writer makes which form."""

from pathlib import Path

from bot.exports.about import About
from bot.exports.cells import Cells
from bot.exports.csv_lines import CsvLines
from bot.exports.docx import DocxWriter
from bot.exports.import19 import Import19Writer
from bot.exports.json_lines import JsonLines
from bot.exports.model import Form, Writer
from bot.exports.text import TextWriter
from bot.exports.xlsx import XlsxWriter

#: How a file's name may end.
ENDINGS = {
    Form.XLSX: (".xlsx",),
    Form.CSV: (".csv",),
    Form.JSONL: (".jsonl",),
    Form.DOCX: (".docx", ".zip"),
    Form.IMPORT19: (".xlsx",),
}


def writer_of(form: Form, path: Path, about: About) -> Writer:
    """A writer into a new file."""
    if form is Form.JSONL:
        return TextWriter(path, JsonLines(about.units))
    if form is Form.DOCX:
        return DocxWriter(path, about)
    if form is Form.IMPORT19:
        return Import19Writer(path, about)
    cells = Cells(about.t, about.units)
    if form is Form.CSV:
        return TextWriter(path, CsvLines(cells))
    return XlsxWriter(path, cells, about)
