"""Export tasks: orders are rows that a worker takes, reports on, and ends once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from bot.messages import Chat
from bot.store.conditions import QueryConditions
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Transaction, from_micros, to_micros
from bot.store.messages import (
    EXPORT_TASK,
    FILE_MARK,
    AbandonedRow,
    OutboxMessage,
    OutboxRecipient,
    OwnerAlerts,
    PreparedMessage,
    format_task_edit,
    prepare_messages,
    task_message,
    task_message_query,
    task_origin,
)
from bot.store.people import to_grants
from bot.store.requests import content_for_display
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns, unseal_or_none
from handlers.core import Reply
from handlers.model import ExportOrder, ExportStatus, Grant, Request, RequestRow, RequestState
from locales import LANGUAGES


@dataclass(frozen=True, slots=True)
class ExportTask:
    """An export that is to be written, and for whom."""

    id: str
    chat: Chat
    order: ExportOrder
    tries: int = field(default=1, compare=False)  #: this one included


@dataclass(frozen=True, slots=True)
class UnreadableTask:
    """An order that cannot be read any more; the person who ordered it can still be told."""

    id: str
    chat: Chat  #: without its address
    language: str  #: of the conversation


class Completion(StrEnum):
    """The result of the attempt to hand a task's results over."""

    DONE = "done"
    ENDED = "ended"  #: it was cancelled meanwhile, or its chat was erased; nothing was handed over
    LOST = "lost"  #: a role it was done by has ended; nothing was handed over


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The messages that a task made, and what the journal says of them."""

    messages: Sequence[Callable[[], Reply]]  #: each made when it is stored: one file at a time is in memory
    said: Reply  #: the end of the moving message
    grants: tuple[str, ...]  #: ids of the roles it was done by
    subject: str  #: for the journal
    unit: str | None
    count: int  #: requests


@dataclass(frozen=True, slots=True)
class ExportTasks:
    """The exports of all channels; ``bot.services.exports`` decides their end. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring
    alerts: OwnerAlerts
    worker: str  #: id of the worker that takes tasks here

    async def recover(self, channel: str) -> int:
        """Queue again what no living worker is at.

        Returns:
            How many tasks that were, those of ``OwnDataTasks`` among them.
        """
        (rows,) = await self.driver.run(Query("recover_tasks", {"channel": channel}))
        return len(rows)

    async def take(self, channel: str, now: datetime) -> ExportTask | UnreadableTask | None:
        """Take the task that waited longest; it is under way from now on.

        Returns:
            The task, even if it cannot be read; ``None`` where none waits.
        """
        while waiting := await self._waiting(channel):
            (taken,) = await self.driver.run(
                Query("take_task", {"id": waiting, "now": to_micros(now), "worker": self.worker})
            )
            if taken and (task := await self._read(waiting)):
                return task
        return None

    async def _waiting(self, channel: str) -> str | None:
        (rows,) = await self.driver.run(Query("waiting_task", {"channel": channel, "kind": EXPORT_TASK}))
        return rows[0][0] if rows else None

    async def _read(self, task: str) -> ExportTask | UnreadableTask | None:
        try:
            return await self.get(task)
        except UNREADABLE_ERRORS as error:
            self.keyring.damage.record("tasks", "spec", task, error)
            return await read_unreadable_task(self.driver, task)

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
        async with self.open(task, now) as at:
            context, row = at.context, {"id": task.id, "done": done, "total": total, "now": to_micros(now)}
            going, untold = await context.ask(Query("report_task", row), Query("untold", {"chat": task.chat.id}))
            if going and said and not untold and (edit := await format_task_edit(context, task.id, said)):
                await context.ask(task_message_query(context, task.id, str(to_micros(now)), edit))
            await at.commit()
        return bool(going)

    @asynccontextmanager
    async def prepare(
        self, task: ExportTask, messages: Iterable[Callable[[], Reply]], now: datetime
    ) -> AsyncIterator[list[PreparedMessage]]:
        """Make and seal the messages of a task, outside any transaction; their origins number them from 1."""
        made = [partial(_result_message, task, number, make) for number, make in enumerate(messages, 1)]
        async with prepare_messages(self.keyring, made, now) as ready:
            yield ready

    async def fail(self, task: ExportTask | UnreadableTask, said: Reply, now: datetime, *, aside: bool = False) -> bool:
        """Give a task up, and say so.

        Args:
            task: the task that is under way.
            said: what its chat is told.
            now: the time of its end.
            aside: it was tried too often, and the owners are told.

        Returns:
            False where it had ended before.
        """
        await self.raise_alarm(task, now, aside=aside)
        async with self.open(task, now) as at:
            if ended := await at.end("failed"):
                await at.notify_end(said)
            await at.commit()
        return ended

    async def raise_alarm(self, task: ExportTask | UnreadableTask, now: datetime, *, aside: bool) -> None:
        """Tell the owners of a task that is set ``aside``."""
        if aside:
            await self.alerts.raise_alarm(AbandonedRow.TASK, task.id, now)

    @asynccontextmanager
    async def open(self, task: ExportTask | UnreadableTask, now: datetime) -> AsyncIterator["TaskTransaction"]:
        """Open a transaction about a task; without ``commit``, or with an exception, nothing of it stays."""
        async with self.driver.transaction() as transaction:
            context = StoreContext(transaction.run, self.keyring, now, task.chat.channel, task.chat.id)
            yield TaskTransaction(transaction, context, task.id)


