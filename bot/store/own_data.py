"""What is held about the person in a chat, within a turn: ordered to be shown, nearly all of it deleted."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.store.api import NOTICE, Chat, PendingTurn
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.messages import OutboxMessage, OutboxRecipient, message_query, prepare_messages
from bot.store.own_data_reader import PersonalDataReader
from bot.store.requests import RunQueries, StoredOwnRequests
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import UNREADABLE_ERRORS
from bot.store.task_api import OwnDataTask
from bot.store.unreadable import AbandonedRow, notify_owners
from handlers.core.ports import People
from handlers.core.replies import Reply
from handlers.core.text import MarkupTranslator
from handlers.model.codes import format_code
from handlers.model.request import RETAINED_STATES, Request
from handlers.own_data import format_data_failed
from locales import LANGUAGES

#: The kind of such a task, and what the origins of its messages begin with.
OWN_DATA = "own_data"


class OwnDataOrder(BaseModel):
    """What an order says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: str


@dataclass(frozen=True, slots=True)
class StoredOwnDataTasks:
    """Implements ``bot.store.task_api.OwnDataTasks``."""

    driver: Driver
    keyring: Keyring
    worker: str  #: who is at what is taken here

    async def take(self, channel: str, now: datetime) -> OwnDataTask | None:
        """The one that waited longest; unreadable ones fail on the way, and whoever ordered them is told."""
        waiting = Query("waiting_task", {"channel": channel, "kind": OWN_DATA})
        while (rows := (await self.driver.run(waiting))[0]) and rows:
            task = rows[0][0]
            taken = Query("take_task", {"id": task, "now": to_micros(now), "worker": self.worker})
            if (await self.driver.run(taken))[0] and (found := await self._readable(task, now)):
                return found
        return None

    async def _readable(self, task: str, now: datetime) -> OwnDataTask | None:
        (rows,) = await self.driver.run(Query("task", {"id": task}))
        try:
            return self._task(rows[0]) if rows else None
        except UNREADABLE_ERRORS as error:
            self.keyring.damage.record("tasks", "spec", task, error)
            _, chat, channel, *_ = rows[0]
            (language,) = await self.driver.run(Query("chat_language", {"chat": chat}))
            known = str(language[0][0] or LANGUAGES[0])
            await self.fail(
                OwnDataTask(task, Chat(chat, channel, ""), known, 0), format_data_failed(MarkupTranslator(known)), now
            )
            return None

    def _task(self, row: tuple[Any, ...]) -> OwnDataTask:
        task, chat, channel, address, spec, tries = row
        order = OwnDataOrder.model_validate_json(self.keyring.unseal(spec, sealed_columns.task(task)))
        return OwnDataTask(
            task, Chat(chat, channel, self.keyring.unseal(address, sealed_columns.address(chat))), order.language, tries
        )

    def sections(self, task: OwnDataTask, now: datetime) -> AsyncIterator[tuple[str, Any]]:
        """Each page is a transaction of its own: nobody waits for the reading of the whole."""
        book = StoredOwnRequests(self.driver.run, self.keyring, task.chat.id, now)
        return PersonalDataReader(self.driver.run, self.keyring, task.chat, book).sections()

    async def complete(self, task: OwnDataTask, messages: Sequence[Callable[[], Reply]], now: datetime) -> bool:
        """Queue the files and end the task, as one; False where it was ended, or its chat erased, meanwhile."""
        made = [partial(_file_message, task, number, make) for number, make in enumerate(messages, 1)]
        async with prepare_messages(self.keyring, made, now) as ready, self.driver.transaction() as transaction:
            (ended,) = await transaction.run(_end_query(task.id, "done", now))
            for message in ready if ended else ():
                await transaction.run(await asyncio.to_thread(message.to_query))
            await transaction.run(commit=True)
        return bool(ended)

    async def fail(self, task: OwnDataTask, said: Reply, now: datetime) -> None:
        """Give it up, and say so."""
        to = OutboxRecipient(task.chat.id, task.chat.channel)
        async with self.driver.transaction() as transaction:
            (ended,) = await transaction.run(_end_query(task.id, "failed", now))
            if ended:
                await transaction.run(message_query(self.keyring, _own_data_message(task, "end", to, said), now))
            await transaction.run(commit=True)

    async def set_aside(self, task: OwnDataTask, said: Reply, now: datetime) -> None:
        """The same for one that was tried too often; the owners are told."""
        await notify_owners(self.driver, self.keyring, now, AbandonedRow.TASK, task.id)
        await self.fail(task, said, now)


