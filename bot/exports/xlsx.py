"""Write the list as a spreadsheet with typed cells, a summary with charts, and a sheet that explains the file.

Rows go through a file one by one, so that memory stays flat.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from bot.exports import ColumnKind, ExportColumn, ExportMetadata, RowFormatter
from bot.exports.official_lists import count_unreadable
from bot.streams import sanitize
from handlers.admin.exports import format_remarks
from handlers.model import NO_REMARKS, RequestRow
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS
from locales import N_
from rules.language.spelling import in_order

#: The most bars that a chart of units can show legibly.
MOST_BARS = 15
_CHART_ROWS = 16
#: A4, in the numbers of spreadsheet paper sizes.
_A4 = 9

NOT_THE_DOSSIER = N_(
    "This list is for working with. It is not the dossier: what is filed is the official form,"
    " signed by the head of the managing body."
)

#: Text stays text: by default XlsxWriter makes ``=HYPERLINK(...)`` a live formula and web addresses links.
KEEP_TEXT_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
#: The most UTF-16 units in a cell of Excel.
LONGEST_TEXT = 32_767
#: The most rows in a sheet of Excel, the header included.
MOST_ROWS = 1_048_576
#: A day as Vietnamese officials write it: locale 0x042A is vi-VN, whatever the language of the spreadsheet.
_LOCALE, _DAY = "[$-42A]", "dd/mm/yyyy"
LOCAL_TIME_FORMAT = f"{_LOCALE}hh:mm {_DAY}"
#: The first year that Excel can count from.
FIRST_YEAR = 1900

#: Writes a cell into a row.
_WriteCell = Callable[[int, Any], object]


def write_summary(workbook: Any, counts: Mapping[str, Mapping[str, int]], about: ExportMetadata) -> None:
    """Write the counts by state, procedure and unit, each with a chart."""
    t = about.t
    tables = (
        (
            t(N_("By state")),
            _counts_by_word(counts["state"], {str(one): t(word) for one, word in STATE_LABELS.items()}),
        ),
        (
            t(N_("By procedure")),
            _counts_by_word(counts["procedure"], {str(one): t(word) for one, word in PROCEDURE_LABELS.items()}),
        ),
        (t(N_("By unit")), _counts_by_unit(counts["unit"], about)),
    )
    sheet = workbook.add_worksheet(t(N_("Summary")))
    set_paper(sheet)
    sheet.set_column(0, 0, 44)
    bold = workbook.add_format({"bold": True, "bg_color": "#D9E2F3"})
    row = 0
    for number, (title, table) in enumerate(tables):
        sheet.write_row(row, 0, (title, t(N_("Number"))), bold)
        _write_table(sheet, row + 1, table)
        if table:
            chart = _add_chart(workbook, sheet, row, title, min(len(table), MOST_BARS))
            sheet.insert_chart(number * _CHART_ROWS, 3, chart)
        row += len(table) + 2


def _counts_by_word(counts: Mapping[str, int], words: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return the counts in the order of the words, then those without a word."""
    known = [(words[one], counts[one]) for one in words if counts.get(one)]
    return known + [(one, number) for one, number in counts.items() if one not in words]


def _counts_by_unit(counts: Mapping[str, int], about: ExportMetadata) -> list[tuple[str, int]]:
    """Return the counts, the largest first."""
    unknown = about.t(N_("(unit not known)"))
    found = [(sanitize(about.units.name(code)) or unknown, number) for code, number in counts.items()]
    return sorted(found, key=lambda one: (-one[1], in_order(one[0])))


def _write_table(sheet: Any, row: int, table: list[tuple[str, int]]) -> None:
    for at, (words, count) in enumerate(table, start=row):
        sheet.write_string(at, 0, words)
        sheet.write_number(at, 1, count)


def _add_chart(workbook: Any, sheet: Any, row: int, title: str, bars: int) -> Any:
    chart = workbook.add_chart({"type": "bar"})
    first, last = row + 1, row + bars
    chart.add_series(
        {
            "name": title,
            "categories": [sheet.name, first, 0, last, 0],
            "values": [sheet.name, first, 1, last, 1],
            "data_labels": {"value": True},
        }
    )
    chart.set_title({"name": title})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 640, "height": 300})
    return chart


