"""The needs of a test beyond the ports, whatever lies behind them: looks at what is kept, and changes of it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from bot.services.opening import open_store
from bot.store import Store
from bot.store.drivers import from_micros, to_micros
from bot.store.sealing import Keyring, sealed_columns
from handlers.model import BroadcastPolicy, BroadcastState, Grant, InterviewStatus, PlaceholderValues
from handlers.testing.tables import (
    ChatRecord,
    GrantRecord,
    MemoryTables,
    MessageRecord,
    PlaceRecord,
    RequestRecord,
    StatusRecord,
)
from tests.support.audience import Officer, write_officers
from tests.support.database import Database
from tests.support.memory_store import MemoryStore
from tests.support.people import UNITS, approve_broadcast
from tests.support.store import CHANNEL, NOW, closing_async, make_content

#: Where nothing is frozen yet.
DRAFTS = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


class Backend(Protocol):
    """A store with the units of ``tests.support.people``, or the services in memory."""

    store: Store

    def journal(self) -> list[tuple[str, str, str, str | None, int]]:
        """Actor, act, subject, unit and count of every row, in order."""

    def end_all_roles(self) -> None:
        """Nobody has a role any more, and nobody was asked."""

    def close_unit(self, code: str) -> None:
        """A unit is no more."""

    def change_chat(self, address: str, **flags: datetime | str | bool | None) -> None:
        """A person is blocked, erased, and the like."""

    def change_id(self, chat: str, **flags: datetime | str | bool | None) -> None:
        """The same, by the id of the chat."""

    def stands(self, broadcast: str, state: BroadcastState, recipients: int = 1) -> None:
        """A broadcast has come so far, whoever took it there."""

    def state_of(self, broadcast: str) -> tuple[str, str | None, int]:
        """Where it stands, why, and how many recipients it has."""

    def moves_of(self, broadcast: str) -> list[tuple[str, str, str | None]]:
        """Where it went, by whom and why."""

    def add_row(self, broadcast: str, address: str, state: str = "queued", reason: str | None = None) -> str:
        """A known person gets a row of a broadcast; the id of their chat."""

    def link(self, *chats: str) -> None:
        """Chats are one person's, in this order, whoever agreed."""

    def end_row(self, broadcast: str, chat: str, state: str) -> None:
        """The message of a broadcast to a chat comes to an end."""

    def rows_of(self, broadcast: str) -> dict[str, tuple[str, str | None]]:
        """State and reason of each row, by chat."""

    def values_of(self, broadcast: str) -> dict[str, PlaceholderValues]:
        """The values that fill each message that will be sent, by chat."""

    def write_people(self, officers: Sequence[Officer]) -> None:
        """People who never wrote, with what is known of them."""

    def with_policy(self, policy: BroadcastPolicy) -> AbstractAsyncContextManager[Store]:
        """The same, where another policy of broadcasts holds."""

    def everything(self) -> object:
        """All that is kept; equal where nothing was changed."""

    def bytes_at_rest(self) -> bytes:
        """What a thief of the database would hold; nothing where all is in memory."""


