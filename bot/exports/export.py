"""Write an export from its order to its complete file.

``request_batches`` reads the requests, ``open_writer`` chooses the format, ``write_export`` joins both. CSV
(RFC 4180) has the form that Excel opens, UTF-8 with a byte order mark, and no cell that a spreadsheet would run.
"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from bot.atomic_file import AtomicFile, open_atomic_file
from bot.errors import Forbidden
from bot.exports import COLUMNS, CellValue, ColumnValue, ExportJob, ExportMetadata, ExportResult, RowFormatter
from bot.exports.official_files import DocxWriter, Import19Writer
from bot.exports.official_lists import count_unreadable
from bot.exports.xlsx import XlsxWriter
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from bot.tables import guard_formula
from handlers.model import NO_REMARKS, Act, ExportForm, RequestRow, UnitDirectory
from locales import N_

#: So many requests are read, decrypted and written in one batch.
EXPORT_BATCH = 500

#: The allowed suffixes of a file.
FORM_SUFFIXES = {
    ExportForm.XLSX: (".xlsx",),
    ExportForm.CSV: (".csv",),
    ExportForm.JSONL: (".jsonl",),
    ExportForm.DOCX: (".docx", ".zip"),
    ExportForm.IMPORT19: (".xlsx",),
}

_TEXT_FORMS = frozenset({ExportForm.CSV, ExportForm.JSONL})
#: Called with the number of requests written so far, and the number of all.
ProgressCallback = Callable[[int, int], None]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ExportSpan:
    """The most that an export reads: the number of requests, and the newest one when it began."""

    count: int
    last: int


async def read_span(store: Store, order: ExportJob) -> ExportSpan:
    """Return what is meant now; what is registered later is not part of the export."""
    async with open_admin_transaction(store, order.now, chat=order.chat, channel=order.channel, reading=True) as unit:
        count, last = await unit.admin.lists.extent(order.rights, order.wanted)
    return ExportSpan(count, last)


async def request_batches(
    store: Store, order: ExportJob, span: ExportSpan, *, size: int = EXPORT_BATCH
) -> AsyncIterator[tuple[RequestRow, ...]]:
    """Yield the requests in the order of registration, each batch read in a transaction of its own."""
    after = 0
    while True:
        async with open_admin_transaction(
            store, order.now, chat=order.chat, channel=order.channel, reading=True
        ) as unit:
            found = await unit.admin.lists.batch(order.rights, order.wanted, size, after=after, last=span.last)
        if not found:
            return
        yield found
        after = found[-1].number


async def iter_requests(store: Store, order: ExportJob, *, size: int = EXPORT_BATCH) -> AsyncIterator[RequestRow]:
    """Yield the requests one by one."""
    async for batch in request_batches(store, order, await read_span(store, order), size=size):
        for filed in batch:
            yield filed


BYTE_ORDER_MARK = "\ufeff"


class CsvLines:
    """Formats requests as CSV."""

    def __init__(self, cells: RowFormatter) -> None:
        self._cells = cells
        self.head = BYTE_ORDER_MARK + format_csv([cells.titles])

    def format_batch(self, batch: Sequence[RequestRow]) -> str:
        return format_csv(map(self._cells.row, batch))


def format_csv(records: Iterable[Sequence[CellValue]]) -> str:
    """Format records as CSV, each ending in CR and LF."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([guard_formula(cell) for cell in record] for record in records)
    return text.getvalue()


class TextWriter:
    """Writes requests as lines of text."""

    def __init__(self, path: Path, lines: "CsvLines | JsonLines") -> None:
        self.remarks = NO_REMARKS
        self._lines = lines
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(lines.head)

    def add(self, batch: Sequence[RequestRow]) -> None:
        """Write the lines of the requests; unreadable ones say so and are counted."""
        self.remarks += count_unreadable(batch)
        self._file.write(self._lines.format_batch(batch))

    def finish(self) -> None:
        """Close the file; a text format has nothing at the end."""
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


