"""What becomes of a row that did not get through."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.channels.errors import Blocked, ChannelError, Conflict, Invalid, MaybeSent, Refused, RetryLater, Unreachable
from bot.delivery.backoff import until_stored
from bot.delivery.clock import Clock
from bot.delivery.patience import Patience
from bot.delivery.settler import Settler
from bot.metrics import NO_METRICS, Metrics
from bot.store.api import Delivery, OutboxRow, Settlement, Store
from handlers.broadcasts.model import Reason

#: Deliveries before a row is ``failed`` (or ``unknown``); what an outage or a plea for patience ended does not count.
_ATTEMPTS = 6
_LONGEST_DELAY = 60.0

_log = structlog.get_logger(__name__)


class Failures:
    """Settles a row, or puts it back; ``due`` is called when a row that was put back may be tried again."""

    def __init__(  # noqa: PLR0913 - what a lane has, it hands over
        self,
        store: Store,
        clock: Clock,
        *,
        patience: Patience,
        settler: Settler,
        due: Callable[[], None],
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._store = store
        self._patience = patience
        self._settler = settler
        self._clock = clock
        self._due = due
        self._metrics = metrics

    async def after(self, row: OutboxRow, error: ChannelError) -> None:
        """Only what surely did not arrive is tried again, but for an answer, which may come twice rather than never."""
        kind = type(error).__name__
        _log.info("not_delivered", channel=row.chat.channel, row=row.id, error=kind, attempts=row.attempts + 1)
        match error:
            case RetryLater():
                self._patience.asked(row.chat.id, error.after)
                await self._retry(row, error.after, counted=False)
            case Unreachable() | Refused() | Conflict():  # nobody can be reached now, whoever comes next
                await self._retry(row, self._patience.unreachable(), counted=False)
            case Blocked():
                await self._settle(row, Delivery.BLOCKED)
            case Invalid():
                await self._settle(row, Delivery.INVALID, Reason.REFUSED)
            case MaybeSent() if row.broadcast:  # never silently a second time
                await self._settle(row, Delivery.UNKNOWN, Reason.NO_ANSWER)
            case _ if row.attempts + 1 >= _ATTEMPTS:
                await self._give_up(row, error)
            case _:
                await self._retry(row, min(_LONGEST_DELAY, 2.0**row.attempts))

    async def not_sent(self, row: OutboxRow, seconds: float = 0.0) -> None:
        """It was never tried: whoever may send takes it up, once so much time has passed."""
        await self._retry(row, seconds, counted=False)

    async def _give_up(self, row: OutboxRow, error: ChannelError) -> None:
        if isinstance(error, MaybeSent):
            await self._settle(row, Delivery.UNKNOWN, Reason.NO_ANSWER)
        else:
            await self._settle(row, Delivery.FAILED, Reason.GAVE_UP)

    async def _settle(self, row: OutboxRow, state: Delivery, reason: Reason | None = None) -> None:
        await self._settler.settle(Settlement(row, state, reason=reason))

    async def _retry(self, row: OutboxRow, seconds: float, *, counted: bool = True) -> None:
        due: datetime = self._clock.now() + timedelta(seconds=seconds)
        await until_stored(self._clock, lambda: self._store.retry(row, due, counted=counted), self._metrics)
        asyncio.get_running_loop().call_later(seconds, self._due)
