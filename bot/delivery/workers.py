"""Chats with something to handle are handled side by side, each by one task at a time, and take turns.

One event of a chat is handled, then it is another chat's turn: first theirs who had none for the longest time. What
takes its time (an errand: a file to be read, a chart to be drawn) has a few places of its own, so that lines wait for
lines only. While a chat's errand waits or is under way its later events wait behind it.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import structlog

from bot.store.api import Chat

#: Chats of which it is remembered when they had their last turn.
_KEPT = 4096
#: Seconds after which half of what a person took of the places for errands is forgotten.
_HALF_LIFE = 60.0

_log = structlog.get_logger(__name__)


class Kind(StrEnum):
    """What an errand waits for."""

    FILE = "file"  #: a stranger's file is fetched and read
    MADE = "made"  #: a chart, a report


#: Errands of each kind side by side. Files are read one at a time; others are fetched meanwhile.
PLACES: Mapping[Kind, int] = {Kind.FILE: 6, Kind.MADE: 2}


@dataclass(frozen=True, slots=True)
class Errand:
    """An event whose handling takes its time."""

    kind: Kind
    run: Callable[[], Awaitable[None]]


#: True: one event was handled, there may be more; False: nothing was left; an errand: to be run in a place for it.
Step = Callable[[Chat], Awaitable[bool | Errand]]


class Workers:
    """``submit`` chats; ``handle_next`` is called for each until nothing is left, and ``handled`` after each event."""

    def __init__(
        self,
        handle_next: Step,
        handled: Callable[[Chat], None],
        *,
        concurrency: int = 32,
        places: Mapping[Kind, int] = PLACES,
    ) -> None:
        self._handle_next = handle_next
        self._handled = handled
        self._concurrency = concurrency
        self._turns = _Turns()
        self._errands = {kind: _Errands(most) for kind, most in places.items()}
        self._submitted: dict[str, Chat] = {}  #: may have something to handle
        self._busy: set[str] = set()  #: handled at this moment, or with an errand
        self._running: dict[asyncio.Task[None], str] = {}  #: steps
        self._apart: set[asyncio.Task[None]] = set()  #: errands under way
        self._stopping = False
        self.roomy = asyncio.Event()  #: whether another chat would be handled at once
        self.roomy.set()

    def submit(self, chats: Iterable[Chat]) -> None:
        """These chats have something to handle."""
        for chat in chats:
            if chat.id not in self._submitted:
                self._submitted[chat.id] = chat
                if chat.id not in self._busy:
                    self._turns.add(chat)
        self._start()

    async def drain(self) -> None:
        """Wait until every chat submitted so far is handled."""
        while under_way := [*self._running, *self._apart]:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)  # what follows from it is started by then

    async def stop(self) -> None:
        """Start no more turns and wait for those under way; the rest stays in the store."""
        self._stopping = True
        await self.drain()

    def _start(self) -> None:
        """Start as many as there is room for."""
        while not self._stopping and len(self._running) < self._concurrency and (chat := self._turns.next()):
            del self._submitted[chat.id]
            self._busy.add(chat.id)
            task = asyncio.create_task(self._one(chat))
            self._running[task] = chat.id
            task.add_done_callback(self._stepped)
        (self.roomy.set if len(self._running) < self._concurrency else self.roomy.clear)()

    async def _one(self, chat: Chat) -> None:
        """One event of a chat."""
        going_on: bool | Errand = False
        try:
            going_on = await self._handle_next(chat)
        except Exception as error:  # noqa: BLE001 - the other chats go on; the next look at the store finds this one
            _log.error("chat_not_handled", channel=chat.channel, error=type(error).__name__)
        if isinstance(going_on, Errand):
            self._errands[going_on.kind].add(chat, going_on)
            self._start_errands()
        else:
            self._after(chat, handled=going_on)

    def _stepped(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._start()

    def _after(self, chat: Chat, *, handled: bool) -> None:
        """An event was handled, or there was none."""
        self._turns.had(chat)
        self._busy.discard(chat.id)
        if handled:
            self._handled(chat)
            self._submitted[chat.id] = chat  # there may be more
        if chat.id in self._submitted:
            self._turns.add(chat)
        self._start()

    def _start_errands(self) -> None:
        for errands in self._errands.values():
            while not self._stopping and (found := errands.next()):
                task = asyncio.create_task(self._run(errands, *found))
                self._apart.add(task)
                task.add_done_callback(self._apart.discard)

    async def _run(self, errands: "_Errands", chat: Chat, errand: Errand) -> None:
        begun = asyncio.get_running_loop().time()
        try:
            await errand.run()
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("chat_not_handled", channel=chat.channel, error=type(error).__name__)
            self._over(errands, chat, begun, handled=False)
        else:
            self._over(errands, chat, begun, handled=True)

    def _over(self, errands: "_Errands", chat: Chat, begun: float, *, handled: bool) -> None:
        errands.had(chat, asyncio.get_running_loop().time() - begun)
        self._start_errands()
        self._after(chat, handled=handled)


class _Turns:
    """Chats in the order of their last turns, those first who had none."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Chat]] = []
        self._last: dict[str, int] = {}  #: in the same order
        self._count = count(1)

    def add(self, chat: Chat) -> None:
        heapq.heappush(self._heap, (self._last.get(chat.id, 0), next(self._count), chat))

    def next(self) -> Chat | None:
        return heapq.heappop(self._heap)[2] if self._heap else None

    def had(self, chat: Chat) -> None:
        self._last.pop(chat.id, None)
        self._last[chat.id] = next(self._count)
        if len(self._last) > _KEPT:
            del self._last[next(iter(self._last))]


class _Errands:
    """Errands of one kind: theirs first who have taken the least of its places lately."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[float, int, Chat, Errand]] = []
        self._taken: dict[str, tuple[float, float]] = {}  #: seconds, as of when
        self._count = count()

    def add(self, chat: Chat, errand: Errand) -> None:
        heapq.heappush(self._waiting, (self._lately(chat.id), next(self._count), chat, errand))

    def next(self) -> tuple[Chat, Errand] | None:
        """The one whose turn it is, which has a place from now on."""
        if not self._free or not self._waiting:
            return None
        self._free -= 1
        _, _, chat, errand = heapq.heappop(self._waiting)
        return chat, errand

    def had(self, chat: Chat, seconds: float) -> None:
        """Its place is free."""
        self._free += 1
        taken = self._lately(chat.id) + seconds
        self._taken.pop(chat.id, None)
        self._taken[chat.id] = taken, asyncio.get_running_loop().time()
        if len(self._taken) > _KEPT:
            del self._taken[next(iter(self._taken))]

    def _lately(self, chat: str) -> float:
        seconds, since = self._taken.get(chat, (0.0, 0.0))
        return seconds and float(seconds * 0.5 ** ((asyncio.get_running_loop().time() - since) / _HALF_LIFE))
