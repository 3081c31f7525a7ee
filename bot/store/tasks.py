"""Export tasks: rows that a worker takes, reports on, and ends once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from bot.messages import Chat
from bot.store.context import StoreContext
from bot.store.drivers.base import Driver, Query, Transaction
from bot.store.encoding import to_micros
from bot.store.journal import JournalRepository
from bot.store.messages import (
    EXPORT_TASK,
    FILE_MARK,
    FormatFailure,
    OutboxMessage,
    OutboxRecipient,
    PreparedMessage,
    format_task_edit,
    prepare_messages,
    task_message,
    task_message_query,
)
from bot.store.owner_alerts import AbandonedRow, OwnerAlerts
from bot.store.roles import to_grants
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import UNREADABLE_ERRORS
from handlers.core.replies import Reply
from handlers.model.exports import ExportOrder
from handlers.model.rights import Rights
from handlers.model.unit_directory import NO_UNITS
from locales import LANGUAGES


@dataclass(frozen=True, slots=True)
class ExportTask:
    """An export that is to be written, and for whom."""

    id: str
    chat: Chat
    order: ExportOrder
    tries: int = field(default=1, compare=False)  #: this one included


class Completion(StrEnum):
    """The outcome of handing a task's results over."""

    DONE = "done"
    ENDED = "ended"  #: it was cancelled meanwhile, or its chat was erased; nothing was handed over
    LOST = "lost"  #: a role it was done by has ended; nothing was handed over


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The results of a task."""

    messages: Sequence[Callable[[], Reply]]  #: each made when it is stored: one file at a time is in memory
    said: Reply  #: the end of the moving message
    grants: tuple[str, ...]  #: ids of the roles it was done by
    subject: str  #: for the journal
    unit: str | None
    count: int  #: requests


@dataclass(frozen=True, slots=True)
class ExportTasks:
    """The exports of all channels, as a worker writes them. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring
    alerts: OwnerAlerts
    format_failed: FormatFailure
    worker: str  #: id of the worker that takes tasks here

    async def recover(self, channel: str) -> int:
        """Queue again what no living worker is at.

        Returns:
            How many tasks that were, those of ``OwnDataTasks`` among them.
        """
        (rows,) = await self.driver.run(Query("recover_tasks", {"channel": channel}))
        return len(rows)

    async def take(self, channel: str, now: datetime) -> ExportTask | None:
        """Take the task that waited longest; it is under way from now on.

        Unreadable ones fail on the way, and the person who ordered them is told.

        Returns:
            The task; ``None`` where none waits.
        """
        while waiting := await self._waiting(channel):
            (taken,) = await self.driver.run(
                Query("take_task", {"id": waiting, "now": to_micros(now), "worker": self.worker})
            )
            if taken and (task := await self._readable(waiting, now)):
                return task
        return None

    async def _waiting(self, channel: str) -> str | None:
        (rows,) = await self.driver.run(Query("waiting_task", {"channel": channel, "kind": EXPORT_TASK}))
        return rows[0][0] if rows else None

    async def _readable(self, task: str, now: datetime) -> ExportTask | None:
        try:
            return await self.get(task)
        except UNREADABLE_ERRORS as error:
            self.keyring.damage.record("tasks", "spec", task, error)
            await self._give_up(task, now)
            return None

    async def _give_up(self, task: str, now: datetime) -> None:
        async with self.driver.transaction() as transaction:
            (rows,) = await transaction.run(Query("task", {"id": task}))
            (ended,) = await transaction.run(_end_query(task, "failed", now))
            if rows and ended:
                _, chat, channel, *_ = rows[0]
                acting = StoreContext(transaction.run, self.keyring, now, channel, chat)
                (language,) = await acting.ask(Query("chat_language", {"chat": chat}))
                said = self.format_failed(language[0][0] or LANGUAGES[0])
                await acting.ask(
                    task_message_query(acting, task, "end", await format_task_edit(acting, task, said) or said)
                )
            await transaction.run(commit=True)

    async def get(self, task: str) -> ExportTask | None:
        """Return a task that is under way; ``None`` where it has ended."""
        (rows,) = await self.driver.run(Query("task", {"id": task}))
        return self._task(rows[0]) if rows else None

    def _task(self, row: tuple[Any, ...]) -> ExportTask:
        task, chat, channel, address, spec, tries = row
        order = ExportOrder.model_validate_json(self.keyring.unseal(spec, sealed_columns.task(task)))
        return ExportTask(
            task, Chat(chat, channel, self.keyring.unseal(address, sealed_columns.address(chat))), order, tries
        )

    async def report(self, task: ExportTask, done: int, total: int, now: datetime, said: Reply | None = None) -> bool:
        """Note how far a task is.

        Args:
            task: the task that is under way.
            done: requests that are written.
            total: requests there are.
            now: the time of the report.
            said: takes the place of the message that shows how far it is, unless the chat has something else to be told
                first.

        Returns:
            False where it was ended meanwhile.
        """
        async with self._acting(task, now) as (transaction, acting):
            row = {"id": task.id, "done": done, "total": total, "now": to_micros(now)}
            going, untold = await acting.ask(Query("report_task", row), Query("untold", {"chat": task.chat.id}))
            if going and said and not untold and (moved := await format_task_edit(acting, task.id, said)):
                await acting.ask(task_message_query(acting, task.id, str(to_micros(now)), moved))
            await transaction.run(commit=True)
        return bool(going)

    async def complete(self, task: ExportTask, result: TaskResult, now: datetime) -> Completion:
        """Queue the results, and end the moving message and the task, all in one transaction.

        Nothing is handed over where the task was ended meanwhile, or a role that it was done by.
        """
        messages = [partial(_result_message, task, number, make) for number, make in enumerate(result.messages, 1)]
        aside = prepare_messages(self.keyring, messages, now)
        async with aside as ready, self._acting(task, now) as (transaction, acting):
            (ended,) = await acting.ask(_end_query(task.id, "done", now))
            if not ended:
                return Completion.ENDED
            rights = await _own_rights(acting)
            if not set(result.grants) <= {grant.id for grant in rights.grants}:
                return Completion.LOST
            await _deliver_results(acting, rights, task, result, ready)
            await transaction.run(commit=True)
        return Completion.DONE

    async def fail(self, task: ExportTask, said: Reply, now: datetime, *, aside: bool = False) -> bool:
        """Give a task up, and say so.

        Args:
            task: the task that is under way.
            said: what its chat is told.
            now: the time of its end.
            aside: it was tried too often, and the owners are told.

        Returns:
            False where it had ended before.
        """
        if aside:
            await self.alerts.raise_alarm(AbandonedRow.TASK, task.id, now)
        async with self._acting(task, now) as (transaction, acting):
            (ended,) = await acting.ask(_end_query(task.id, "failed", now))
            if ended:
                await _notify_end(acting, task, said)
            await transaction.run(commit=True)
        return bool(ended)

    @asynccontextmanager
    async def _acting(self, task: ExportTask, now: datetime) -> AsyncIterator[tuple[Transaction, StoreContext]]:
        async with self.driver.transaction() as transaction:
            yield transaction, StoreContext(transaction.run, self.keyring, now, task.chat.channel, task.chat.id)


