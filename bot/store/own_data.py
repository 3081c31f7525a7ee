"""The repositories of own data: orders of all that is held about a person, and the deletion of nearly all of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.messages import NOTICE, Chat, PendingTurn
from bot.store.drivers import Driver, Query, RunQueries, to_micros
from bot.store.messages import (
    AbandonedRow,
    OutboxMessage,
    OutboxRecipient,
    OwnerAlerts,
    message_query,
    prepare_messages,
)
from bot.store.own_data_reader import read_person
from bot.store.person_channels import remove_mailbox
from bot.store.requests import StoredOwnRequests
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns
from bot.store.tasks import UnreadableTask, read_unreadable_task
from handlers.core import Reply
from handlers.model import EMAIL, RequestContent, format_code

#: The kind of such a task, and what the origins of its messages begin with.
OWN_DATA = "own_data"


@dataclass(frozen=True, slots=True)
class OwnDataTask:
    """An order for all that is held about the person of a chat."""

    id: str
    chat: Chat
    language: str
    tries: int  #: this one included


class OwnDataOrder(BaseModel):
    """The sealed content of an order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: str


@dataclass(frozen=True, slots=True)
class OwnDataTasks:
    """Orders for what is held about people, as a worker fills them; ``ExportTasks.recover`` queues those of the dead.

    Every method raises StoreError.
    """

    driver: Driver
    keyring: Keyring
    alerts: OwnerAlerts
    worker: str  #: id of the worker that takes tasks here

    async def take(self, channel: str, now: datetime) -> OwnDataTask | UnreadableTask | None:
        """Take the order that waited longest; it is under way from now on.

        Returns:
            The order, even if it cannot be read; ``None`` where none waits.
        """
        waiting = Query("waiting_task", {"channel": channel, "kind": OWN_DATA})
        while (rows := (await self.driver.run(waiting))[0]) and rows:
            task = rows[0][0]
            taken = Query("take_task", {"id": task, "now": to_micros(now), "worker": self.worker})
            if (await self.driver.run(taken))[0] and (found := await self._read(task)):
                return found
        return None

    async def _read(self, task: str) -> OwnDataTask | UnreadableTask | None:
        (rows,) = await self.driver.run(Query("task", {"id": task}))
        try:
            return self._task(rows[0]) if rows else None
        except UNREADABLE_ERRORS as error:
            self.keyring.damage.record("tasks", "spec", task, error)
            return await read_unreadable_task(self.driver, task)

    def _task(self, row: tuple[Any, ...]) -> OwnDataTask:
        task, chat, channel, address, spec, tries = row
        order = OwnDataOrder.model_validate_json(self.keyring.unseal(spec, sealed_columns.task(task)))
        return OwnDataTask(
            task, Chat(chat, channel, self.keyring.unseal(address, sealed_columns.address(chat))), order.language, tries
        )

    def sections(self, task: OwnDataTask, now: datetime) -> AsyncIterator[tuple[str, Any]]:
        """Read what ``handlers.core.ports.OwnData.sections`` describes, page by page.

        Each page is a transaction of its own: nobody waits for the reading of the whole.
        """
        book = StoredOwnRequests(self.driver.run, self.keyring, task.chat.id, now)
        return read_person(self.driver.run, self.keyring, task.chat, book)

    async def complete(self, task: OwnDataTask, messages: Sequence[Callable[[], Reply]], now: datetime) -> bool:
        """Queue the files, each made when it is stored, and end the task, all in one transaction.

        Returns:
            False where it was ended, or its chat erased, meanwhile.
        """
        made = [partial(_file_message, task, number, make) for number, make in enumerate(messages, 1)]
        async with prepare_messages(self.keyring, made, now) as ready, self.driver.transaction() as transaction:
            (ended,) = await transaction.run(_end_query(task.id, "done", now))
            for message in ready if ended else ():
                await transaction.run(await asyncio.to_thread(message.to_query))
            await transaction.run(commit=True)
        return bool(ended)

    async def fail(self, task: OwnDataTask | UnreadableTask, said: Reply, now: datetime) -> None:
        """Give an order up, and say so."""
        to = OutboxRecipient(task.chat.id, task.chat.channel)
        async with self.driver.transaction() as transaction:
            (ended,) = await transaction.run(_end_query(task.id, "failed", now))
            if ended:
                await transaction.run(message_query(self.keyring, _own_data_message(task, "end", to, said), now))
            await transaction.run(commit=True)

    async def set_aside(self, task: OwnDataTask, said: Reply, now: datetime) -> None:
        """Give up an order that was tried too often; the owners are told."""
        await self.alerts.raise_alarm(AbandonedRow.TASK, task.id, now)
        await self.fail(task, said, now)


def _end_query(task: str, state: str, now: datetime) -> Query:
    return Query("end_task", {"id": task, "state": state, "now": to_micros(now)})


