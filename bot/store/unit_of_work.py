"""One turn: a single transaction, in a single go where the conversation asked for nothing."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime

from bot.services.broadcasts.service import BroadcastService
from bot.services.people import PeopleService
from bot.store.api import MOST_SESSION, AdminTransaction, Chat, PendingTurn, TurnTransaction
from bot.store.broadcasts.reminders import StoredReminders
from bot.store.context import StoreContext
from bot.store.drivers.base import Driver, Query, Rows, Transaction
from bot.store.encoding import has_consent, session_language, to_micros
from bot.store.errors import SessionTooLarge
from bot.store.exports import StoredExportReader, StoredExports
from bot.store.imports import StoredImports
from bot.store.inbox import chat_row
from bot.store.journal import StoredJournal
from bot.store.messages import reply_queries
from bot.store.own_data import StoredOwnData
from bot.store.power_seals import genuine_grants
from bot.store.request_list import StoredRequestList
from bot.store.requests import RunQueries, StoredOwnRequests
from bot.store.roles import to_grants
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.statistics import StoredStatistics
from bot.store.units import StoredInterviewRegister, StoredUnits
from handlers.core.broadcast_ports import Broadcasts, Reminders
from handlers.core.events import EVENT_ADAPTER, Event
from handlers.core.ports import (
    AdminServices,
    ExportReader,
    Exports,
    Imports,
    InterviewRegister,
    Journal,
    OwnData,
    OwnRequests,
    People,
    RequestList,
    Statistics,
    Units,
)
from handlers.core.replies import Reply
from handlers.model.broadcast import BroadcastPolicy
from handlers.model.rights import Role


class StoredAdminServices:
    """Implements ``handlers.core.ports.AdminServices``."""

    def __init__(self, acting: StoreContext) -> None:
        journal = StoredJournal(acting)
        self.journal: Journal = journal
        self.people: People = PeopleService.of(acting, journal)
        self.desk: RequestList = StoredRequestList(acting, journal)
        self.picture: Statistics = StoredStatistics(acting)
        self.extract: ExportReader = StoredExportReader(acting)
        self.exports: Exports = StoredExports(acting, journal)
        self.imports: Imports = StoredImports(acting, journal)
        self.units: Units = StoredUnits(acting, journal)
        self.broadcasts: Broadcasts = BroadcastService.of(acting, journal)


class StoredTurn:
    """The transaction of a turn, opened by the first question and committed by ``finish``."""

    def __init__(  # noqa: PLR0913 - only ``open_turn`` calls it
        self,
        driver: Driver,
        keyring: Keyring,
        pending: PendingTurn,
        now: datetime,
        stack: AsyncExitStack,
        *,
        policy: BroadcastPolicy,
    ) -> None:
        self._driver = driver
        self._keyring = keyring
        self._pending = pending
        self._now = now
        self._stack = stack
        self._transaction: Transaction | None = None
        book = StoredOwnRequests(self._ask, keyring, pending.chat.id, now)
        self.requests: OwnRequests = book
        acting = StoreContext(self._ask, keyring, now, pending.chat.channel, pending.chat.id, policy)
        office = StoredAdminServices(acting)
        self.admin: AdminServices = office
        self.own_data: OwnData = StoredOwnData(self._ask, keyring, pending, now, book, office.people)
        self.register: InterviewRegister = StoredInterviewRegister(acting)
        self.reminders: Reminders = StoredReminders(self._ask, pending.chat.id, now)

    async def _ask(self, *calls: Query) -> list[Rows]:
        if self._transaction is None:
            self._transaction = await self._stack.enter_async_context(self._driver.transaction())
        return await self._transaction.run(*calls)

    async def finish(self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = ()) -> None:
        """Commit the session, the replies, the follow-ups and "this update is handled" as one.

        Raises:
            TooMuchToKeep: the session or a reply is over its bound; nothing is kept.
        """
        follow = [self._follow_up_query(number, event) for number, event in enumerate(again)]
        replied = reply_queries(self._keyring, self._pending, replies, self._now)
        calls = [self._handled_query(), self._session_query(session), *replied, *follow]
        if self._transaction is None:
            await self._driver.run(*calls)
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
        sealed = self._keyring.seal(session, sealed_columns.session(chat))
        beside = {"language": session_language(session), "consented": int(has_consent(session))}
        return Query("keep_session", {"chat": chat, "session": sealed, **beside})

    def _follow_up_query(self, number: int, event: Event) -> Query:
        update = f"again:{self._pending.inbox_id}:{number}"
        payload = self._keyring.seal(
            EVENT_ADAPTER.dump_json(event), sealed_columns.update(self._pending.chat.id, update)
        )
        return Query(
            "follow_up",
            {"update": update, "payload": payload, "inbox": self._pending.inbox_id, "now": to_micros(self._now)},
        )


@asynccontextmanager
async def open_turn(
    driver: Driver, keyring: Keyring, policy: BroadcastPolicy, pending: PendingTurn, now: datetime
) -> AsyncIterator[TurnTransaction]:
    """The turn's transaction; left without ``finish``, or with an exception, nothing of it stays."""
    async with AsyncExitStack() as stack:
        yield StoredTurn(driver, keyring, pending, now, stack, policy=policy)


class StoredAdminTransaction:
    """Implements ``bot.store.api.AdminTransaction``."""

    def __init__(self, transaction: Transaction, acting: StoreContext) -> None:
        self._transaction = transaction
        self._acting = acting
        self.admin: AdminServices = StoredAdminServices(acting)

    async def expect(self, chat: Chat) -> None:
        """Make a chat known that may never have written."""
        await self._acting.ask(Query("expect_chat", chat_row(self._acting.keyring, chat, self._acting.now)))

    async def commit(self) -> None:
        """Keep what was done."""
        await self._transaction.run(commit=True)


@asynccontextmanager
async def open_admin_transaction(
    opened: AbstractAsyncContextManager[Transaction], acting: Callable[[RunQueries], StoreContext]
) -> AsyncIterator[AdminTransaction]:
    """Work in a transaction; left without ``commit``, or with an exception, nothing of it stays."""
    async with opened as transaction:
        yield StoredAdminTransaction(transaction, acting(transaction.run))


async def find_chat_id(driver: Driver, keyring: Keyring, grant: str) -> str | None:
    """The id of the chat whose person has this role."""
    (rows,) = await driver.run(Query("chat_of_grant", {"id": grant}))
    return next((str(row[4]) for row in genuine_grants(keyring, rows)), None)


async def read_roles(driver: Driver, keyring: Keyring, chat: str) -> frozenset[Role]:
    """The roles of a chat's person."""
    (rows,) = await driver.run(Query("my_grants", {"chat": chat}))
    return frozenset(grant.role for grant in to_grants(keyring, rows))
