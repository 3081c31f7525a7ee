"""Fakes for delivery: a manual clock, a scripted channel, and a conversation that echoes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

from bot.channels.base import Capabilities
from bot.delivery.turns import Conversation
from bot.messages import Incoming, OutboxRow
from handlers.core.events import Event, TextReceived
from handlers.core.ports import Services
from handlers.core.replies import Reply
from handlers.core.session import Session
from handlers.turn import Turn
from rules.loading import load_pack


class ManualClock:
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


def conversation(respond: Respond = echo, *, wants_file: bool = True) -> Conversation:
    return Conversation(respond=respond, wants_file=lambda _session: wants_file, pack=load_pack("nhon_trach"))


def said(text: str, update: int, address: str = "1", channel: str = "telegram") -> Incoming:
    return Incoming(channel, str(update), address, TextReceived(text=text, message=str(update)))
