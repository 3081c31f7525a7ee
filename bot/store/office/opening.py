"""A transaction of the admins' side outside any conversation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from bot.store.api import OfficeUnit
from bot.store.drivers import Driver, Transaction
from bot.store.office.acting import Acting
from bot.store.office.bundle import StoredOffice
from bot.store.sealing import Keyring
from handlers.ports import Office


class StoredOfficeUnit:
    """Implements ``bot.store.api.OfficeUnit``."""

    def __init__(self, transaction: Transaction, acting: Acting) -> None:
        self._transaction = transaction
        self.admin: Office = StoredOffice(acting)

    async def commit(self) -> None:
        """Keep what was done."""
        await self._transaction.run(commit=True)


@asynccontextmanager
async def open_office(
    driver: Driver, keyring: Keyring, now: datetime, chat: str, channel: str
) -> AsyncIterator[OfficeUnit]:
    """Open it; left without ``commit``, or with an exception, nothing of it stays."""
    async with driver.transaction() as transaction:
        yield StoredOfficeUnit(transaction, Acting(transaction.run, keyring, now, channel, chat))
