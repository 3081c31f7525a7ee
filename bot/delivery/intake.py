"""The way in: an update is stored before its platform hears that it arrived."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import structlog

from bot.channels.pace import Rate, TokenBuckets
from bot.clock import Clock
from bot.concurrency import retry_while_unavailable
from bot.messages import BlockChange, Chat, Incoming
from bot.metrics import NO_METRICS, Metrics
from bot.store import AbandonedRow, Store, StoreError, TurnClaims
from handlers.core import Event, FileSent, MessageEdited, TextReceived, Throttled, UnreadableReceived
from handlers.interview.secrets import has_secret, has_secret_in_name, redact_secret

#: People told of their haste are looked through when there are more than this many.
_MOST_REMEMBERED_PEOPLE = 4096

_log = structlog.get_logger(__name__)


#: A group is told where to write, and not again and again: whatever is asked there, the answer is the same.
_GROUP_RATE = Rate(1 / 30, 2)
#: The same of all groups together: one person may put the assistant into very many.
_GROUPS = Rate(1.0, 20)
#: Within a day, that many times what a person may send at once: every message leaves rows that are kept for long.
_BURSTS_A_DAY = 250
_DAY = 86_400.0


class Throttle:
    """Drops a person's messages beyond the rate; the first of them becomes one ``Throttled`` a burst.

    Messages of a group beyond its own, much lower rate are dropped without a word, for Telegram lets 20 a minute into a
    group; so are those beyond the rate of all groups together. A person also has an allowance for the day.

    A burst is over when half of the allowance is back. ``dropped`` counts what was not let in. A secret becomes
    ``Throttled`` each time, within the same rate once more, so that it can be deleted.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._buckets = TokenBuckets(rate, clock)
        self._secrets = TokenBuckets(rate, clock)  #: a secret is taken out of the chat however fast it came
        self._groups, self._all_groups = TokenBuckets(_GROUP_RATE, clock), TokenBuckets(_GROUPS, clock)
        most = _BURSTS_A_DAY * rate.burst
        self._days = TokenBuckets(Rate(most / _DAY, most), clock)
        self._warned: set[str] = set()
        self._crowded = _MOST_REMEMBERED_PEOPLE
        self.dropped = 0

    def admit(self, updates: Iterable[Incoming]) -> Iterator[Incoming]:
        """Select the updates that are let in, in order."""
        for update in updates:
            admitted = self._admit(update)
            if admitted is not None:
                yield admitted

    def _admit(self, update: Incoming) -> Incoming | None:
        key = f"{update.channel}:{update.address}"
        if update.event.group:
            if self._group_heard(key) or (update.event.secret and self._secrets.try_take(key)):
                return update
            self._drop(update)
            return None
        if key in self._warned and self._calm(key):
            self._warned.discard(key)
        if self._days.level(key) >= 1 and self._buckets.try_take(key):
            self._days.take(key)
            return update
        if key in self._warned and not (update.event.secret and self._secrets.try_take(key)):
            self._drop(update)
            return None
        self._remember(key)
        event = update.event
        too_much = Throttled(message=event.message, group=event.group, secret=event.secret)
        return replace(update, event=too_much)

    def _group_heard(self, key: str) -> bool:
        return self._groups.level(key) >= 1 and self._all_groups.try_take("") and self._groups.try_take(key)

    def _drop(self, update: Incoming) -> None:
        self.dropped += 1
        _log.debug("update_throttled", channel=update.channel, dropped=self.dropped)

    def _calm(self, key: str) -> bool:
        return self._buckets.level(key) >= self._rate.burst / 2

    def _remember(self, key: str) -> None:
        """Note that a chat was told; chats whose burst is long over are forgotten once there are many."""
        if len(self._warned) >= self._crowded:
            self._warned = {one for one in self._warned if not self._calm(one)}
            self._crowded = max(_MOST_REMEMBERED_PEOPLE, 2 * len(self._warned))
        self._warned.add(key)


#: Seconds that a call of a platform may wait for its answer before turns give way to it.
_SLOW_CALL = 0.06


class WaitingCalls:
    """Knows the calls of platforms that wait for their answer, and whether one of them waits for too long.

    Platforms give up after a second or two, and some of them for ever; the answer to a person can wait a little.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[object, float] = {}  #: in the order in which they came

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count a call, which has arrived as a whole, until it is answered."""
        call = object()
        self._since[call] = self._clock.monotonic()
        try:
            yield
        finally:
            del self._since[call]

    def are_slow(self) -> bool:
        """Tell whether the oldest of them waits for too long."""
        oldest = next(iter(self._since.values()), None)
        return oldest is not None and self._clock.monotonic() - oldest > _SLOW_CALL


#: Longest text that is read, in characters: four times what Telegram lets through, room for a pasted chain.
TEXT_LIMIT = 16_384
#: How often the store refuses an update, and takes others meanwhile, until it is passed by.
_REFUSALS = 5
#: Updates of which it is remembered how often they were refused.
_KEPT = 256


