"""Units of work: the transaction of one turn, and that of an admin outside any conversation."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from bot.messages import MOST_SESSION, Chat, PendingTurn
from bot.services.broadcasts.service import BroadcastService
from bot.services.exports import ExportReaderService, ExportService
from bot.services.imports import ImportService
from bot.services.journal import JournalService
from bot.services.own_data import OwnDataService
from bot.services.people import PeopleService
from bot.services.request_announcing import RequestAnnouncer
from bot.services.request_list import RequestListService
from bot.services.request_notices import OwnRequestService, RequestNoticeService
from bot.services.statistics import StatisticsService
from bot.services.units import UnitService
from bot.store.broadcasts.reminders import StoredReminders
from bot.store.chats import chat_row
from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows, Transaction
from bot.store.encoding import has_consent, session_language, to_micros
from bot.store.errors import SessionTooLarge
from bot.store.exports import ExportReaderRepository, ExportRepository
from bot.store.imports import ImportRepository
from bot.store.journal import JournalRepository
from bot.store.messages import reply_queries
from bot.store.own_data import OwnDataRepository
from bot.store.request_list import RequestListRepository
from bot.store.request_notices import RequestNoticeRepository
from bot.store.requests import StoredOwnRequests
from bot.store.sealing import sealed_columns
from bot.store.statistics import StatisticsRepository
from bot.store.store import Store
from bot.store.units import StoredInterviewRegister, UnitRepository
from handlers.core.broadcast_ports import Reminders
from handlers.core.events import EVENT_ADAPTER, Event
from handlers.core.ports import (
    AdminServices,
    InterviewRegister,
    OwnData,
    OwnRequests,
)
from handlers.core.replies import Reply
from handlers.model.rights import MACHINE


def build_admin_services(context: StoreContext) -> AdminServices:
    """Build the services of people with a role over the repositories of one transaction."""
    journal, requests = JournalService(JournalRepository(context)), RequestListRepository(context)
    notices = RequestNoticeRepository(context)
    return AdminServices(
        people=PeopleService.of(context, journal),
        desk=RequestListService(requests, journal, context.now, RequestAnnouncer(notices)),
        extract=ExportReaderService(ExportReaderRepository(context), requests),
        journal=journal,
        exports=ExportService(ExportRepository(context), journal),
        imports=ImportService(ImportRepository(context), requests, journal),
        picture=StatisticsService(StatisticsRepository(context)),
        units=UnitService(UnitRepository(context), journal, context.now),
        broadcasts=BroadcastService.of(context, journal),
        notices=RequestNoticeService(notices),
    )


class TurnTransaction:
    """The transaction of one turn: all of it is committed, or nothing.

    The first question opens it and ``finish`` commits it. A turn that asked for nothing is one round trip.
    """

    def __init__(self, store: Store, pending: PendingTurn, now: datetime, stack: AsyncExitStack) -> None:
        self._store = store
        self._pending = pending
        self._now = now
        self._stack = stack
        self._transaction: Transaction | None = None
        chat, keyring = pending.chat, store.keyring
        context = StoreContext(self._ask, keyring, now, chat.channel, chat.id, store.policy)
        requests = StoredOwnRequests(self._ask, keyring, chat.id, now)
        announcer = RequestAnnouncer(RequestNoticeRepository(context))
        self.requests: OwnRequests = OwnRequestService(requests, announcer)
        self.admin = build_admin_services(context)
        own_data = OwnDataRepository(self._ask, keyring, pending, now, requests)
        self.own_data: OwnData = OwnDataService(own_data, self.requests, self.admin.people)
        self.register: InterviewRegister = StoredInterviewRegister(context)
        self.reminders: Reminders = StoredReminders(self._ask, chat.id, now)

    async def _ask(self, *calls: Query) -> list[Rows]:
        if self._transaction is None:
            self._transaction = await self._stack.enter_async_context(self._store.driver.transaction())
        return await self._transaction.run(*calls)

    async def finish(self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = ()) -> None:
        """Commit the turn; nothing may be asked afterwards.

        Args:
            session: what the conversation remembers from now on, as JSON; ``None``: nothing.
            replies: queued in this order.
            again: follow-up events, handled before what the chat sent later.

        Raises:
            TurnTakenOver: another process has handled the update; nothing of this turn stays.
            TooMuchToKeep: the session, or a reply, is over its bound; nothing of this turn stays.
        """
        follow = [self._follow_up_query(number, event) for number, event in enumerate(again)]
        replied = reply_queries(self._store.keyring, self._pending, replies, self._now)
        calls = [self._handled_query(), self._session_query(session), *replied, *follow]
        if self._transaction is None:
            await self._store.driver.run(*calls)
        else:
            await self._transaction.run(*calls, commit=True)

    def _handled_query(self) -> Query:
        return Query("finish", {"inbox": self._pending.inbox_id, "now": to_micros(self._now)}, must=True)

    def _session_query(self, session: str | None) -> Query:
        chat = self._pending.chat.id
        if session is None:
            return Query("drop_session", {"chat": chat, "now": to_micros(self._now)})
        if len(session) > MOST_SESSION:
            raise SessionTooLarge
        sealed = self._store.keyring.seal(session, sealed_columns.session(chat))
        beside = {"language": session_language(session), "consented": int(has_consent(session))}
        return Query("keep_session", {"chat": chat, "session": sealed, **beside})

    def _follow_up_query(self, number: int, event: Event) -> Query:
        update = f"again:{self._pending.inbox_id}:{number}"
        payload = self._store.keyring.seal(
            EVENT_ADAPTER.dump_json(event), sealed_columns.update(self._pending.chat.id, update)
        )
        return Query(
            "follow_up",
            {"update": update, "payload": payload, "inbox": self._pending.inbox_id, "now": to_micros(self._now)},
        )


@asynccontextmanager
async def open_turn(store: Store, pending: PendingTurn, now: datetime) -> AsyncIterator[TurnTransaction]:
    """Open the transaction of a turn; without ``finish``, or with an exception, nothing of it stays.

    Call nothing else of the store inside: it would wait for the turn, and the turn for it.
    """
    async with AsyncExitStack() as stack:
        yield TurnTransaction(store, pending, now, stack)


class AdminTransaction:
    """A transaction of the admins' side outside any conversation: on the command line, or of a task."""

    def __init__(self, transaction: Transaction, context: StoreContext) -> None:
        self._transaction = transaction
        self._context = context
        self.admin = build_admin_services(context)

    async def expect(self, chat: Chat) -> None:
        """Make a chat known that may never have written, so that it can be given a role."""
        await self._context.ask(Query("expect_chat", chat_row(self._context.keyring, chat, self._context.now)))

    async def commit(self) -> None:
        """Keep what was done; nothing may be asked afterwards."""
        await self._transaction.run(commit=True)


@asynccontextmanager
async def open_admin_transaction(
    store: Store, now: datetime, *, chat: str = "", channel: str = MACHINE, reading: bool = False
) -> AsyncIterator[AdminTransaction]:
    """Open a transaction of the admins' side; without ``commit``, or with an exception, nothing of it stays.

    Args:
        store: the store to work in.
        now: the time of what is done.
        chat: id of the chat whose person acts; empty for the operator of the machine.
        channel: the channel over which they act.
        reading: nothing is written; it may take its time, for nobody who writes waits for it.
    """
    async with store.driver.transaction(reading=reading) as transaction:
        yield AdminTransaction(
            transaction, StoreContext(transaction.run, store.keyring, now, channel, chat, store.policy)
        )
