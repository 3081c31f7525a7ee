"""The road of every message: intake -> turn -> outbox -> channel, as idempotent functions over the store's rows.

Here is what becomes of a row that did not get through.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from bot.channels import (
    Blocked,
    BlockedHalfway,
    Capabilities,
    Channel,
    ChannelError,
    Conflict,
    Deferred,
    Doubtful,
    Invalid,
    MaybeSent,
    Refused,
    RetryLater,
    Unreachable,
    Unsupported,
)
from bot.channels.rendering import split_reply, to_plain_text
from bot.clock import Clock
from bot.concurrency import Backoff, retry_while_unavailable
from bot.messages import DeliveryState, OutboxRow, Settlement
from bot.metrics import NO_METRICS, Metrics
from bot.store import Store, StoreError
from handlers.core import Attachment, Reply
from handlers.model import DeliveryReason
from locales import LANGUAGES, N_, translator

#: Messages that one reply is said in; a longer one becomes a file.
_MOST_MESSAGES = 8
_AS_A_FILE = N_("The answer is long: it is in the file.")


def to_messages(replies: Sequence[Reply], channel: Channel | None, language: str) -> list[Reply]:
    """Split replies into one outbox row a platform message, so that a retry repeats no other part."""
    if channel is None:
        return list(replies)
    return [message for reply in replies for message in _split_or_attach(reply, channel.capabilities, language)]


def _split_or_attach(reply: Reply, able: Capabilities, language: str) -> Sequence[Reply]:
    """Split a reply into as many messages as a chat can be expected to read; a longer one becomes a file."""
    parts = split_reply(reply, able)
    if len(parts) - len(reply.attachments) <= _MOST_MESSAGES or not able.accepts("text/plain"):
        return parts
    text = "\n\n".join(to_plain_text(paragraph) for paragraph in reply.paragraphs)
    file = Attachment.of("tra-loi.txt", "text/plain", text.encode())
    said = translator(language)(_AS_A_FILE)
    short = {"paragraphs": (said,), "attachments": (file, *reply.attachments), "action": "send"}
    return split_reply(reply.model_copy(update=short), able)


_LONGEST_PAUSE = 60.0
#: So many chats refused one after the other, with nothing that got through between them, speak of the bot as a whole.
_REFUSALS_OF_BOT = 3


class Cooldown:
    """The pauses of one channel, which all its queues heed.

    A plea for patience is one chat's own affair: whoever floods a group makes nobody else wait. Only where chat after
    chat is refused and nothing gets through is it taken for the platform's word to the bot as a whole. Then everything
    pauses, at first for a second, and one message at a time finds out how things stand.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0  #: of the monotonic clock
        self._refused: set[str] = set()  #: chats told to wait since something got through
        self._outage = Backoff(longest=_LONGEST_PAUSE)
        self._doubt = Backoff(first=1.0, longest=_LONGEST_PAUSE)

    def seconds_left(self) -> float:
        """Return the seconds until anything may leave again."""
        return max(0.0, self._until - self._clock.monotonic())

    def pause(self, seconds: float) -> None:
        """Let nothing leave for so many seconds."""
        self._until = max(self._until, self._clock.monotonic() + seconds)

    def note_success(self) -> None:
        """Note that something got through."""
        self._outage.reset()
        self._doubt.reset()
        self._refused.clear()

    @property
    def is_careful(self) -> bool:
        """Tell whether one message at a time is enough until something gets through."""
        return len(self._refused) >= _REFUSALS_OF_BOT

    def note_unreachable(self) -> float:
        """Note that the platform cannot be reached, and return the seconds until the next try: rows fail together."""
        if not self.seconds_left():
            self.pause(self._outage.next())
        return self.seconds_left()

    def pause_chat(self, chat: str, seconds: float) -> None:
        """Note that this chat was told to wait for so many seconds."""
        self._refused.add(chat)
        if self.is_careful and not self.seconds_left():
            self.pause(min(seconds, self._doubt.next()))


