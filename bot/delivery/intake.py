"""The way in: an update is stored before its platform hears that it arrived."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import structlog

from bot.delivery.backoff import retry_while_unavailable
from bot.delivery.clock import Clock
from bot.delivery.throttle import Throttle
from bot.metrics import NO_METRICS, Metrics
from bot.store.alarm import SetAside
from bot.store.api import Chat, Incoming, Store
from bot.store.errors import StoreError
from handlers.events import Event, FileSent, Said, Unreadable
from handlers.secrets import name_holds_secret, without_secret

#: Longest text that is read, in characters: four times what Telegram lets through, room for a pasted chain.
TEXT_LIMIT = 16_384
#: How often the store refuses an update, and takes others meanwhile, until it is passed by.
_REFUSALS = 5
#: Updates of which it is remembered how often they were refused.
_KEPT = 256

_log = structlog.get_logger(__name__)


class Intake:
    """Takes the updates of every channel; ``submit`` is told which chats have something to handle."""

    def __init__(
        self,
        store: Store,
        throttle: Throttle,
        clock: Clock,
        submit: Callable[[Iterable[Chat]], None],
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._metrics = metrics
        self._store = store
        self._throttle = throttle
        self._clock = clock
        self._submit = submit
        self.unstorable = 0
        self._taken = 0  #: how often the store took something
        self._refused: dict[tuple[str, str], tuple[int, int]] = {}  #: how often an update was, and ``_taken`` then

    async def accept(self, updates: Sequence[Incoming]) -> None:
        """Returns once all are stored, known already, or counted as not storable: then they may be acknowledged."""
        admitted = list(self._throttle.admit(map(_cleaned, updates)))
        if admitted:
            self._submit(await self._store_updates(admitted))

    async def record_block_change(self, channel: str, address: str, *, blocked: bool) -> None:
        """A person blocks the assistant, or lets it write again; stored when this returns."""
        chat, now = self._store.chat(channel, address), self._clock.now()
        change = partial(self._store.mark_blocked, chat, now) if blocked else partial(self._store.mark_unblocked, chat)
        await retry_while_unavailable(change, self._metrics)

    async def _store_updates(self, updates: list[Incoming]) -> list[Chat]:
        try:
            chats = await retry_while_unavailable(
                lambda: self._store.receive(updates, self._clock.now()), self._metrics
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
        """Each by itself. Where the store takes one, what it refuses is that update's own trouble, else the store's."""
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
        """Whether it was refused again and again while others were taken: it would come again for ever."""
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
            await self._store.raise_alarm(SetAside.UNSTORED, update.update_id, self._clock.now())
        except Exception as failure:  # noqa: BLE001 - the log has it; those behind it must go on
            _log.error("owners_not_told", channel=update.channel, error=type(failure).__name__)


def _cleaned(update: Incoming) -> Incoming:
    """Without what must never be stored: a private key's body, a PIN; and without what is too long to be an answer."""
    event = update.event
    if isinstance(event, Said):
        return Incoming(update.channel, update.update_id, update.address, _said(event))
    if isinstance(event, FileSent) and name_holds_secret(event.name):
        nameless = event.model_copy(update={"name": "", "secret": True})
        return Incoming(update.channel, update.update_id, update.address, nameless)
    return update


def _said(event: Said) -> Event:
    text = without_secret(event.text)
    if len(text) > TEXT_LIMIT:
        return Unreadable(what="text", message=event.message, group=event.group, secret=event.secret)
    return event.model_copy(update={"text": text})