@dataclass
class MemoryBackend:
    """The services in memory."""

    memory: MemoryStore

    @property
    def store(self) -> Store:
        return cast(Store, self.memory)

    def journal(self) -> list[tuple[str, str, str, str | None, int]]:
        return [(one.actor, one.act, one.subject, one.unit, one.count) for one in self.memory.tables.journal]

    def end_all_roles(self) -> None:
        grants = self.memory.tables.grants
        self.memory.tables.grants = {name: replace(one, ended_at=NOW) for name, one in grants.items()}

    def close_unit(self, code: str) -> None:
        units = self.memory.tables.units
        closed = replace(units.units[code], closed_on=from_micros(0).date())
        self.memory.tables.units = replace(units, units={**units.units, code: closed})

    def change_chat(self, address: str, **flags: Any) -> None:
        self.change_id(self.memory.chats.at(CHANNEL, address).id, **flags)

    def change_id(self, chat: str, **flags: Any) -> None:
        self.memory.tables.chats[chat] = replace(self.memory.tables.chats[chat], **flags)

    def stands(self, broadcast: str, state: BroadcastState, recipients: int = 1) -> None:
        known = self.memory.tables.broadcasts[broadcast]
        approver = known.broadcast.approver if state in DRAFTS else "machine"
        stands = replace(known.broadcast, state=state, checking=False, recipients=recipients, approver=approver)
        decider = known.decider if state in DRAFTS else "machine"
        self.memory.tables.broadcasts[broadcast] = replace(known, broadcast=stands, decider=decider)

    def state_of(self, broadcast: str) -> tuple[str, str | None, int]:
        known = self.memory.tables.broadcasts[broadcast].broadcast
        return known.state, known.why, known.recipients

    def moves_of(self, broadcast: str) -> list[tuple[str, str, str | None]]:
        return [(state.value, actor, why) for state, actor, why in self.memory.tables.broadcasts[broadcast].moves]

    def add_row(self, broadcast: str, address: str, state: str = "queued", reason: str | None = None) -> str:
        acting = self.memory.house.acting(NOW)
        chat = acting.expect_chat(CHANNEL, address)
        settled = None if state in {"queued", "sending"} else NOW
        row = MessageRecord(f"broadcast:{broadcast}:{chat}", chat, CHANNEL, "broadcast", NOW, state=state)
        filled = PlaceholderValues(name="Trần Thị B")
        told = replace(row, broadcast=broadcast, values=filled, reason=reason, attempts=1, settled_at=settled)
        self.memory.tables.messages[row.origin] = told
        return chat

    def link(self, *chats: str) -> None:
        for place, chat in enumerate(chats, 1):
            self.memory.tables.places[chat] = PlaceRecord(chats[0], place, NOW)

    def end_row(self, broadcast: str, chat: str, state: str) -> None:
        messages = self.memory.tables.messages
        (row,) = [one for one in messages.values() if (one.broadcast, one.chat) == (broadcast, chat)]
        messages[row.origin] = replace(row, state=state, settled_at=NOW)

    def rows_of(self, broadcast: str) -> dict[str, tuple[str, str | None]]:
        rows = [one for one in self.memory.tables.messages.values() if one.broadcast == broadcast]
        return {one.chat: (one.state, one.reason) for one in rows}

    def values_of(self, broadcast: str) -> dict[str, PlaceholderValues]:
        rows = [one for one in self.memory.tables.messages.values() if one.broadcast == broadcast]
        return {one.chat: one.values for one in rows if one.values is not None}

    def write_people(self, officers: Sequence[Officer]) -> None:
        for officer in officers:
            write_officer(self.memory.tables, officer)

    @asynccontextmanager
    async def with_policy(self, policy: BroadcastPolicy) -> AsyncIterator[Store]:
        strict = MemoryStore(policy=policy)
        strict.house.tables = self.memory.tables
        yield cast(Store, strict)

    def everything(self) -> object:
        return self.memory.tables.snapshot()

    def bytes_at_rest(self) -> bytes:
        return b""


def write_officer(tables: MemoryTables, officer: Officer) -> None:
    """One person with roles, certificates and requests."""
    heard = officer.heard or NOW
    chat = ChatRecord(officer.id, officer.channel, officer.id, heard, heard, unit=officer.unit)
    flags = {"erased_at": officer.erased, "stopped_at": officer.stopped, "blocked_at": officer.blocked}
    times: dict[str, Any] = {name: NOW if flag else None for name, flag in flags.items()}
    tables.chats[chat.id] = replace(chat, language=officer.language, consented=officer.agreed, **times)
    for role, has_ended in officer.roles.items():
        grant = Grant(f"QT-{officer.id}-{role}", role, "DN")
        tables.grants[grant.id] = GrantRecord(grant, officer.id, NOW, "", NOW if has_ended else None)
    for interview, known in enumerate(officer.certificates, 1):
        at = NOW + timedelta(microseconds=interview)
        status = InterviewStatus(
            interview=interview,
            unit=officer.unit,
            certificate_key=known.key,
            subscriber=known.name,
            not_after=known.not_after,
            owed=known.owed,
        )
        tables.statuses[officer.id, interview] = StatusRecord(officer.id, status, at, at)
        for procedure, state in [*known.requests.items()] * 2:  # what was asked for twice counts once
            number = len(tables.requests) + 1
            asked = make_content(known.key or f"no key {number}", procedure)
            made = RequestRecord(f"YC-2026-{number:06}", number, officer.id, None, state, asked, NOW, NOW, ())
            tables.requests[made.code] = made


#: Tables in which nothing may change where nobody may do anything.
_TABLES = (
    *("grants", "invitations", "requests", "request_history", "units", "tasks", "outbox", "broadcasts"),
    *("broadcast_moves", "audit", "standings", "reminder_marks"),
)


