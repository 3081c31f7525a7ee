"""Moves of broadcasts and steps of campaigns, by people and by the scheduler; every change is guarded by its state."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.store.broadcasts import readable_broadcasts, seal_draft
from bot.store.broadcasts.recipients import read_tally
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Rows, Transaction, to_micros
from bot.store.power_seals import Warrant, content_digest, unseal_warrant
from bot.store.sealing import Keyring, sealed_columns
from handlers.model import (
    BROADCAST_PREFIX,
    MACHINE,
    Broadcast,
    BroadcastDraft,
    BroadcastPolicy,
    BroadcastState,
    DeliveryCounts,
    StateReason,
)


class StateChange(NamedTuple):
    """A move of one broadcast."""

    broadcast: str
    was: BroadcastState
    to: BroadcastState
    why: StateReason | None = None
    revision: int | None = None  #: at which it was seen; ``None``: any


class StepParent(NamedTuple):
    """A broadcast that may have a step, proven to be approved as it stands; it is held until the transaction ends."""

    id: str
    draft: BroadcastDraft
    document: bytes | None
    unit: str | None
    author: str
    approver: str | None
    chat: str | None
    warrant: Warrant


class Step(NamedTuple):
    """A broadcast that another one makes."""

    name: str  #: of the step, such as ``14`` or ``later:2026-12-01``
    draft: BroadcastDraft
    state: BroadcastState
    starts_at: datetime | None = None
    why: StateReason | None = None


@dataclass(frozen=True, slots=True)
class LifecycleRepository:
    """Moves within a transaction."""

    context: StoreContext

    async def move(self, change: StateChange) -> bool:
        """Move it, unless it is approved by that; False where it is somewhere else, or waits for something."""
        row = self._change_row(change)
        moving = Query("move_broadcast", {**row, "approver": None, "warrant": None})
        _, moved = await self.context.ask(Query("hold_life", row), moving)
        return bool(moved)

    async def approve(self, change: StateChange, actor: str) -> bool:
        """Move it to approved, by ``actor``, who is sealed beside it; False also where nothing proves who wrote it."""
        row = self._change_row(change)
        (held,) = await self.context.ask(Query("hold_life", row))
        proof = await self._approval(held, actor)
        return proof is not None and bool((await self.context.ask(Query("move_broadcast", {**row, **proof})))[0])

    async def approve_parent(self, step: str, actor: str) -> None:
        """Approve what a step belongs to as well: the steps that follow are decided by the same two."""
        (held,) = await self.context.ask(Query("hold_parent_warrant", {"id": step}))
        if held and (proof := await self._approval(held, actor)) is not None:
            await self.context.ask(Query("approve_parent", {"id": held[0][0], **proof}))

    async def _approval(self, held: Rows, actor: str) -> dict[str, object] | None:
        """Return the proof with its approver; ``None`` where it is not proven who wrote it."""
        warrant = unseal_warrant(self.context.keyring, held[0]) if held else None
        if warrant is None:
            return None
        same = warrant.writer is not None and await self.context.is_person(warrant.writer, actor)
        decider = warrant.writer if same else await self.context.person(actor)
        return {
            "approver": actor,
            "warrant": warrant._replace(approver=actor, decider=decider).seal(self.context.keyring),
        }

    def _change_row(self, change: StateChange) -> dict[str, object]:
        name, was, to, why, revision = change
        row = {"id": name, "was": was.value, "to": to.value, "why": why, "revision": revision}
        return {**row, "now": to_micros(self.context.now)}

    async def move_steps(
        self, parent: str, was: Collection[BroadcastState], to: BroadcastState, why: StateReason | None
    ) -> list[str]:
        """Move what a campaign made; to running go only those that were paused with it. Return their ids."""
        row = {"parent": parent, "to": to.value, "why": why, "now": to_micros(self.context.now)}
        states = json.dumps([state.value for state in was])
        where = ("paused_with_parent",) if to is BroadcastState.RUNNING else ()
        (moved,) = await self.context.ask(Query("move_steps", {**row, "states": states}, where=where))
        return [name for (name,) in moved]

    async def record_moves(
        self, broadcasts: Sequence[str], to: BroadcastState, actor: str, why: StateReason | None
    ) -> None:
        """Write into their history where they went."""
        row = {"now": to_micros(self.context.now), "state": to.value, "actor": actor, "why": why}
        if broadcasts:
            await self.context.ask(*(Query("note_move", {**row, "id": name}) for name in broadcasts))

    async def hold_parent(self, parent: str) -> StepParent | None:
        """Hold a broadcast that may have a step now; ``None`` where it may not, or nothing proves its approval.

        Raises:
            SealError: it does not open.
        """
        (rows,) = await self.context.ask(Query("hold_parent", {"parent": parent}))
        if not rows:
            return None
        content, sealed, unit, author, approver, chat, *proof = rows[0]
        keyring = self.context.keyring
        warrant = unseal_warrant(keyring, proof)
        plain = keyring.unseal(content, sealed_columns.broadcast_content(parent))
        file = None if sealed is None else keyring.unseal_bytes(sealed, sealed_columns.broadcast_document(parent))
        if warrant is None or not warrant.covers(plain, file):
            return None
        draft = BroadcastDraft.model_validate_json(plain)
        return StepParent(parent, draft, file, unit, author, approver, chat, warrant)

    async def add_step(self, parent: StepParent, step: Step, actor: str) -> str | None:
        """Write a step, approved as its parent is, under the next id; ``None`` where the parent has had this step."""
        name = await self.context.next_id(BROADCAST_PREFIX)
        row = self._step_row(name, parent, step)
        (made,) = await self.context.ask(Query("add_step", row))
        if not made:
            return None
        await self.context.ask(Query("note_move", {**row, "actor": actor}))
        return name

    def _step_row(self, name: str, parent: StepParent, step: Step) -> dict[str, Any]:
        keyring, proven = self.context.keyring, parent.warrant
        content = content_digest(step.draft.model_dump_json())
        people = proven.writer, proven.decider
        warrant = Warrant(
            name, parent.id, step.name, parent.unit, parent.author, parent.approver, content, proven.document, *people
        )
        place = sealed_columns.broadcast_document(name)
        return {
            "id": name,
            "parent": parent.id,
            "step": step.name,
            "state": step.state.value,
            "unit": parent.unit,
            "author": parent.author,
            "approver": parent.approver,
            "chat": parent.chat,
            "content": seal_draft(keyring, name, step.draft),
            "warrant": warrant.seal(keyring),
            "document": None if parent.document is None else keyring.seal(parent.document, place),
            "starts_at": None if step.starts_at is None else to_micros(step.starts_at),
            "why": step.why,
            "now": to_micros(self.context.now),
        }


class MachineTransaction(NamedTuple):
    """A transaction in which the machine acts."""

    transaction: Transaction
    context: StoreContext

    async def commit(self) -> None:
        """Keep what was done."""
        await self.transaction.run(commit=True)


@dataclass(frozen=True, slots=True)
class ScheduleRepository:
    """Reads open broadcasts and moves them for the machine. Two processes may call any method at once."""

    driver: Driver
    keyring: Keyring
    policy: BroadcastPolicy

    def machine_context(self, now: datetime) -> StoreContext:
        """Return a context in which the machine acts and every call is a transaction of its own."""
        return StoreContext(self.driver.run, self.keyring, now, MACHINE, policy=self.policy)

    @asynccontextmanager
    async def machine_transaction(self, now: datetime) -> AsyncIterator[MachineTransaction]:
        """Open a transaction in which the machine acts; without ``commit`` nothing of it stays."""
        async with self.driver.transaction() as transaction:
            context = StoreContext(transaction.run, self.keyring, now, MACHINE, policy=self.policy)
            yield MachineTransaction(transaction, context)

    async def list_open(self) -> tuple[Broadcast, ...]:
        """Return those that have not ended, the oldest first: campaigns, what they made, those that stand alone.

        Those that were cancelled while messages of them wait are among them; what cannot be read any more is not.
        """
        (rows,) = await self.driver.run(Query("broadcasts", where=("broadcast_open",)))
        return tuple(readable_broadcasts(self.keyring, rows))

    async def hold(self, broadcast: str, until: datetime | None, why: StateReason | None, now: datetime) -> bool:
        """Let nothing leave before; ``None`` lets go again. False where it was held so already, or has ended.

        ``why`` of one that is paused stays.
        """
        row = {"id": broadcast, "why": why, "now": to_micros(now)}
        async with self.driver.transaction() as transaction:
            held = Query("hold_broadcast", {**row, "until": 0 if until is None else to_micros(until)})
            (found,) = await transaction.run(held)
            if found and until is not None:
                await transaction.run(Query("note_move", {**row, "state": found[0][0], "actor": MACHINE}))
            await transaction.run(commit=True)
        return bool(found)

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Give queued rows of a cancelled one their end; False where none is left after it."""
        (gone,) = await self.driver.run(Query("withdraw", {"id": broadcast, "now": to_micros(now), "limit": limit}))
        return len(gone) == limit

    async def tally(self, broadcast: str) -> DeliveryCounts:
        """Count its rows by state and reason."""
        return await read_tally(self.driver.run, broadcast)

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """Return who wanted to be reminded again on this day or before: chats by campaign or broadcast."""
        (rows,) = await self.driver.run(Query("later_marks", {"day": day.toordinal()}))
        found: defaultdict[str, list[str]] = defaultdict(list)
        for broadcast, chat in rows:
            found[broadcast].append(chat)
        return {broadcast: tuple(chats) for broadcast, chats in found.items()}
