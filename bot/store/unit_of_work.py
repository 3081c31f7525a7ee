"""One turn: a single transaction, in a single go where the conversation asked for nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from bot.store import places
from bot.store.api import MOST_SESSION, PendingTurn, TurnUnit
from bot.store.broadcasts.reminders import StoredReminders
from bot.store.drivers import Call, Driver, Rows, Transaction
from bot.store.errors import SessionTooLarge
from bot.store.moments import stored
from bot.store.office import Acting, StoredOffice, StoredRegister
from bot.store.outbox import queued
from bot.store.own_data import StoredOwnData
from bot.store.request_book import StoredRequestBook
from bot.store.sealing import Keyring
from bot.store.spoken import agreed, spoken
from handlers.broadcasts.policy import Policy
from handlers.broadcasts.ports import Reminders
from handlers.events import EVENTS, Event
from handlers.ports import Office, OwnData, Register, RequestBook
from handlers.replies import Reply


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
        policy: Policy,
    ) -> None:
        self._driver = driver
        self._keyring = keyring
        self._pending = pending
        self._now = now
        self._stack = stack
        self._transaction: Transaction | None = None
        book = StoredRequestBook(self._ask, keyring, pending.chat.id, now)
        self.requests: RequestBook = book
        acting = Acting(self._ask, keyring, now, pending.chat.channel, pending.chat.id, policy)
        office = StoredOffice(acting)
        self.admin: Office = office
        self.own_data: OwnData = StoredOwnData(self._ask, keyring, pending, now, book, office.people)
        self.register: Register = StoredRegister(acting)
        self.reminders: Reminders = StoredReminders(self._ask, pending.chat.id, now)

    async def _ask(self, *calls: Call) -> list[Rows]:
        if self._transaction is None:
            self._transaction = await self._stack.enter_async_context(self._driver.transaction())
        return await self._transaction.run(*calls)

    async def finish(self, session: str | None, replies: Sequence[Reply], again: Sequence[Event] = ()) -> None:
        """Commit the session, the replies, the follow-ups and "this update is handled" as one.

        Raises:
            TooMuchToKeep: the session or a reply is over its bound; nothing is kept.
        """
        follow = [self._follow_up_query(number, event) for number, event in enumerate(again)]
        replied = queued(self._keyring, self._pending, replies, self._now)
        calls = [self._handled_query(), self._session_query(session), *replied, *follow]
        if self._transaction is None:
            await self._driver.run(*calls)
        else:
            await self._transaction.run(*calls, commit=True)

    def _handled_query(self) -> Call:
        return Call("finish", {"inbox": self._pending.inbox_id, "now": stored(self._now)}, must=True)

    def _session_query(self, session: str | None) -> Call:
        chat = self._pending.chat.id
        if session is None:
            return Call("drop_session", {"chat": chat, "now": stored(self._now)})
        if len(session) > MOST_SESSION:
            raise SessionTooLarge
        sealed = self._keyring.seal(session, places.session(chat))
        beside = {"language": spoken(session), "consented": int(agreed(session))}
        return Call("keep_session", {"chat": chat, "session": sealed, **beside})

    def _follow_up_query(self, number: int, event: Event) -> Call:
        update = f"again:{self._pending.inbox_id}:{number}"
        payload = self._keyring.seal(EVENTS.dump_json(event), places.update(self._pending.chat.id, update))
        return Call(
            "follow_up",
            {"update": update, "payload": payload, "inbox": self._pending.inbox_id, "now": stored(self._now)},
        )


@asynccontextmanager
async def open_turn(
    driver: Driver, keyring: Keyring, policy: Policy, pending: PendingTurn, now: datetime
) -> AsyncIterator[TurnUnit]:
    """The turn's transaction; left without ``finish``, or with an exception, nothing of it stays."""
    async with AsyncExitStack() as stack:
        yield StoredTurn(driver, keyring, pending, now, stack, policy=policy)
