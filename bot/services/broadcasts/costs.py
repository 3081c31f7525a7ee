"""Estimate what a broadcast costs on channels that charge for messages: told at its check, before anybody approves."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.services.broadcasts.recipients import RecipientValues
from bot.store import Driver, Keyring, Person, ZaloRepository, kind_of_reminder
from handlers.broadcasts.template import known_placeholders
from handlers.model import ZALO, ChannelCosts, ChannelTariff, PaidTemplate, SendingWindow, choose_template
from rules.calendar import to_vietnam_time


@dataclass
class CostCounter:
    """Counts people page by page, by how each can be written to now; nobody is asked for it."""

    zalo: ZaloRepository
    filling: RecipientValues
    tariff: ChannelTariff
    now: datetime
    windows: Counter[SendingWindow] = field(default_factory=Counter)
    template_dong: int = 0
    _templates: Sequence[PaidTemplate] | None = None

    @classmethod
    def of(cls, driver: Driver, keyring: Keyring, filling: RecipientValues, now: datetime) -> "CostCounter | None":
        """Return one for the channel that charges; ``None`` where there is none."""
        tariff = filling.policy.tariffs.get(ZALO)
        return cls(ZaloRepository(driver, keyring), filling, tariff, now) if tariff else None

    async def add(self, people: Sequence[Person]) -> None:
        """Count some more people, those aside who get nothing, or get it elsewhere. Raises StoreError."""
        meant = [one for one in people if one.channel == ZALO and self._is_sent_there(one)]
        if not meant:
            return
        if self._templates is None:
            self._templates, _ = await self.zalo.templates(self.tariff.account)
        windows = await self.zalo.windows([one.chat for one in meant], self.now)
        for person in meant:
            window = windows[person.chat]
            self.windows[window if window is not SendingWindow.TEMPLATE_ONLY else self._by_template(person)] += 1

    def _is_sent_there(self, person: Person) -> bool:
        return not self.filling.reason_to_withhold(person) and self.filling.to_recipient(person).channel == ZALO

    def _by_template(self, person: Person) -> SendingWindow:
        written = self.filling.written
        known = {one.value for one in known_placeholders(self.filling.values(person))}
        chosen = choose_template(self._templates or (), kind_of_reminder(written.draft, written.parent), known)
        self.template_dong += (chosen.price or 0) if chosen else 0
        return SendingWindow.TEMPLATE_ONLY if chosen else SendingWindow.BLOCKED

    async def costs(self) -> tuple[ChannelCosts, ...]:
        """Return what it costs; nothing where it is for nobody there. Raises StoreError."""
        if not self.windows:
            return ()
        plan, month = self.filling.written.draft.plan, f"{to_vietnam_time(self.now):%Y-%m}"
        spent = await self.zalo.spent(self.tariff.account, month)
        return (
            ChannelCosts(
                channel=ZALO,
                free=self.windows[SendingWindow.FREE],
                paid=self.windows[SendingWindow.PAID],
                template=self.windows[SendingWindow.TEMPLATE_ONLY],
                unreached=self.windows[SendingWindow.BLOCKED],
                message_dong=self.tariff.message,
                template_dong=self.template_dong,
                dearest=max([self.tariff.message, *(one.price or 0 for one in self._templates or () if one.is_usable)]),
                steps=max(1, len(plan.steps)) if plan else 1,
                left=max(0, self.tariff.month - spent),
            ),
        )