def set_paper(sheet: Any) -> None:
    """Print on A4 across, as wide as one page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def write_information(workbook: Any, about: ExportMetadata, *notes: str) -> None:
    """Write what the file is and is not; ``notes`` are in the language of the file."""
    t = about.t
    sheet = workbook.add_worksheet(t(N_("Information")))
    bold = workbook.add_format({"bold": True, "valign": "top"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    set_paper(sheet)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    lines = [*about.lines(), *((t(N_("Please note")), note) for note in (t(NOT_THE_DOSSIER), *notes))]
    for row, (label, text) in enumerate(lines):
        sheet.write_string(row, 0, label, bold)
        sheet.write_string(row, 1, sanitize(text), wrapped)


def open_workbook(path: Path) -> Any:
    """Open a workbook that keeps its rows in files beside it."""
    options = {**KEEP_TEXT_OPTIONS, "constant_memory": True, "tmpdir": str(path.parent)}
    workbook = xlsxwriter.Workbook(str(path), options)
    workbook.use_zip64()
    return workbook


def write_workbook(workbook: Any) -> None:
    """Write the file.

    Raises:
        OSError: it cannot be written; XlsxWriter wraps this error in its own.
    """
    try:
        workbook.close()
    except FileCreateError as error:
        raise error.args[0] from None


def close_rows(workbook: Any) -> None:
    """Close the temporary files of a workbook that will not be written."""
    for sheet in workbook.worksheets():
        sheet._opt_close()  # noqa: SLF001 - XlsxWriter closes the rows' files only when it writes the workbook
    workbook.fileclosed = True


def truncate_text(text: str) -> str:
    """Cut a text to what a cell can hold."""
    if len(text) * 2 <= LONGEST_TEXT:
        return text
    return text.encode("utf-16-le", "replace")[: LONGEST_TEXT * 2].decode("utf-16-le", "ignore")


class XlsxWriter:
    """Writes the list as a spreadsheet."""

    def __init__(self, path: Path, cells: RowFormatter, about: ExportMetadata, *, most_rows: int = MOST_ROWS) -> None:
        self.remarks = NO_REMARKS
        self._cells = cells
        self._about = about
        self._most_rows = most_rows
        self._workbook = open_workbook(path)
        self._putting = _CellWriters(self._workbook)
        self._counts = _RequestCounts()
        self._sheets = 0
        self._row = 1
        self._begin_sheet()

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Write one row for each request, and begin a further sheet when one is full."""
        row_of = self._cells.row
        for filed in batch:
            if self._row == self._most_rows:
                self._end_sheet()
                self._begin_sheet()
            row = self._row
            for cell, put in zip(row_of(filed), self._puts, strict=True):
                if cell != "":
                    put(row, cell)
            self._row = row + 1
        self._counts.add(batch)
        self.remarks += count_unreadable(batch)

    def finish(self) -> None:
        """Write the sheets with the counts and with the information."""
        self._end_sheet()
        write_summary(self._workbook, self._counts, self._about)
        notes = format_remarks(self._about.t, self.remarks)
        write_information(self._workbook, replace(self._about, count=self._counts["state"].total()), *notes)
        write_workbook(self._workbook)

    def abandon(self) -> None:
        """Close the temporary files of the rows."""
        close_rows(self._workbook)

    def _begin_sheet(self) -> None:
        self._sheets += 1
        title = self._about.t(N_("List"))
        self._sheet = self._workbook.add_worksheet(title if self._sheets == 1 else f"{title} {self._sheets}")
        heading = self._workbook.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True})
        for at, (column, words) in enumerate(zip(self._cells.columns, self._cells.titles, strict=True)):
            self._sheet.set_column(at, at, column.width)
            self._sheet.write_string(0, at, words, heading)
        self._puts = self._putting.writers_by_column(self._sheet, self._cells.columns)
        self._sheet.freeze_panes(1, 1)
        self._sheet.repeat_rows(0)
        set_paper(self._sheet)
        self._row = 1

    def _end_sheet(self) -> None:
        last = max(self._row - 1, 1)
        self._sheet.autofilter(0, 0, last, len(self._cells.columns) - 1)
        self._sheet.print_area(0, 0, last, sum(column.printed for column in self._cells.columns) - 1)
        state = next(at for at, column in enumerate(self._cells.columns) if column.key == "state")
        words = [self._about.t(word) for word in STATE_LABELS.values()]
        self._sheet.data_validation(1, state, last, state, {"validate": "list", "source": words})


class _RequestCounts(dict[str, "Counter[str]"]):
    """Counts requests by state, procedure and unit, under machine words."""

    def __init__(self) -> None:
        super().__init__(state=Counter(), procedure=Counter(), unit=Counter())

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Count some more requests."""
        self["state"].update(filed.request.state.value for filed in batch)
        self["procedure"].update(filed.request.content.procedure.value for filed in batch)
        self["unit"].update(filed.unit or "" for filed in batch)


class _CellWriters:
    """Chooses the writer for each kind of cell; plain text gets no format, because every cell would pay for it."""

    def __init__(self, workbook: Any) -> None:
        self._wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self._day = workbook.add_format({"num_format": _LOCALE + _DAY})
        self._moment = workbook.add_format({"num_format": LOCAL_TIME_FORMAT})

    def writers_by_column(self, sheet: Any, columns: Sequence[ExportColumn]) -> list[_WriteCell]:
        """Return a writer for each column of a sheet."""
        return [self._writer_at(sheet, at, column) for at, column in enumerate(columns)]

    def _writer_at(self, sheet: Any, at: int, column: ExportColumn) -> _WriteCell:
        if column.kind is ColumnKind.NUMBER:
            number = sheet.write_number
            return lambda row, cell: number(row, at, cell)
        text = sheet.write_string
        if column.kind is ColumnKind.TEXT:
            wrapped = self._wrapped if column.wraps else None
            return lambda row, cell: text(row, at, truncate_text(cell), wrapped)
        moment, dated = sheet.write_datetime, self._day if column.kind is ColumnKind.DAY else self._moment
        # Excel cannot count an earlier day, which is written as text.
        return lambda row, cell: moment(row, at, cell, dated) if cell.year >= FIRST_YEAR else text(row, at, str(cell))
