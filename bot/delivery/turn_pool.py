"""Chats with something to handle are handled side by side, each by one task at a time, and take turns.

One event of a chat is handled, then it is another chat's turn: first theirs who had none for the longest time, and
before those with a backlog who wait for an answer before they say more. What takes its time (a slow task: a file to be
read, a chart to be drawn, a line of somebody whose lines kept the database busy lately) has a few places of its own, so
that lines wait for lines only. While a chat's slow task waits or is under way its later events wait behind it.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import partial
from itertools import count

import structlog

from bot.clock import Lately
from bot.messages import Chat

#: Chats of which it is remembered when they had their last turn.
_MOST_REMEMBERED_CHATS = 4096
#: Seconds that a slow task gives way for each second for which its person had a place lately.
_GIVES_WAY = 10.0
#: Seconds of a pause between two turns, at most, while something else goes first.
_LONGEST_PAUSE = 0.25

_log = structlog.get_logger(__name__)


class SlowTaskKind(StrEnum):
    """The kind of a slow task, by what it waits for."""

    FILE = "file"  #: a stranger's file is fetched and read
    SLOW = "slow"  #: the same of somebody whose files took long lately
    MADE = "made"  #: a chart, a report
    LOOK = "look"  #: a line of somebody for whom the database had much to do lately: searches, statistics


#: Slow tasks of each kind side by side. Files of a kind are read one at a time; others are fetched meanwhile.
SLOW_TASK_PLACES: Mapping[SlowTaskKind, int] = {
    SlowTaskKind.FILE: 4,
    SlowTaskKind.SLOW: 2,
    SlowTaskKind.MADE: 2,
    SlowTaskKind.LOOK: 2,
}


@dataclass(frozen=True, slots=True)
class SlowTask:
    """An event whose handling takes its time."""

    kind: SlowTaskKind
    run: Callable[[], Awaitable[None]]
    gives_way: float = 0.0  #: seconds: those go first that come so much later


class Handled(Enum):
    """One event was handled."""

    LAST = "last"  #: when it was taken in hand no other waited, and none follows from it


#: True: one event was handled, there may be more; False: nothing was left; a slow task: to be run in a place for it.
HandleNext = Callable[[Chat], Awaitable[bool | Handled | SlowTask]]


class TurnPool:
    """Calls ``handle_next`` for each submitted chat until nothing is left, and ``handled`` after each event."""

    def __init__(
        self,
        handle_next: HandleNext,
        handled: Callable[[Chat], None],
        *,
        concurrency: int = 8,
        places: Mapping[SlowTaskKind, int] = SLOW_TASK_PLACES,
        gives_way: Callable[[], bool] = lambda: False,
    ) -> None:
        """``gives_way`` tells whether something else has to go first now.

        Turns are handled one by one meanwhile, with as long a pause after each as it took.
        """
        self._handle_next = handle_next
        self._handled = handled
        self._concurrency = concurrency
        self._gives_way = gives_way
        self._pause_until = 0.0  #: of the loop's clock, where something else goes first
        self._resuming: asyncio.TimerHandle | None = None
        self._turns = _TurnQueue()
        self._slow_tasks = {kind: _SlowTaskQueue(most) for kind, most in places.items()}
        self._submitted: dict[str, Chat] = {}  #: may have something to handle
        self._news: dict[str, int] = {}  #: how often a chat was submitted for something that is not handled yet
        self._busy: set[str] = set()  #: handled at this moment, or with a slow task
        self._running: dict[asyncio.Task[None], str] = {}  #: steps
        self._slow_running: set[asyncio.Task[None]] = set()  #: errands under way
        self._failed: dict[str, float] = {}  #: when a chat was last not handled, in the order of that
        self._stopping = False
        self.roomy = asyncio.Event()  #: whether another chat would be handled at once
        self.roomy.set()

    def is_answering(self) -> bool:
        """Tell whether a turn is under way; what takes its time does not count."""
        return bool(self._running)

    def submit(self, chats: Iterable[Chat]) -> None:
        """Queue chats that have something to handle."""
        for chat in chats:
            self._submitted.setdefault(chat.id, chat)
            self._news[chat.id] = self._news.get(chat.id, 0) + 1
            if chat.id not in self._busy:
                self._queue(chat)
        self._start()

    def unattended(self, chats: Sequence[Chat], rest: float) -> list[Chat]:
        """Choose the chats that nobody here is at or is about to be, and that did not fail in the last seconds.

        What waits for a key that is missing, or behind an errand, would be found by every look.
        """
        since = _now() - rest
        known = self._busy | self._submitted.keys()
        return [chat for chat in chats if chat.id not in known and self._failed.get(chat.id, since) <= since]

    def would_begin(self, chats: Sequence[Chat]) -> Sequence[Chat]:
        """Choose the chats that would be handled at once if they were submitted now."""
        if self._stopping or self._gives_way():
            return ()
        free = [chat for chat in chats if chat.id not in self._busy and chat.id not in self._submitted]
        return free[: max(0, self._concurrency - len(self._running))]

    def _queue(self, chat: Chat) -> None:
        self._turns.add(chat, alone=self._news.get(chat.id) == 1)

    async def drain(self) -> None:
        """Wait until every chat submitted so far is handled."""
        while (under_way := [*self._running, *self._slow_running]) or self._resuming:
            if under_way:
                await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0 if under_way else _LONGEST_PAUSE / 10)  # what follows from it is started by then

    async def stop(self) -> None:
        """Start no more turns and wait for those under way; the rest stays in the store."""
        self._stopping = True
        await self.drain()

    def _start(self) -> None:
        """Start as many as there is room for."""
        most = self._most_turns()
        while not self._stopping and len(self._running) < most and (chat := self._turns.next()):
            del self._submitted[chat.id]
            self._busy.add(chat.id)
            task = asyncio.create_task(self._handle_one(chat))
            self._running[task] = chat.id
            task.add_done_callback(partial(self._on_step_done, _now()))
        (self.roomy.set if len(self._running) < most else self.roomy.clear)()

    def _most_turns(self) -> int:
        """Return how many turns may go on side by side now."""
        if not self._gives_way():
            return self._concurrency
        left = self._pause_until - _now()
        if left <= 0:
            return 1
        if self._resuming is None:
            self._resuming = asyncio.get_running_loop().call_later(left, self._resume)
        return 0

    def _resume(self) -> None:
        self._resuming = None
        self._start()

    async def _handle_one(self, chat: Chat) -> None:
        """Handle one event of a chat."""
        going_on: bool | Handled | SlowTask = False
        try:
            going_on = await self._handle_next(chat)
        except Exception as error:  # noqa: BLE001 - the other chats go on; the next look at the store finds this one
            self._note_failure(chat, error)
        if isinstance(going_on, SlowTask):
            self._slow_tasks[going_on.kind].add(chat, going_on)
            self._start_slow_tasks()
        else:
            if not going_on:
                self._nothing_left(chat)
            self._on_handled(chat, handled=bool(going_on), last=going_on is Handled.LAST)

    def _note_failure(self, chat: Chat, error: Exception) -> None:
        _log.error("chat_not_handled", channel=chat.channel, error=type(error).__name__)
        self._failed.pop(chat.id, None)
        self._failed[chat.id] = _now()
        if len(self._failed) > _MOST_REMEMBERED_CHATS:
            del self._failed[next(iter(self._failed))]

    def _on_step_done(self, begun: float, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._pause_until = _now() + min(_now() - begun, _LONGEST_PAUSE)
        self._start()

    def _on_handled(self, chat: Chat, *, handled: bool, last: bool = False) -> None:
        """Go on after an event, or after none was found; behind the last one only what was submitted since waits."""
        self._turns.record_turn(chat, handled=handled)
        self._busy.discard(chat.id)
        if handled:
            self._one_less(chat)
            self._handled(chat)
            if not last or chat.id in self._news:
                self._submitted[chat.id] = chat  # there may be more
        if chat.id in self._submitted:
            self._queue(chat)
        self._start()

    def _nothing_left(self, chat: Chat) -> None:
        """Note that nothing is left, but for what came while that was found out."""
        self._news.pop(chat.id, None)
        if chat.id in self._submitted:
            self._news[chat.id] = 1

    def _one_less(self, chat: Chat) -> None:
        left = self._news.pop(chat.id, 0) - 1
        if left > 0:
            self._news[chat.id] = left

    def _start_slow_tasks(self) -> None:
        for queue in self._slow_tasks.values():
            while not self._stopping and (found := queue.next()):
                task = asyncio.create_task(self._run(queue, *found))
                self._slow_running.add(task)
                task.add_done_callback(self._slow_running.discard)

    async def _run(self, queue: "_SlowTaskQueue", chat: Chat, task: SlowTask) -> None:
        begun = asyncio.get_running_loop().time()
        try:
            await task.run()
        except Exception as error:  # noqa: BLE001 - as above
            self._note_failure(chat, error)
            self._on_task_done(queue, chat, begun, handled=False)
        else:
            self._on_task_done(queue, chat, begun, handled=True)

    def _on_task_done(self, queue: "_SlowTaskQueue", chat: Chat, begun: float, *, handled: bool) -> None:
        queue.record_use(chat, asyncio.get_running_loop().time() - begun)
        self._start_slow_tasks()
        self._on_handled(chat, handled=handled)


class _TurnQueue:
    """The order of turns, in rounds as the queue of messages has them (``queue`` in conversation.sql).

    In each round those come first who have nothing waiting but this, up to three times; then all others, once.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Chat]] = []
        self._places: dict[str, float] = {}  #: of those who wait
        self._taken: dict[str, float] = {}  #: of those at work
        self._last: dict[str, float] = {}  #: of the last events, in their order
        self._round = 0.0
        self._count = count()

    def add(self, chat: Chat, *, alone: bool) -> None:
        """Add a chat that waits for a turn; ``alone``: with one event, as far as is known. An earlier place stays."""
        mine = self._last.get(chat.id, 0.0)
        place = max(mine + 0.2, self._round) if alone else max(mine // 1 + 1.5, self._round + 0.5)
        if place < self._places.get(chat.id, place + 1):
            self._places[chat.id] = place
            heapq.heappush(self._heap, (place, next(self._count), chat))

    def next(self) -> Chat | None:
        while self._heap:
            place, _, chat = heapq.heappop(self._heap)
            if self._places.get(chat.id) == place:
                del self._places[chat.id]
                self._round = max(self._round, place // 1)
                self._taken[chat.id] = place
                return chat
        return None

    def record_turn(self, chat: Chat, *, handled: bool) -> None:
        """End the turn of a chat; a look that found nothing does not count."""
        place = self._taken.pop(chat.id, None)
        if not handled or place is None:
            return
        self._last.pop(chat.id, None)
        self._last[chat.id] = place
        if len(self._last) > _MOST_REMEMBERED_CHATS:
            del self._last[next(iter(self._last))]


class _SlowTaskQueue:
    """Orders slow tasks of one kind: theirs first who had the fewest of its places lately; nobody waits for ever."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[float, int, Chat, SlowTask]] = []
        self._taken = Lately(_now)
        self._count = count()

    def add(self, chat: Chat, task: SlowTask) -> None:
        moment = _now() + task.gives_way + _GIVES_WAY * self._taken.of(chat.id)
        heapq.heappush(self._waiting, (moment, next(self._count), chat, task))

    def next(self) -> tuple[Chat, SlowTask] | None:
        """Return the task whose turn it is, which has a place from now on."""
        if not self._free or not self._waiting:
            return None
        self._free -= 1
        _, _, chat, task = heapq.heappop(self._waiting)
        return chat, task

    def record_use(self, chat: Chat, seconds: float) -> None:
        """Free the place of a task, and note how long the chat had it."""
        self._free += 1
        self._taken.add(chat.id, seconds)


def _now() -> float:
    return asyncio.get_running_loop().time()
