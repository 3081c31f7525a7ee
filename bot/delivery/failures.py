"""What becomes of a row that did not get through."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.channels.base import Channel
from bot.channels.errors import (
    Blocked,
    ChannelError,
    Conflict,
    Invalid,
    MaybeSent,
    Refused,
    RetryLater,
    Unreachable,
    Unsupported,
)
from bot.channels.rendering import split
from bot.delivery.backoff import retry_while_unavailable
from bot.delivery.clock import Clock
from bot.delivery.patience import Patience
from bot.delivery.settler import Settler
from bot.metrics import NO_METRICS, Metrics
from bot.store.api import Delivery, OutboxRow, Settlement, Store
from bot.store.errors import StoreError
from handlers.broadcasts.model import Reason
from handlers.replies import Reply
from locales import LANGUAGES, N_, translator

#: Deliveries before a row is ``failed`` (or ``unknown``); what an outage or a plea for patience ended does not count.
_ATTEMPTS = 6
#: The same of a deletion, for which the messages behind it must not wait long.
_DELETIONS = 3
_LONGEST_DELAY = 60.0
_NOT_SENT = N_(
    "⚠ I could not send the file here. Please ask for it again later."
    " If that does not help, ask whoever runs this assistant to give you the file in another way."
)
_DOUBTFUL = N_(
    "⚠ I do not know whether the file has arrived here. If you do not see it, please ask for it again later."
    " If that does not help, ask whoever runs this assistant to give you the file in another way."
)

_log = structlog.get_logger(__name__)


class Failures:
    """Settles a row, or puts it back; ``due`` is called when a row that was put back may be tried again."""

    def __init__(  # noqa: PLR0913 - what a lane has, it hands over
        self,
        store: Store,
        channel: Channel,
        clock: Clock,
        *,
        patience: Patience,
        settler: Settler,
        due: Callable[[], None],
        language: str = LANGUAGES[0],
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """``language``: of people who have not chosen one."""
        self._store = store
        self._channel = channel
        self._language = language
        self._patience = patience
        self._settler = settler
        self._clock = clock
        self._due = due
        self._metrics = metrics

    async def handle_error(self, row: OutboxRow, error: ChannelError) -> None:
        """Only what surely did not arrive is tried again, but for an answer, which may come twice rather than never."""
        kind, method = type(error).__name__, error.method if isinstance(error, Unsupported) else None
        said = {"error": kind, "method": method} if method else {"error": kind}
        _log.info("not_delivered", channel=row.chat.channel, row=row.id, attempts=row.attempts + 1, **said)
        match error:
            case RetryLater():
                self._patience.pause_chat(row.chat.id, error.after)
                await self._retry(row, error.after, counted=False)
            case Unreachable() | Refused() | Conflict():  # nobody can be reached now, whoever comes next
                await self._retry(row, self._patience.note_unreachable(), counted=False)
            case Blocked():
                await self._settle(row, Delivery.BLOCKED)
            case Invalid():
                await self._settle(row, Delivery.INVALID, Reason.REFUSED)
            case MaybeSent() if row.broadcast:  # never silently a second time
                await self._settle(row, Delivery.UNKNOWN, Reason.NO_ANSWER)
            case Unsupported() if row.reply.attachments or row.reply.action == "delete":  # a text has no other way
                await self._give_up(row, error)
            case _ if row.attempts + 1 >= (_DELETIONS if row.reply.action == "delete" else _ATTEMPTS):
                await self._give_up(row, error)
            case _:
                await self._retry(row, min(_LONGEST_DELAY, 2.0**row.attempts))

    async def return_unsent(self, row: OutboxRow, seconds: float = 0.0) -> None:
        """It was never tried: whoever may send takes it up, once so much time has passed."""
        await self._retry(row, seconds, counted=False)

    async def _give_up(self, row: OutboxRow, error: ChannelError) -> None:
        if isinstance(error, MaybeSent):
            await self._settle(row, Delivery.UNKNOWN, Reason.NO_ANSWER)
        else:
            await self._settle(row, Delivery.FAILED, _reason(error))

    async def _settle(self, row: OutboxRow, state: Delivery, reason: Reason | None = None) -> None:
        instead = await self._replacement_notices(row, state)
        await self._settler.settle(Settlement(row, state, reason=reason, instead=instead))

    async def _replacement_notices(self, row: OutboxRow, state: Delivery) -> tuple[Reply, ...]:
        """What is said where a file did not arrive; nothing of a message to many, whose report names it."""
        if row.broadcast or not row.reply.attachments or state is Delivery.BLOCKED:
            return ()
        t = translator(await self._language_of(row))
        said = t(_DOUBTFUL if state is Delivery.UNKNOWN else _NOT_SENT)
        reply = row.reply.model_copy(update={"attachments": (), "paragraphs": (*row.reply.paragraphs, said)})
        return split(reply, self._channel.capabilities)

    async def _language_of(self, row: OutboxRow) -> str:
        try:
            return await self._store.language(row.chat) or self._language
        except StoreError:  # the end of the row is what matters
            return self._language

    async def _retry(self, row: OutboxRow, seconds: float, *, counted: bool = True) -> None:
        due: datetime = self._clock.now() + timedelta(seconds=seconds)
        await retry_while_unavailable(lambda: self._store.retry(row, due, counted=counted), self._metrics)
        asyncio.get_running_loop().call_later(seconds, self._due)


def _reason(error: ChannelError) -> Reason:
    """Names the method that the platform lacks."""
    if not isinstance(error, Unsupported):
        return Reason.GAVE_UP
    named = f"no_{error.method}"
    return Reason(named) if named in {reason.value for reason in Reason} else Reason.NOT_OFFERED