def _end_query(task: str, state: str, now: datetime) -> Query:
    return Query("end_task", {"id": task, "state": state, "now": to_micros(now)})


def _result_message(task: ExportTask, number: int, make: Callable[[], Reply]) -> OutboxMessage:
    return task_message(OutboxRecipient(task.chat.id, task.chat.channel), task.id, f"{FILE_MARK}:{number}", make())


async def _deliver_results(
    acting: StoreContext, rights: Rights, task: ExportTask, result: TaskResult, ready: Sequence[PreparedMessage]
) -> None:
    for message in ready:
        await acting.ask(await asyncio.to_thread(message.to_query))
    await _notify_end(acting, task, result.said)
    await JournalRepository(acting).append(rights.actor, "export", result.subject, unit=result.unit, count=result.count)


async def _own_rights(acting: StoreContext) -> Rights:
    """Read the roles that the person of the task's chat has at this moment; the units do not matter here."""
    (rows,) = await acting.ask(Query("my_grants", {"chat": acting.chat}))
    return Rights.of(to_grants(acting.keyring, rows), NO_UNITS)


async def _notify_end(acting: StoreContext, task: ExportTask, said: Reply) -> None:
    """Say it in place of the moving message; as a message of its own where that cannot be changed."""
    await acting.ask(task_message_query(acting, task.id, "end", await format_task_edit(acting, task.id, said) or said))
