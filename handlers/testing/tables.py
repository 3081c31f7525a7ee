"""The tables of the services in memory: rows like those of the store, without sealing.

Rows are frozen and every table is a dict, so that a snapshot, and with it a transaction that is undone, is a copy of a
few dicts.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from handlers.core import Reply
from handlers.model import (
    EMAIL,
    MACHINE,
    NO_UNITS,
    Act,
    Broadcast,
    BroadcastPolicy,
    BroadcastState,
    CheckReport,
    ChosenOffice,
    DossierRecord,
    EmailContact,
    ExportOrder,
    Grant,
    ImportLine,
    InterviewStatus,
    JournalEntry,
    JournalFilter,
    NoticeTiming,
    OfferState,
    PlaceholderValues,
    Reach,
    Request,
    RequestContent,
    RequestState,
    RequestStep,
    Rights,
    Role,
    UnitDirectory,
)
from locales import LANGUAGES
from rules.calendar import to_vietnam_day

#: The actor that moves a request from within its own conversation.
SUBSCRIBER = "subscriber"
#: What a message is for.
REPLY, NOTICE, BROADCAST = "reply", "notice", "broadcast"


@dataclass(frozen=True, slots=True)
class ChatRecord:
    """A chat, and what is known of its person."""

    id: str
    channel: str
    address: str
    first_contact_at: datetime
    last_contact_at: datetime
    unit: str | None = None
    session: str | None = None
    language: str | None = None
    consented: bool = False
    erased_at: datetime | None = None
    stopped_at: datetime | None = None
    reminded_at: datetime | None = None
    blocked_at: datetime | None = None
    in_group: bool = False

    def agreed(self, language: str) -> "ChatRecord":
        """Return the chat of a person who speaks a language and agrees that data are kept."""
        return replace(self, language=language, consented=True)


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request with all of its moves."""

    code: str
    number: int
    chat: str
    unit: str | None
    state: RequestState
    content: RequestContent
    registered_at: datetime
    changed_at: datetime
    moves: tuple[tuple[int, RequestStep], ...]  #: each with the revision it made
    revision: int = 0
    ended_at: datetime | None = None

    def to_request(self) -> Request:
        """Return the request as its officer sees it."""
        history = tuple(step for _, step in self.moves)
        return Request(code=self.code, state=self.state, content=self.content, history=history)


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A role that was given."""

    grant: Grant
    chat: str
    granted_at: datetime
    granted_by: str
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvitationRecord:
    """An invitation to a role; here its code is kept as it is."""

    id: str
    code: str
    role: Role
    unit: str | None
    label: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    used_at: datetime | None = None
    ended_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Return whether it can still be taken."""
        return self.used_at is None and self.ended_at is None and self.expires_at > now


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """The status of an interview of a chat, and since when it is so."""

    chat: str
    status: InterviewStatus
    known_at: datetime
    changed_at: datetime


EXPORT_TASK = "export"


def export_origin(task: str, mark: str = "shown") -> str:
    """Return the origin of a message of an export; ``shown`` is the one that moves."""
    return f"{EXPORT_TASK}:{task}:{mark}"


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """An export that was ordered, or a list that waits for a yes."""

    id: str
    chat: str
    kind: str  #: export, import, units, own_data
    created_at: datetime
    state: str = "queued"
    order: ExportOrder | None = None
    lines: tuple[ImportLine, ...] = ()
    content: str = ""  #: of a list of units
    done: int = 0
    total: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether it waits or is being worked at."""
        return self.state in {"queued", "running"}


@dataclass(frozen=True, slots=True)
class BroadcastRecord:
    """A broadcast with what nobody is shown of it."""

    broadcast: Broadcast
    writer: str  #: the person who wrote it last
    decider: str | None = None  #: the person who approved it
    document: bytes | None = None
    report: CheckReport | None = None
    moves: tuple[tuple[BroadcastState, str, str | None], ...] = ()  #: where to, by whom, why
    rows_until: str = ""  #: the last chat that has its row

    @property
    def series(self) -> str:
        """Return the broadcast that answers of people are said to: its campaign, or itself."""
        return self.broadcast.parent or self.broadcast.id


@dataclass(frozen=True, slots=True)
class MarkRecord:
    """The answer of a person to the reminders of a campaign."""

    series: str
    chat: str
    done_at: datetime | None = None
    later_on: date | None = None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message to a person, with what became of it."""

    origin: str  #: what asked for it; unique
    chat: str
    channel: str
    kind: str  #: REPLY, NOTICE or BROADCAST
    queued_at: datetime
    reply: Reply | None = None
    state: str = "queued"
    broadcast: str | None = None
    values: PlaceholderValues | None = None
    reason: str | None = None
    attempts: int = 0
    settled_at: datetime | None = None
    message: str | None = None  #: the platform's id
    meant: str | None = None  #: the chat by which its person is meant, where that is another one

    @property
    def waits(self) -> bool:
        """Return whether it has not left yet."""
        return self.state in {"queued", "sending"}


