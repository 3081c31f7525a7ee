"""Run the process that writes an export ordered in a chat: ``python -m bot.exports.export_worker TASK FOLDER``.

It opens the store itself, reads the person's rights again, and reports its progress on standard output
(``bot.exports.process``).
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.errors import OutputError
from bot.exports import ExportJob
from bot.exports.parts import write_parts
from bot.exports.process import ExportRefused, Finished, LastWord, Line, Lost, Progress
from bot.process_sandbox import exit_with_parent
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import load_settings
from bot.store import ExportTask, Store
from handlers.model import Act, Rights
from locales import translator

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
    """What the person holds at this moment."""
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
