"""Units of work: the transaction of one turn, and that of an admin outside any conversation."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.messages import MOST_SESSION, Chat, OutboxRow, PendingTurn
from bot.services import JournalService
from bot.services.broadcasts import BroadcastService
from bot.services.channels import EmailService, EmailTerms, StoredChannels, copy_files
from bot.services.dossiers import StoredDossiers
from bot.services.exports import ExportDownloads, OwnDataService, RequestFileService
from bot.services.links import LinkService
from bot.services.people import PeopleService
from bot.services.request_list import RequestAnnouncer, RequestListService
from bot.services.request_notices import OwnRequestService
from bot.services.units import StoredOffices, UnitService
from bot.store import (
    DossierRepository,
    ExportReaderRepository,
    ExportRepository,
    ImportRepository,
    JournalRepository,
    LooksAtEverybody,
    OfficeRepository,
    OwnDataRepository,
    PageExportRepository,
    PersonChannelRepository,
    Query,
    RequestListRepository,
    RequestNoticeRepository,
    Rows,
    SessionFacts,
    SessionTooLarge,
    StatisticsRepository,
    Store,
    StoreContext,
    StoredInterviewRegister,
    StoredOwnRequests,
    StoredReminders,
    Transaction,
    UnitRepository,
    chat_row,
    claimed_reply,
    import_queries,
    reply_queries,
    to_micros,
)
from bot.store.links import LinkQueries, begin_session
from bot.store.sealing import sealed_columns
from handlers.core import (
    EVENT_ADAPTER,
    AdminServices,
    EmailAddresses,
    Event,
    MakeLink,
    OwnChannels,
    OwnData,
    OwnRequests,
    Reminders,
    Reply,
)
from handlers.model import MACHINE


class StoredAdminServices(AdminServices):
    """The services of people with a role over the repositories of one transaction, each built where it is asked for.

    Hardly any turn asks for more than one of them.
    """

    _context: StoreContext

    def __init__(self, context: StoreContext) -> None:  # the fields of the dataclass are the properties below
        self.__dict__["_context"] = context

    @cached_property
    def _requests(self) -> RequestListRepository:
        return RequestListRepository(self._context)

    @cached_property
    def _announcer(self) -> RequestAnnouncer:
        return RequestAnnouncer(RequestNoticeRepository(self._context))

    @cached_property
    def people(self) -> PeopleService:
        return PeopleService.of(self._context, self.journal)

    @cached_property
    def desk(self) -> RequestListService:
        return RequestListService(self._requests, self.journal, self._context.now, self._announcer)

    @cached_property
    def journal(self) -> JournalService:
        return JournalService(JournalRepository(self._context))

    @cached_property
    def lists(self) -> RequestFileService:
        exports, imports = ExportRepository(self._context), ImportRepository(self._context)
        return RequestFileService(exports, self.journal, ExportReaderRepository(self._context), self._requests, imports)

    @cached_property
    def units(self) -> UnitService:
        units, statistics = UnitRepository(self._context), StatisticsRepository(self._context)
        return UnitService(units, self.journal, self._context.now, self._announcer, statistics)

    @cached_property
    def broadcasts(self) -> BroadcastService:
        return BroadcastService.of(self._context, self.journal)

    @cached_property
    def dossiers(self) -> StoredDossiers:
        context = self._context
        own_requests = StoredOwnRequests(context.ask, context.keyring, context.chat, context.now)
        return StoredDossiers(self.journal, DossierRepository(context), own_requests, self._announcer.notices)

    @cached_property
    def offices(self) -> StoredOffices:
        return StoredOffices(self.journal, OfficeRepository(self._context), self._announcer.notices)


#: What was shown in a turn, by query and parameters.
Shown = dict[tuple[Any, ...], Rows]


class TurnTransaction:
    """The transaction of one turn: all of it is committed, or nothing.

    The first question opens it and ``finish`` commits it. A turn that asked for nothing is one round trip. One that is
    ``reading`` asks in a transaction that keeps nobody from writing, and ``finish`` writes in another. One that is
    ``brief`` raises ``LooksAtEverybody`` where that would keep others from writing.
    """

    def __init__(  # noqa: PLR0913 - what it is opened over, and how
        self,
        store: Store,
        pending: PendingTurn,
        now: datetime,
        stack: AsyncExitStack,
        *,
        reading: bool = False,
        brief: bool = False,
        shown: Shown | None = None,
    ) -> None:
        self._store = store
        self._pending = pending
        self._now = now
        self._stack = stack
        self._reading = reading
        self._brief = brief and not reading and not store.driver.shared
        self._shown: Shown = {} if shown is None else shown
        self._transaction: Transaction | None = None
        self.seconds = 0.0  #: that the database took to answer, without the wait for its turn
        self.only_replied = False  #: committed, with no message but the replies
        chat, keyring = pending.chat, store.keyring
        context = self._context = StoreContext(self._ask, keyring, now, chat.channel, chat.id, store.policy)
        requests = StoredOwnRequests(self._ask, keyring, chat.id, now)
        announcer = RequestAnnouncer(RequestNoticeRepository(context))
        self.requests: OwnRequests = OwnRequestService(requests, announcer)
        self.admin = StoredAdminServices(context)
        own_data = OwnDataRepository(self._ask, keyring, pending, now, requests)
        self.own_data: OwnData = OwnDataService(own_data, self.requests, self._roles_of)
        self.register = StoredInterviewRegister(context)
        self.channels: OwnChannels = StoredChannels(self.admin.journal, PersonChannelRepository(context))
        self.reminders: Reminders = StoredReminders(self._ask, chat.id, now)

    def _roles_of(self, chat: str) -> PeopleService:
        return PeopleService.of(replace(self._context, chat=chat), JournalService(JournalRepository(self._context)))

    def link_maker(self, address: str | None) -> MakeLink:
        """Return what makes one-time links below the address of the web server."""
        return LinkService(self._ask, self._store.keyring, self._pending.chat.id, self._now, address).make

    def email(self, terms: EmailTerms | None) -> EmailAddresses | None:
        """Return the person's e-mail address; ``None`` where no e-mail is sent."""
        if terms is None:
            return None
        return EmailService(self._ask, self._store.keyring, self._pending.chat, self._now, terms)

    async def _ask(self, *calls: Query) -> list[Rows]:
        keys = [(call.query, call.where, *call.parameters.items()) for call in calls if call.shown]
        if len(keys) == len(calls) and all(key in self._shown for key in keys):
            return [self._shown[key] for key in keys]
        answers = await self._ask_database(*calls)
        self._shown |= zip(keys, (rows for call, rows in zip(calls, answers, strict=True) if call.shown), strict=True)
        return answers

    async def _ask_database(self, *calls: Query) -> list[Rows]:
        if self._brief and any(call.wide for call in calls):
            raise LooksAtEverybody
        if self._transaction is None:
            opening = self._store.driver.transaction(reading=self._reading)
            self._transaction = await self._stack.enter_async_context(opening)
        now = asyncio.get_running_loop().time
        begun = now()
        try:
            return await self._transaction.run(*calls)
        finally:
            self.seconds += now() - begun

    async def finish(
        self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = (), *, claim: bool = False
    ) -> OutboxRow | None:
        """Commit the turn; nothing may be asked afterwards.

        Args:
            session: what the conversation remembers from now on, as JSON; ``None``: nothing.
            replies: queued in this order.
            again: follow-up events, handled before what the chat sent later.
            claim: take the first of the replies in hand at once, if nothing of the chat has to leave before it.

        Returns:
            The reply that is in this process's hands, as after a claim.

        Raises:
            TurnTakenOver: another process has handled the update; nothing of this turn stays.
            TooMuchToKeep: the session, or a reply, is over its bound; nothing of this turn stays.
        """
        facts = SessionFacts.of(session) if session else None
        language = (facts and facts.language) or self._store.policy.language
        copied = await copy_files(self._context, replies, f"turn:{self._pending.inbox_id}", language)
        follow = [self._follow_up_query(number, event) for number, event in enumerate(again)]
        worker = self._store.workers.id if claim else None
        replied = reply_queries(self._store.keyring, self._pending, replies, self._now, worker)
        before = [self._handled_query(), self._session_query(session, facts)]
        calls = [*before, *replied, *copied, *follow]
        if self._reading:
            await self._stack.aclose()
        if self._transaction is None or self._reading:
            results = await self._store.driver.run(*calls)
        else:
            results = await self._transaction.run(*calls, commit=True)
        self.only_replied = self._transaction is None and not copied
        return claimed_reply(self._pending, replies[0], results[len(before)]) if claim and replies else None

    def _handled_query(self) -> Query:
        return Query("finish", {"inbox": self._pending.inbox_id, "now": to_micros(self._now)}, must=True)

    def _session_query(self, session: str | None, facts: SessionFacts | None) -> Query:
        chat = self._pending.chat.id
        if session is None or facts is None:
            return Query("drop_session", {"chat": chat, "now": to_micros(self._now)})
        if len(session) > MOST_SESSION:
            raise SessionTooLarge
        sealed = self._store.keyring.seal(session, sealed_columns.session(chat))
        beside = {"language": facts.language, "consented": int(facts.consented), "identity_until": facts.identity_until}
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
async def open_turn(  # noqa: PLR0913 - what it is opened over, and how
    store: Store,
    pending: PendingTurn,
    now: datetime,
    *,
    reading: bool = False,
    brief: bool = False,
    shown: Shown | None = None,
) -> AsyncIterator[TurnTransaction]:
    """Open the transaction of a turn; without ``finish``, or with an exception, nothing of it stays.

    Call nothing else of the store inside: it would wait for the turn, and the turn for it.

    Args:
        store: the store.
        pending: the update.
        now: the time of what is done.
        reading: ``finish`` alone may write, and others write meanwhile; whatever else would raises ``ReadingOnly``.
        brief: what may go through the rows of everybody while others wait to write raises ``LooksAtEverybody``.
        shown: what an earlier attempt at the same turn found out to be shown; it is not asked again.
    """
    async with AsyncExitStack() as stack:
        yield TurnTransaction(store, pending, now, stack, reading=reading, brief=brief, shown=shown)


class AdminTransaction:
    """A transaction of the admins' side outside any conversation: on the command line, or of a task."""

    def __init__(self, transaction: Transaction, context: StoreContext) -> None:
        self._transaction = transaction
        self._context = context
        self.admin = StoredAdminServices(context)
        self.downloads = ExportDownloads(PageExportRepository(context), self.admin.journal)

    async def expect(self, chat: Chat) -> None:
        """Make a chat known that may never have written, so that it can be given a role."""
        await self._context.ask(Query("expect_chat", chat_row(self._context.keyring, chat, self._context.now)))

    async def import_email(self, address: str, unit: str) -> None:
        """Make an address known as one of staff of a unit."""
        await self._context.ask(*import_queries(self._context.keyring, address, unit, self._context.now))

    async def keep_link(self, link: LinkQueries) -> None:
        """Store a link that is told once this transaction stands."""
        await self._context.ask(*link.calls)

    async def begin_desk_session(self) -> str:
        """Sign a browser in for the person in this chat; return its cookie."""
        return await begin_session(self._context)

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
