"""Which writer makes which form."""

from pathlib import Path

from bot.exports.about import About
from bot.exports.cells import Cells
from bot.exports.csv_lines import CsvLines
from bot.exports.json_lines import JsonLines
from bot.exports.model import Form, Writer
from bot.exports.text import TextWriter
from bot.exports.xlsx import XlsxWriter


def writer_of(form: Form, path: Path, about: About) -> Writer:
    """A writer into a new file."""
    if form is Form.JSONL:
        return TextWriter(path, JsonLines(about.units))
    cells = Cells(about.t, about.units)
    if form is Form.CSV:
        return TextWriter(path, CsvLines(cells))
    return XlsxWriter(path, cells, about)
