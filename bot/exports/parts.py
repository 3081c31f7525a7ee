"""An export as files that a channel takes: one where it is small enough, else several, each complete in itself."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.exports.about import About
from bot.exports.archives import media_type, split_lists
from bot.exports.lines import Made
from bot.exports.model import Form, Order, Writer
from bot.exports.rows import Span, batches, span
from bot.exports.writers import writer_of
from bot.store.api import Store
from handlers.folding import fold
from handlers.office.exporting import NOTHING_TO_REMARK, Remarks
from handlers.office.model import Filed
from locales import N_

#: Official lists come in an archive, as there may be any number of them.
_ENDINGS = {Form.IMPORT19: ".xlsx", Form.DOCX: ".zip"}
#: A file is not as large as its share of the requests says: some of them are longer.
_ROOM = 0.85

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What was written."""

    files: tuple[Made, ...]
    count: int  #: requests in them
    remarks: Remarks


async def write_parts(store: Store, order: Order, folder: Path, limit: int, progress: Progress) -> Parts:
    """Write the files into an empty folder, none of more than ``limit`` bytes unless one request alone has more.

    Raises:
        OSError: a file cannot be written.
        OutputError: there is nothing to write in this form.
        StoreError: the requests cannot be read.
    """
    meant = await span(store, order)
    each = max(meant.count, 1)
    while True:
        files = PartFiles(order, folder, each, meant.count)
        await _fill(store, order, meant, files, progress)
        if order.form is Form.DOCX:
            lists = await asyncio.to_thread(split_lists, folder / files.made[0].name, limit)
            return Parts(_named(lists, order, folder), files.requests_written, files.remarks)
        largest = max((folder / made.name).stat().st_size for made in files.made)
        if largest <= limit or each == 1:
            return Parts(_named(files.made, order, folder), files.requests_written, files.remarks)
        files.remove()
        each = max(1, min(each - 1, int(each * limit / largest * _ROOM)))


async def _fill(store: Store, order: Order, meant: Span, files: "PartFiles", progress: Progress) -> None:
    progress(0, meant.count)
    try:
        async for batch in batches(store, order, meant):
            await files.add(batch)
            progress(files.done, meant.count)
        await files.finish()
    except BaseException:
        files.abandon()
        raise


class PartFiles:
    """One attempt, with so many requests in each file."""

    def __init__(self, order: Order, folder: Path, each: int, total: int) -> None:
        self._order = order
        self._folder = folder
        self._each = each
        self._total = total
        self._writer: Writer | None = None
        self._first = 1  #: number of the first request of the open file
        self.done = 0  #: requests read
        self.remarks = NOTHING_TO_REMARK
        self.made: list[Made] = []

    @property
    def requests_written(self) -> int:
        """Requests in the files that are closed."""
        return self.done - self.remarks.left_out

    async def add(self, batch: Sequence[Filed]) -> None:
        """Write some more; a full file is closed."""
        while batch:
            writer = await self._open()
            taken = batch[: self._first + self._each - 1 - self.done]
            await asyncio.to_thread(writer.add, taken)
            self.done += len(taken)
            batch = batch[len(taken) :]
            if self.done == self._first + self._each - 1:
                await self._close()

    async def finish(self) -> None:
        """The last file is complete; an export of nothing is a file with no request in it."""
        if self._writer or not self.made:
            await self._open()
            await self._close()

    def abandon(self) -> None:
        """Let go of what is open."""
        if self._writer:
            self._writer.abandon()

    def remove(self) -> None:
        """Make room for another attempt."""
        for made in self.made:
            (self._folder / made.name).unlink()

    async def _open(self) -> Writer:
        if self._writer is not None:
            return self._writer
        self._first = self.done + 1
        about = About(self._order, min(self._each, self._total - self.done))
        writer = self._writer = await asyncio.to_thread(
            writer_of, self._order.form, self._folder / self._file_name(), about
        )
        return writer

    async def _close(self) -> None:
        writer = await self._open()
        await asyncio.to_thread(writer.finish)
        first = self.made[-1].last + 1 if self.made else 1
        self.remarks += writer.remarks
        self.made.append(
            Made(
                name=self._file_name(),
                media_type=media_type(self._file_name()),
                first=first,
                last=self.requests_written,
            )
        )
        self._writer = None

    def _file_name(self) -> str:
        form = self._order.form
        return f"{len(self.made) + 1}{_ENDINGS.get(form, f'.{form}')}"


def _named(made: Sequence[Made], order: Order, folder: Path) -> tuple[Made, ...]:
    """The files under names for people, such as ``danh-sach-yeu-cau-1-3.xlsx`` for the first of three."""
    stem, named = fold(order.t(N_("Request list"))).replace(" ", "-"), []
    for number, one in enumerate(made, 1):
        part = f"-{number}-{len(made)}" if len(made) > 1 else ""
        path = folder / one.name
        named.append(one.model_copy(update={"name": path.rename(folder / f"{stem}{part}{path.suffix}").name}))
    return tuple(named)