@dataclass(frozen=True, slots=True)
class TaskTransaction:
    """The end of a task, with all that goes with it."""

    transaction: Transaction
    context: StoreContext
    task: str

    async def end(self, state: str) -> bool:
        """Give the task its end; false where it had one before."""
        now = to_micros(self.context.now)
        (ended,) = await self.context.ask(Query("end_task", {"id": self.task, "state": state, "now": now}))
        return bool(ended)

    async def read_grants(self) -> tuple[Grant, ...]:
        """Read the roles that the person of the task's chat has at this moment."""
        (rows,) = await self.context.ask(Query("my_grants", {"chat": self.context.chat}))
        return tuple(to_grants(self.context.keyring, rows))

    async def queue(self, messages: Iterable[PreparedMessage]) -> None:
        """Queue prepared messages, one in memory at a time."""
        for message in messages:
            await self.context.ask(await asyncio.to_thread(message.to_query))

    async def notify_end(self, said: Reply) -> None:
        """Queue ``said`` in place of the moving message; as a message of its own where that cannot be changed."""
        edit = await format_task_edit(self.context, self.task, said)
        await self.context.ask(task_message_query(self.context, self.task, "end", edit or said))

    async def commit(self) -> None:
        """Keep what was done; nothing may be asked afterwards."""
        await self.transaction.run(commit=True)


async def read_unreadable_task(driver: Driver, task: str) -> UnreadableTask | None:
    """Read what is known of a task whose order cannot be read; ``None`` where it has ended."""
    (rows,) = await driver.run(Query("task", {"id": task}))
    if not rows:
        return None
    _, chat, channel, *_ = rows[0]
    (language,) = await driver.run(Query("chat_language", {"chat": chat}))
    return UnreadableTask(task, Chat(chat, channel, ""), str(language[0][0] or LANGUAGES[0]))


def _result_message(task: ExportTask, number: int, make: Callable[[], Reply]) -> OutboxMessage:
    return task_message(OutboxRecipient(task.chat.id, task.chat.channel), task.id, f"{FILE_MARK}:{number}", make())


@dataclass(frozen=True, slots=True)
class ExportRepository:
    """Exports of one chat; ``bot.services.exports`` decides who may order one."""

    context: StoreContext

    async def add(self, order: ExportOrder, total: int, said: Reply) -> str:
        """Queue an export of about ``total`` requests with the message that shows how far it is; return its id."""
        context = self.context
        task = await context.next_id("XD")
        spec = context.keyring.seal(order.model_dump_json(), sealed_columns.task(task))
        row = {"id": task, "chat": context.chat, "kind": EXPORT_TASK, "spec": spec, "progress": task_origin(task)}
        add = Query("add_task", {**row, "total": total, "now": to_micros(context.now)})
        await context.ask(add, task_message_query(context, task, "shown", said))
        return task

    async def find_open(self) -> ExportStatus | None:
        """Find the export that is waiting or being written."""
        (rows,) = await self.context.ask(Query("open_task", {"chat": self.context.chat, "kind": EXPORT_TASK}))
        return ExportStatus(*rows[0]) if rows else None

    async def read_unit(self, task: str) -> str | None:
        """Read the unit that an order is about; ``None`` also where the order cannot be read any more."""
        context = self.context
        wanted = {"id": task, "chat": context.chat, "kind": EXPORT_TASK}
        (((spec,),),) = await context.ask(Query("task_spec", wanted))
        try:
            order = ExportOrder.model_validate_json(context.keyring.unseal(spec, sealed_columns.task(task)))
        except UNREADABLE_ERRORS:
            return None
        return order.wanted.unit

    async def cancel(self, task: str) -> None:
        """End an export; the worker that writes it finds it ended."""
        now = to_micros(self.context.now)
        await self.context.ask(Query("end_task", {"id": task, "state": "cancelled", "now": now}))

    async def edit_message(self, task: str, said: Reply) -> None:
        """Queue ``said`` in place of the message that shows how far it is, where that was sent and can be changed."""
        if edit := await format_task_edit(self.context, task, said):
            await self.context.ask(task_message_query(self.context, task, "end", edit))


@dataclass(frozen=True, slots=True)
class ExportReaderRepository:
    """Requests in the order of registration, in batches, without their history and decision."""

    context: StoreContext

    async def extent(self, selection: QueryConditions) -> tuple[int, int]:
        """Return how many requests are selected, and the number of the newest."""
        (((count, last),),) = await self.context.ask(selection.to_query("extract_extent"))
        return count, last

    async def batch(self, selection: QueryConditions, limit: int, *, after: int, last: int) -> tuple[RequestRow, ...]:
        """Read the oldest ``limit`` of them whose number is over ``after`` and not over ``last``."""
        beyond = selection.with_condition("beyond", after=after, last=last)
        (rows,) = await self.context.ask(beyond.to_query("extract_batch", limit=limit))
        return tuple(_to_request_row(row, self.context) for row in rows)


def _to_request_row(row: tuple[Any, ...], context: StoreContext) -> RequestRow:
    code, number, state, content, unit, registered_at, changed_at, revision, moved_at, note, actor, procedure = row
    keyring, language = context.keyring, context.policy.language
    opened = content_for_display(keyring, code, content, procedure, language=language, whole=False)
    return RequestRow(
        request=Request(code=code, state=RequestState(state), content=opened, history=()),
        number=number,
        unit=unit,
        registered_at=from_micros(registered_at),
        changed_at=from_micros(changed_at),
        revision=revision,
        note=unseal_or_none(keyring, note, sealed_columns.note(code, moved_at or 0)) or "",
        actor=actor or "",
    )