def _end_query(task: str, state: str, now: datetime) -> Query:
    return Query("end_task", {"id": task, "state": state, "now": to_micros(now)})


def _file_message(task: OwnDataTask, number: int, make: Callable[[], Reply]) -> OutboxMessage:
    return _own_data_message(task, f"file:{number}", OutboxRecipient(task.chat.id, task.chat.channel), make())


def _own_data_message(task: OwnDataTask, mark: str, to: OutboxRecipient, said: Reply) -> OutboxMessage:
    return OutboxMessage(to, f"{OWN_DATA}:{task.id}:{mark}", said, NOTICE)


@dataclass(frozen=True, slots=True)
class StoredOwnData:
    """Implements ``handlers.core.ports.OwnData``."""

    ask: RunQueries
    keyring: Keyring
    pending: PendingTurn
    now: datetime
    requests: StoredOwnRequests
    people: People

    async def order(self, language: str) -> bool:
        """Order everything as files; one order at a time, until they have left."""
        mine = {"chat": self.pending.chat.id, "kind": OWN_DATA}
        open_one, on_their_way = await self.ask(
            Query("open_task", mine), Query("undelivered", {"chat": self.pending.chat.id, "files": f"{OWN_DATA}:%"})
        )
        if open_one or on_their_way:
            return False
        (((number,),),) = await self.ask(Query("next_number", {"name": "DL"}))
        task = format_code("DL", number)
        spec = self.keyring.seal(OwnDataOrder(language=language).model_dump_json(), sealed_columns.task(task))
        await self.ask(
            Query(
                "add_task", {**mine, "id": task, "spec": spec, "progress": None, "total": 0, "now": to_micros(self.now)}
            )
        )
        return True

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Everything, part by part, as it is within this turn."""
        return PersonalDataReader(self.ask, self.keyring, self.pending.chat, self.requests).sections()

    async def erase(self) -> tuple[str, ...]:
        """Delete all but the requests that must stay, lessened; their codes. The turn goes on and can still finish.

        Roles end, but for the last owner's. Requests are held first and the journal last, as moves do: two who go the
        opposite way would wait for each other.
        """
        await self.ask(Query("hold_my_requests", {"chat": self.pending.chat.id}))
        staying = [request for request in await self.requests.mine() if request.state in RETAINED_STATES]
        mine = {"chat": self.pending.chat.id}
        timed = {**mine, "now": to_micros(self.now)}
        await self.ask(
            Query("erase_inbox", {**timed, "inbox": self.pending.inbox_id}),
            Query("erase_tasks", mine),  # before what they may have told meanwhile
            Query("erase_outbox", mine),
            Query("erase_reminders", mine),
            Query("forget_author", mine),
            Query("erase_requests", mine),
            *(self._lessen_query(request) for request in staying if not request.content.unreadable),
            Query("erase_notes", mine),
            Query("erase_standings", mine),
            Query("erase_unreadable", {"place": f"chats.session {self.pending.chat.id} %"}),
            Query("erase_chat", timed),
        )
        await self.people.leave()
        return tuple(request.code for request in staying)

    def _lessen_query(self, request: Request) -> Query:
        content = self.keyring.seal(
            request.content.to_minimal().model_dump_json(), sealed_columns.content(request.code)
        )
        return Query("lessen", {"code": request.code, "chat": self.pending.chat.id, "content": content})
