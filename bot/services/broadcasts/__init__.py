"""Reminders of certificates that end: one broadcast a day, made of the standing campaign, with its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.services.broadcasts.recipients import RecipientValues, says_name
from bot.store.broadcasts.audience import PAGE_SIZE, AudienceReader
from bot.store.broadcasts.expiry import ExpiringCertificate, ExpiryRepository, ReminderDistance
from bot.store.broadcasts.recipients import ExpiryReminder, NewRecipient, RecipientRepository
from bot.store.broadcasts.repository import BroadcastSnapshot, read_snapshot
from bot.store.broadcasts.schedule import ScheduleRepository
from bot.store.errors import TurnTakenOver
from bot.store.request_filter import QueryConditions
from handlers.broadcasts.text import build_expiry_draft
from handlers.model.broadcast import Audience, BroadcastState


@dataclass(frozen=True, slots=True)
class ExpiryReminders(ScheduleRepository):
    """A part of ``BroadcastOperations``: what a kill left open is taken up again, on the same day or later."""

    async def create_expiry_broadcast(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """Make a broadcast, with its rows, to all whose certificate comes so near to its end and who do not know yet.

        Whoever is past two of these distances hears of the nearer one. ``None`` where there is nobody, or the
        broadcast of this day has all its rows.
        """
        certificates, distances = ExpiryRepository(self.driver, self.keyring), _reminder_distances(today, days)
        left_open = await certificates.find(today)
        is_open = left_open is not None and left_open.state is BroadcastState.APPROVED
        if not is_open and not await certificates.has_due(distances):
            return None
        campaign = build_expiry_draft()
        daily = campaign.model_copy(update={"audience": Audience(chats=())})  # they are found by certificates
        made = await certificates.open_or_create(today, campaign, daily, now)
        written = await read_snapshot(self.driver.run, self.keyring, made.id)
        if written is None or made.state is not BroadcastState.APPROVED or not written.approved:
            return None
        rows = RecipientRepository(self.driver, self.keyring, written, now)
        try:
            for number, distance in enumerate(distances):
                passed = [farther.days for farther in distances[number:]]
                while due := await certificates.due(distance, PAGE_SIZE):
                    await rows.add_reminded(await self._recipients(written, due, now), _mark_reminded(due, passed))
            await rows.finish(written.frozen_to)
        except TurnTakenOver:  # another process has made the last of them, or it was cancelled
            return None
        return made.id

    async def _recipients(
        self, written: BroadcastSnapshot, due: Sequence[ExpiringCertificate], now: datetime
    ) -> list[NewRecipient]:
        """{han} means the end of the certificate of each person that ends first."""
        everybody, named = QueryConditions(), says_name(written)
        reader = AudienceReader(self.driver.run, self.keyring, everybody, None, written.series, named, now)
        values = RecipientValues(self.policy, written, written.day(now))
        first = {one.chat: one for one in reversed(due)}
        return [
            values.to_recipient(
                replace(person, done=first[person.chat].done), date.fromordinal(first[person.chat].not_after)
            )
            for person in await reader.of_chats(sorted(first))
        ]


def _mark_reminded(due: Sequence[ExpiringCertificate], passed: Sequence[int]) -> list[ExpiryReminder]:
    """The farther distances that were passed will not come any more either."""
    return [ExpiryReminder(one.standing, one.not_after, days) for one in due for days in passed]


def _reminder_distances(today: date, days: Sequence[int]) -> list[ReminderDistance]:
    """The nearest first; a certificate that has ended is in none of their windows."""
    first, found = today.toordinal(), []
    for number in sorted(set(days)):
        found.append(ReminderDistance(number, first, today.toordinal() + number))
        first = today.toordinal() + number + 1
    return found
