"""Run the process that writes an export ordered in a chat: ``python -m bot.exports.export_worker TASK FOLDER``.

It opens the store itself, reads the person's rights again, and reports its progress on standard output
(``bot.exports.process``).
"""

import asyncio
import mimetypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from bot.errors import OutputError
from bot.exports import ExportJob, ExportMetadata
from bot.exports.export import ExportSpan, ExportWriter, open_writer, read_span, request_batches
from bot.exports.process import ExportRefused, Finished, LastWord, Line, Lost, Made, Progress
from bot.process_sandbox import exit_with_parent
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import load_settings
from bot.store import ExportTask, Store
from handlers.model import NO_REMARKS, Act, ExportForm, ExportRemarks, RequestRow, Rights
from locales import N_, translator
from rules.language.spelling import fold

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


_MEGABYTE = 1_000_000


def main(arguments: list[str]) -> None:
    """Write the files of a task into a folder."""
    task, folder = arguments
    exit_with_parent()
    os.umask(0o077)  # only the owner may read a file, from its first byte on
    asyncio.run(_run(task, Path(folder)))


async def _run(name: str, folder: Path) -> None:
    settings = load_settings()
    async with open_store_from_settings(settings) as opened:
        task = await opened.store.tasks.get(name)
        if task is not None:
            limit, templates = settings.export_part_mb * _MEGABYTE, settings.form_templates
            _say(await write(opened.store, task, folder, limit, sys.stdout.buffer, templates=templates))


async def write(  # noqa: PLR0913 - as many facts as one order has
    store: Store, task: ExportTask, folder: Path, limit: int, output: BinaryIO, *, templates: Path | None = None
) -> LastWord:
    """Write the files of a task and return the last line to report.

    Args:
        store: The store with the requests.
        task: The order, with the chat that made it.
        folder: An empty folder for the files.
        limit: The most bytes of a file.
        output: Receives a line of progress at a time.
        templates: The folder of the office's own forms.
    """
    now = datetime.now(UTC)
    rights = await _rights(store, task, now)
    if not rights.reach(Act.EXPORT_REQUESTS):
        return Lost()
    order = _order(task, rights, now, templates)
    try:
        parts = await write_parts(
            store, order, folder, limit, lambda done, total: _write_line(output, Progress(done=done, total=total))
        )
    except OutputError as error:
        return ExportRefused(why=error.say(order.t))
    return Finished(
        files=parts.files,
        count=parts.count,
        remarks=parts.remarks,
        grants=tuple(grant.id for grant in rights.grants),
        unit=rights.journal_unit(Act.EXPORT_REQUESTS, order.wanted.unit),
    )


async def _rights(store: Store, task: ExportTask, now: datetime) -> Rights:
    """Return the rights of the person at this moment."""
    units = await store.units.read()
    async with open_admin_transaction(store, now, chat=task.chat.id, channel=task.chat.channel, reading=True) as unit:
        return Rights.of(await unit.admin.people.mine(), units)


def _order(task: ExportTask, rights: Rights, now: datetime, templates: Path | None) -> ExportJob:
    order = task.order
    return ExportJob(
        rights, order.wanted, order.form, translator(order.language), now,
        chat=task.chat.id, channel=task.chat.channel, templates=templates,
    )  # fmt: skip


def _say(line: Line) -> None:
    _write_line(sys.stdout.buffer, line)


def _write_line(output: BinaryIO, line: Line) -> None:
    output.write(line.model_dump_json().encode() + b"\n")
    output.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
