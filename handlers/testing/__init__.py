"""The services of the conversation in memory, complete and as strict as the real ones: for tests and for previews.

``build_memory_services`` gives one person's world. ``MemoryHouse`` is for several people, and for what those with a
role do: requests, exports, imports, roles, statistics, the journal, units and broadcasts::

    house = MemoryHouse(MemoryTables(units))
    chat = house.hear("telegram", "123", now)
    with house.turn(chat, now) as turn:
        said = await respond(session, event, turn.services(pack))
        turn.finish(said.session.model_dump_json(), said.replies)

Rights are demanded and checked, revisions and states compared, invitations taken once, approvals by a second person
asked for, and what rights do not show is masked, as in the services over a database: one suite of tests holds both to
it (``tests/contract``). Nothing is sealed, the journal is not chained, and nothing goes on by itself:
``house.broadcasts`` checks, makes rows and delivers when it is called.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from handlers.core import AdminServices, MakeLink, Reply, Services
from handlers.model import (
    MACHINE,
    NO_UNITS,
    OPEN_STATES,
    RETAINED_STATES,
    Broadcast,
    BroadcastDraft,
    BroadcastPolicy,
    BroadcastState,
    LinkPurpose,
    UnitDirectory,
)
from handlers.testing.broadcast_operations import MemoryBroadcastOperations
from handlers.testing.broadcasts import MemoryBroadcasts
from handlers.testing.channels import MemoryChannels, link_chats
from handlers.testing.dossiers import MemoryDossiers
from handlers.testing.people import MemoryPeople
from handlers.testing.person import (
    MemoryEmail,
    MemoryInterviewRegister,
    MemoryOwnRequests,
    MemoryReminders,
)
from handlers.testing.request_list import MemoryRequestList, RequestMoves
from handlers.testing.tables import (
    BROADCAST,
    REPLY,
    BroadcastRecord,
    ChatRecord,
    MemoryContext,
    MemoryJournal,
    MemoryTables,
    MemoryTransaction,
    MessageRecord,
    chat_id,
)
from handlers.testing.tasks import MemoryOwnData, MemoryRequestFiles
from handlers.testing.units import MemoryOffices, MemoryUnits
from locales import LANGUAGES
from rules.pack import Pack

__all__ = [
    "MemoryBroadcastOperations",
    "MemoryContext",
    "MemoryHouse",
    "MemoryInterviewRegister",
    "MemoryOwnData",
    "MemoryOwnRequests",
    "MemoryReminders",
    "MemoryTables",
    "MemoryTransaction",
    "MemoryTurn",
    "add_reminder",
    "build_memory_admin_services",
    "build_memory_services",
    "chat_id",
    "link_chats",
]


#: Messages that only wait belong to broadcasts of these numbers.
_WAITING_FROM = 900_000


def build_memory_admin_services(acting: MemoryContext) -> AdminServices:
    """Build the services of people with a role over the tables of a context."""
    journal, moves = MemoryJournal(acting), RequestMoves(acting)
    return AdminServices(
        people=MemoryPeople(acting, journal),
        desk=MemoryRequestList(acting, journal, moves),
        journal=journal,
        lists=MemoryRequestFiles(acting, journal, moves),
        units=MemoryUnits(acting, journal),
        broadcasts=MemoryBroadcasts(acting, journal),
        dossiers=MemoryDossiers(journal, acting),
        offices=MemoryOffices(journal, acting),
    )


class MemoryTurn:
    """The services of one person, for one turn."""

    def __init__(self, acting: MemoryContext) -> None:
        self.acting = acting
        self.admin = build_memory_admin_services(acting)
        self.requests = MemoryOwnRequests(acting)
        self.own_data = MemoryOwnData(acting, MemoryPeople(acting, MemoryJournal(acting)))
        self.register = MemoryInterviewRegister(acting)
        self.reminders = MemoryReminders(acting)
        self.made_links = list[LinkPurpose]()
        self.mail = MemoryEmail(acting)
        self.channels = MemoryChannels(MemoryJournal(acting), acting)

    async def make_link(self, purpose: LinkPurpose) -> str:
        """Count them: each is another one."""
        self.made_links.append(purpose)
        path = "desk/sign-in" if purpose is LinkPurpose.SIGN_IN else "t"
        return f"https://troly.test/{path}/{len(self.made_links):022}"

    def link_maker(self, address: str | None) -> MakeLink:  # noqa: ARG002 - no browser reaches it
        """Return the same at any address of the web server."""
        return self.make_link

    def email(self, terms: object) -> MemoryEmail:  # noqa: ARG002 - it sends nothing
        """Return the same whatever the settings say."""
        return self.mail

    def services(self, pack: Pack, **changes: Any) -> Services:
        """Return the ports, as the conversation gets them."""
        world: dict[str, Any] = {
            "channel": self.acting.channel.partition(":")[0],
            "requests": self.requests,
            "own_data": self.own_data,
            "save_status": self.register.save_status,
            "admin": self.admin,
            "reminders": self.reminders,
            "channels": self.channels,
            "make_link": self.make_link,
            "email": self.mail,
            "units": self.acting.tables.units,
            "chosen_offices": tuple(one.office for one in self.acting.tables.offices.values()),
            **changes,
        }
        return Services(now=self.acting.now, pack=pack, **world)

    def finish(self, session: str | None, replies: Sequence[Reply]) -> None:
        """Keep the session, and queue the replies."""
        tables, chat = self.acting.tables, self.acting.tables.chats[self.acting.chat]
        number = tables.next_number("turn")
        tables.chats[chat.id] = self._forget(chat) if session is None else _remember(chat, session)
        for place, reply in enumerate(replies):
            self.acting.queue(chat.id, f"turn:{number}:{place}", reply, REPLY)

    def _forget(self, chat: ChatRecord) -> ChatRecord:
        """Keep nothing personal of whoever leaves no session, but of those who have to be found."""
        tables = self.acting.tables
        awaited = any(one.state in OPEN_STATES - RETAINED_STATES for one in tables.requests_of(chat.id))
        erased_at = chat.erased_at if awaited or tables.grants_of(chat.id) else self.acting.now
        return replace(chat, session=None, language=None, consented=False, erased_at=erased_at)


def _remember(chat: ChatRecord, session: str) -> ChatRecord:
    stored = from_json(session)
    told = stored if isinstance(stored, dict) else {}
    language = told.get("language") if told.get("language") in LANGUAGES else None
    consented = told.get("consented_at") is not None
    return replace(chat, session=session, language=language, consented=consented, erased_at=None, in_group=False)


@dataclass
class MemoryHouse:
    """Everybody's conversations over the same tables; each turn is a transaction."""

    tables: MemoryTables = field(default_factory=MemoryTables)
    policy: BroadcastPolicy = field(default_factory=BroadcastPolicy)

    @property
    def broadcasts(self) -> MemoryBroadcastOperations:
        """Return the work of the loops, to be called by hand."""
        return MemoryBroadcastOperations(self.tables, self.policy)

    def hear(self, channel: str, address: str, now: datetime) -> ChatRecord:
        """Note that a person writes: the chat is known from now on, not blocked, and not to be forgotten."""
        chat = self.acting(now).expect_chat(channel, address)
        known = self.tables.chats[chat]
        self.tables.chats[chat] = replace(known, last_contact_at=now, blocked_at=None, erased_at=None)
        return self.tables.chats[chat]

    def acting(self, now: datetime, channel: str = MACHINE, chat: str = "") -> MemoryContext:
        """Return the context of somebody who acts at a moment."""
        return MemoryContext(self.tables, now, channel, chat, self.policy)

    @contextmanager
    def turn(self, chat: ChatRecord, now: datetime) -> Iterator[MemoryTurn]:
        """Open a turn of a person; it is undone where it raises."""
        with self.tables.transaction() as opened:
            yield MemoryTurn(self.acting(now, chat.channel, chat.id))
            opened.commit()

    @contextmanager
    def office(
        self, now: datetime, channel: str = MACHINE, chat: str = ""
    ) -> Iterator[tuple[AdminServices, MemoryTransaction]]:
        """Open the admins' side outside any conversation; it is undone unless it is committed."""
        with self.tables.transaction() as opened:
            yield build_memory_admin_services(self.acting(now, channel, chat)), opened


