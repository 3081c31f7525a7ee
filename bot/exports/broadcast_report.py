"""Write the report of a broadcast: its recipients with their results, and totals, as XLSX or CSV.

``report_batches`` reads the lines, ``CsvReport`` or ``XlsxReport`` writes them, ``write_report`` joins both.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from bot.atomic_file import AtomicFile, open_atomic_file, private_folder
from bot.errors import Forbidden
from bot.exports import CellValue
from bot.exports.export import BYTE_ORDER_MARK, format_csv, run_in_thread
from bot.exports.xlsx import (
    FIRST_YEAR,
    LOCAL_TIME_FORMAT,
    MOST_ROWS,
    close_rows,
    open_workbook,
    set_paper,
    truncate_text,
    write_workbook,
)
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from bot.streams import sanitize
from handlers.broadcasts import (
    DELIVERY_RECEIPTS,
    DELIVERY_STATES,
    format_channel,
    format_delivery_reason,
    format_delivery_receipt,
    format_delivery_state,
    format_state,
    format_state_reason,
    format_step_name,
)
from handlers.core import format_moment
from handlers.model import MACHINE, Act, Broadcast, Recipient, Rights
from locales import N_, Translator
from rules.calendar import to_vietnam_time

#: So many recipients are read and written in one batch.
REPORT_BATCH = 500

_HEADING_FORMAT = {"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True}

#: Called with the number of lines written so far.
ReportProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """The order of a report: who asked, for which broadcast, in which language, and when."""

    rights: Rights
    broadcast: Broadcast
    steps: tuple[Broadcast, ...]  #: steps of a campaign, or the copies for people who postponed the reminder
    t: Translator
    now: datetime
    chat: str = ""  #: id of the chat that asked; empty on the command line
    channel: str = MACHINE

    @property
    def sources(self) -> tuple[Broadcast, ...]:
        """Return the broadcasts that have recipients of their own."""
        return self.steps if self.broadcast.is_campaign else (self.broadcast, *self.steps)


class ReportLine(NamedTuple):
    """One recipient, with the broadcast they belong to."""

    of: Broadcast
    recipient: Recipient


@dataclass(slots=True)
class ReportTotals:
    """The totals of the lines: by state, by reason, and by broadcast and state."""

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)  #: state and reason
    receipts: Counter[str] = field(default_factory=Counter)  #: by how far the message got
    steps: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, lines: Sequence[ReportLine]) -> None:
        """Count some more lines."""
        for of, recipient in lines:
            self.states[recipient.state] += 1
            self.steps[of.id][recipient.state] += 1
            if recipient.receipt:
                self.receipts[recipient.receipt] += 1
            if recipient.reason:
                self.reasons[recipient.state, recipient.reason] += 1

    @property
    def count(self) -> int:
        """Return the number of lines."""
        return self.states.total()


class ReportColumn(NamedTuple):
    title: str
    width: int  #: in characters of a spreadsheet
    cell: Callable[[ReportLine], CellValue]


def report_columns(order: ReportOrder) -> tuple[ReportColumn, ...]:
    """Return the columns of a report; the step only if there are steps."""
    t, units = order.t, order.rights.units
    step = ReportColumn(N_("Step"), 22, lambda line: format_step_name(t, line.of.step))
    broadcast = ReportColumn(N_("Broadcast"), 12, lambda line: line.of.id)
    return (
        *((step, broadcast) if order.steps else ()),
        ReportColumn(N_("Recipient"), 13, lambda line: line.recipient.code),
        ReportColumn(N_("Name"), 32, lambda line: sanitize(line.recipient.name or "")),
        ReportColumn(N_("Unit"), 32, lambda line: sanitize(units.name(line.recipient.unit))),
        ReportColumn(N_("Channel"), 18, lambda line: format_channel(t, line.recipient.channel)),
        ReportColumn(N_("State"), 26, lambda line: format_delivery_state(t, line.recipient.state)),
        ReportColumn(N_("Reason"), 44, lambda line: format_delivery_reason(t, line.recipient.reason)),
        ReportColumn(N_("Receipt"), 26, lambda line: format_delivery_receipt(t, line.recipient.receipt)),
        ReportColumn(N_("Attempts"), 9, lambda line: line.recipient.attempts),
        ReportColumn(N_("Queued at"), 17, lambda line: _to_local_time(line.recipient.queued_at)),
        ReportColumn(N_("Settled at"), 17, lambda line: _to_local_time(line.recipient.settled_at)),
    )


def _to_local_time(at: datetime | None) -> CellValue:
    """Return a naive time in Viet Nam, because a spreadsheet has no time zones."""
    return to_vietnam_time(at).replace(tzinfo=None) if at else ""


async def report_batches(
    store: Store, order: ReportOrder, *, size: int = REPORT_BATCH
) -> AsyncIterator[list[ReportLine]]:
    """Yield batches of lines, each read in a transaction of its own, so that memory stays flat and no writer waits."""
    for of in order.sources:
        after = ""
        while True:
            async with open_admin_transaction(
                store, order.now, chat=order.chat, channel=order.channel, reading=True
            ) as unit:
                found = await unit.admin.broadcasts.recipients(order.rights, of.id, size, after)
            if not found:
                break
            yield [ReportLine(of, recipient) for recipient in found]
            after = found[-1].code


class CsvReport:
    """Writes only the lines, as CSV (RFC 4180) in the form that Excel opens."""

    def __init__(self, path: Path, order: ReportOrder) -> None:
        self._columns = report_columns(order)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(BYTE_ORDER_MARK + format_csv([[order.t(column.title) for column in self._columns]]))

    def add(self, lines: Sequence[ReportLine]) -> None:
        self._file.write(format_csv([[column.cell(line) for column in self._columns] for line in lines]))

    def finish(self, totals: ReportTotals) -> None:  # noqa: ARG002 - CSV has only the lines
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


class XlsxReport:
    """Writes a sheet of lines, a further sheet when one is full, and a sheet of totals."""

    def __init__(self, path: Path, order: ReportOrder, *, most_rows: int = MOST_ROWS) -> None:
        self._order, self._columns, self._most_rows = order, report_columns(order), most_rows
        self._workbook = open_workbook(path)
        self._head = self._workbook.add_format(_HEADING_FORMAT)
        self._moment = self._workbook.add_format({"num_format": LOCAL_TIME_FORMAT})
        self._sheets = 0
        self._begin_sheet()

    def add(self, lines: Sequence[ReportLine]) -> None:
        for line in lines:
            if self._row == self._most_rows:
                self._end_sheet()
                self._begin_sheet()
            for at, column in enumerate(self._columns):
                self._write_cell(at, column.cell(line))
            self._row += 1

    def finish(self, totals: ReportTotals) -> None:
        """Write the totals on a sheet of their own."""
        self._end_sheet()
        _write_totals_sheet(self._workbook, self._head, self._order, totals)
        write_workbook(self._workbook)

    def abandon(self) -> None:
        """Close the temporary files of the rows."""
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
        set_paper(self._sheet)
        self._row = 1

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._columns) - 1)

    def _write_cell(self, at: int, cell: CellValue) -> None:
        """Write a cell; text stays text, whatever it looks like."""
        if isinstance(cell, datetime) and cell.year >= FIRST_YEAR:
            self._sheet.write_datetime(self._row, at, cell, self._moment)
        elif isinstance(cell, int):
            self._sheet.write_number(self._row, at, cell)
        elif cell != "":
            self._sheet.write_string(self._row, at, truncate_text(str(cell)))


def _write_totals_sheet(workbook: Any, head: Any, order: ReportOrder, totals: ReportTotals) -> None:
    t = order.t
    sheet = workbook.add_worksheet(t(N_("Summary")))
    set_paper(sheet)
    sheet.set_column(0, 1, 40)
    sheet.set_column(2, 20, 18)
    row = _write_table(sheet, head, 0, [], _about_rows(order, totals))
    row = _write_table(sheet, head, row + 1, [t(N_("State")), t(N_("Number"))], _state_rows(order, totals))
    row = _write_table(
        sheet, head, row + 1, [t(N_("State")), t(N_("Reason")), t(N_("Number"))], _reason_rows(order, totals)
    )
    if order.steps:
        _write_table(
            sheet, head, row + 1, _step_titles(order), (_step_row(order, one, totals) for one in order.sources)
        )


def _write_table(sheet: Any, head: Any, row: int, titles: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    """Write a table and return the row below it."""
    for at, title in enumerate(titles):
        sheet.write_string(row, at, title, head)
    row += bool(titles)
    for cells in rows:
        for at, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, at, cell)
            else:
                sheet.write_string(row, at, truncate_text(sanitize(cell)))
        row += 1
    return row


def _about_rows(order: ReportOrder, totals: ReportTotals) -> Iterable[Sequence[str | int]]:
    t, broadcast = order.t, order.broadcast
    yield t(N_("Broadcast")), broadcast.id
    yield t(N_("Title")), broadcast.draft.title
    yield t(N_("State")), format_state(t, broadcast)
    yield t(N_("As of")), format_moment(order.now)
    yield t(N_("Rows in this file")), totals.count


def _state_rows(order: ReportOrder, totals: ReportTotals) -> Iterable[Sequence[str | int]]:
    yield from (
        (format_delivery_state(order.t, word), totals.states[word]) for word in DELIVERY_STATES if totals.states[word]
    )
    yield order.t(N_("Total")), totals.count
    for word in DELIVERY_RECEIPTS:
        if totals.receipts[word]:
            yield format_delivery_receipt(order.t, word), totals.receipts[word]


def _reason_rows(order: ReportOrder, totals: ReportTotals) -> Iterable[Sequence[str | int]]:
    t = order.t
    for (state, word), count in sorted(totals.reasons.items()):
        yield format_delivery_state(t, state), format_delivery_reason(t, word), count
    yield t(N_("Total")), "", totals.reasons.total()


def _step_titles(order: ReportOrder) -> list[str]:
    words = (
        N_("Step"),
        N_("State"),
        N_("Broadcast"),
        N_("Start"),
        N_("Reason"),
        *DELIVERY_STATES.values(),
        N_("Total"),
    )
    return [order.t(word) for word in words]


def _step_row(order: ReportOrder, one: Broadcast, totals: ReportTotals) -> Sequence[str | int]:
    """Return the row of a step; a step that was skipped has a row too, with the reason."""
    t, counts = order.t, totals.steps[one.id]
    started = format_moment(one.starts_at) if one.starts_at else ""
    numbers = [counts.get(word, 0) for word in DELIVERY_STATES]
    named = (format_step_name(t, one.step), format_state(t, one), one.id, started, format_state_reason(t, one.why))
    return (*named, *numbers, sum(numbers))


#: The writer for each suffix of a file.
REPORT_WRITERS: dict[str, Callable[[Path, ReportOrder], CsvReport | XlsxReport]] = {
    ".xlsx": XlsxReport,
    ".csv": CsvReport,
}


async def write_report(
    store: Store, order: ReportOrder, target: Path, progress: ReportProgress = lambda _: None, *, notes: Path
) -> ReportTotals:
    """Write a report to ``target``; the journal gets its row before the file appears.

    A cancelled or failed report leaves nothing behind; what a killed one leaves is removed by its ``notes``.

    Args:
        store: The store with the recipients.
        order: Who asked, and for which broadcast.
        target: The file to write; its suffix names the format, .xlsx or .csv.
        progress: Called with the number of lines written so far.
        notes: The folder for the note of the unfinished file.

    Raises:
        Forbidden: a role of the caller ended while the report was written.
        OutputError: the file cannot be written.
        StoreError: the recipients cannot be read.
    """
    with open_atomic_file(target, notes) as place:
        totals = await _write_lines(store, order, place.draft, progress)
        await _record_in_journal(store, order, totals.count)
        await run_in_thread(AtomicFile.publish, place)
        return totals


async def make_report_bytes(store: Store, order: ReportOrder, below: Path) -> tuple[bytes, ReportTotals]:
    """Return the bytes of the spreadsheet, for a chat, and its totals; raises the errors of ``write_report``.

    It is written in a private folder ``below``, inside the data folder, never among public temporary files.
    """
    with private_folder(below) as folder:
        path = folder / "report.xlsx"
        totals = await write_report(store, order, path, notes=folder / "notes")
        return await run_in_thread(path.read_bytes), totals


async def _write_lines(store: Store, order: ReportOrder, path: Path, progress: ReportProgress) -> ReportTotals:
    totals, file = ReportTotals(), await run_in_thread(REPORT_WRITERS[path.suffix.lower()], path, order)
    try:
        async for lines in report_batches(store, order):
            await run_in_thread(file.add, lines)
            totals.add(lines)
            progress(totals.count)
        await run_in_thread(file.finish, totals)
    except BaseException:
        file.abandon()
        raise
    return totals


async def _record_in_journal(store: Store, order: ReportOrder, count: int) -> None:
    """Record the report; roles are read again under the journal's lock, so that an ended role lets no file appear."""
    unit, one = order.rights.journal_unit(Act.SEE_BROADCASTS, order.broadcast.unit), order.broadcast
    async with open_admin_transaction(store, order.now, chat=order.chat, channel=order.channel) as office:
        await office.admin.journal.record(order.rights, "broadcast_report", one.id, unit=unit, count=count)
        if order.chat and not set(order.rights.grants) <= set(await office.admin.people.mine()):
            raise Forbidden(N_("A role that this report was made by has ended meanwhile; nothing was written."))
        await office.commit()
