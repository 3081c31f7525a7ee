"""A broadcast's report from its order to its file."""

from collections.abc import Callable
from pathlib import Path

from bot.errors import Forbidden
from bot.exports.broadcast_files import CsvReport, ReportFile, XlsxReport
from bot.exports.broadcast_lines import ReportOrder, Totals, batches
from bot.exports.export import in_thread
from bot.exports.folders import private_folder
from bot.exports.landing import Landing, landing
from bot.store.api import Store
from handlers.office.rights import Act
from locales import N_

#: Kinds of files, by how their names end.
WRITERS: dict[str, Callable[[Path, ReportOrder], ReportFile]] = {".xlsx": XlsxReport, ".csv": CsvReport}
#: Told how many lines are written.
Progress = Callable[[int], None]


async def write_report(
    store: Store, order: ReportOrder, target: Path, progress: Progress = lambda _: None, *, notes: Path
) -> Totals:
    """Write it to ``target``, whose ending names the kind; the journal has a row before the file appears.

    Cancelled or failed, it leaves nothing behind; killed, what the next command clears by its ``notes``.

    Raises:
        Forbidden: a role it was ordered by has ended meanwhile.
        OutputError: the file cannot be written.
        StoreError: the recipients cannot be read.
    """
    with landing(target, notes) as place:
        totals = await _written(store, order, place.draft, progress)
        await _record(store, order, totals.count)
        await in_thread(Landing.publish, place)
        return totals


async def report_bytes(store: Store, order: ReportOrder, below: Path) -> tuple[bytes, Totals]:
    """The spreadsheet, for a chat, and what it adds up to; raises as ``write_report`` does.

    It is written in a private folder ``below`` the data folder, never where everybody's temporary files are.
    """
    with private_folder(below) as folder:
        path = folder / "report.xlsx"
        totals = await write_report(store, order, path, notes=folder / "notes")
        return await in_thread(path.read_bytes), totals


async def _written(store: Store, order: ReportOrder, path: Path, progress: Progress) -> Totals:
    totals, file = Totals(), await in_thread(WRITERS[path.suffix.lower()], path, order)
    try:
        async for lines in batches(store, order):
            await in_thread(file.add, lines)
            totals.add(lines)
            progress(totals.count)
        await in_thread(file.finish, totals)
    except BaseException:
        file.abandon()
        raise
    return totals


async def _record(store: Store, order: ReportOrder, count: int) -> None:
    """The roles are read once more behind the journal's lock: one that ends before this row lets no file appear."""
    unit, one = order.rights.journal_unit(Act.SEE_BROADCASTS, order.broadcast.unit), order.broadcast
    async with store.admin_transaction(order.now, chat=order.chat, channel=order.channel) as office:
        await office.admin.journal.record(order.rights, "broadcast_report", one.id, unit=unit, count=count)
        if order.chat and not set(order.rights.grants) <= set(await office.admin.people.mine()):
            raise Forbidden(N_("A role that this report was made by has ended meanwhile; nothing was written."))
        await office.commit()
