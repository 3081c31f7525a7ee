"""A conversation over the real store, written like one over the in-memory ports (``tests.support.dialogue``)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from bot.messages import Chat, Incoming, PendingTurn
from bot.services.unit_of_work import TurnTransaction
from bot.store.store import Store
from handlers.conversation import respond
from handlers.core.events import Event
from handlers.core.ports import Services
from handlers.core.session import Session
from handlers.model.request import Request, RequestContent
from handlers.model.request_list import InterviewStatus, RequestRow
from handlers.model.rights import Rights, Role
from rules.outcome import Procedure
from tests.support.dialogue import Dialogue, pack
from tests.support.office import UNITS, given, office
from tests.support.opening import open_turn
from tests.support.ports import StoredTurns
from tests.support.storing import CHANNEL, NOW

_updates = count(1)


async def as_given(chat: Chat, event: Event) -> Event:
    del chat
    return event


@dataclass
class StoredDialogue(Dialogue):
    """One person's conversation; every turn is taken from the inbox and committed, as the assistant does it."""

    store: Store = field(kw_only=True)
    address: str = field(kw_only=True)
    #: Prepares an event between two turns.
    prepare: Callable[[Chat, Event], Awaitable[Event]] = field(default=as_given, kw_only=True)

    async def does(self, event: Event) -> str:
        """Handle an event and those that follow from it."""
        update = f"dialogue {next(_updates)}"
        (chat,) = await self.store.inbox.receive([Incoming(CHANNEL, update, self.address, event)], NOW)
        while pending := await self.store.inbox.claim_turn(chat):
            event = await self.prepare(chat, pending.event)
            async with open_turn(self.store, pending, NOW) as unit:
                await self._take(replace(pending, event=event), unit)
        return self.text

    async def _take(self, pending: PendingTurn, unit: TurnTransaction) -> None:
        session = Session.load(pending.session) if pending.session else None
        turn = await respond(session, pending.event, _world(unit))
        remembered = turn.session.model_dump_json() if turn.session else None
        await unit.finish(remembered, turn.replies, turn.again)
        self.session, self.heard = turn.session, turn.replies
        self.choices = next((reply.choices for reply in reversed(turn.replies) if reply.choices), self.choices)


def _world(unit: TurnTransaction) -> Services:
    return Services(
        now=NOW,
        pack=pack(),
        requests=unit.requests,
        own_data=unit.own_data,
        channel=CHANNEL,
        register=unit.register,
        admin=unit.admin,
        reminders=unit.reminders,
        units=UNITS,
    )


async def registered(store: Store, address: str, content: RequestContent, unit: str | None) -> Request:
    """Register a request of an officer of this unit."""
    async with StoredTurns(store, address)() as turn:
        return await turn.requests.register(content.model_copy(update={"unit_code": unit}))


async def seen(store: Store, rights: Rights, code: str) -> RequestRow:
    """Return a request as these rights show it."""
    async with office(store) as at:
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
    await given(store, address, role, unit, label=f"Anh {address}")
    dialogue = StoredDialogue(store=store, address=address)
    await dialogue.says("/start", "dong y")
    return dialogue
