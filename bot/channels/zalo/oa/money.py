"""Keep what messages cost within what a month may cost: a price is taken before a message leaves, and settled after."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.channels import ChannelError, MaybeSent
from bot.channels.zalo.oa.errors import ErrorClass, NoMoney, OaError
from bot.clock import Clock
from bot.store import AbandonedRow, Store, StoreError
from rules.calendar import to_vietnam_time

#: Kinds of quota that cost nothing beyond the package, as an answer names them.
_FREE_QUOTAS = frozenset({"reply", "sub_quota", "reward_quota"})
#: The kind that is paid for, whatever was believed before.
_PAID_QUOTA = "purchase_quota"

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Bill:
    """The cost of one message; what is not known otherwise is what was taken for it."""

    price: int  #: dong of a message of this kind, where it is paid for
    taken: int  #: dong taken for it before it left
    quota: str = ""  #: the quota that paid for it, as the answer names it

    @property
    def cost(self) -> int:
        """Return the dong that it cost."""
        if self.quota == _PAID_QUOTA:
            return self.price
        return 0 if self.quota in _FREE_QUOTAS else self.taken


class Purse:
    """The money of one account."""

    def __init__(self, store: Store, clock: Clock, app: str, monthly: int) -> None:
        """``monthly`` is the dong that a month may cost; at 0 nothing is sent that costs."""
        self._store = store
        self._clock = clock
        self._app = app
        self._monthly = monthly

    async def left(self) -> int:
        """Return the dong that this month may still cost. Raises StoreError."""
        return self._monthly - await self._store.zalo.spent(self._app, month_of(self._clock.now()))

    @contextlib.asynccontextmanager
    async def paying(self, price: int, *, free: bool = False) -> AsyncIterator[Bill]:
        """Take the price of one message, which leaves in the block; settle it behind.

        What surely did not leave is given back. What may have arrived counts as spent, and so does what a killed
        process had on its way. One that is ``free`` is paid for afterwards where Zalo says so.

        Raises:
            NoMoney: the month would cost more than it may; nothing has left.
            StoreError: nothing has left.
        """
        now = self._clock.now()
        month, taken = month_of(now), 0 if free else price
        if taken and not await self._store.zalo.reserve(self._app, month, taken, self._monthly):
            await self._tell_used_up(now)
            raise NoMoney
        bill = Bill(price, taken)
        try:
            yield bill
        except (ChannelError, StoreError) as error:  # without the store no request has left
            if not _leaves_doubt(error):
                await self._correct(month, -taken)
            raise
        await self._correct(month, bill.cost - taken)

    async def _correct(self, month: str, change: int) -> None:
        if not change:
            return
        try:
            await self._store.zalo.correct_cost(self._app, month, change)
        except StoreError as error:  # the message is what matters; what was taken for it counts as spent
            _log.warning("zalo_cost_not_settled", dong=change, error=type(error).__name__)

    async def _tell_used_up(self, now: datetime) -> None:
        if self._monthly:
            _log.warning("zalo_month_used_up", dong=self._monthly)
            await self._store.alerts.raise_alarm(AbandonedRow.BUDGET, self._monthly, now)


def _leaves_doubt(error: Exception) -> bool:
    """Tell whether a message may have arrived although there was an error."""
    return isinstance(error, MaybeSent) or (isinstance(error, OaError) and error.kind is ErrorClass.UNKNOWN)


def month_of(now: datetime) -> str:
    """Return the month in Viet Nam, such as 2026-11."""
    return f"{to_vietnam_time(now):%Y-%m}"
