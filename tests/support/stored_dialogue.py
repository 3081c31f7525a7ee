"""A conversation over the real store, written like one over the in-memory ports (``tests.support.dialogue``)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Protocol

from bot.delivery.dossier_maker import DossierMaker, FoundDossier
from bot.delivery.event_preparation import EventPreparer, ListReader, may_import_by_role
from bot.delivery.turns import Conversation, TurnHandler
from bot.messages import Chat, DeliveryState, Incoming, PendingTurn
from bot.services.unit_of_work import TurnTransaction
from bot.store import Store, StoredInterviewRegister
from handlers.conversation import respond, wants_certificate_list, wants_file
from handlers.core import (
    ButtonTapped,
    Event,
    OwnChannels,
    OwnData,
    OwnRequests,
    Reminders,
    Reply,
    ScreenCallback,
    Services,
    Session,
    TextReceived,
)
from handlers.model import (
    InterviewStatus,
    Request,
    RequestContent,
    RequestRow,
    Rights,
    Role,
)
from handlers.testing import MemoryInterviewRegister
from rules.offices import Office
from rules.outcome import Procedure
from tests.support.delivery import CountingReader, ManualClock, ScriptedChannel
from tests.support.dialogue import Dialogue, Talker, pack
from tests.support.people import UNITS, admin_transaction, grant_role
from tests.support.store import (
    ADDRESS,
    CHANNEL,
    CONSENTED_SESSION,
    NOW,
    claim_next_turn,
    open_admin_transaction,
    open_chat,
    open_turn,
)

_updates = count(1)


class Ports(Protocol):
    """The ports of a turn."""

    requests: OwnRequests
    own_data: OwnData
    reminders: Reminders
    channels: OwnChannels

    @property
    def register(self) -> StoredInterviewRegister | MemoryInterviewRegister:
        """The register of units and certificates."""


class Turns(Protocol):
    """One person's turns, one after the other."""

    def __call__(self, now: datetime = NOW) -> AbstractAsyncContextManager[Ports]: ...


@dataclass
class StoredTurns:
    """Turns of a store, each committed at its end."""

    store: Store
    address: str = ADDRESS
    channel: str = CHANNEL

    @asynccontextmanager
    async def __call__(self, now: datetime = NOW) -> AsyncIterator[Ports]:
        chat = await open_chat(self.store, f"update {next(_updates)}", self.address, self.channel)
        async with open_turn(self.store, await claim_next_turn(self.store, chat), now) as unit:
            yield unit
            await unit.finish(CONSENTED_SESSION, [])


async def keep_event(chat: Chat, event: Event) -> Event:
    del chat
    return event


@dataclass
class StoredDialogue(Dialogue):
    """One person's conversation; every turn is taken from the inbox and committed, as the assistant does it."""

    store: Store = field(kw_only=True)
    address: str = field(kw_only=True)
    channel: str = field(default=CHANNEL, kw_only=True)
    #: Prepares an event between two turns.
    prepare: Callable[[Chat, Event], Awaitable[Event]] = field(default=keep_event, kw_only=True)

    async def does(self, event: Event) -> str:
        """Handle an event and those that follow from it."""
        update = f"dialogue {next(_updates)}"
        (chat,) = await self.store.inbox.receive([Incoming(self.channel, update, self.address, event)], NOW)
        while pending := await self.store.inbox.claim_turn(chat):
            event = await self.prepare(chat, pending.event)
            offices = await self.store.offices.read()
            async with open_turn(self.store, pending, NOW) as unit:
                await self._take(replace(pending, event=event), unit, offices)
        return self.text

    async def _take(self, pending: PendingTurn, unit: TurnTransaction, offices: tuple[Office, ...]) -> None:
        session = Session.load(pending.session) if pending.session else None
        turn = await respond(session, pending.event, _world(unit, offices, self.channel))
        remembered = turn.session.model_dump_json() if turn.session else None
        await unit.finish(remembered, turn.replies, turn.again)
        self.session, self.heard = turn.session, turn.replies
        self.choices = next((reply.choices for reply in reversed(turn.replies) if reply.choices), self.choices)


def _world(unit: TurnTransaction, offices: tuple[Office, ...], channel: str) -> Services:
    return Services(
        now=NOW,
        pack=pack(),
        requests=unit.requests,
        own_data=unit.own_data,
        channel=channel,
        save_status=unit.register.save_status,
        admin=unit.admin,
        reminders=unit.reminders,
        channels=unit.channels,
        units=UNITS,
        chosen_offices=offices,
    )


async def register_request(
    store: Store, address: str, content: RequestContent, unit: str | None, channel: str = CHANNEL
) -> Request:
    """Register a request of an officer of this unit."""
    async with StoredTurns(store, address, channel)() as turn:
        return await turn.requests.register(content.model_copy(update={"unit_code": unit}))


async def load_request(store: Store, rights: Rights, code: str) -> RequestRow:
    """Return a request as these rights show it."""
    async with admin_transaction(store) as at:
        filed = await at.admin.desk.get(rights, code)
    assert filed is not None
    return filed


