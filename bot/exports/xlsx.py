"""The list as a spreadsheet: typed cells, row by row through a file, so that memory stays flat."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from bot.exports.about import About
from bot.exports.cells import Cells
from bot.exports.columns import Column, Kind
from bot.exports.sending import unreadable_in
from bot.exports.xlsx_sheets import for_paper, information, summary
from handlers.office.export_words import remarked
from handlers.office.exporting import NOTHING_TO_REMARK
from handlers.office.model import Filed
from handlers.requests.words import STATES
from locales import N_

#: Text stays text: by default XlsxWriter makes ``=HYPERLINK(...)`` a live formula and web addresses links.
TEXT_STAYS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
#: What a cell of Excel holds, in UTF-16 units.
LONGEST_TEXT = 32_767
#: What a sheet of Excel holds, the header included.
MOST_ROWS = 1_048_576
#: A day as Vietnamese officials write it: locale 0x042A is vi-VN, whatever the language of the spreadsheet.
_LOCALE, _DAY = "[$-42A]", "dd/mm/yyyy"
LOCAL_MOMENT = f"{_LOCALE}hh:mm {_DAY}"
#: The first year that a cell of Excel can count from.
FIRST_YEAR = 1900


def open_workbook(path: Path) -> Any:
    """A workbook whose rows go through files beside it."""
    options = {**TEXT_STAYS_TEXT, "constant_memory": True, "tmpdir": str(path.parent)}
    workbook = xlsxwriter.Workbook(str(path), options)
    workbook.use_zip64()
    return workbook


def write_workbook(workbook: Any) -> None:
    """Write the file.

    Raises:
        OSError: it cannot be written; XlsxWriter has an error of its own around it.
    """
    try:
        workbook.close()
    except FileCreateError as error:
        raise error.args[0] from None


def close_rows(workbook: Any) -> None:
    """Close what a workbook that is not to be written holds open."""
    for sheet in workbook.worksheets():
        sheet._opt_close()  # noqa: SLF001 - XlsxWriter closes the rows' files only where it writes the workbook
    workbook.fileclosed = True


def fitting(text: str) -> str:
    """No longer than a cell holds."""
    if len(text) * 2 <= LONGEST_TEXT:
        return text
    return text.encode("utf-16-le", "replace")[: LONGEST_TEXT * 2].decode("utf-16-le", "ignore")


class XlsxWriter:
    """Implements ``bot.exports.model.Writer``."""

    def __init__(self, path: Path, cells: Cells, about: About, *, most_rows: int = MOST_ROWS) -> None:
        self.remarks = NOTHING_TO_REMARK
        self._cells = cells
        self._about = about
        self._most_rows = most_rows
        self._workbook = open_workbook(path)
        self._putting = _Putting(self._workbook)
        self._counts = _Counts()
        self._sheets = 0
        self._row = 1
        self._begin_sheet()

    def add(self, batch: Sequence[Filed]) -> None:
        """One row each; a further sheet where one is full."""
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
        self.remarks += unreadable_in(batch)

    def finish(self) -> None:
        """The sheets with the counts and with what the file is."""
        self._end_sheet()
        summary(self._workbook, self._counts, self._about)
        notes = remarked(self._about.t, self.remarks)
        information(self._workbook, replace(self._about, count=self._counts["state"].total()), *notes)
        write_workbook(self._workbook)

    def abandon(self) -> None:
        """Let go of the rows' files."""
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
        for_paper(self._sheet)
        self._row = 1

    def _end_sheet(self) -> None:
        last = max(self._row - 1, 1)
        self._sheet.autofilter(0, 0, last, len(self._cells.columns) - 1)
        self._sheet.print_area(0, 0, last, sum(column.printed for column in self._cells.columns) - 1)
        state = next(at for at, column in enumerate(self._cells.columns) if column.key == "state")
        words = [self._about.t(word) for word in STATES.values()]
        self._sheet.data_validation(1, state, last, state, {"validate": "list", "source": words})


class _Counts(dict[str, "Counter[str]"]):
    """How many by state, procedure and unit, in machine words."""

    def __init__(self) -> None:
        super().__init__(state=Counter(), procedure=Counter(), unit=Counter())

    def add(self, batch: Sequence[Filed]) -> None:
        """Some more."""
        self["state"].update(filed.request.state.value for filed in batch)
        self["procedure"].update(filed.request.content.procedure.value for filed in batch)
        self["unit"].update(filed.unit or "" for filed in batch)


#: Writes a cell into a row.
_Put = Callable[[int, Any], object]


class _Putting:
    """How a cell of each kind is written; plain text has no format, which every cell would pay for."""

    def __init__(self, workbook: Any) -> None:
        self._wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self._day = workbook.add_format({"num_format": _LOCALE + _DAY})
        self._moment = workbook.add_format({"num_format": LOCAL_MOMENT})

    def writers_by_column(self, sheet: Any, columns: Sequence[Column]) -> list[_Put]:
        """One for each column of a sheet."""
        return [self._writer_at(sheet, at, column) for at, column in enumerate(columns)]

    def _writer_at(self, sheet: Any, at: int, column: Column) -> _Put:
        if column.kind is Kind.NUMBER:
            number = sheet.write_number
            return lambda row, cell: number(row, at, cell)
        text = sheet.write_string
        if column.kind is Kind.TEXT:
            wrapped = self._wrapped if column.wraps else None
            return lambda row, cell: text(row, at, fitting(cell), wrapped)
        moment, dated = sheet.write_datetime, self._day if column.kind is Kind.DAY else self._moment
        # A day before what a spreadsheet can count is written as text.
        return lambda row, cell: moment(row, at, cell, dated) if cell.year >= FIRST_YEAR else text(row, at, str(cell))
