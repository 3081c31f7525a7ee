"""Transactions over a store, or over the services in memory that stand in its place: tests open both alike."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import cast

from bot.messages import PendingTurn
from bot.services import unit_of_work
from bot.services.broadcasts.service import BroadcastOperations
from bot.services.unit_of_work import AdminTransaction, Shown, TurnTransaction
from bot.store.store import Store
from handlers.model.rights import MACHINE
from tests.support.memory_store import MemoryStore


def open_turn(
    store: Store, pending: PendingTurn, now: datetime, *, reading: bool = False, shown: Shown | None = None
) -> AbstractAsyncContextManager[TurnTransaction]:
    """Open the transaction of a turn."""
    if isinstance(store, MemoryStore):
        return cast(AbstractAsyncContextManager[TurnTransaction], store.open_turn(pending, now))
    return unit_of_work.open_turn(store, pending, now, reading=reading, shown=shown)


def open_admin_transaction(
    store: Store, now: datetime, *, chat: str = "", channel: str = MACHINE
) -> AbstractAsyncContextManager[AdminTransaction]:
    """Open a transaction of the admins' side."""
    if isinstance(store, MemoryStore):
        opened = store.open_admin_transaction(now, chat=chat, channel=channel)
        return cast(AbstractAsyncContextManager[AdminTransaction], opened)
    return unit_of_work.open_admin_transaction(store, now, chat=chat, channel=channel)


def operations(store: Store) -> BroadcastOperations:
    """Return what goes on with broadcasts by itself, to be called by hand."""
    if isinstance(store, MemoryStore):
        return cast(BroadcastOperations, store.broadcasts)
    return BroadcastOperations.over(store)