def build_memory_services(  # noqa: PLR0913 - what a world may begin with
    pack: Pack,
    now: datetime,
    *,
    channel: str = "memory",
    units: UnitDirectory = NO_UNITS,
    register: MemoryInterviewRegister | None = None,
    acting: MemoryContext | None = None,
    received: Sequence[str] = (),
    waiting: int = 0,
    **changes: Any,
) -> Services:
    """Build a world with one person and nothing in it yet.

    Args:
        pack: the rules of the conversation.
        now: the moment at which everything happens.
        channel: over which the person talks.
        units: the tree of units.
        register: one that is watched, in place of a new one; its tables are those of the world.
        acting: a context whose tables are those of the world, where there is no register.
        received: broadcasts that were sent to the person.
        waiting: how many further messages of broadcasts wait for the person.
        changes: other fields of ``Services``.
    """
    acting = register.acting if register else acting or MemoryContext(MemoryTables(units), now, channel)
    acting.tables.units = units
    chat = acting.expect_chat(channel, "me")
    turn = MemoryTurn(replace(acting, chat=chat))
    if register:
        register.acting = turn.acting
        turn.register = register
    for broadcast in received:
        add_reminder(turn.acting, broadcast, "sent")
    for number in range(waiting):
        add_reminder(turn.acting, f"TB-{_WAITING_FROM + number:06d}", "queued")
    return turn.services(pack, channel=channel, **changes)


def add_reminder(acting: MemoryContext, broadcast: str, state: str, at: datetime | None = None) -> None:
    """Add a message of a broadcast to the person of a context, with an empty broadcast where there is none."""
    tables, when = acting.tables, at or acting.now
    made = Broadcast(broadcast, BroadcastState.RUNNING, BroadcastDraft(title=""), None, MACHINE, 0, when, when)
    tables.broadcasts.setdefault(broadcast, BroadcastRecord(made, MACHINE, MACHINE))
    channel, settled = tables.chats[acting.chat].channel, None if state == "queued" else when
    row = MessageRecord(
        f"broadcast:{broadcast}:{acting.chat}", acting.chat, channel, BROADCAST, when, state=state, settled_at=settled
    )
    tables.messages[row.origin] = replace(row, broadcast=broadcast)
