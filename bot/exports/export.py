"""An export from its order to its file."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import Forbidden
from bot.exports.atomic_file import AtomicFile, open_atomic_file
from bot.exports.columns import RowFormatter
from bot.exports.docx import DocxWriter
from bot.exports.import19 import Import19Writer
from bot.exports.model import ExportJob, ExportMetadata, ExportResult, ExportWriter
from bot.exports.text_formats import CsvLines, JsonLines, TextWriter
from bot.exports.xlsx import XlsxWriter
from bot.services.unit_of_work import open_admin_transaction
from bot.store.store import Store
from handlers.model.exports import ExportForm
from handlers.model.request_list import RequestRow
from handlers.model.rights import Act
from locales import N_

#: Requests read, opened and written in one go.
EXPORT_BATCH = 500


@dataclass(frozen=True, slots=True)
class ExportSpan:
    """What an export will read at most: how many, and the newest of them when it began."""

    count: int
    last: int


async def read_span(store: Store, order: ExportJob) -> ExportSpan:
    """What is meant now; what is registered later is not part of the export."""
    async with open_admin_transaction(store, order.now, chat=order.chat, channel=order.channel, reading=True) as unit:
        count, last = await unit.admin.extract.extent(order.rights, order.wanted)
    return ExportSpan(count, last)


async def request_batches(
    store: Store, order: ExportJob, meant: ExportSpan, *, size: int = EXPORT_BATCH
) -> AsyncIterator[tuple[RequestRow, ...]]:
    """What is meant, in the order of registration, each batch read in a transaction of its own."""
    after = 0
    while True:
        async with open_admin_transaction(
            store, order.now, chat=order.chat, channel=order.channel, reading=True
        ) as unit:
            found = await unit.admin.extract.batch(order.rights, order.wanted, size, after=after, last=meant.last)
        if not found:
            return
        yield found
        after = found[-1].number


async def iter_requests(store: Store, order: ExportJob, *, size: int = EXPORT_BATCH) -> AsyncIterator[RequestRow]:
    """What is meant, one by one."""
    async for batch in request_batches(store, order, await read_span(store, order), size=size):
        for filed in batch:
            yield filed


#: How a file's name may end.
FORM_SUFFIXES = {
    ExportForm.XLSX: (".xlsx",),
    ExportForm.CSV: (".csv",),
    ExportForm.JSONL: (".jsonl",),
    ExportForm.DOCX: (".docx", ".zip"),
    ExportForm.IMPORT19: (".xlsx",),
}


def open_writer(form: ExportForm, path: Path, about: ExportMetadata) -> ExportWriter:
    """A writer into a new file."""
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


_TEXT_FORMS = frozenset({ExportForm.CSV, ExportForm.JSONL})
#: Told how many requests are written, and of how many.
ProgressCallback = Callable[[int, int], None]
_Result = TypeVar("_Result")


async def write_export(
    store: Store, order: ExportJob, target: Path, progress: ProgressCallback, *, notes: Path
) -> ExportResult:
    """Write what is ordered to ``target``, replacing what is there; the journal has a row before the file appears.

    Cancelled or failed, it leaves nothing behind; killed, what the next command clears by its ``notes``. The event
    loop goes on while files are written.

    Raises:
        Forbidden: a role it was ordered by has ended meanwhile.
        OutputError: the file cannot be written.
        StoreError: the requests cannot be read.
    """
    with open_atomic_file(target, notes) as place:
        meant = await read_span(store, order)
        about = ExportMetadata(order, meant.count)
        writer = await run_in_thread(open_writer, order.form, _draft_path(place, order.form), about)
        try:
            read = await _write_batches(store, order, meant, writer, progress)
        except BaseException:
            writer.abandon()
            raise
        count = read - writer.remarks.left_out
        await _record_in_journal(store, order, count)
        await run_in_thread(AtomicFile.publish, place)
        return ExportResult(count, (target,), writer.remarks)


def _draft_path(place: AtomicFile, form: ExportForm) -> Path:
    """Text goes to a file without a name; the other writers keep pieces beside their file, which need a folder."""
    return place.unlinked_path() if form in _TEXT_FORMS else place.draft


async def _write_batches(
    store: Store, order: ExportJob, meant: ExportSpan, writer: ExportWriter, progress: ProgressCallback
) -> int:
    """How many requests were read."""
    count = 0
    progress(count, meant.count)
    async for batch in request_batches(store, order, meant):
        await run_in_thread(writer.add, batch)
        count += len(batch)
        progress(count, meant.count)
    await run_in_thread(writer.finish)
    return count


async def _record_in_journal(store: Store, order: ExportJob, count: int) -> None:
    """The roles are read once more behind the journal's lock: one that ends before this row lets no file appear."""
    about = order.rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
    async with open_admin_transaction(store, order.now, chat=order.chat, channel=order.channel) as unit:
        await unit.admin.journal.record(order.rights, "export", order.form.value, unit=about, count=count)
        if order.chat and not set(order.rights.grants) <= set(await unit.admin.people.mine()):
            raise Forbidden(N_("A role that this export was made by has ended meanwhile; nothing was written."))
        await unit.commit()


async def run_in_thread(work: Callable[..., _Result], *arguments: Any) -> _Result:
    """Off the event loop; who cancels waits until it is over, for the file it writes is about to be removed."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