class JsonLines:
    """Formats requests as JSON Lines."""

    head = ""

    def __init__(self, units: UnitDirectory) -> None:
        self._said = {column.key: column.get(units) for column in COLUMNS}
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def format_batch(self, batch: Sequence[RequestRow]) -> str:
        """Return one object per request, keys in the order of the columns; an unknown value is ``null``."""
        return "".join(f"{self._encode(self._to_object(filed))}\n" for filed in batch)

    def _to_object(self, filed: RequestRow) -> dict[str, object]:
        return {key: _to_json_value(said(filed)) for key, said in self._said.items()}


def _to_json_value(value: ColumnValue) -> object:
    """Return a value for JSON: dates and times in ISO 8601, lone surrogates replaced because UTF-8 has none."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and not value.isprintable():
        return value.encode("utf-8", "replace").decode()
    return value


#: A writer takes batches of requests with ``add`` and ends with ``finish`` or ``abandon``; ``remarks`` says what
#: is missing. It is called from one thread at a time.
ExportWriter = TextWriter | DocxWriter | Import19Writer | XlsxWriter


def open_writer(form: ExportForm, path: Path, about: ExportMetadata) -> ExportWriter:
    """Return a writer into a new file."""
    if form is ExportForm.JSONL:
        return TextWriter(path, JsonLines(about.units))
    if form is ExportForm.DOCX:
        return DocxWriter(path, about)
    if form is ExportForm.IMPORT19:
        return Import19Writer(path, about)
    cells = RowFormatter(about.t, about.units)
    if form is ExportForm.CSV:
        return TextWriter(path, CsvLines(cells))
    return XlsxWriter(path, cells, about)


async def write_export(
    store: Store, order: ExportJob, target: Path, progress: ProgressCallback, *, notes: Path
) -> ExportResult:
    """Write an order to ``target``; the journal gets its row before the file appears.

    A cancelled or failed export leaves nothing behind; what a killed one leaves is removed by its ``notes``. The event
    loop stays free while files are written.

    Args:
        store: The store with the requests.
        order: Who asked, and for which requests and form.
        target: The file to write; an existing one is replaced.
        progress: Called with the number of requests written so far, and the number of all.
        notes: The folder for the note of the unfinished file.

    Raises:
        Forbidden: a role of the caller ended while the export was written.
        OutputError: the file cannot be written.
        StoreError: the requests cannot be read.
    """
    with open_atomic_file(target, notes) as place:
        span = await read_span(store, order)
        about = ExportMetadata(order, span.count)
        writer = await run_in_thread(open_writer, order.form, _draft_path(place, order.form), about)
        try:
            read = await _write_batches(store, order, span, writer, progress)
        except BaseException:
            writer.abandon()
            raise
        count = read - writer.remarks.left_out
        await _record_in_journal(store, order, count)
        await run_in_thread(AtomicFile.publish, place)
        return ExportResult(count, (target,), writer.remarks)


def _draft_path(place: AtomicFile, form: ExportForm) -> Path:
    """Return the path to write to.

    Text needs only an unnamed file; the other writers keep pieces beside their file, which need a folder.
    """
    return place.unlinked_path() if form in _TEXT_FORMS else place.draft


async def _write_batches(
    store: Store, order: ExportJob, span: ExportSpan, writer: ExportWriter, progress: ProgressCallback
) -> int:
    """Write all batches and return the number of requests read."""
    count = 0
    progress(count, span.count)
    async for batch in request_batches(store, order, span):
        await run_in_thread(writer.add, batch)
        count += len(batch)
        progress(count, span.count)
    await run_in_thread(writer.finish)
    return count


async def _record_in_journal(store: Store, order: ExportJob, count: int) -> None:
    """Record the export; roles are read again under the journal's lock, so that an ended role lets no file appear."""
    about = order.rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
    async with open_admin_transaction(store, order.now, chat=order.chat, channel=order.channel) as unit:
        await unit.admin.journal.record(order.rights, "export", order.form.value, unit=about, count=count)
        if order.chat and not set(order.rights.grants) <= set(await unit.admin.people.mine()):
            raise Forbidden(N_("A role that this export was made by has ended meanwhile; nothing was written."))
        await unit.commit()


async def run_in_thread(work: Callable[..., _Result], *arguments: Any) -> _Result:
    """Run blocking work in a thread; a cancellation waits until it is over, because its file is about to be removed."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
