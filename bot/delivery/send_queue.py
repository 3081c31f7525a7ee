"""Claim rows of one kind, and send them side by side, as the pace lets them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.channels import Channel, ChannelError, MaybeSent, Unreachable
from bot.clock import Clock
from bot.concurrency import Backoff, cancel_on, retry_while_unavailable
from bot.delivery import ClaimRecord, Cooldown, FailureHandler, ResultBatcher
from bot.delivery.pacing import ConcurrencyLimit, MessageKind, Pacer
from bot.messages import DeliveryState, OutboxRow, Receipt, Settlement
from bot.metrics import NO_METRICS, Metrics
from bot.store import Store, StoreUnavailable
from handlers.core import Reply
from locales import LANGUAGES

#: ``(limit, now, resting)`` -> rows that are now in our hands, none of them of a chat that is resting.
ClaimRows = Callable[[int, datetime, Sequence[str]], Awaitable[list[OutboxRow]]]
#: Has a row leave that a turn has claimed with its commit.
StartSending = Callable[[OutboxRow], None]

#: Seconds that places for a broadcast are reserved ahead at most, while its rows are claimed.
_LONGEST_AHEAD = 0.1
#: Seconds until a queue that the pace holds back looks whether it is to stop.
_LONGEST_WAIT = 0.5
#: Seconds beyond the rest of a chat, for what clocks round.
_GRAIN = 0.001
#: Seconds that a message of a broadcast is put back at least: until its chat may surely get it.
_SHORTEST_DEFERRAL = 0.05
#: Seconds for which the next messages to many wait at most for answers under way, and between two looks.
_LONGEST_WAY, _WAY_LOOK = 0.02, 0.001
#: Passes of the event loop over which the messages of a claim begin.
_PASSES = 10
#: Seconds between two claims at most where the store refuses them.
_LONGEST_FAILURE = 10.0
#: Seconds after which a statement whose connection is gone has surely ended: a server allows it a minute.
_LATEST_CLAIM = 75.0

_log = structlog.get_logger(__name__)


#: Answers of which it is remembered that they have left.
_MOST_REMEMBERED = 256


class LeftLately:
    """The last answers that have left: a standby of the database that takes over may hand them out once more."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[str, Reply, Receipt]] = {}

    def receipt(self, row: OutboxRow) -> Receipt | None:
        """Return the platform's word on the same answer to the same chat; ``None`` where it has not left."""
        chat, reply, receipt = self._left.get(row.origin, ("", None, None))
        return receipt if (chat, reply) == (row.chat.id, row.reply) else None

    def note(self, row: OutboxRow, receipt: Receipt) -> None:
        """An answer has left; what carries a file is too large to be kept."""
        if not (row.broadcast or row.reply.attachments):
            self._left[row.origin] = row.chat.id, row.reply, receipt
        if len(self._left) > _MOST_REMEMBERED:
            del self._left[next(iter(self._left))]


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """The parts that the queues of a channel share."""

    store: Store
    channel: Channel
    pacer: Pacer
    clock: Clock
    cooldown: Cooldown
    #: Whether this process may still send. Where it may not, it claims nothing, and gives back what it has in hand,
    #: unless others have taken that over.
    may_send: Callable[[], bool] = lambda: True
    metrics: Metrics = NO_METRICS
    language: str = LANGUAGES[0]  #: of people who have not chosen one


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """The kind of messages of a queue, and how they are sent."""

    kind: MessageKind
    claim: ClaimRows
    claims: ClaimRecord  #: of this queue, and of others that claim the same kind of rows
    at_once: int  #: messages side by side, at most
    #: Seconds until the next look at the store when nothing signals; finds what another process queued.
    sweep: Callable[[], float]
    moment: float = 0.0  #: seconds that an end waits for others to be stored with
    open_at: Callable[[datetime], bool] = lambda _: True  #: the hours at which it may leave
    gives_way: Callable[[], bool] = lambda: False  #: whether something else goes first now
    #: Wakes other queues: what a message of this one was in the way of may be theirs.
    wake_others: Callable[[], None] = lambda: None


