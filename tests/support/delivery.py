"""Fakes for delivery: a manual clock, a scripted channel, and a conversation that echoes."""

import asyncio
import contextlib
import inspect
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.certificates.reader import CertificateReader
from bot.channels import Capabilities
from bot.channels.pace import Pace, Rate
from bot.clock import Clock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.event_preparation import EventPreparer
from bot.delivery.intake import Intake, Throttle
from bot.delivery.pacing import Pacer
from bot.delivery.turns import Conversation, TurnHandler
from bot.messages import Chat, Incoming, OutboxRow
from bot.store import Store
from handlers.core import Event, Reply, Services, Session, TextReceived
from handlers.model import FileProblem, FileProblemKind, Reading
from handlers.turn import Turn
from rules.loading import load_pack


class ManualClock(Clock):
    """A clock on which sleeping takes no time; ``slept`` lists the sleeps."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 8, tzinfo=UTC)) -> None:
        self.start = start
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def set(self, moment: datetime) -> None:
        """Set the time of day, forward or back; the steady clock advances by a minute."""
        self.seconds += 60.0
        self.start += moment - self.now()

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


#: The abilities of Telegram.
TELEGRAM = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    buttons=True,
    editing=True,
    deleting=True,
    files_in=True,
    files_out=True,
    markup=True,
)


class ScriptedChannel:
    """Records what it is sent; the next sends fail as scripted, or are slow to reveal overlapping calls."""

    start_link: str | None = None
    capabilities = TELEGRAM

    def __init__(self, name: str = "telegram", *, delay: float = 0.0) -> None:
        self.name = name
        self.sent: list[tuple[str, str]] = []  #: address and text, in order of success
        self.tried = 0
        self.failures: deque[Exception | None] = deque()
        self.files: dict[str, bytes | Exception] = {}
        self.fetched: list[str] = []
        self.under_way: set[str] = set()
        self._delay = delay

    async def send(self, row: OutboxRow) -> str | None:
        self.tried += 1
        assert row.chat.id not in self.under_way, "two messages of a chat are under way at once"
        self.under_way.add(row.chat.id)
        try:
            await self._take_time(row)
            failure = self.failures.popleft() if self.failures else None
            if failure is not None:
                raise failure
            self.sent.append((row.chat.address, "\n\n".join(row.reply.paragraphs)))
            return str(len(self.sent))
        finally:
            self.under_way.discard(row.chat.id)

    async def _take_time(self, row: OutboxRow) -> None:
        await asyncio.sleep(self._delay)

    async def fetch(self, reference: str, limit: int) -> bytes:
        self.fetched.append(reference)
        found = self.files[reference]
        if isinstance(found, Exception):
            raise found
        return found

    def texts(self, address: str = "1") -> list[str]:
        return [text for to, text in self.sent if to == address]


class Answer(Turn):
    """A turn whose replies may be mere text."""

    def __init__(self, session: Session | None, replies: Iterable[str | Reply], again: Iterable[Event] = ()) -> None:
        said = (Reply(paragraphs=(one,)) if isinstance(one, str) else one for one in replies)
        super().__init__(session, tuple(said), tuple(again))


async def echo(session: Session | None, event: Event, world: Services) -> Answer:
    """Repeat what was heard, and count turns in the version of the session."""
    session = session or Session(consented_at=datetime(2026, 11, 23, tzinfo=UTC))
    heard = event.text if isinstance(event, TextReceived) else event.kind
    return Answer(session.with_changes(version=session.version + 1), [f"{session.version + 1}: {heard}"])


Respond = Callable[[Session | None, Event, Services], Awaitable[Answer]]


def make_conversation(respond: Respond = echo, *, wants_file: bool = True) -> Conversation:
    return Conversation(respond=respond, wants_file=lambda _session: wants_file, pack=load_pack("nhon_trach"))


def make_text_update(text: str, update: int, address: str = "1", channel: str = "telegram") -> Incoming:
    return Incoming(channel, str(update), address, TextReceived(text=text, message=str(update)))


UNHURRIED = Rate(1e6, 1e6)


class CountingReader(CertificateReader):
    """Finds no certificate in anything, and remembers what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bytes, str]] = []

    async def read(self, data: bytes, name: str = "") -> Reading:
        self.seen.append((data, name))
        return Reading(problems=(FileProblem(trouble=FileProblemKind.NO_CERTIFICATE),))


class DeliveryPipeline:
    """Intake, turns and dispatcher of one channel; ``flow`` moves a batch of updates through all of them."""

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
        self.pacer = Pacer(pace or Pace(overall=1e6, chat=UNHURRIED), clock)
        self.dispatcher = Dispatcher(store, self.channel, self.pacer, clock)
        self._talk = talk or make_conversation()
        self._preparer = EventPreparer(channels, self.reader)
        self.turns = self.turn_handler(self.dispatcher)
        self.submitted: list[Chat] = []
        self.intake = Intake(store, Throttle(UNHURRIED, clock), clock, self._submit)

    def _submit(self, chats: Iterable[Chat]) -> None:
        self.submitted.extend(chats)

    async def flow(self, *updates: Incoming) -> None:
        await self.take(*updates)
        await self.dispatcher.deliver()

    def turn_handler(self, dispatcher: Dispatcher) -> TurnHandler:
        """Build what handles turns and hands answers to a dispatcher, where that one runs."""
        channels = {self.channel.name: self.channel}
        outlets = {self.channel.name: dispatcher}
        return TurnHandler(self.store, self._talk, self._preparer, channels, self.clock, outlets=outlets)

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Send beside the block, as a process does; it begins once a first look has found nothing more."""
        stop, answers = asyncio.Event(), self.dispatcher._queues[0]
        running = asyncio.create_task(self.dispatcher.run(stop))
        await eventually(lambda: answers._running and not answers._more)
        try:
            yield
        finally:
            stop.set()
            await running

    async def take(self, *updates: Incoming) -> None:
        """Receive and handle updates, without delivery."""
        await self.intake.accept(updates)
        while self.submitted:
            await self.turns.handle(self.submitted.pop(0))


async def eventually(
    condition: Callable[[], object],
    within: float = 60.0,
    *,
    of: "asyncio.Future[Any] | None" = None,
    pause: float = 0.005,
) -> None:
    """Return once the condition holds; raises TimeoutError if it does not in time.

    Args:
        condition: Tells whether it holds, or is awaited and then tells.
        within: Seconds; reached only where the test fails.
        of: The task that makes it hold. Where it ends without that, its own error is raised.
        pause: Seconds between two looks.
    """
    async with asyncio.timeout(within):
        while True:
            ended = of is not None and of.done()
            holds = condition()
            if await holds if inspect.isawaitable(holds) else holds:
                return
            if of is not None and ended:
                raise AssertionError(f"it never came to hold, and this has ended: {of.result()}")
            await asyncio.sleep(pause)


class TurnedClock(Clock):
    """A sleeper wakes up when the clock is advanced past its moment."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._began = time.monotonic()
        self._turned = 0.0
        self._leapt = timedelta()
        self._news = asyncio.Event()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic()) + self._leapt

    def monotonic(self) -> float:
        """Return the seconds since the test began, including those that it advanced."""
        return time.monotonic() - self._began + self._turned

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    def turn(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._turned += by.total_seconds()
        self._news.set()
        self._news = asyncio.Event()

    def turn_to(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        self.turn(moment - self.now())

    def leap(self, by: timedelta) -> None:
        """Set the clock forward or back without any time passing."""
        self._leapt += by