@dataclass(frozen=True, slots=True)
class DossierRow:
    """A dossier, and whose it is."""

    chat: str
    record: DossierRecord
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """The person of a chat, and its place in the order of reminders."""

    person: str
    place: int
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """A code that links two chats."""

    giver: str
    code: str
    expires_at: datetime
    taker: str | None = None
    state: OfferState | None = None  #: ``None``: it is shown, and was not typed yet


@dataclass
class MemoryTables:
    """Holds all that is kept of everybody."""

    units: UnitDirectory = NO_UNITS
    chats: dict[str, ChatRecord] = field(default_factory=dict)
    requests: dict[str, RequestRecord] = field(default_factory=dict)
    grants: dict[str, GrantRecord] = field(default_factory=dict)
    invitations: dict[str, InvitationRecord] = field(default_factory=dict)
    statuses: dict[tuple[str, int], StatusRecord] = field(default_factory=dict)
    tasks: dict[str, TaskRecord] = field(default_factory=dict)
    broadcasts: dict[str, BroadcastRecord] = field(default_factory=dict)
    marks: dict[tuple[str, str], MarkRecord] = field(default_factory=dict)  #: by series and chat
    messages: dict[str, MessageRecord] = field(default_factory=dict)  #: by origin, in order
    timings: dict[str, NoticeTiming] = field(default_factory=dict)  #: by chat
    emails: dict[str, EmailContact] = field(default_factory=dict)  #: by the chat of their person
    places: dict[str, PlaceRecord] = field(default_factory=dict)  #: by chat
    offers: dict[str, OfferRecord] = field(default_factory=dict)  #: by the chat that shows the code
    guesses: dict[str, tuple[datetime, int]] = field(default_factory=dict)  #: wrong codes since a moment, by chat
    dossiers: dict[str, DossierRow] = field(default_factory=dict)  #: by id
    offices: dict[str, ChosenOffice] = field(default_factory=dict)  #: receiving offices, by id
    journal: list[JournalEntry] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)

    def snapshot(self) -> Mapping[str, Any]:
        """Copy all tables; two snapshots are equal where nothing was changed between them."""
        return {one.name: _copy(getattr(self, one.name)) for one in fields(self)}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Put it back as it was."""
        for name, value in kept.items():
            setattr(self, name, _copy(value))

    @contextmanager
    def transaction(self) -> "Iterator[MemoryTransaction]":
        """Undo what is done within, unless it is committed."""
        kept, opened = self.snapshot(), MemoryTransaction()
        try:
            yield opened
        finally:
            if not opened.committed:
                self.restore(kept)

    def next_number(self, name: str) -> int:
        """Count on."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]

    def own_chats(self, chat: str) -> tuple[str, ...]:
        """Return the chats of the person of a chat, in the order of reminders."""
        known = self.places.get(chat)
        if known is None:
            return (chat,)
        mine = [one for one, placed in self.places.items() if placed.person == known.person]
        return tuple(sorted(mine, key=lambda one: (self.places[one].place, one)))

    def is_one_person(self, one: str | None, other: str | None) -> bool:
        """Return whether two chats are of the same person."""
        return one is not None and other is not None and other in self.own_chats(one)

    def contact_of(self, chat: str) -> EmailContact | None:
        """Return the address that was given in a chat, and whether its mailbox comes first."""
        known = self.emails.get(chat)
        mailbox = self.places.get(chat_id(EMAIL, known.address)) if known and known.confirmed else None
        if known is None or mailbox is None or chat not in self.places:
            return known
        return replace(known, first=mailbox.place < self.places[chat].place)

    def remove_mailbox(self, owner: str) -> None:
        """Forget the address that was given in a chat."""
        gone = self.emails.pop(owner, None)
        if gone is not None:
            self.places.pop(chat_id(EMAIL, gone.address), None)

    def requests_of(self, chat: str) -> list[RequestRecord]:
        """List the requests of a chat, the newest first."""
        return sorted((one for one in self.requests.values() if one.chat == chat), key=lambda one: -one.number)

    def grants_of(self, chat: str) -> tuple[Grant, ...]:
        """List the roles of a chat that have not ended, in the order in which they were given."""
        return tuple(one.grant for one in self.grants.values() if one.chat == chat and one.ended_at is None)

    def statuses_of(self, chat: str) -> list[StatusRecord]:
        """List the certificates of a chat, the newest first."""
        mine = (one for one in self.statuses.values() if one.chat == chat)
        return sorted(mine, key=lambda one: (one.changed_at, one.status.interview), reverse=True)

    def is_within(self, reach: Reach, unit: str | None) -> bool:
        """Return whether what belongs to a unit lies within reach."""
        known = unit if unit in self.units.units else None
        return reach.everything or (known is not None and any(self.units.is_within(known, top) for top in reach.units))


@dataclass
class MemoryTransaction:
    """Notes whether what is done is kept."""

    committed: bool = False

    def commit(self) -> None:
        """Keep what was done so far, and what follows."""
        self.committed = True


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list) else value