class SendQueue:
    """Claims and sends the rows of one kind. It is idempotent over them."""

    def __init__(self, context: ChannelContext, options: QueueOptions) -> None:
        self._context = context
        self._options = options
        self._wake = asyncio.Event()
        self._more = True  #: as far as the last claim could see, there may be more
        self._ahead = 0.0  #: seconds that a claim takes lately: places for a broadcast are reserved so long before
        self._paced = False  #: there was room for more, but the pace let none through
        self._sending: dict[asyncio.Task[bool], int] = {}  #: and the row of each
        self._left = LeftLately()
        self._running = False
        self._asked = 0  #: places of a claim under way
        self._promised = 0  #: places of turns that claim their answer
        self._under_way = 0  #: of these, as yet without an answer
        self._limit = ConcurrencyLimit(context.pacer.per_second, context.clock)
        store, channel, clock, metrics = context.store, context.channel.name, context.clock, context.metrics
        self._results = ResultBatcher(store, channel, clock, moment=options.moment, metrics=metrics)
        self._failures = FailureHandler(
            store, context.channel, clock,
            cooldown=context.cooldown, results=self._results, due=self.notify,
            language=context.language, metrics=metrics,
        )  # fmt: skip

    def notify(self) -> None:
        """Wake the queue: there may be something to send."""
        self._wake.set()

    @property
    def is_busy(self) -> bool:
        """Tell whether a message is under way, or its end is not stored yet."""
        return bool(self._sending)

    def takes_up(self) -> bool:
        """Tell whether a message that is queued now would leave at once."""
        return self._room() > 0 and self._context.pacer.has_place(self._options.kind)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, then wait for what is under way; the rest stays in the store."""
        failures = Backoff(longest=_LONGEST_FAILURE)
        self._running = True
        while not stop.is_set():
            self._wake.clear()
            try:
                started = await self._start_some(self._context.pacer.resting_chats())
            except Exception as error:  # noqa: BLE001 - what one claim met must not end the process; the next may do
                _log.error("claim_failed", channel=self._context.channel.name, error=type(error).__name__)
                await cancel_on(stop, asyncio.sleep(failures.next()))
                continue
            failures.reset()
            if not started or not self._more:
                await self._rest()
        self._running = False
        await self._wait_until_sent()

    @contextlib.contextmanager
    def promised(self, chat: str) -> Iterator[StartSending | None]:
        """Promise to send a message that is claimed within the block, if it may leave at once.

        The block gets what has it leave, to be called with its row where it was claimed; ``None`` where nothing is
        promised: another message waits, the chat rests, the pace is used up, or this queue does not send now. After an
        error within the block nobody knows whether the message was claimed, by this try or by an earlier one whose
        commit came through late: it is given back in any case.
        """
        kind, pacer, claims = self._options.kind, self._context.pacer, self._options.claims
        places = pacer.reserve(kind, 1) if self._is_idle_for(chat) else 0
        self._promised += places
        started: list[OutboxRow] = []

        def start(row: OutboxRow) -> None:
            claims.rows.add(row.id)
            started.append(row)

        try:
            with claims.claim() if places else contextlib.nullcontext():
                yield start if places else None
        except BaseException:
            claims.doubt()
            self._wake.set()
            raise
        finally:
            self._promised -= places
            pacer.release(kind, places - len(started))
            self._start(started)

    def _is_idle_for(self, chat: str) -> bool:
        """Tell whether nothing waits here that would have to leave before a message of a chat, and it may leave now."""
        waits = self._more or self._wake.is_set() or self._options.claims.unsure
        return self._running and not waits and self._room() > 0 and chat not in self._context.pacer.resting_chats()

    async def deliver(self) -> int:
        """Send all that is due and may leave now, each at the pace of its chat; how many rows were tried."""
        tried = 0
        while started := await self._start_some():
            tried += started
            await self._wait_until_sent()
        return tried

    async def _wait_until_sent(self) -> None:
        while self._sending or self._promised:
            if self._sending:
                await asyncio.wait(list(self._sending))
            else:
                await self._options.claims.until_idle()

    def _room(self) -> int:
        """Return how many more may be under way."""
        may = self._may_send() and not self._context.cooldown.seconds_left()
        most = 1 if self._context.cooldown.is_careful else self._options.at_once
        room = most - len(self._sending) - self._promised - self._asked if may else 0
        if self._options.kind is MessageKind.BROADCAST:
            return min(room, self._limit.concurrency - self._under_way)
        return room

    def _may_send(self) -> bool:
        return self._context.may_send() and self._options.open_at(self._context.clock.now())

    async def _start_some(self, resting: Sequence[str] = ()) -> int:
        """Claim as many as may leave now and start them, but for chats that are resting; how many there were."""
        await self._give_way()
        kind, pacer, room = self._options.kind, self._context.pacer, self._room()
        places = pacer.reserve(kind, room, self._ahead) if room > 0 else 0
        self._paced = room > 0 and not places
        rows: list[OutboxRow] = []
        begun = self._context.clock.monotonic()
        self._asked = places
        try:
            if places:
                rows = await retry_while_unavailable(lambda: self._claim(places, resting), self._context.metrics)
        finally:
            self._asked = 0
            pacer.release(kind, places - len(rows))
        if rows and kind is MessageKind.BROADCAST:
            self._ahead = min(_LONGEST_AHEAD, (self._ahead + self._context.clock.monotonic() - begun) / 2)
        self._more = kind is MessageKind.BROADCAST or len(rows) == places
        self._start(rows)
        return len(rows)

    def _start(self, rows: Sequence[OutboxRow]) -> None:
        self._under_way += len(rows)
        for number, row in enumerate(rows):
            behind = number % _PASSES if self._options.kind is MessageKind.BROADCAST else 0
            task = asyncio.create_task(self._deliver_one(row, behind))
            self._sending[task] = row.id
            task.add_done_callback(self._on_sent)

    async def _give_way(self) -> None:
        """Wait for what goes first, a moment at most; a slow pace leaves room enough between two claims."""
        clock, gives_way = self._context.clock, self._options.gives_way
        until = clock.monotonic() + _LONGEST_WAY
        while gives_way() and self._context.pacer.per_second * _LONGEST_WAY >= 1 and clock.monotonic() < until:
            await clock.sleep(_WAY_LOOK)

    async def _claim(self, places: int, resting: Sequence[str]) -> list[OutboxRow]:
        claims = self._options.claims
        while claims.unsure:
            await claims.make_sure()
        try:
            with claims.claim():
                rows = await self._options.claim(places, self._context.clock.now(), resting)
                claims.rows.update(row.id for row in rows)
        except StoreUnavailable:  # the server may be at it still: what it takes after the next look is given back, too
            asyncio.get_running_loop().call_later(_LATEST_CLAIM, claims.doubt)
            raise
        return rows

    def _on_sent(self, task: asyncio.Task[bool]) -> None:
        """Have the store looked at once more, unless nothing waits behind the message, which is nearly always so."""
        row = self._sending.pop(task)
        ended = not task.cancelled() and task.exception() is None
        if not ended or task.result():
            self._wake.set()
            self._options.wake_others()
        elif self._more:
            self._wake.set()
        if ended and row not in self._sending.values():  # what was put back may be in hand again
            self._options.claims.rows.discard(row)
        elif not task.cancelled() and (error := task.exception()) is not None:
            _log.error("delivery_not_recorded", channel=self._context.channel.name, error=type(error).__name__)

    async def _rest(self) -> None:
        """Wait until something may have become possible; no signal makes the pace faster."""
        if self._paced:
            wait = max(_GRAIN, self._context.pacer.wait(self._options.kind) - self._ahead)
            await asyncio.sleep(min(_LONGEST_WAIT, wait))
            return
        rest = self._context.pacer.rest_seconds()
        sweep = self._options.sweep()
        soon = self._context.cooldown.seconds_left() or (sweep if rest is None else rest + _GRAIN)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(soon, sweep)):
                await self._wake.wait()

    async def _deliver_one(self, row: OutboxRow, behind: int = 0) -> bool:
        """From a place that is reserved for it; tell whether something may have waited for its end.

        It begins ``behind`` so many others, each in a pass of the event loop: whatever is ready comes between them.
        """
        for _ in range(behind):
            await asyncio.sleep(0)
        if not await self._place_is_free():
            self._context.pacer.release(self._options.kind, 1)
            self._on_answered()
            await self._failures.return_unsent(row, _LONGEST_WAIT)
            return True
        later = await self._hold_back(row)
        if later or not self._may_send():
            if not later:
                self._context.pacer.release(self._options.kind, 1)
            self._on_answered()
            await self._failures.return_unsent(row, later)
            return True
        try:
            receipt = await self._send(row)
        except ChannelError as error:
            await self._failures.handle_error(row, error)
        except Exception as error:  # noqa: BLE001 - one row's surprise must not stop the others
            await self._failures.handle_error(row, MaybeSent(type(error).__name__))
        else:
            self._context.cooldown.note_success()
            return await self._results.settle(Settlement(row, DeliveryState.SENT, receipt.message, receipt.reason))
        return True

    async def _place_is_free(self) -> bool:
        """Wait for a place that was reserved ahead; False where it does not come, for the part became smaller since."""
        clock, pacer = self._context.clock, self._context.pacer
        until = clock.monotonic() + _LONGEST_WAIT
        while self._options.kind is MessageKind.BROADCAST and (wait := pacer.until_departure()) > 0:
            if clock.monotonic() > until:
                return False
            await clock.sleep(wait)
        return True

    async def _send(self, row: OutboxRow) -> Receipt:
        """Send a row; its place is free at once only where the request never left."""
        kind, pacer, clock = self._options.kind, self._context.pacer, self._context.clock
        if (known := self._left.receipt(row)) is not None:
            pacer.release(kind, 1)
            self._on_answered()
            return known
        begun = clock.monotonic()
        try:
            said = await self._context.channel.send(row)
        except Unreachable:
            pacer.release(kind, 1)
            raise
        except BaseException:
            pacer.record_arrival(kind)
            raise
        else:
            pacer.record_arrival(kind)
            self._limit.record_latency(clock.monotonic() - begun)
            receipt = said if isinstance(said, Receipt) else Receipt(said)
            self._left.note(row, receipt)
            return receipt
        finally:
            self._on_answered()

    def _on_answered(self) -> None:
        """Make room for the next row, although the end of this one is not stored yet."""
        self._under_way -= 1
        if self._more:
            self._wake.set()

    async def _hold_back(self, row: OutboxRow) -> float:
        """Put a row back whose chat gets too much after all (a claim passes by chats that are resting).

        One of a broadcast goes back to the queue for so many seconds: the chat's answers would wait behind it.
        """
        kind, pacer, clock = self._options.kind, self._context.pacer, self._context.clock
        seconds = pacer.take_chat_place(row.chat.id)
        if seconds <= 0:
            return 0.0
        pacer.release(kind, 1)
        if kind is MessageKind.BROADCAST:
            pacer.return_chat_place(row.chat.id)
            return max(_SHORTEST_DEFERRAL, seconds)
        await clock.sleep(seconds)
        while not pacer.reserve(kind, 1):
            await clock.sleep(pacer.wait(kind))
        return 0.0
