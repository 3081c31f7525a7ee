"""The roads of delivery put together over a store, for tests that walk them by hand."""

from collections.abc import Iterable

from bot.certificates.reader import CertificateReader
from bot.channels.base import Pace, Rate
from bot.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.event_preparation import EventPreparer
from bot.delivery.intake import Intake, Throttle
from bot.delivery.pacing import Pacer
from bot.delivery.turns import Conversation, TurnHandler
from bot.messages import Chat, Incoming
from bot.store.store import Store
from handlers.model.certificate import FileProblem, FileProblemKind, Reading
from tests.support.delivery import ScriptedChannel, conversation

UNHURRIED = Rate(1e6, 1e6)


class CountingReader(CertificateReader):
    """Finds no certificate in anything, and remembers what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bytes, str]] = []

    async def read(self, data: bytes, name: str = "") -> Reading:
        self.seen.append((data, name))
        return Reading(problems=(FileProblem(trouble=FileProblemKind.NO_CERTIFICATE),))


class Roads:
    """Intake, turns and dispatcher of one channel; ``flow`` walks a batch of updates through all of them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        talk: Conversation | None = None,
        channel: ScriptedChannel | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.channel = channel or ScriptedChannel()
        self.reader = CountingReader()
        channels = {self.channel.name: self.channel}
        self.turns = TurnHandler(store, talk or conversation(), EventPreparer(channels, self.reader), channels, clock)
        pacer = Pacer(pace or Pace(overall=1e6, chat=UNHURRIED), clock)
        self.dispatcher = Dispatcher(store, self.channel, pacer, clock)
        self.submitted: list[Chat] = []
        self.intake = Intake(store, Throttle(UNHURRIED, clock), clock, self._submit)

    def _submit(self, chats: Iterable[Chat]) -> None:
        self.submitted.extend(chats)

    async def flow(self, *updates: Incoming) -> None:
        await self.take(*updates)
        await self.dispatcher.deliver()

    async def take(self, *updates: Incoming) -> None:
        """In and handled, not yet delivered."""
        await self.intake.accept(updates)
        while self.submitted:
            await self.turns.handle(self.submitted.pop(0))
