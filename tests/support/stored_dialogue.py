"""People who talk with the assistant over a real store: ``await lan.says("/vaitro")``."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from bot.delivery.event_preparation import EventPreparer, ListReader, may_import_by_role
from bot.delivery.turns import Conversation, TurnHandler
from bot.messages import Chat, DeliveryState, Incoming
from bot.store.store import Store
from handlers.conversation import respond, wants_file
from handlers.core.events import ButtonTapped, Event, TextReceived
from handlers.core.replies import Choice, Reply
from handlers.core.screen import ScreenCallback
from handlers.core.session import Session
from tests.support.delivery import ManualClock, ScriptedChannel
from tests.support.dialogue import pack
from tests.support.opening import open_turn
from tests.support.roads import CountingReader
from tests.support.storing import CHANNEL

_updates = count(1)


@dataclass
class House:
    """The assistant that all people of a test talk with."""

    store: Store
    clock: ManualClock = field(default_factory=ManualClock)
    channel: ScriptedChannel = field(default_factory=ScriptedChannel)

    def __post_init__(self) -> None:
        channels = {CHANNEL: self.channel}
        talk = Conversation(respond=respond, wants_file=wants_file, pack=pack())
        preparer = EventPreparer(channels, CountingReader(), ListReader(may_import_by_role(self.store)))
        self.turns = TurnHandler(self.store, talk, preparer, channels, self.clock, open_turn=open_turn)

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
class Person:
    """A person; ``text`` and ``choices`` are the output of the last turn."""

    house: House
    address: str
    text: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def chat(self) -> Chat:
        return self.house.store.chats.at(CHANNEL, self.address)

    async def does(self, event: Event) -> str:
        incoming = Incoming(CHANNEL, f"talk {next(_updates)}", self.address, event)
        (chat,) = await self.house.store.inbox.receive([incoming], self.house.clock.now())
        replies = await self.house.answer(chat)
        self.text = "\n\n".join("\n\n".join(reply.paragraphs) for reply in replies)
        self.choices = next((reply.choices for reply in reversed(replies) if reply.choices), ())
        return self.text

    async def says(self, *lines: str) -> str:
        for line in lines:
            await self.does(TextReceived(text=line, message="7"))
        return self.text

    async def taps(self, *labels: str) -> str:
        for label in labels:
            choice = next(c for c in self.choices if label.casefold() in c.label.casefold())
            await self.does(ButtonTapped(data=choice.tap, message="8"))
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
        return "\n".join((self.text, *(choice.label for choice in self.choices)))
