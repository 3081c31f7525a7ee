"""A transaction of the admins' side outside any conversation."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bot.store.api import Chat, OfficeUnit
from bot.store.drivers import Call, Driver, Transaction
from bot.store.inbox import met
from bot.store.office.acting import Acting
from bot.store.office.bundle import StoredOffice
from bot.store.office.holding import grants_of
from bot.store.powers import genuine_grants
from bot.store.request_book import Ask
from bot.store.sealing import Keyring
from handlers.office.rights import Role
from handlers.ports import Office


class StoredOfficeUnit:
    """Implements ``bot.store.api.OfficeUnit``."""

    def __init__(self, transaction: Transaction, acting: Acting) -> None:
        self._transaction = transaction
        self._acting = acting
        self.admin: Office = StoredOffice(acting)

    async def expect(self, chat: Chat) -> None:
        """Make a chat known that may never have written."""
        await self._acting.ask(Call("expect_chat", met(self._acting.keyring, chat, self._acting.now)))

    async def commit(self) -> None:
        """Keep what was done."""
        await self._transaction.run(commit=True)


@asynccontextmanager
async def open_office(
    opened: AbstractAsyncContextManager[Transaction], acting: Callable[[Ask], Acting]
) -> AsyncIterator[OfficeUnit]:
    """Work in a transaction; left without ``commit``, or with an exception, nothing of it stays."""
    async with opened as transaction:
        yield StoredOfficeUnit(transaction, acting(transaction.run))


async def chat_of(driver: Driver, keyring: Keyring, grant: str) -> str | None:
    """The id of the chat whose person has this role."""
    (rows,) = await driver.run(Call("chat_of_grant", {"id": grant}))
    return next((str(row[4]) for row in genuine_grants(keyring, rows)), None)


async def roles_of(driver: Driver, keyring: Keyring, chat: str) -> frozenset[Role]:
    """The roles of a chat's person."""
    (rows,) = await driver.run(Call("my_grants", {"chat": chat}))
    return frozenset(grant.role for grant in grants_of(keyring, rows))
