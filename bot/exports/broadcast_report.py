"""A broadcast's report as a spreadsheet with its totals, or as CSV."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bot.exports.broadcast_lines import Line, ReportOrder, Totals, columns
from bot.exports.cells import Cell
from bot.exports.csv_lines import BYTE_ORDER_MARK, written
from bot.exports.xlsx import FIRST_YEAR, LOCAL_MOMENT, MOST_ROWS, close_rows, fitting, open_workbook, write_workbook
from bot.exports.xlsx_sheets import for_paper
from bot.harmless import harmless
from handlers.broadcasts.model import Broadcast
from handlers.broadcasts.report_words import DELIVERIES, delivery, life, reason, step_name, why
from handlers.dates import moment
from locales import N_

_HEAD = {"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True}


class ReportFile(Protocol):
    """Takes the lines of a report; called from one thread at a time."""

    def add(self, lines: Sequence[Line]) -> None:
        """Write some more."""

    def finish(self, totals: Totals) -> None:
        """Write what stands at the end; the file is complete."""

    def abandon(self) -> None:
        """Close what is open."""


class CsvReport:
    """The lines alone (RFC 4180), in the form Excel opens."""

    def __init__(self, path: Path, order: ReportOrder) -> None:
        self._columns = columns(order)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(BYTE_ORDER_MARK + written([[order.t(column.title) for column in self._columns]]))

    def add(self, lines: Sequence[Line]) -> None:
        """A record each."""
        self._file.write(written([[column.cell(line) for column in self._columns] for line in lines]))

    def finish(self, totals: Totals) -> None:  # noqa: ARG002 - the lines are all there is
        """Close it."""
        self._file.close()

    def abandon(self) -> None:
        """Close it."""
        self._file.close()


class XlsxReport:
    """A sheet of lines, a further one where it is full, and a sheet with what they add up to."""

    def __init__(self, path: Path, order: ReportOrder, *, most_rows: int = MOST_ROWS) -> None:
        self._order, self._columns, self._most_rows = order, columns(order), most_rows
        self._workbook = open_workbook(path)
        self._head = self._workbook.add_format(_HEAD)
        self._moment = self._workbook.add_format({"num_format": LOCAL_MOMENT})
        self._sheets = 0
        self._begin_sheet()

    def add(self, lines: Sequence[Line]) -> None:
        """A row each."""
        for line in lines:
            if self._row == self._most_rows:
                self._end_sheet()
                self._begin_sheet()
            for at, column in enumerate(self._columns):
                self._write_cell(at, column.cell(line))
            self._row += 1

    def finish(self, totals: Totals) -> None:
        """The totals stand on a sheet of their own."""
        self._end_sheet()
        _totals_sheet(self._workbook, self._head, self._order, totals)
        write_workbook(self._workbook)

    def abandon(self) -> None:
        """Let go of the rows' files."""
        close_rows(self._workbook)

    def _begin_sheet(self) -> None:
        self._sheets += 1
        title = self._order.t(N_("List"))
        self._sheet = self._workbook.add_worksheet(title if self._sheets == 1 else f"{title} {self._sheets}")
        for at, column in enumerate(self._columns):
            self._sheet.set_column(at, at, column.width)
            self._sheet.write_string(0, at, self._order.t(column.title), self._head)
        self._sheet.freeze_panes(1, 0)
        self._sheet.repeat_rows(0)
        for_paper(self._sheet)
        self._row = 1

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._columns) - 1)

    def _write_cell(self, at: int, cell: Cell) -> None:
        """Text stays text, whatever it looks like."""
        if isinstance(cell, datetime) and cell.year >= FIRST_YEAR:
            self._sheet.write_datetime(self._row, at, cell, self._moment)
        elif isinstance(cell, int):
            self._sheet.write_number(self._row, at, cell)
        elif cell != "":
            self._sheet.write_string(self._row, at, fitting(str(cell)))


def _totals_sheet(workbook: Any, head: Any, order: ReportOrder, totals: Totals) -> None:
    t = order.t
    sheet = workbook.add_worksheet(t(N_("Summary")))
    for_paper(sheet)
    sheet.set_column(0, 1, 40)
    sheet.set_column(2, 20, 18)
    row = _table(sheet, head, 0, [], _about(order, totals))
    row = _table(sheet, head, row + 1, [t(N_("State")), t(N_("Number"))], _states(order, totals))
    row = _table(sheet, head, row + 1, [t(N_("State")), t(N_("Reason")), t(N_("Number"))], _reasons(order, totals))
    if order.steps:
        _table(sheet, head, row + 1, _steps_head(order), (_step(order, one, totals) for one in order.sources))


def _table(sheet: Any, head: Any, row: int, titles: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    """The row below it."""
    for at, title in enumerate(titles):
        sheet.write_string(row, at, title, head)
    row += bool(titles)
    for cells in rows:
        for at, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, at, cell)
            else:
                sheet.write_string(row, at, fitting(harmless(cell)))
        row += 1
    return row


def _about(order: ReportOrder, totals: Totals) -> Iterable[Sequence[str | int]]:
    t, broadcast = order.t, order.broadcast
    yield t(N_("Broadcast")), broadcast.id
    yield t(N_("Title")), broadcast.draft.title
    yield t(N_("State")), life(t, broadcast)
    yield t(N_("As of")), moment(order.now)
    yield t(N_("Rows in this file")), totals.count


def _states(order: ReportOrder, totals: Totals) -> Iterable[Sequence[str | int]]:
    yield from ((delivery(order.t, word), totals.states[word]) for word in DELIVERIES if totals.states[word])
    yield order.t(N_("Total")), totals.count


def _reasons(order: ReportOrder, totals: Totals) -> Iterable[Sequence[str | int]]:
    t = order.t
    for (state, word), count in sorted(totals.reasons.items()):
        yield delivery(t, state), reason(t, word), count
    yield t(N_("Total")), "", totals.reasons.total()


def _steps_head(order: ReportOrder) -> list[str]:
    words = (N_("Step"), N_("State"), N_("Broadcast"), N_("Start"), N_("Reason"), *DELIVERIES.values(), N_("Total"))
    return [order.t(word) for word in words]


def _step(order: ReportOrder, one: Broadcast, totals: Totals) -> Sequence[str | int]:
    """A step that was left out has its row, too, and says why."""
    t, counts = order.t, totals.steps[one.id]
    started = moment(one.starts_at) if one.starts_at else ""
    numbers = [counts.get(word, 0) for word in DELIVERIES]
    return (step_name(t, one.step), life(t, one), one.id, started, why(t, one.why), *numbers, sum(numbers))
