"""Split an export into files that a channel can send.

A small export is one file; a larger one becomes several, each complete in itself.
"""

import asyncio
import mimetypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from bot.exports import ExportJob, ExportMetadata
from bot.exports.export import ExportSpan, ExportWriter, open_writer, read_span, request_batches
from bot.exports.process import Made
from bot.store import Store
from handlers.folding import fold
from handlers.model import NO_REMARKS, ExportForm, ExportRemarks, RequestRow
from locales import N_

_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES = {
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".jsonl": "application/jsonl",
}
_INDEX = "index.txt"
#: The bytes that an entry adds to an archive beside its content, its name included twice.
_ENTRY_OVERHEAD = 512

#: Official lists come in an archive, because there may be any number of them.
_PART_SUFFIXES = {ExportForm.IMPORT19: ".xlsx", ExportForm.DOCX: ".zip"}
#: A part is filled only to this share: some requests are longer than the average.
_FILL_SHARE = 0.85

ProgressCallback = Callable[[int, int], None]


def media_type(name: str) -> str:
    """Return the media type for a file's suffix."""
    return _MEDIA_TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def split_lists(archive: Path, limit: int) -> list[Made]:
    """Split an archive of lists into smaller ones; a single list becomes a Word file."""
    with ZipFile(archive) as whole:
        lists = [entry for entry in whole.infolist() if entry.filename != _INDEX]
        if len(lists) == 1:
            return [_extract_single(whole, lists[0], archive.with_name("list.docx"))]
        if archive.stat().st_size <= limit:
            return [_to_made(archive, 1, len(lists))]
        made, first = [], 1
        for number, group in enumerate(_group_entries(lists, limit - whole.getinfo(_INDEX).file_size), 1):
            path = archive.with_name(f"lists-{number}.zip")
            _write_group(whole, group, path)
            made.append(_to_made(path, first, first + len(group) - 1))
            first += len(group)
        return made


def _extract_single(whole: ZipFile, entry: ZipInfo, path: Path) -> Made:
    path.write_bytes(whole.read(entry))
    return _to_made(path, 1, 1)


def _to_made(path: Path, first: int, last: int) -> Made:
    return Made(name=path.name, media_type=media_type(path.name), holds="lists", first=first, last=last)


def _group_entries(entries: Sequence[ZipInfo], room: int) -> Iterator[list[ZipInfo]]:
    """Yield groups of entries that fit together, with at least one entry each."""
    group: list[ZipInfo] = []
    size = 0
    for entry in entries:
        larger = entry.file_size + _ENTRY_OVERHEAD
        if group and size + larger > room:
            yield group
            group, size = [], 0
        group.append(entry)
        size += larger
    yield group


def _write_group(whole: ZipFile, group: Sequence[ZipInfo], path: Path) -> None:
    """Write a group of entries with the index of all."""
    with ZipFile(path, "w", ZIP_STORED) as part:
        for name in (_INDEX, *(entry.filename for entry in group)):
            part.writestr(name, whole.read(name))


@dataclass(frozen=True, slots=True)
class ExportParts:
    """The files that were written, and their remarks."""

    files: tuple[Made, ...]
    count: int  #: requests in the files
    remarks: ExportRemarks


async def write_parts(
    store: Store, order: ExportJob, folder: Path, limit: int, progress: ProgressCallback
) -> ExportParts:
    """Write the files of an export into an empty folder, again with smaller parts if one is too large.

    Args:
        store: The store with the requests.
        order: Who asked, and for which requests and form.
        folder: The empty folder.
        limit: The most bytes of a file; only a single request may exceed it.
        progress: Called with the number of requests read so far, and the number of all.

    Raises:
        OSError: a file cannot be written.
        OutputError: there is nothing to write in this form.
        StoreError: the requests cannot be read.
    """
    span = await read_span(store, order)
    each = max(span.count, 1)
    while True:
        files = PartWriter(order, folder, each, span.count)
        await _write_files(store, order, span, files, progress)
        if order.form is ExportForm.DOCX:
            lists = await asyncio.to_thread(split_lists, folder / files.made[0].name, limit)
            return ExportParts(_rename_for_people(lists, order, folder), files.requests_written, files.remarks)
        largest = max((folder / made.name).stat().st_size for made in files.made)
        if largest <= limit or each == 1:
            return ExportParts(_rename_for_people(files.made, order, folder), files.requests_written, files.remarks)
        files.remove()
        each = max(1, min(each - 1, int(each * limit / largest * _FILL_SHARE)))


async def _write_files(
    store: Store, order: ExportJob, span: ExportSpan, files: "PartWriter", progress: ProgressCallback
) -> None:
    progress(0, span.count)
    try:
        async for batch in request_batches(store, order, span):
            await files.add(batch)
            progress(files.done, span.count)
        await files.finish()
    except BaseException:
        files.abandon()
        raise


class PartWriter:
    """One attempt to write the files, with a fixed number of requests in each."""

    def __init__(self, order: ExportJob, folder: Path, each: int, total: int) -> None:
        self._order = order
        self._folder = folder
        self._each = each
        self._total = total
        self._writer: ExportWriter | None = None
        self._first = 1  #: the number of the open file's first request
        self.done = 0  #: requests read
        self.remarks = NO_REMARKS
        self.made: list[Made] = []

    @property
    def requests_written(self) -> int:
        """Return the number of requests in the closed files."""
        return self.done - self.remarks.left_out

    async def add(self, batch: Sequence[RequestRow]) -> None:
        """Write some more requests; a full file is closed."""
        while batch:
            writer = await self._open()
            taken = batch[: self._first + self._each - 1 - self.done]
            await asyncio.to_thread(writer.add, taken)
            self.done += len(taken)
            batch = batch[len(taken) :]
            if self.done == self._first + self._each - 1:
                await self._close()

    async def finish(self) -> None:
        """Complete the last file; an empty export is one file without requests."""
        if self._writer or not self.made:
            await self._open()
            await self._close()

    def abandon(self) -> None:
        """Close what is open; the files are useless."""
        if self._writer:
            self._writer.abandon()

    def remove(self) -> None:
        """Remove the files, to make room for another attempt."""
        for made in self.made:
            (self._folder / made.name).unlink()

    async def _open(self) -> ExportWriter:
        if self._writer is not None:
            return self._writer
        self._first = self.done + 1
        about = ExportMetadata(self._order, min(self._each, self._total - self.done))
        writer = self._writer = await asyncio.to_thread(
            open_writer, self._order.form, self._folder / self._file_name(), about
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
        return f"{len(self.made) + 1}{_PART_SUFFIXES.get(form, f'.{form}')}"


def _rename_for_people(made: Sequence[Made], order: ExportJob, folder: Path) -> tuple[Made, ...]:
    """Rename the files for people, such as ``danh-sach-yeu-cau-1-3.xlsx`` for the first of three."""
    stem, named = fold(order.t(N_("Request list"))).replace(" ", "-"), []
    for number, one in enumerate(made, 1):
        part = f"-{number}-{len(made)}" if len(made) > 1 else ""
        path = folder / one.name
        named.append(one.model_copy(update={"name": path.rename(folder / f"{stem}{part}{path.suffix}").name}))
    return tuple(named)
