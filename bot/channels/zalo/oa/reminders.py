"""Send an approved text to somebody who has not written for seven days: the closest one that fits, in its hours."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, time, timedelta

import structlog

from bot.channels import Deferred
from bot.channels.zalo.oa.api import TRACKING_LENGTH, SentMessage, ZbsApi
from bot.channels.zalo.oa.errors import ErrorClass, OaError, OutsideWindow, TemplateRefused, template_outcome_of
from bot.channels.zalo.oa.money import Purse
from bot.channels.zalo.oa.templates import TemplateBook
from bot.clock import Clock
from bot.messages import OutboxRow, Receipt
from bot.store import AbandonedRow, Store
from handlers.model import DeliveryReason, PaidTemplate
from rules.calendar import to_vietnam_time

_log = structlog.get_logger(__name__)


#: The error of a text that goes to telephone numbers alone.
_NOT_BY_PERSON = -249


def _tracking_id(row: OutboxRow) -> str:
    """Return our own id of a message: the same at every try, and nobody is known by it."""
    return hashlib.sha256(row.origin.encode()).hexdigest()[:TRACKING_LENGTH]


class TemplateHours:
    """The hours in Viet Nam at which an approved text may leave; from and until the same: always."""

    def __init__(self, opens: time, closes: time) -> None:
        self._opens, self._closes = opens, closes

    def seconds_closed(self, now: datetime) -> float:
        """Return the seconds until it may leave; 0: it may now."""
        here = to_vietnam_time(now)
        at, opens, closes = here.time(), self._opens, self._closes
        is_open = opens <= at < closes if opens < closes else at >= opens or at < closes
        if is_open:
            return 0.0
        begins = here.replace(hour=opens.hour, minute=opens.minute, second=opens.second, microsecond=0)
        return ((begins if here < begins else begins + timedelta(days=1)) - here).total_seconds()


class TemplateSender:
    """Sends approved texts, each paid for."""

    def __init__(  # noqa: PLR0913 - the package hands over what it has opened
        self, book: TemplateBook, zbs: ZbsApi, purse: Purse, *, hours: TemplateHours, store: Store, clock: Clock
    ) -> None:
        self._book = book
        self._zbs = zbs
        self._purse = purse
        self._hours = hours
        self._store = store
        self._clock = clock

    async def is_possible(self) -> bool:
        """Tell whether there is a text that the rest of the month pays for. Raises StoreError."""
        prices = [one.price for one in await self._book.current() if one.is_usable and one.price is not None]
        return bool(prices) and min(prices) <= await self._purse.left()

    async def send(self, row: OutboxRow) -> Receipt:
        """Send the text that fits a reminder, with nothing of the person but its parameters.

        Raises:
            OutsideWindow: it is no reminder, or no text fits.
            NoMoney: the month would cost more than it may.
            Deferred: it may not leave at this hour.
            ChannelError: its kind decides the next state of the row.
            StoreError: nothing has left.
        """
        chosen = await self._book.choose(row.facts) if row.facts else None
        if chosen is None:
            raise OutsideWindow
        if wait := self._hours.seconds_closed(self._clock.now()):
            raise Deferred(wait)
        template, parameters = chosen
        try:
            sent = await self._deliver(row, template, parameters)
        except OaError as error:
            raise await self._to_outcome(error, template.id) from None
        return Receipt(sent.id or None, DeliveryReason.BY_TEMPLATE)

    async def _deliver(self, row: OutboxRow, template: PaidTemplate, parameters: Mapping[str, str]) -> SentMessage:
        """Send by the person's id; by telephone only what cannot be sent so, to a number that the person has sent."""
        try:
            async with self._purse.paying(template.price or 0) as bill:
                sent = await self._zbs.send_to_person(row.chat.address, template.id, parameters)
                bill.quota = sent.quota
                return sent
        except OaError as error:
            phone = await self._store.zalo.phone(row.chat.id) if error.code == _NOT_BY_PERSON else None
            if phone is None or template.phone_price is None:
                raise
        async with self._purse.paying(template.phone_price):
            return await self._zbs.send_to_phone(phone, template.id, parameters, _tracking_id(row))

    async def _to_outcome(self, error: OaError, template: str) -> Exception:
        now = self._clock.now()
        outcome, alerts = template_outcome_of(error, now), self._store.alerts
        if isinstance(outcome, TemplateRefused):
            _log.warning("zalo_template_refused", template=template, code=error.code)
            await alerts.raise_alarm(AbandonedRow.TEMPLATE, f"{template} ({error.code})", now)
        elif error.kind is ErrorClass.MONEY:
            await alerts.raise_alarm(AbandonedRow.MONEY, error.code, now)
        return outcome
