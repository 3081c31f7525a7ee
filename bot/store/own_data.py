"""Orders for all that is held about a person, as whoever serves a channel works them off: once, killed or not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.store import places
from bot.store.alarm import SetAside, tell_owners
from bot.store.api import NOTICE, Chat
from bot.store.drivers import Call, Driver
from bot.store.moments import stored
from bot.store.outbox import Message, Recipient, sending
from bot.store.own_data_reading import HeldData
from bot.store.reading import UNREADABLE
from bot.store.request_book import StoredRequestBook
from bot.store.sealing import Keyring
from bot.store.set_aside import set_aside
from bot.store.task_api import OwnDataTask
from handlers.own_data import failed
from handlers.replies import Reply
from handlers.voice import Voice
from locales import LANGUAGES

#: The kind of such a task, and what the origins of its messages begin with.
OWN_DATA = "own_data"


class Spec(BaseModel):
    """What an order says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: str


@dataclass(frozen=True, slots=True)
class StoredOwnDataTasks:
    """Implements ``bot.store.task_api.OwnDataBook``."""

    driver: Driver
    keyring: Keyring
    worker: str  #: who is at what is taken here

    async def take(self, channel: str, now: datetime) -> OwnDataTask | None:
        """The one that waited longest; unreadable ones fail on the way, and whoever ordered them is told."""
        waiting = Call("waiting_task", {"channel": channel, "kind": OWN_DATA})
        while (rows := (await self.driver.run(waiting))[0]) and rows:
            task = rows[0][0]
            taken = Call("take_task", {"id": task, "now": stored(now), "worker": self.worker})
            if (await self.driver.run(taken))[0] and (found := await self._readable(task, now)):
                return found
        return None

    async def _readable(self, task: str, now: datetime) -> OwnDataTask | None:
        (rows,) = await self.driver.run(Call("task", {"id": task}))
        try:
            return self._task(rows[0]) if rows else None
        except UNREADABLE as error:
            self.keyring.damage.record("tasks", "spec", task, error)
            _, chat, channel, *_ = rows[0]
            (language,) = await self.driver.run(Call("chat_language", {"chat": chat}))
            known = str(language[0][0] or LANGUAGES[0])
            await self.fail(OwnDataTask(task, Chat(chat, channel, ""), known, 0), failed(Voice(known)), now)
            return None

    def _task(self, row: tuple[Any, ...]) -> OwnDataTask:
        task, chat, channel, address, spec, tries = row
        order = Spec.model_validate_json(self.keyring.unseal(spec, places.task(task)))
        return OwnDataTask(
            task, Chat(chat, channel, self.keyring.unseal(address, places.address(chat))), order.language, tries
        )

    def sections(self, task: OwnDataTask, now: datetime) -> AsyncIterator[tuple[str, Any]]:
        """Each page is a transaction of its own: nobody waits for the reading of the whole."""
        book = StoredRequestBook(self.driver.run, self.keyring, task.chat.id, now)
        return HeldData(self.driver.run, self.keyring, task.chat, book).sections()

    async def complete(self, task: OwnDataTask, messages: Sequence[Callable[[], Reply]], now: datetime) -> bool:
        """Queue the files and end the task, as one; False where it was ended, or its chat erased, meanwhile."""
        made = [partial(_message, task, number, make) for number, make in enumerate(messages, 1)]
        async with set_aside(self.keyring, made, now) as ready, self.driver.transaction() as transaction:
            (ended,) = await transaction.run(_end(task.id, "done", now))
            for message in ready if ended else ():
                await transaction.run(await asyncio.to_thread(message.to_query))
            await transaction.run(commit=True)
        return bool(ended)

    async def fail(self, task: OwnDataTask, said: Reply, now: datetime) -> None:
        """Give it up, and say so."""
        to = Recipient(task.chat.id, task.chat.channel)
        async with self.driver.transaction() as transaction:
            (ended,) = await transaction.run(_end(task.id, "failed", now))
            if ended:
                await transaction.run(sending(self.keyring, _of(task, "end", to, said), now))
            await transaction.run(commit=True)

    async def set_aside(self, task: OwnDataTask, said: Reply, now: datetime) -> None:
        """The same for one that was tried too often; the owners are told."""
        await tell_owners(self.driver, self.keyring, now, SetAside.TASK, task.id)
        await self.fail(task, said, now)


def _end(task: str, state: str, now: datetime) -> Call:
    return Call("end_task", {"id": task, "state": state, "now": stored(now)})


def _message(task: OwnDataTask, number: int, make: Callable[[], Reply]) -> Message:
    return _of(task, f"file:{number}", Recipient(task.chat.id, task.chat.channel), make())


def _of(task: OwnDataTask, mark: str, to: Recipient, said: Reply) -> Message:
    return Message(to, f"{OWN_DATA}:{task.id}:{mark}", said, NOTICE)