class ClaimRecord:
    """Messages that this process has in hand, and claims under way, of all lanes that claim the same kind of rows.

    Where the answer of a claim never comes, nobody knows what it took: all that is not in hand is given back, once no
    other claim is under way and before the next one begins.
    """

    def __init__(self, give_back: Callable[[Collection[int]], Awaitable[None]]) -> None:
        self._give_back = give_back
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._giving_back = asyncio.Lock()
        self.rows: set[int] = set()  #: in hand, those included that have left and whose end cannot be stored
        self._doubts = 0  #: claims whose answer never came

    @property
    def unsure(self) -> bool:
        """Tell whether the answer of a claim never came."""
        return self._doubts > 0

    def doubt(self) -> None:
        """Note that the answer of a claim never came."""
        self._doubts += 1

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Claim within the block; the rows are to be added to those in hand before it ends."""
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        except BaseException:
            self.doubt()
            raise
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def until_idle(self) -> None:
        """Wait until no claim is under way."""
        await self._idle.wait()

    async def make_sure(self) -> None:
        """Give back what a claim took whose answer never came: no other process would ever send it.

        Raises:
            StoreError: it could not be given back; nothing may be claimed until it is.
        """
        async with self._giving_back:
            if self.unsure:
                await self.until_idle()
                known = self._doubts
                await self._give_back(self.rows)
                self._doubts -= known  # whatever was doubted meanwhile may have come too late for that


class ResultBatcher:
    """Stores ends together: ``settle`` waits ``moment`` seconds for others, and returns once its own is stored."""

    def __init__(
        self, store: Store, channel: str, clock: Clock, *, moment: float = 0.0, metrics: Metrics = NO_METRICS
    ) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._moment = moment
        self._metrics = metrics
        self._joined: list[Settlement] = []
        self._storing: asyncio.Task[_Stored] | None = None

    async def settle(self, settlement: Settlement) -> bool:
        """Store the end of a row, and tell whether more of its chat waited for that.

        Raises:
            StoreError: other than a passing one, which is waited out.
        """
        self._joined.append(settlement)
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        failed, waiting = await asyncio.shield(self._storing)
        if error := failed.get(settlement.row.id):
            raise error
        return settlement.row.chat.id in waiting

    async def _store_all(self) -> "_Stored":
        await self._clock.sleep(self._moment)
        settlements, self._joined, self._storing = self._joined, [], None
        stored = await self._store_results(settlements)
        for settlement in settlements:
            if settlement.row.id not in stored.failed:
                self._metrics.record_delivery(self._channel, settlement.state)
        return stored

    async def _store_results(self, settlements: Sequence[Settlement]) -> "_Stored":
        def settle_all() -> Awaitable[frozenset[str]]:
            return self._store.outbox.settle_all(settlements, self._clock.now())

        try:
            return _Stored({}, await retry_while_unavailable(settle_all, self._metrics))
        except Exception as error:  # noqa: BLE001 - one of them spoils the batch: find it, store the others
            if len(settlements) == 1:
                return _Stored({settlements[0].row.id: error}, frozenset())
        parts = [await self._store_results([one]) for one in settlements]
        failed = {row: why for part in parts for row, why in part.failed.items()}
        return _Stored(failed, frozenset().union(*(part.waiting for part in parts)))


class _Stored(NamedTuple):
    """The outcome of ends that were to be stored together."""

    failed: dict[int, Exception]  #: rows whose end could not be stored, and why
    waiting: frozenset[str]  #: chats with more in the queue


#: Deliveries before a row is ``failed`` (or ``unknown``); what an outage or a plea for patience ended does not count.
_ATTEMPTS = 6
#: The same of a deletion, for which the messages behind it must not wait long.
_DELETION_ATTEMPTS = 3
_LONGEST_DELAY = 60.0
#: Seconds until a row that was put back is looked at again, however long it has to wait: the store takes a row that is
#: due in more than an hour for one that a wrong clock put back, and hands it out at once.
_LONGEST_WAIT = 3500.0
_NOT_SENT = N_(
    "⚠ I could not send the file here. Please ask for it again later."
    " If that does not help, ask whoever runs this assistant to give you the file in another way."
)
_DOUBTFUL = N_(
    "⚠ I do not know whether the file has arrived here. If you do not see it, please ask for it again later."
    " If that does not help, ask whoever runs this assistant to give you the file in another way."
)

_log = structlog.get_logger(__name__)


class FailureHandler:
    """Settles a row, or puts it back; ``due`` is called when a row that was put back may be tried again."""

    def __init__(  # noqa: PLR0913 - what a queue has, it hands over
        self,
        store: Store,
        channel: Channel,
        clock: Clock,
        *,
        cooldown: Cooldown,
        results: ResultBatcher,
        due: Callable[[], None],
        language: str = LANGUAGES[0],
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """``language`` is that of people who have not chosen one."""
        self._store = store
        self._channel = channel
        self._language = language
        self._cooldown = cooldown
        self._results = results
        self._clock = clock
        self._due = due
        self._metrics = metrics

    async def handle_error(self, row: OutboxRow, error: ChannelError) -> None:
        """Settle or retry a row: only what surely did not arrive is tried again, and answers, which may come twice."""
        kind, method = type(error).__name__, error.method if isinstance(error, Unsupported) else None
        said = {"error": kind, "method": method} if method else {"error": kind}
        _log.info("not_delivered", channel=row.chat.channel, row=row.id, attempts=row.attempts + 1, **said)
        match error:
            case Deferred():
                await self._retry(row, error.after, counted=False)
            case RetryLater():
                self._metrics.record_throttling(row.chat.channel)
                self._cooldown.pause_chat(row.chat.id, error.after)
                await self._retry(row, error.after, counted=False)
            case Unreachable() | Refused() | Conflict():  # nobody can be reached now, whoever comes next
                await self._retry(row, self._cooldown.note_unreachable(), counted=False)
            case Blocked():
                await self._settle(row, DeliveryState.BLOCKED)
            case BlockedHalfway():
                await self._settle(row, DeliveryState.UNKNOWN, DeliveryReason.NO_ANSWER, blocked=True)
            case Invalid():
                await self._settle(row, DeliveryState.INVALID, error.reason)
            case MaybeSent() if row.broadcast or isinstance(error, Doubtful):  # never silently a second time
                await self._settle(row, DeliveryState.UNKNOWN, DeliveryReason.NO_ANSWER)
            case Unsupported() if row.reply.attachments or row.reply.action == "delete":  # a text has no other way
                await self._give_up(row, error)
            case _ if row.attempts + 1 >= (_DELETION_ATTEMPTS if row.reply.action == "delete" else _ATTEMPTS):
                await self._give_up(row, error)
            case _:
                await self._retry(row, min(_LONGEST_DELAY, 2.0**row.attempts))

    async def return_unsent(self, row: OutboxRow, seconds: float = 0.0) -> None:
        """Put back a row that was never tried: a worker that may send takes it up after so many seconds."""
        await self._retry(row, seconds, counted=False)

    async def _give_up(self, row: OutboxRow, error: ChannelError) -> None:
        if isinstance(error, MaybeSent):
            await self._settle(row, DeliveryState.UNKNOWN, DeliveryReason.NO_ANSWER)
        else:
            await self._settle(row, DeliveryState.FAILED, _delivery_reason(error))

    async def _settle(
        self, row: OutboxRow, state: DeliveryState, reason: DeliveryReason | None = None, *, blocked: bool = False
    ) -> None:
        instead = await self._replacement_notices(row, state)
        await self._results.settle(Settlement(row, state, reason=reason, instead=instead, blocked=blocked))

    async def _replacement_notices(self, row: OutboxRow, state: DeliveryState) -> tuple[Reply, ...]:
        """Return what is said where a file did not arrive; nothing for a broadcast, whose report names it."""
        if row.broadcast or not row.reply.attachments or state is DeliveryState.BLOCKED:
            return ()
        t = translator(await self._language_of(row))
        said = t(_DOUBTFUL if state is DeliveryState.UNKNOWN else _NOT_SENT)
        reply = row.reply.model_copy(update={"attachments": (), "paragraphs": (*row.reply.paragraphs, said)})
        return split_reply(reply, self._channel.capabilities)

    async def _language_of(self, row: OutboxRow) -> str:
        try:
            return await self._store.chats.language(row.chat) or self._language
        except StoreError:  # the end of the row is what matters
            return self._language

    async def _retry(self, row: OutboxRow, seconds: float, *, counted: bool = True) -> None:
        seconds = min(seconds, _LONGEST_WAIT)
        due: datetime = self._clock.now() + timedelta(seconds=seconds)
        put, again = self._store.outbox.retry, iter([False])  # the first time it is not
        await retry_while_unavailable(lambda: put(row, due, counted=counted, again=next(again, True)), self._metrics)
        asyncio.get_running_loop().call_later(seconds, self._due)


def _delivery_reason(error: ChannelError) -> DeliveryReason:
    """Return the reason, which names the method that the platform lacks."""
    if not isinstance(error, Unsupported):
        return DeliveryReason.GAVE_UP
    named = f"no_{error.method}"
    return DeliveryReason(named) if named in {reason.value for reason in DeliveryReason} else DeliveryReason.NOT_OFFERED