class Intake:
    """Takes the updates of every channel; ``submit`` is told which chats have something to handle.

    Those that arrive while others are written are written together: what costs the most is to wait for the disk.
    """

    def __init__(  # noqa: PLR0913 - the composition root names each of them
        self,
        store: Store,
        throttle: Throttle,
        clock: Clock,
        submit: Callable[[Iterable[Chat]], None],
        metrics: Metrics = NO_METRICS,
        *,
        claims: TurnClaims | None = None,
    ) -> None:
        """``claims``: the turns that begin at once, which are claimed in the transaction that stores their updates."""
        self._claims = claims
        self._metrics = metrics
        self._store = store
        self._throttle = throttle
        self._clock = clock
        self._submit = submit
        self.unstorable = 0
        self._joined: list[Incoming] = []
        self._next: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._taken = 0  #: how often the store took something
        self._refused: dict[tuple[str, str], tuple[int, int]] = {}  #: how often an update was, and ``_taken`` then

    @property
    def is_storing(self) -> bool:
        """Tell whether somebody's update is being stored, or waits for that."""
        return self._next is not None or self._writing.locked()

    async def accept(self, updates: Sequence[Incoming]) -> None:
        """Return once all are stored, known already, or counted as not storable: then they may be acknowledged."""
        admitted = list(self._throttle.admit(map(_remove_secrets, updates)))
        if not admitted:
            return
        self._joined += admitted
        if self._next is None:
            self._next = asyncio.create_task(self._write())
            self._next.add_done_callback(_note_failure)
        await asyncio.shield(self._next)  # others wait for it as well

    async def _write(self) -> None:
        async with self._writing:
            updates, self._joined, self._next = self._joined, [], None
            self._submit(await self._store_updates(updates))

    async def record_block_change(self, change: BlockChange) -> None:
        """Store that a person blocks the assistant, or lets it write again; it is stored when this returns."""
        chat, chats = self._store.chats.at(change.channel, change.address), self._store.chats
        mark = partial(chats.mark_blocked, chat, self._clock.now())
        await retry_while_unavailable(mark if change.blocked else partial(chats.mark_unblocked, chat), self._metrics)

    async def _store_updates(self, updates: list[Incoming]) -> list[Chat]:
        inbox = self._store.inbox
        claims = () if self._claims is None else (self._claims,)
        try:
            chats = await retry_while_unavailable(
                lambda: inbox.receive(updates, self._clock.now(), *claims), self._metrics
            )
        except Exception as error:  # one update nobody can store must not hold up all others
            if len(updates) > 1:  # one of them may spoil the batch: find it, keep the others
                return await self._one_by_one(updates)
            if isinstance(error, StoreError) and not self._hopeless(updates[0]):
                raise  # perhaps the store's own trouble: nothing is acknowledged
            await self._pass_by(updates[0], error)
            return []
        self._taken += 1
        return chats

    async def _one_by_one(self, updates: Sequence[Incoming]) -> list[Chat]:
        """Store each by itself. Where the store takes one, a refusal is that update's own trouble, else the store's."""
        chats: list[Chat] = []
        refused: list[tuple[Incoming, StoreError]] = []
        for update in updates:
            try:
                chats += await self._store_updates([update])
            except StoreError as error:
                refused.append((update, error))
        if len(refused) == len(updates):
            raise refused[0][1]
        for update, why in refused:
            await self._pass_by(update, why)
        return chats

    def _hopeless(self, update: Incoming) -> bool:
        """Tell whether an update was refused again and again while others were taken: it would come again for ever."""
        key = update.channel, update.update_id
        refusals, taken = self._refused.pop(key, (0, -1))
        refusals += taken < self._taken  # with nothing taken in between it may be the store's own trouble still
        if refusals >= _REFUSALS:
            return True
        self._refused[key] = refusals, self._taken
        if len(self._refused) > _KEPT:
            del self._refused[next(iter(self._refused))]
        return False

    async def _pass_by(self, update: Incoming, error: Exception) -> None:
        """Leave it out, and tell the owners."""
        self.unstorable += 1
        _log.error("update_not_storable", channel=update.channel, error=type(error).__name__)
        try:
            await self._store.alerts.raise_alarm(AbandonedRow.UNSTORED, update.update_id, self._clock.now())
        except Exception as failure:  # noqa: BLE001 - the log has it; those behind it must go on
            _log.error("owners_not_told", channel=update.channel, error=type(failure).__name__)


def _note_failure(written: asyncio.Task[None]) -> None:
    """Take note of a failure of which nobody waits to hear any more: their platforms send the updates again."""
    if not written.cancelled():
        written.exception()


def _remove_secrets(update: Incoming) -> Incoming:
    """Remove what must never be stored (a private key, a PIN), and what is too long to be an answer."""
    event = update.event
    if isinstance(event, TextReceived):
        return replace(update, event=_clean_text(event))
    if isinstance(event, FileSent | UnreadableReceived):
        event = event.model_copy(update=_clean_words("caption", event.caption))
    if isinstance(event, MessageEdited):
        event = event.model_copy(update=_clean_words("text", event.text))
    if isinstance(event, FileSent) and has_secret_in_name(event.name):
        event = event.model_copy(update={"name": "", "secret": True})
    return replace(update, event=event)


def _clean_words(field: str, words: str) -> dict[str, object]:
    """Leave out words that hold a secret, and cut those that are too long to be an answer."""
    return {field: "", "secret": True} if has_secret(words) else {field: words[:TEXT_LIMIT]}


def _clean_text(event: TextReceived) -> Event:
    text = redact_secret(event.text)
    if len(text) > TEXT_LIMIT:
        return UnreadableReceived(what="text", message=event.message, group=event.group, secret=event.secret)
    return event.model_copy(update={"text": text})