def _file_message(task: OwnDataTask, number: int, make: Callable[[], Reply]) -> OutboxMessage:
    return _own_data_message(task, f"file:{number}", OutboxRecipient(task.chat.id, task.chat.channel), make())


def _own_data_message(task: OwnDataTask | UnreadableTask, mark: str, to: OutboxRecipient, said: Reply) -> OutboxMessage:
    return OutboxMessage(to, f"{OWN_DATA}:{task.id}:{mark}", said, NOTICE)


@dataclass(frozen=True, slots=True)
class OwnDataRepository:
    """Rows that are held about the person in a chat; ``bot.services.exports`` decides which of them must stay."""

    ask: RunQueries
    keyring: Keyring
    pending: PendingTurn
    now: datetime
    requests: StoredOwnRequests

    async def has_order(self) -> bool:
        """Tell whether an order is open, or files of one have not left yet."""
        open_one, on_their_way = await self.ask(
            Query("open_task", {"chat": self.pending.chat.id, "kind": OWN_DATA}),
            Query("undelivered", {"chat": self.pending.chat.id, "files": f"{OWN_DATA}:%"}),
        )
        return bool(open_one or on_their_way)

    async def add_order(self, language: str) -> None:
        """Queue an order of everything as files."""
        (((number,),),) = await self.ask(Query("next_number", {"name": "DL"}))
        task = format_code("DL", number)
        spec = self.keyring.seal(OwnDataOrder(language=language).model_dump_json(), sealed_columns.task(task))
        row = {"id": task, "chat": self.pending.chat.id, "kind": OWN_DATA, "spec": spec, "progress": None, "total": 0}
        await self.ask(Query("add_task", {**row, "now": to_micros(self.now)}))

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Read everything section by section, in this transaction (``handlers.core.ports.OwnData.sections``)."""
        return read_person(self.ask, self.keyring, self.pending.chat, self.requests)

    async def lock_requests(self) -> None:
        """Keep others from changing the requests of this person until the transaction ends."""
        await self.ask(Query("hold_my_requests", {"chat": self.pending.chat.id}))

    async def chats(self) -> list[tuple[str, str, str | None]]:
        """Return id, channel and language of the person's chats, this one first; mailboxes are not among them."""
        (rows,) = await self.ask(Query("own_channels", {"chat": self.pending.chat.id}))
        found = [(row[0], row[1], row[3]) for row in rows if row[1] != EMAIL]
        return sorted(found, key=lambda one: one[0] != self.pending.chat.id)

    async def erase(self, chats: Sequence[str], kept: Mapping[str, RequestContent]) -> None:
        """Delete all that these chats of the person hold but the requests in a state that must stay.

        Args:
            chats: ids of the chats.
            kept: what such requests say from now on, by code; one that is not named stays as it is, but for notes.
        """
        await self.ask(*(self._replace_query(code, content) for code, content in kept.items()))
        for chat in chats:
            await self._erase_chat(chat)

    async def tell(self, chat: str, channel: str, said: Reply) -> None:
        """Queue the last word to a chat whose data are deleted."""
        message = OutboxMessage(OutboxRecipient(chat, channel), f"erased:{to_micros(self.now)}:{chat}", said, NOTICE)
        await self.ask(message_query(self.keyring, message, self.now))

    async def _erase_chat(self, chat: str) -> None:
        mine = {"chat": chat}
        timed = {**mine, "now": to_micros(self.now)}
        await self.ask(
            Query("erase_inbox", {**timed, "inbox": self.pending.inbox_id}),
            Query("erase_tasks", mine),  # before what they may have told meanwhile
            Query("erase_outbox", mine),
            Query("erase_reminders", mine),
            Query("erase_notice_timing", mine),
            Query("forget_author", mine),
            Query("erase_dossiers", mine),
            Query("erase_requests", mine),
            Query("erase_notes", mine),
            Query("erase_standings", mine),
            Query("erase_unreadable", {"place": f"chats.session {chat} %"}),
            Query("erase_links", mine),
            Query("zalo_forget_person", mine),
            Query("forget_guided", mine),
            Query("email_keep_offers", {"owner": chat}),
            Query("email_erase_letters", {"owner": chat}),
        )
        await remove_mailbox(self.ask, chat, self.now)
        await self.ask(
            Query("end_desk_sessions", mine),
            Query("drop_web_messages", mine),
            Query("drop_web_files", mine),
            Query("end_web_chat", timed),
            Query("leave_person", mine),
            Query("drop_offers", mine),
            Query("erase_chat", timed),
        )

    def _replace_query(self, code: str, content: RequestContent) -> Query:
        sealed = self.keyring.seal(content.model_dump_json(), sealed_columns.content(code))
        return Query("lessen", {"code": code, "chat": self.pending.chat.id, "content": sealed})
