"""Tasks as whoever serves a channel works them off: taken, reported on, ended once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from bot.store import places
from bot.store.alarm import SetAside, tell_owners
from bot.store.api import Chat
from bot.store.drivers import Call, Driver, Transaction
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.bundle import StoredOffice
from bot.store.office.telling import EXPORT, FILE, in_place, message_of, told
from bot.store.outbox import Message, Recipient
from bot.store.reading import UNREADABLE
from bot.store.sealing import Keyring
from bot.store.set_aside import Ready, set_aside
from bot.store.task_api import Completion, Result, Task
from handlers.office.export_words import failed
from handlers.office.exporting import ExportOrder
from handlers.office.rights import Rights
from handlers.office.units import NO_UNITS
from handlers.replies import Reply
from handlers.voice import Voice
from locales import LANGUAGES


@dataclass(frozen=True, slots=True)
class StoredTasks:
    """Implements ``bot.store.api.TaskBook``."""

    driver: Driver
    keyring: Keyring
    worker: str  #: who is at what is taken here

    async def recover(self, channel: str) -> int:
        """Begin anew what the dead were at."""
        (rows,) = await self.driver.run(Call("recover_tasks", {"channel": channel}))
        return len(rows)

    async def take(self, channel: str, now: datetime) -> Task | None:
        """The one that waited longest; unreadable ones fail on the way, and whoever ordered them is told."""
        while waiting := await self._waiting(channel):
            (taken,) = await self.driver.run(
                Call("take_task", {"id": waiting, "now": stored(now), "worker": self.worker})
            )
            if taken and (task := await self._readable(waiting, now)):
                return task
        return None

    async def _waiting(self, channel: str) -> str | None:
        (rows,) = await self.driver.run(Call("waiting_task", {"channel": channel, "kind": EXPORT}))
        return rows[0][0] if rows else None

    async def _readable(self, task: str, now: datetime) -> Task | None:
        try:
            return await self.get(task)
        except UNREADABLE as error:
            self.keyring.damage.record("tasks", "spec", task, error)
            await self._give_up(task, now)
            return None

    async def _give_up(self, task: str, now: datetime) -> None:
        async with self.driver.transaction() as transaction:
            (rows,) = await transaction.run(Call("task", {"id": task}))
            (ended,) = await transaction.run(_end(task, "failed", now))
            if rows and ended:
                _, chat, channel, *_ = rows[0]
                acting = Acting(transaction.run, self.keyring, now, channel, chat)
                (language,) = await acting.ask(Call("chat_language", {"chat": chat}))
                said = failed(Voice(language[0][0] or LANGUAGES[0]))
                await acting.ask(told(acting, task, "end", await in_place(acting, task, said) or said))
            await transaction.run(commit=True)

    async def get(self, task: str) -> Task | None:
        """One that is under way."""
        (rows,) = await self.driver.run(Call("task", {"id": task}))
        return self._task(rows[0]) if rows else None

    def _task(self, row: tuple[Any, ...]) -> Task:
        task, chat, channel, address, spec, tries = row
        order = ExportOrder.model_validate_json(self.keyring.unseal(spec, places.task(task)))
        return Task(task, Chat(chat, channel, self.keyring.unseal(address, places.address(chat))), order, tries)

    async def report(self, task: Task, done: int, total: int, now: datetime, said: Reply | None = None) -> bool:
        """How far it is."""
        async with self._acting(task, now) as (transaction, acting):
            row = {"id": task.id, "done": done, "total": total, "now": stored(now)}
            going, untold = await acting.ask(Call("report_task", row), Call("untold", {"chat": task.chat.id}))
            if going and said and not untold and (moved := await in_place(acting, task.id, said)):
                await acting.ask(told(acting, task.id, str(stored(now)), moved))
            await transaction.run(commit=True)
        return bool(going)

    async def complete(self, task: Task, result: Result, now: datetime) -> Completion:
        """Hand the results over, unless it was ended, or a role that it was done by."""
        messages = [partial(_message, task, number, make) for number, make in enumerate(result.messages, 1)]
        aside = set_aside(self.keyring, messages, now)
        async with aside as ready, self._acting(task, now) as (transaction, acting):
            (ended,) = await acting.ask(_end(task.id, "done", now))
            if not ended:
                return Completion.ENDED
            rights = Rights.of(await StoredOffice(acting).people.mine(), NO_UNITS)
            if not set(result.grants) <= {grant.id for grant in rights.grants}:
                return Completion.LOST
            await _hand_over(acting, rights, task, result, ready)
            await transaction.run(commit=True)
        return Completion.DONE

    async def fail(self, task: Task, said: Reply, now: datetime, *, aside: bool = False) -> bool:
        """Give it up."""
        if aside:
            await tell_owners(self.driver, self.keyring, now, SetAside.TASK, task.id)
        async with self._acting(task, now) as (transaction, acting):
            (ended,) = await acting.ask(_end(task.id, "failed", now))
            if ended:
                await _tell_the_end(acting, task, said)
            await transaction.run(commit=True)
        return bool(ended)

    @asynccontextmanager
    async def _acting(self, task: Task, now: datetime) -> AsyncIterator[tuple[Transaction, Acting]]:
        async with self.driver.transaction() as transaction:
            yield transaction, Acting(transaction.run, self.keyring, now, task.chat.channel, task.chat.id)


def _end(task: str, state: str, now: datetime) -> Call:
    return Call("end_task", {"id": task, "state": state, "now": stored(now)})


def _message(task: Task, number: int, make: Callable[[], Reply]) -> Message:
    return message_of(Recipient(task.chat.id, task.chat.channel), task.id, f"{FILE}:{number}", make())


async def _hand_over(acting: Acting, rights: Rights, task: Task, result: Result, ready: Sequence[Ready]) -> None:
    for message in ready:
        await acting.ask(await asyncio.to_thread(message.to_query))
    await _tell_the_end(acting, task, result.said)
    await StoredOffice(acting).journal.record(rights, "export", result.subject, unit=result.unit, count=result.count)


async def _tell_the_end(acting: Acting, task: Task, said: Reply) -> None:
    """In place of the moving message; as a message of its own where that cannot be changed."""
    await acting.ask(told(acting, task.id, "end", await in_place(acting, task.id, said) or said))
