"""The store, put together from its parts."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from bot.metrics.base import QueueDepths
from bot.services.broadcasts.recipients import render_message
from bot.services.broadcasts.service import BroadcastOperations
from bot.store.api import (
    AdminTransaction,
    Chat,
    DeliveryState,
    Incoming,
    MessageSize,
    OutboxRow,
    PendingTurn,
    Proof,
    RotationResult,
    Settlement,
    TurnTransaction,
    Verdict,
)
from bot.store.broadcasts.messages import BroadcastMessages
from bot.store.context import StoreContext
from bot.store.continuity import Continuity
from bot.store.demo_data import has_demo_data
from bot.store.drivers.base import Driver, Query
from bot.store.inbox import Inbox, chat_at
from bot.store.journal import verify_chain
from bot.store.key_rotation import KeyRotation
from bot.store.outbox import DeliveryResults, OutboxClaims
from bot.store.own_data import StoredOwnDataTasks
from bot.store.power_checks import accept_journal_end, check_powers
from bot.store.requests import RunQueries
from bot.store.retention import StoreMaintenance
from bot.store.sealing.keyring import Keyring
from bot.store.task_api import ExportTasks, OwnDataTasks
from bot.store.tasks import StoredExportTasks
from bot.store.unit_of_work import find_chat_id, open_admin_transaction, open_turn, read_roles
from bot.store.units import read_units, units_version
from bot.store.unreadable import AbandonedRow, note_damage, notify_owners, set_session_aside
from bot.store.worker_api import SharedWorkerRegistry
from bot.store.workers import StoredWorkers
from handlers.core.replies import Reply
from handlers.model.broadcast import BroadcastPolicy, DeliveryReason
from handlers.model.rights import Role
from handlers.model.unit_directory import UnitDirectory


class SealedStore:
    """Implements ``bot.store.api.Store`` over one of the drivers."""

    def __init__(self, driver: Driver, keyring: Keyring, policy: BroadcastPolicy) -> None:
        self._driver = driver
        self._keyring = keyring
        self._policy = policy
        workers = StoredWorkers(driver, keyring)
        self.workers: SharedWorkerRegistry = workers
        self._inbox = Inbox(driver, keyring, workers.id)
        self._settling = DeliveryResults(driver, keyring, workers.id)
        letters = BroadcastMessages(driver, keyring, policy.reminders_per_week, render_message)
        self._claiming = OutboxClaims(driver, keyring, letters, self._settling)
        self._upkeep = StoreMaintenance(driver)
        self.tasks: ExportTasks = StoredExportTasks(driver, keyring, workers.id)
        self.own_data: OwnDataTasks = StoredOwnDataTasks(driver, keyring, workers.id)
        self.broadcasts = BroadcastOperations(driver, keyring, policy)
        self.continuity = Continuity(driver, keyring)
        self._sealer = KeyRotation(driver, keyring)

    async def receive(self, updates: Sequence[Incoming], now: datetime) -> list[Chat]:
        return await self._inbox.receive(updates, now)

    async def chats_waiting(self, channel: str) -> list[Chat]:
        found = await self._inbox.chats_waiting(channel)
        await note_damage(self._driver, self._keyring, datetime.now(UTC))
        return found

    async def claim_turn(self, chat: Chat) -> PendingTurn | None:
        return await self._inbox.claim_turn(chat)

    async def reset_session(self, pending: PendingTurn, now: datetime) -> None:
        self._keyring.damage.record("chats", "session", pending.chat.id, ValueError())
        await set_session_aside(self._driver, pending.chat.id, now)

    def turn(self, pending: PendingTurn, now: datetime) -> AbstractAsyncContextManager[TurnTransaction]:
        return open_turn(self._driver, self._keyring, self._policy, pending, now)

    async def give_up(self, pending: PendingTurn, now: datetime, replies: Sequence[Reply] = ()) -> None:
        await self._inbox.give_up(pending, now, replies)

    def admin_transaction(
        self, now: datetime, *, chat: str = "", channel: str = "machine", reading: bool = False
    ) -> AbstractAsyncContextManager[AdminTransaction]:
        def acting(ask: RunQueries) -> StoreContext:
            return StoreContext(ask, self._keyring, now, channel, chat, self._policy)

        return open_admin_transaction(self._driver.transaction(reading=reading), acting)

    def chat(self, channel: str, address: str) -> Chat:
        return chat_at(self._keyring, channel, address)

    async def language(self, chat: Chat) -> str | None:
        (rows,) = await self._driver.run(Query("chat_language", {"chat": chat.id}))
        return rows[0][0] if rows else None

    async def roles(self, chat: Chat) -> frozenset[Role]:
        return await read_roles(self._driver, self._keyring, chat.id)

    async def chat_of_grant(self, grant: str) -> str | None:
        return await find_chat_id(self._driver, self._keyring, grant)

    async def verify_journal(self, noted: tuple[int, str] | None = None) -> Verdict:
        return await verify_chain(self._driver, self._keyring, noted)

    async def prove_powers(self) -> Proof:
        return await check_powers(self._driver, self._keyring)

    async def accept_powers(self, now: datetime) -> None:
        await accept_journal_end(self._driver, self._keyring, now)

    async def units_version(self) -> int:
        return await units_version(self._driver)

    async def units(self) -> UnitDirectory:
        return await read_units(self._driver.run)

    async def raise_alarm(self, what: AbandonedRow, row: int | str, now: datetime) -> None:
        await notify_owners(self._driver, self._keyring, now, what, row)

    async def is_made_up(self) -> bool:
        return await has_demo_data(self._driver)

    async def claim(
        self,
        channel: str,
        limit: int,
        now: datetime,
        resting: Collection[str] = (),
        size: MessageSize = MessageSize.ANY,
    ) -> list[OutboxRow]:
        return await self._claiming.claim(channel, limit, now, resting, size)

    async def running_broadcasts(self, channel: str, now: datetime) -> list[str]:
        return await self._claiming.running_broadcasts(channel, now)

    async def claim_broadcast(self, broadcast: str, channel: str, limit: int, now: datetime) -> list[OutboxRow]:
        return await self._claiming.claim_broadcast(broadcast, channel, limit, now)

    async def settle(
        self,
        row: OutboxRow,
        state: DeliveryState,
        now: datetime,
        *,
        message: str | None = None,
        reason: DeliveryReason | None = None,
    ) -> None:
        await self._settling.settle_all((Settlement(row, state, message, reason),), now)

    async def settle_all(self, settlements: Sequence[Settlement], now: datetime) -> None:
        await self._settling.settle_all(settlements, now)

    async def retry(self, row: OutboxRow, due: datetime, *, counted: bool = True) -> None:
        await self._settling.retry(row, due, counted=counted)

    async def release_claims(self, channel: str, in_hand: Collection[int], *, broadcasts: bool) -> None:
        await self._settling.release_claims(channel, in_hand, broadcasts=broadcasts)

    async def recover(self, channel: str, now: datetime) -> int:
        return await self._settling.recover(channel, now)

    async def mark_blocked(self, chat: Chat, now: datetime) -> None:
        await self._inbox.mark_blocked(chat, now)

    async def mark_unblocked(self, chat: Chat) -> None:
        await self._inbox.mark_unblocked(chat)

    async def delete_expired(self, now: datetime, days: int, *, dry_run: bool = False) -> dict[str, int]:
        return await self._upkeep.delete_expired(now, days, dry_run=dry_run)

    async def depths(self) -> QueueDepths:
        return await self._upkeep.depths()

    async def reseal(self) -> int:
        return await self._sealer.reseal()

    @property
    def keys(self) -> KeyRotation:
        return self._sealer

    async def key_usage(self) -> dict[str, int]:
        return await self._sealer.key_usage()

    async def rotate_keys(self, now: datetime) -> RotationResult:
        return await self._sealer.rotate(now)

    async def close(self) -> None:
        await self._driver.close()