async def save_owed(store: Store, address: str, unit: str, owed: Sequence[Procedure]) -> None:
    """Save an interview of an officer of this unit, with what they still have to do."""
    async with StoredTurns(store, address)() as turn:
        name = f"UBND {unit}"
        await turn.register.save_status(InterviewStatus(interview=1, unit=unit, subscriber=name, owed=tuple(owed)))


async def add_owing_officers(store: Store) -> None:
    """Add two officers of Xã Nhơn Trạch, one of them with something to do, and one of Xã Đại Phước."""
    await save_owed(store, "1", "DN.NT", (Procedure.CHANGE_INFORMATION,))
    await save_owed(store, "2", "DN.NT.VP", ())
    await save_owed(store, "3", "DN.DP", (Procedure.REVOKE,))


async def start_talk(store: Store, address: str, role: Role = Role.ADMIN, unit: str | None = "DN.NT") -> StoredDialogue:
    """Give a person a role and let them consent."""
    await grant_role(store, address, role, unit, label=f"Anh {address}")
    dialogue = StoredDialogue(store=store, address=address)
    await dialogue.says("/start", "dong y")
    return dialogue


@dataclass
class Assistant:
    """The assistant that all people of a test talk with."""

    store: Store
    clock: ManualClock = field(default_factory=ManualClock)
    channel: ScriptedChannel = field(default_factory=ScriptedChannel)

    def __post_init__(self) -> None:
        channels = {CHANNEL: self.channel}
        talk = Conversation(respond=respond, wants_file=wants_file, pack=pack(), wants_list=wants_certificate_list)
        papers = DossierMaker(self._find_dossier, self.clock, pack(), None, None, asyncio.Semaphore(1))
        lists = ListReader(may_import_by_role(self.store))
        preparer = EventPreparer(channels, CountingReader(), lists, dossiers=papers)
        self.turns = TurnHandler(self.store, talk, preparer, channels, self.clock, open_turn=open_turn)

    async def _find_dossier(self, chat: Chat, dossier: str) -> FoundDossier:
        async with open_admin_transaction(self.store, self.clock.now(), chat=chat.id, channel=chat.channel) as at:
            rights = Rights.of(await at.admin.people.mine(), UNITS)
            return FoundDossier(await at.admin.dossiers.get(rights, dossier), UNITS)

    def person(self, address: str) -> "Person":
        return Person(self, address)

    async def answer(self, chat: Chat) -> list[Reply]:
        """Handle everything that waits; return the replies to the chat."""
        await self.turns.handle(chat)
        said = []
        while rows := await self.store.outbox.claim(CHANNEL, 100, self.clock.now()):
            for row in rows:
                await self.store.outbox.settle(row, DeliveryState.SENT, self.clock.now(), message="1")
                said += [row.reply] if row.chat.id == chat.id else []
        return said


@dataclass
class Person(Talker):
    """A person; ``heard`` and ``choices`` are the output of the last turn."""

    house: Assistant
    address: str

    @property
    def chat(self) -> Chat:
        return self.house.store.chats.at(CHANNEL, self.address)

    async def does(self, event: Event) -> str:
        incoming = Incoming(CHANNEL, f"talk {next(_updates)}", self.address, event)
        (chat,) = await self.house.store.inbox.receive([incoming], self.house.clock.now())
        self.heard = tuple(await self.house.answer(chat))
        self.choices = next((reply.choices for reply in reversed(self.heard) if reply.choices), ())
        return self.text

    async def forges(self, value: str, session: Session | None = None) -> str:
        """Tap a button that was never shown, on the open screen at its present version."""
        at = session or await self.session()
        return await self.does(ButtonTapped(data=str(ScreenCallback(at.screen, value, str(at.version))), message="8"))

    async def consents(self) -> "Person":
        await self.says("/start")
        await self.taps("Tôi đồng ý")
        return self

    async def session(self) -> Session:
        """Return the stored session."""
        return await self._meanwhile(lambda session: session)

    async def stands_at(self, screen: str, about: str | None = None, **kept: object) -> Session:
        """Put the session onto a screen directly, as if the person had reached it with earlier rights."""
        return await self._meanwhile(lambda session: session.with_screen(screen, about=about, **kept))

    async def _meanwhile(self, change: Callable[[Session], Session]) -> Session:
        """Change the session in a turn without answer; return the new one."""
        store, now = self.house.store, self.house.clock.now()
        await store.inbox.receive(
            [Incoming(CHANNEL, f"talk {next(_updates)}", self.address, TextReceived(text="?"))], now
        )
        pending = await store.inbox.claim_turn(self.chat)
        assert pending is not None
        kept = change(Session.load(pending.session or "{}"))
        async with open_turn(store, pending, now) as unit:
            await unit.finish(kept.model_dump_json(), [])
        return kept

    @property
    def seen(self) -> str:
        """Return all that was shown, including labels of buttons."""
        return "\n".join((self.text, *self.labels))
