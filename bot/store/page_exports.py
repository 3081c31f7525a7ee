"""Exports that people fetch from the admin pages: a worker that serves those writes them, whatever the channel.

Nothing of them is sent to the chat. The files wait as long as a session of the pages lasts, under the task that made
them, and what is to be said of them takes the place of the order.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.store.context import StoreContext
from bot.store.drivers import Query, from_micros, to_micros
from bot.store.links import SESSION_AGE, FileFacts, new_link
from bot.store.sealing import UNREADABLE_ERRORS, sealed_columns
from bot.store.tasks import ExportTask, ExportTasks, TaskTransaction, UnreadableTask
from handlers.core import Reply
from handlers.model import ExportOrder, FinishedExport, LinkPurpose

#: The kind of these tasks.
PAGE_EXPORT_TASK = "page_export"


def _origin(task: str, tries: int, number: int) -> str:
    """Name a file; each try has files of its own, so that one that comes late spoils nothing."""
    return f"page_export:{task}:{tries}:{number:04}"


def _all_origins(task: str, tries: int) -> str:
    return f"page_export:{task}:{tries}:%"


class PageExport(NamedTuple):
    """An export as the pages show it."""

    id: str
    state: str  #: queued, running, done, failed or cancelled
    done: int
    total: int
    changed_at: datetime
    order: FinishedExport | None  #: ``None``: it cannot be read any more

    @property
    def is_open(self) -> bool:
        """Tell whether it waits or is under way."""
        return self.state in {"queued", "running"}

    @property
    def tries(self) -> int:
        """Return the try that made its files."""
        return self.order.tries if self.order else 1


class PageFile(NamedTuple):
    """A file that can be fetched."""

    number: int  #: from 1
    facts: FileFacts


@dataclass(frozen=True, slots=True)
class PageExportRepository:
    """The exports of one person; ``bot.services.exports`` decides who may order and fetch one."""

    context: StoreContext

    async def add(self, order: ExportOrder, total: int) -> str:
        """Queue an export of about ``total`` requests; return its id."""
        context = self.context
        task = await context.next_id("XD")
        spec = context.keyring.seal(order.model_dump_json(), sealed_columns.task(task))
        row = {"id": task, "chat": context.chat, "kind": PAGE_EXPORT_TASK, "spec": spec, "progress": None}
        await context.ask(Query("add_task", {**row, "total": total, "now": to_micros(context.now)}))
        return task

    async def latest(self) -> PageExport | None:
        """Return the export that was ordered last."""
        (rows,) = await self.context.ask(Query("latest_task", {"chat": self.context.chat, "kind": PAGE_EXPORT_TASK}))
        if not rows:
            return None
        ((task, state, done, total, changed, spec),) = rows
        keyring = self.context.keyring
        try:
            order = FinishedExport.model_validate_json(keyring.unseal(spec, sealed_columns.task(task)))
        except UNREADABLE_ERRORS:
            order = None
        return PageExport(task, state, done, total, from_micros(changed), order)

    async def cancel(self, task: str) -> None:
        """End an export; the worker that writes it finds it ended."""
        now = to_micros(self.context.now)
        await self.context.ask(Query("end_task", {"id": task, "state": "cancelled", "now": now}))

    async def files(self, task: str, tries: int) -> tuple[PageFile, ...]:
        """Return the files of a try of an export that can still be fetched, in order."""
        where = {"chat": self.context.chat, "origins": _all_origins(task, tries), "now": to_micros(self.context.now)}
        (rows,) = await self.context.ask(Query("files_of_page_export", where))
        keyring = self.context.keyring
        return tuple(
            PageFile(number, FileFacts.model_validate_json(keyring.unseal(about, sealed_columns.link_about(digest))))
            for number, (digest, about) in enumerate(rows, 1)
        )

    async def file(self, task: str, tries: int, number: int) -> tuple[FileFacts, bytes] | None:
        """Return one file with its content; it can be fetched again until its time is over."""
        where = {"chat": self.context.chat, "origin": _origin(task, tries, number), "now": to_micros(self.context.now)}
        (rows,) = await self.context.ask(Query("file_of_page_export", where))
        if not rows:
            return None
        ((digest, about, content),) = rows
        keyring = self.context.keyring
        facts = FileFacts.model_validate_json(keyring.unseal(about, sealed_columns.link_about(digest)))
        return facts, await asyncio.to_thread(keyring.unseal_bytes, content, sealed_columns.link_content(digest))


@dataclass(frozen=True, slots=True)
class PageExportTasks(ExportTasks):
    """The same exports as workers see them. Every method raises StoreError."""

    async def _waiting(self, channel: str) -> str | None:
        del channel  # of whatever channel the person is
        (rows,) = await self.driver.run(Query("waiting_page_export", {"kind": PAGE_EXPORT_TASK}))
        return rows[0][0] if rows else None

    async def report(self, task: ExportTask, done: int, total: int, now: datetime, said: Reply | None = None) -> bool:
        """Note how far a task is; False where it was ended meanwhile."""
        del said  # the page asks
        row = {"id": task.id, "done": done, "total": total, "now": to_micros(now)}
        (going,) = await self.driver.run(Query("report_task", row))
        return bool(going)

    async def keep_files(self, task: ExportTask, messages: Sequence[Callable[[], Reply]], now: datetime) -> None:
        """Keep the files of messages, one in memory at a time."""
        for number, make in enumerate(messages, 1):
            (file,) = make().attachments
            link = await asyncio.to_thread(
                new_link, self.keyring, LinkPurpose.FILE, task.chat.id, now,
                origin=_origin(task.id, task.tries, number), file=file, age=SESSION_AGE,
            )  # fmt: skip
            await self.driver.run(*link.calls)

    async def drop_files(self, task: ExportTask) -> None:
        """Keep none of the files of this try."""
        await self.driver.run(
            Query("drop_page_export", {"chat": task.chat.id, "origins": _all_origins(task.id, task.tries)})
        )

    async def tell(self, at: TaskTransaction, task: ExportTask, said: Reply, roles: tuple[str, ...] = ()) -> None:
        """Note what the page is to say of a task that has ended, and by which roles its files were made."""
        told = FinishedExport(**task.order.model_dump(), told=said.paragraphs, roles=roles, tries=task.tries)
        spec = self.keyring.seal(told.model_dump_json(), sealed_columns.task(task.id))
        await at.context.ask(Query("tell_task", {"id": task.id, "spec": spec}))

    async def fail(self, task: ExportTask | UnreadableTask, said: Reply, now: datetime, *, aside: bool = False) -> bool:
        """Give a task up, and let the page say so; False where it had ended before."""
        await self.raise_alarm(task, now, aside=aside)
        async with self.open(task, now) as at:
            if (ended := await at.end("failed")) and isinstance(task, ExportTask):
                await self.tell(at, task, said)
            await at.commit()
        return ended
