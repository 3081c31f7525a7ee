"""Rows in bulk, for data that no conversation made: a province for trying. Sealed as everything else is.

Each method is one transaction.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import open_admin_transaction
from bot.settings import Settings
from bot.store import (
    FolderHoldsData,
    JournalEnd,
    Keyring,
    Query,
    Store,
    add_words_queries,
    chain_hash,
    from_micros,
    has_consent,
    head_to_continue,
    journal_columns,
    open_columns,
    seal_grant,
    session_language,
    to_micros,
)
from bot.store.sealing import sealed_columns
from handlers.model import (
    REQUEST_TRANSITIONS,
    ROLE_PREFIX,
    InterviewStatus,
    JournalEntry,
    RequestContent,
    RequestState,
    Rights,
    Role,
    UnitDirectory,
    format_code,
    request_series,
)


@dataclass(frozen=True, slots=True)
class DemoStep:
    """A move of a request's life."""

    state: RequestState
    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """A request with its life so far."""

    code: str
    number: int
    content: RequestContent
    steps: tuple[DemoStep, ...]


@dataclass(frozen=True, slots=True)
class DemoChat:
    """A person, over one channel."""

    channel: str
    address: str
    first_contact_at: datetime
    last_contact_at: datetime
    unit: str | None = None
    session: str | None = None  #: JSON
    standings: tuple[InterviewStatus, ...] = ()
    requests: tuple[DemoRequest, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class DemoGrant:
    """A person with a role."""

    id: str
    chat: DemoChat
    role: Role
    unit: str | None
    label: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class DemoRowBuilder:
    """Seals, and makes calls of it."""

    keyring: Keyring

    def all_queries(self, chat: DemoChat) -> Iterator[Query]:
        """Write a person with all that belongs to them."""
        yield self.chat_query(chat)
        owner = self._id(chat)
        for standing in chat.standings:
            yield self._standing(owner, chat, standing)
        for request in chat.requests:
            yield from self._request(owner, request)

    def chat_query(self, chat: DemoChat) -> Query:
        """Write a person alone."""
        owner = self._id(chat)
        session = self.keyring.seal(chat.session, sealed_columns.session(owner)) if chat.session else None
        return Query(
            "put_chat",
            {
                "id": owner,
                "channel": chat.channel,
                "address": self.keyring.seal(chat.address, sealed_columns.address(owner)),
                "session": session,
                "language": session_language(chat.session) if chat.session else None,
                "consented": int(chat.session is not None and has_consent(chat.session)),
                "first": to_micros(chat.first_contact_at),
                "last": to_micros(chat.last_contact_at),
                "unit": chat.unit,
            },
        )

    def grant_query(self, grant: DemoGrant) -> Query:
        """Return the query that gives a role to a person whose chat is there."""
        told = {
            "id": grant.id,
            "chat": self._id(grant.chat),
            "role": grant.role.value,
            "unit": grant.unit,
            "granted_at": to_micros(grant.at),
            "granted_by": grant.by,
        }
        label = self.keyring.seal(grant.label, sealed_columns.grant_label(grant.id))
        return Query("put_grant", {**told, "label": label, "seal": seal_grant(self.keyring, told)})

    def _id(self, chat: DemoChat) -> str:
        return sealed_columns.chat_id(self.keyring, chat.channel, chat.address)

    def _standing(self, owner: str, chat: DemoChat, standing: InterviewStatus) -> Query:
        row = sealed_columns.standing_id(owner, standing.interview)
        key, name, owed = standing.certificate_key, standing.subscriber, standing.owed
        return Query(
            "keep_standing",
            {
                "id": row,
                "chat": owner,
                "unit": standing.unit,
                "certificate_key": sealed_columns.certificate_id(self.keyring, key) if key else None,
                "not_after": standing.not_after.toordinal() if standing.not_after else None,
                "owed": None if owed is None else ",".join(owed),
                "subscriber": self.keyring.seal(name, sealed_columns.subscriber(row)) if name else None,
                "now": to_micros(chat.last_contact_at),
            },
        )

    def _request(self, owner: str, request: DemoRequest) -> Iterator[Query]:
        content, steps, last = request.content, request.steps, request.steps[-1]
        yield Query(
            "put_request",
            {
                "code": request.code,
                "number": request.number,
                "chat": owner,
                "state": last.state.value,
                **open_columns(content),
                "certificate_key": sealed_columns.certificate_id(self.keyring, content.certificate_key),
                "content": self.keyring.seal(content.model_dump_json(), sealed_columns.content(request.code)),
                "ended": None if REQUEST_TRANSITIONS[last.state] else to_micros(last.at),
                "registered": to_micros(steps[0].at),
                "changed": to_micros(last.at),
                "revision": len(steps) - 1,
            },
        )
        for revision, step in enumerate(steps):
            yield self._step(request.code, revision, step)
        yield from add_words_queries(self.keyring, request.code, request.number, content)

    def _step(self, code: str, revision: int, step: DemoStep) -> Query:
        note = self.keyring.seal(step.note, sealed_columns.note(code, revision)) if step.note else None
        moved = {"code": code, "state": step.state.value, "at": to_micros(step.at), "actor": step.by}
        return Query("put_step", {**moved, "revision": revision, "note": note})


#: Counter that marks a database whose data are made up.
DEMO_MARK = "demo"


@dataclass(frozen=True, slots=True)
class AdminMove:
    """Requests that somebody with a role moved at one moment to one state."""

    at: datetime
    actor: str
    state: str
    unit: str | None  #: of the role
    count: int
    first: str  #: code
    last: str


@dataclass(frozen=True, slots=True)
class DemoDataWriter:
    """Writes a made-up province into an empty store. Every method raises StoreError."""

    store: Store

    async def begin(self) -> None:
        """Mark an empty database as one of made-up data; another process that begins at the same time waits.

        Raises:
            FolderHoldsData: it is not empty, and nothing was changed.
        """
        async with self.store.driver.transaction() as transaction:
            _, marked, held = await transaction.run(Query("lock_migrations"), Query("made_up"), Query("holds_data"))
            if marked or held:
                raise FolderHoldsData(made_up=bool(marked))
            await transaction.run(Query("put_counter", {"name": DEMO_MARK, "value": 1}), commit=True)

    async def write_units(self, directory: UnitDirectory, at: datetime) -> None:
        """Write the tree of units, as an import would."""
        async with open_admin_transaction(self.store, at) as office:
            await office.admin.units.load_for_update()
            await office.admin.units.save(Rights.operator(directory), directory, frozenset(directory.units))
            await office.commit()

    async def write_grants(self, grants: Sequence[DemoGrant]) -> None:
        """Write people with a role, each with a chat of their own."""
        rows = DemoRowBuilder(self.store.keyring)
        calls = [call for grant in grants for call in (rows.chat_query(grant.chat), rows.grant_query(grant))]
        await self.store.driver.run(*calls, Query("put_counter", {"name": ROLE_PREFIX, "value": len(grants)}))

    async def write_chats(self, chats: Iterable[DemoChat]) -> None:
        """Write people with all that belongs to them."""
        rows = DemoRowBuilder(self.store.keyring)
        await self.store.driver.run(*(call for chat in chats for call in rows.all_queries(chat)))

    async def write_code_counters(self, counts: dict[int, int]) -> None:
        """Write how many codes each year has given out."""
        await self.store.driver.run(
            *(Query("put_counter", {"name": request_series(year), "value": count}) for year, count in counts.items())
        )

    async def read_admin_moves(self) -> list[AdminMove]:
        """Read what people with a role moved, in the order of time."""
        (rows,) = await self.store.driver.run(Query("office_moves"))
        return [AdminMove(from_micros(at), *rest) for at, *rest in rows]

    async def write_journal(self, entries: Sequence[JournalEntry]) -> None:
        """Add rows to the end of the journal; their numbers are given here."""
        if not entries:
            return
        async with self.store.driver.transaction() as transaction:
            ((row,),) = await transaction.run(Query("journal_next", {"made": ""}))
            found = JournalEnd(*row)
            calls = list(self._link_rows(entries, found.number, found.hash))
            number, linked = (calls[-1].parameters[name] for name in ("number", "hash"))
            seal = head_to_continue(self.store.keyring, found).with_row(number, linked).seal(self.store.keyring)
            end = Query("move_journal_end", {"number": number, "hash": linked, "seal": seal})
            await transaction.run(*calls, end, commit=True)

    def _link_rows(self, entries: Iterable[JournalEntry], number: int, previous: str) -> Iterator[Query]:
        for at, entry in enumerate(entries, number):
            numbered = entry.model_copy(update={"number": at})
            linked = chain_hash(self.store.keyring, previous, numbered)
            yield Query("journal_add", {**journal_columns(numbered), "previous": previous, "hash": linked})
            previous = linked


def format_grant_id(number: int) -> str:
    """Return the id of a role as ``StoreContext.next_id`` numbers it."""
    return format_code(ROLE_PREFIX, number)


@asynccontextmanager
async def open_demo_data(settings: Settings) -> AsyncIterator[DemoDataWriter]:
    """Open the database of the settings, to be filled with made-up data; raises as any opening."""
    async with open_store_from_settings(settings) as opened:
        yield DemoDataWriter(opened.store)
