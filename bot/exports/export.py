"""An export from its order to its file."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import Forbidden
from bot.exports.about import About
from bot.exports.landing import Landing, landing
from bot.exports.model import Exported, Form, Order, Writer
from bot.exports.rows import Span, batches, span
from bot.exports.writers import writer_of
from bot.store.api import Store
from handlers.office.rights import Act
from locales import N_

_TEXT = frozenset({Form.CSV, Form.JSONL})
#: Told how many requests are written, and of how many.
Progress = Callable[[int, int], None]
_Given = TypeVar("_Given")


async def export(store: Store, order: Order, target: Path, progress: Progress, *, notes: Path) -> Exported:
    """Write what is ordered to ``target``, replacing what is there; the journal has a row before the file appears.

    Cancelled or failed, it leaves nothing behind; killed, what the next command clears by its ``notes``. The event
    loop goes on while files are written.

    Raises:
        Forbidden: a role it was ordered by has ended meanwhile.
        OutputError: the file cannot be written.
        StoreError: the requests cannot be read.
    """
    with landing(target, notes) as place:
        meant = await span(store, order)
        about = About(order, meant.count)
        writer = await in_thread(writer_of, order.form, _draft(place, order.form), about)
        try:
            read = await _write(store, order, meant, writer, progress)
        except BaseException:
            writer.abandon()
            raise
        count = read - writer.remarks.left_out
        await _record(store, order, count)
        await in_thread(Landing.publish, place)
        return Exported(count, (target,), writer.remarks)


def _draft(place: Landing, form: Form) -> Path:
    """Text goes to a file without a name; the other writers keep pieces beside their file, which need a folder."""
    return place.unlinked_path() if form in _TEXT else place.draft


async def _write(store: Store, order: Order, meant: Span, writer: Writer, progress: Progress) -> int:
    """How many requests were read."""
    count = 0
    progress(count, meant.count)
    async for batch in batches(store, order, meant):
        await in_thread(writer.add, batch)
        count += len(batch)
        progress(count, meant.count)
    await in_thread(writer.finish)
    return count


async def _record(store: Store, order: Order, count: int) -> None:
    """The roles are read once more behind the journal's lock: one that ends before this row lets no file appear."""
    about = order.rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit)
    async with store.admin_transaction(order.now, chat=order.chat, channel=order.channel) as unit:
        await unit.admin.journal.record(order.rights, "export", order.form.value, unit=about, count=count)
        if order.chat and not set(order.rights.grants) <= set(await unit.admin.people.mine()):
            raise Forbidden(N_("A role that this export was made by has ended meanwhile; nothing was written."))
        await unit.commit()


async def in_thread(work: Callable[..., _Given], *arguments: Any) -> _Given:
    """Off the event loop; who cancels waits until it is over, for the file it writes is about to be removed."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
