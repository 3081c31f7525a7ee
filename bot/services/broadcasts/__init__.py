"""Put the use cases of broadcasts together: those of people with a role, and those of what goes on by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.services.broadcasts.actions import BroadcastActions, NewStep, make_step, move_broadcast
from bot.services.broadcasts.checks import ListChecks
from bot.services.broadcasts.drafts import BroadcastDrafts, BroadcastPreview
from bot.services.broadcasts.notices import BroadcastNotices
from bot.services.broadcasts.recipients import BroadcastResults, RecipientFreezing, RecipientValues, says_name
from bot.store import (
    PAGE_SIZE,
    AudienceReader,
    BroadcastSnapshot,
    ExpiringCertificate,
    ExpiryReminder,
    ExpiryRepository,
    NewRecipient,
    QueryConditions,
    RecipientRepository,
    ReminderDistance,
    ScheduleRepository,
    StateChange,
    Store,
    TurnTakenOver,
    read_snapshot,
)
from handlers.broadcasts import build_expiry_draft
from handlers.model import MACHINE, Audience, BroadcastState, StateReason


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


@dataclass(frozen=True, slots=True)
class BroadcastService(BroadcastDrafts, BroadcastPreview, BroadcastActions, BroadcastResults):
    """Implements ``handlers.core.broadcast_ports.Broadcasts`` within a transaction."""


@dataclass(frozen=True, slots=True)
class BroadcastOperations(ListChecks, RecipientFreezing, ExpiryReminders, BroadcastNotices):
    """Every method is one or a few short transactions, and idempotent: two processes may call it at once.

    All of them raise ``StoreError`` where the database fails. Plain reading and holding back is
    ``ScheduleRepository``; the other parts have files of their own.
    """

    @classmethod
    def over(cls, store: Store) -> "BroadcastOperations":
        """Make the operations over the database of a store."""
        return cls(store.driver, store.keyring, store.policy)

    async def move(
        self, broadcast: str, was: BroadcastState, to: BroadcastState, now: datetime, why: StateReason | None = None
    ) -> bool:
        """Move it, as the machine, with its steps; False where it was somewhere else already, or no way leads there.

        Nothing of a paused campaign starts. That a step is late stays its ``why`` where there is nothing newer to say.
        """
        async with self.machine_transaction(now) as opened:
            moved = await move_broadcast(opened.context, MACHINE, StateChange(broadcast, was, to, why))
            await opened.commit()
        return bool(moved)

    async def create_step(  # noqa: PLR0913 - each is a column
        self,
        parent: str,
        step: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        audience: Audience | None = None,
        left_out: StateReason | None = None,
        why: StateReason | None = None,
    ) -> str | None:
        """Make a broadcast of the same text, approved already, and return its id.

        Args:
            parent: a campaign, or a broadcast that stands alone; one that is paused, cancelled or not carried out yet
                has no steps.
            step: the name of the step; the parent has each once.
            now: when it is made.
            starts_at: when it may begin to send; ``None``: at once.
            audience: what is set in it takes the place of the same in the parent's.
            left_out: records a step that is not carried out (cancelled), and why.
            why: why it stands where it stands, such as that it is late.

        Returns:
            ``None`` where the parent has had this step, or may have none.
        """
        wanted = NewStep(parent, step, starts_at, audience, left_out, why)
        async with self.machine_transaction(now) as opened:
            made = await make_step(opened.context, wanted)
            if made is not None:
                await opened.commit()
        return made