@dataclass
class DatabaseBackend:
    """A store over a database."""

    store: Store
    database: Database
    keyring: Keyring

    @property
    def sql(self) -> Callable[..., list[tuple[Any, ...]]]:
        return self.database.sql

    def journal(self) -> list[tuple[str, str, str, str | None, int]]:
        rows = self.sql("SELECT actor, act, subject, unit, count FROM audit ORDER BY number")
        return [(actor, act, subject, unit, count) for actor, act, subject, unit, count in rows]

    def end_all_roles(self) -> None:
        self.sql("UPDATE grants SET ended_at = 1, ended_by = 'machine'")

    def close_unit(self, code: str) -> None:
        self.sql("UPDATE units SET closed_on = 1 WHERE code = ?", code)

    def change_chat(self, address: str, **flags: Any) -> None:
        self.change_id(self.store.chats.at(CHANNEL, address).id, **flags)

    def change_id(self, chat: str, **flags: Any) -> None:
        for name, value in flags.items():
            kept = to_micros(value) if isinstance(value, datetime) else value
            self.sql(f"UPDATE chats SET {name} = ? WHERE id = ?", kept, chat)

    def stands(self, broadcast: str, state: BroadcastState, recipients: int = 1) -> None:
        if state not in DRAFTS:
            approve_broadcast(self.sql, self.database.keys, broadcast)
        stands = "UPDATE broadcasts SET state = ?, checking = 0, recipients = ? WHERE id = ?"
        self.sql(stands, state.value, recipients, broadcast)

    def state_of(self, broadcast: str) -> tuple[str, str | None, int]:
        ((state, why, recipients),) = self.sql("SELECT state, why, recipients FROM broadcasts WHERE id = ?", broadcast)
        return state, why, recipients

    def moves_of(self, broadcast: str) -> list[tuple[str, str, str | None]]:
        moves = "SELECT state, actor, why FROM broadcast_moves WHERE broadcast = ? ORDER BY id"
        return [(state, actor, why) for state, actor, why in self.sql(moves, broadcast)]

    def add_row(self, broadcast: str, address: str, state: str = "queued", reason: str | None = None) -> str:
        chat, at = self.store.chats.at(CHANNEL, address).id, to_micros(NOW)
        origin = sealed_columns.broadcast_origin(broadcast, chat)
        values = PlaceholderValues(name="Trần Thị B").model_dump_json()
        self.sql(
            "INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            *(chat, CHANNEL, self.keyring.seal(address, sealed_columns.address(chat)), at, at),
        )
        self.sql(
            "INSERT INTO outbox (origin, chat, channel, payload, priority, state, attempts, queued_at, due_at,"
            " settled_at, broadcast, reason) VALUES (?, ?, ?, ?, 2, ?, 1, ?, ?, ?, ?, ?)",
            *(origin, chat, CHANNEL, self.keyring.seal(values, sealed_columns.payload(chat, origin)), state, at, at),
            *(None if state in {"queued", "sending"} else at, broadcast, reason),
        )
        return chat

    def link(self, *chats: str) -> None:
        for place, chat in enumerate(chats, 1):
            self.sql("INSERT INTO person_channels VALUES (?, ?, ?, ?)", chat, chats[0], place, to_micros(NOW))

    def end_row(self, broadcast: str, chat: str, state: str) -> None:
        ended = "UPDATE outbox SET state = ?, settled_at = ? WHERE broadcast = ? AND chat = ?"
        self.sql(ended, state, to_micros(NOW), broadcast, chat)

    def rows_of(self, broadcast: str) -> dict[str, tuple[str, str | None]]:
        found = self.sql("SELECT chat, state, reason FROM outbox WHERE broadcast = ? ORDER BY id", broadcast)
        assert len({chat for chat, _, _ in found}) == len(found), "somebody has two rows"
        return {chat: (state, reason) for chat, state, reason in found}

    def values_of(self, broadcast: str) -> dict[str, PlaceholderValues]:
        rows = "SELECT chat, origin, payload FROM outbox WHERE broadcast = ? AND payload IS NOT NULL"
        return {
            chat: PlaceholderValues.model_validate_json(
                self.keyring.unseal(payload, sealed_columns.payload(chat, origin))
            )
            for chat, origin, payload in self.sql(rows, broadcast)
        }

    def write_people(self, officers: Sequence[Officer]) -> None:
        write_officers(self.sql, self.keyring, officers, NOW)

    @asynccontextmanager
    async def with_policy(self, policy: BroadcastPolicy) -> AsyncIterator[Store]:
        database = self.database
        async with closing_async(await open_store(database.url, database.folder, self.keyring, policy)) as strict:
            yield strict

    def everything(self) -> object:
        with self.database.opened() as sql:
            return [sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in _TABLES]

    def bytes_at_rest(self) -> bytes:
        return self.database.bytes_at_rest()


def make_memory_backend() -> MemoryBackend:
    """In memory, with the units."""
    return MemoryBackend(MemoryStore(UNITS))