def chat_id(channel: str, address: str) -> str:
    """Return the id of a chat: 32 hexadecimal digits that say nothing about the person."""
    return hashlib.sha256(f"{channel}\0{address}".encode(errors="replace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class MemoryContext:
    """Says in which tables, over which channel, by whom and when something is done."""

    tables: MemoryTables
    now: datetime
    channel: str = MACHINE
    chat: str = ""  #: id of the chat of the one who acts; empty at the machine
    policy: BroadcastPolicy = field(default_factory=BroadcastPolicy)

    def next_id(self, prefix: str) -> str:
        """Return a new id such as ``QT-000012``."""
        return f"{prefix}-{self.tables.next_number(prefix):06d}"

    def expect_chat(self, channel: str, address: str) -> str:
        """Make a chat known that may never have written; its id."""
        chat = chat_id(channel, address)
        self.tables.chats.setdefault(chat, ChatRecord(chat, channel, address, self.now, self.now))
        return chat

    def rights_of(self, actor: str) -> Rights:
        """Return the rights by all the roles of the person who has or had this one."""
        if actor == MACHINE:
            return Rights.operator(self.tables.units)
        known = self.tables.grants.get(actor)
        return Rights.of(self.tables.grants_of(known.chat) if known else (), self.tables.units)

    def person(self, actor: str) -> str:
        """Return the person who acts by a role, whichever of theirs it is; the machine is one person."""
        if actor == MACHINE:
            return MACHINE
        known = self.tables.grants.get(actor)
        return self.chat or (known.chat if known else "")

    def language(self, chat: str) -> str:
        """Return the language of a conversation; Vietnamese where there is none."""
        known = self.tables.chats.get(chat)
        return (known.language if known else None) or LANGUAGES[0]

    def queue(self, chat: str, origin: str, reply: Reply, kind: str = NOTICE) -> None:
        """Queue a message; whoever asks again under the same origin is not heard twice."""
        channel = self.tables.chats[chat].channel
        self.tables.messages.setdefault(origin, MessageRecord(origin, chat, channel, kind, self.now, reply))

    def settle(self, origin: str, state: str, reason: str | None = None) -> None:
        """Give a message its end; nothing is kept of what it said."""
        known = self.tables.messages[origin]
        ended = replace(known, state=state, reason=reason, settled_at=self.now, values=None, reply=None)
        self.tables.messages[origin] = ended

    def edit(self, origin: str, reply: Reply) -> Reply | None:
        """Return ``reply`` in place of the message of that origin; ``None`` where that was not sent."""
        shown = self.tables.messages.get(origin)
        if shown is None or shown.state != "sent" or shown.message is None:
            return None
        return reply.model_copy(update={"action": "edit", "target": shown.message})


#: Codes that a subject names one by one.
_NAMED_CODES = 10


@dataclass(frozen=True, slots=True)
class MemoryJournal:
    """Implements ``handlers.core.admin_ports.Journal``; rows are not chained here."""

    acting: MemoryContext

    async def latest(
        self, rights: Rights, limit: int, before: int | None = None, wanted: JournalFilter | None = None
    ) -> tuple[JournalEntry, ...]:
        """Read from the end."""
        near = self._matching(rights, wanted)
        older = [one for one in reversed(near) if before is None or one.number < before]
        return tuple(older[:limit])

    async def count(self, rights: Rights, wanted: JournalFilter | None = None) -> int:
        """Count all that match."""
        return len(self._matching(rights, wanted))

    def _matching(self, rights: Rights, wanted: JournalFilter | None) -> list[JournalEntry]:
        reach, tables, asked = rights.reach(Act.SEE_JOURNAL), self.acting.tables, wanted or JournalFilter()
        near = [one for one in tables.journal if reach and tables.is_within(reach, one.unit)]
        return [one for one in near if self._matches(one, asked)]

    def _matches(self, one: JournalEntry, asked: JournalFilter) -> bool:
        day = to_vietnam_day(one.at)
        return (
            asked.act in {"", one.act}
            and asked.actor in {"", one.actor}
            and (asked.unit is None or self.acting.tables.is_within(Reach(units=(asked.unit,)), one.unit))
            and re.sub(r"[^A-Z0-9:.-]", "", asked.about.upper()) in one.subject.upper()
            and (asked.since is None or asked.since <= day)
            and (asked.until is None or day <= asked.until)
        )

    async def record(self, rights: Rights, act: str, subject: str, *, unit: str | None = None, count: int = 1) -> None:
        """Write at the end."""
        self.add(rights.actor, act, subject, unit, count)

    def add(self, actor: str, act: str, subject: str, unit: str | None, count: int = 1) -> None:
        """Write a row of somebody who acted."""
        rows, acting = self.acting.tables.journal, self.acting
        at = {"number": len(rows) + 1, "at": acting.now, "actor": actor, "act": str(act)}
        rows.append(
            JournalEntry.model_validate(
                {**at, "subject": subject, "unit": unit, "count": count, "channel": acting.channel}
            )
        )


def format_span(codes: Sequence[str]) -> str:
    """Format codes as a subject; of many, the first and the last."""
    return ", ".join(codes) if len(codes) <= _NAMED_CODES else f"{codes[0]} … {codes[-1]}"
