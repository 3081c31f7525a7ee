"""Make the recipients of an approved broadcast with what each of them gets, and report their results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from bot.messages import DeliveryState
from bot.services.broadcasts.actions import BroadcastAccess
from bot.store import (
    PAGE_SIZE,
    AudienceReader,
    BroadcastMessage,
    BroadcastSnapshot,
    ChannelUseRepository,
    FailedMessage,
    FallbackRepository,
    NewRecipient,
    Person,
    RecipientRepository,
    RecipientRow,
    ResultRepository,
    ScheduleRepository,
    TurnTakenOver,
    Withheld,
    read_snapshot,
)
from handlers.broadcasts.rendering import render_broadcast
from handlers.broadcasts.template import Placeholder, placeholders_of
from handlers.core import Reply
from handlers.model import (
    EXPIRY_CAMPAIGN,
    NO_UNITS,
    Act,
    ActionResult,
    BroadcastPolicy,
    BroadcastState,
    DeliveryCounts,
    DeliveryReason,
    PlaceholderValues,
    Reach,
    Recipient,
    Rights,
    channel_kind,
    format_person_code,
    mask_name,
)
from rules.calendar import to_vietnam_time
from rules.outcome import Procedure

#: Since then nobody has made any rows.
_ABANDONED_AFTER = timedelta(minutes=1)


def reach_of(written: BroadcastSnapshot) -> Reach:
    """Return how far a broadcast may go: its author was let write it for its unit."""
    return Rights.operator(NO_UNITS).reach(Act.WRITE_BROADCASTS, written.unit)


def says_name(written: BroadcastSnapshot) -> bool:
    """Return whether a text says the name of the person."""
    text = written.draft.text
    return any(Placeholder.NAME in placeholders_of(one) for one in (text.vi, text.en))


@dataclass(frozen=True)
class RecipientValues:
    """Fills the message of one person, or keeps it from them: for one broadcast on one day."""

    policy: BroadcastPolicy
    written: BroadcastSnapshot
    today: date

    def values(self, person: Person, day: date | None = None) -> PlaceholderValues:
        """Return the person's values; ``day`` is what {han} means to this person, where that is known already."""
        return PlaceholderValues(
            language=person.language or self.policy.language,
            name=person.name,
            unit=person.unit_name,
            day=day or self.written.deadline or self._end(person),
            to_do=_open_procedures(person),
        )

    def reason_to_withhold(self, person: Person) -> Withheld | None:
        """Return the end of the row at once, where the message is kept from the person."""
        if person.stopped:
            return Withheld(DeliveryState.SKIPPED, DeliveryReason.STOPPED)
        if person.blocked:
            return Withheld(DeliveryState.BLOCKED, DeliveryReason.BLOCKED_BEFORE)
        if person.done:
            return Withheld(DeliveryState.SKIPPED, DeliveryReason.DONE)
        if person.later_on is not None and person.later_on > self.today:
            return Withheld(DeliveryState.SKIPPED, DeliveryReason.LATER)
        if person.had >= self.policy.reminders_per_week:
            return Withheld(DeliveryState.SKIPPED, DeliveryReason.CAPPED)
        return None

    def to_recipient(self, person: Person, day: date | None = None) -> NewRecipient:
        """Return the person as they get a row, over the first of their channels that takes messages.

        ``day`` as in ``values``.
        """
        content = self.reason_to_withhold(person) or self.values(person, day)
        return NewRecipient(*person.route, content, person.chat, person.others)

    def _end(self, person: Person) -> date | None:
        """Return the first end of a certificate that is still to come, or lies in the window that was asked for."""
        first, last = self._window
        known = (one.not_after for one in person.certificates)
        end = min((end for end in known if end is not None and first <= end <= last), default=None)
        return None if end is None else date.fromordinal(end)

    @cached_property
    def _window(self) -> tuple[int, int]:
        first, last = self.written.draft.audience.expiry_window(self.today) or (self.today, date.max)
        return first.toordinal(), last.toordinal()


def _open_procedures(person: Person) -> tuple[Procedure, ...]:
    return tuple(dict.fromkeys(one for known in person.certificates for one in known.to_do))


def render_message(message: BroadcastMessage, values: PlaceholderValues, today: date, first: bool) -> Reply:
    """Write a message out for one person, with its file.

    Args:
        message: the text and the file.
        values: what fills its placeholders.
        today: the day in Viet Nam on which it is read.
        first: whether the person never had a reminder before; it says then how to stop them.
    """
    a_week = message.a_week if first else None
    reply = render_broadcast(message.broadcast, message.draft, values, today, first=a_week)
    return reply.model_copy(update={"attachments": message.documents}) if message.documents else reply


def message_length(written: BroadcastSnapshot, values: PlaceholderValues, today: date, a_week: int) -> int:
    """Measure the message of one person with all that may be added, as channels count: in UTF-16 code units."""
    reply = render_broadcast(written.id, written.draft, values, today, first=a_week)
    return len("\n\n".join(reply.paragraphs).encode("utf-16-le")) // 2


@dataclass(frozen=True, slots=True)
class RecipientFreezing(ScheduleRepository):
    """A part of ``BroadcastOperations``: one process at a time makes rows, and any other can take it up."""

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients of an approved one; False where all have theirs and it is ``scheduled``.

        A campaign has no rows of its own: it is ``running`` at once. Where it was approved by its author alone, and
        more are meant by now than that may decide, it waits for a second person.
        """
        written = await read_snapshot(self.driver.run, self.keyring, broadcast)
        if written is None or written.state is not BroadcastState.APPROVED or _is_made_by_expiry(written, now):
            return False
        if not written.approved:
            return False
        try:
            return await _Freezing(self, written, now).make_next(limit)
        except TurnTakenOver:  # another process makes them, or it was cancelled
            return True


@dataclass(frozen=True)
class _Freezing:
    """The rows of one broadcast, made from where they were left."""

    base: ScheduleRepository
    written: BroadcastSnapshot
    now: datetime

    @cached_property
    def _rows(self) -> RecipientRepository:
        return RecipientRepository(self.base.driver, self.base.keyring, self.written, self.now)

    async def make_next(self, limit: int) -> bool:
        """Make the next rows; False: it has all rows, or may have none."""
        written = self.written
        if written.draft.plan is not None:
            await self._rows.begin_campaign()
            return False
        audience = AudienceReader.of(
            self.base.driver.look, self.base.keyring, written, self.now, reach_of(written), named=says_name(written)
        )
        reached = await self._reached_alone()
        values = RecipientValues(self.base.policy, written, written.day(self.now))
        after, left = written.frozen_to, limit
        while left > 0:
            people, end = await audience.page(after, min(left, PAGE_SIZE))
            waiting = self._still_waiting(people)
            now_reached = {one.route.chat for one in waiting}
            if reached is not None and len(reached | now_reached) > self.base.policy.approval_above:
                await self._rows.return_for_approval(after, await self._count(audience))
                return False
            last = end or (people[-1].chat if people else after)
            await self._rows.add_next(map(values.to_recipient, waiting), after, last)
            if reached is not None:
                reached |= now_reached
            if end is None:
                await self._rows.finish(last)
                return False
            after, left = end, left - PAGE_SIZE
        return True

    async def _reached_alone(self) -> set[str] | None:
        """Return chats reached by the word of its author alone, by it or its campaign; ``None``: two decided about it.

        The reminders of certificates that end have no author.
        """
        if EXPIRY_CAMPAIGN in {self.written.id, self.written.parent}:
            return None
        alone = self.written.alone
        if not (await self._rows.is_approved_alone() if alone is None else alone):
            return None
        return await self._rows.series_reached(self.base.policy.approval_above + 1)

    async def _count(self, audience: AudienceReader) -> int:
        return sum([len(self._still_waiting(people)) async for people in audience.pages()])

    def _still_waiting(self, people: Iterable[Person]) -> list[Person]:
        """Leave out people who wanted to be reminded again and whom another step has reminded since."""
        if self.written.postponed_to is None:
            return list(people)
        return [person for person in people if person.later_on is not None or person.done]


@dataclass(frozen=True, slots=True)
class ChannelFallback(ScheduleRepository):
    """A part of ``BroadcastOperations``: a message that surely did not arrive goes to the person's next channel."""

    async def fall_back(self, broadcast: str, now: datetime, *, limit: int = 500) -> int:
        """Queue what failed, was refused or met a block, for the next channel of its person; return how many that were.

        What may have arrived (``unknown``) stays as it is, and all of it where one channel was asked for. Repeating it
        changes nothing: each channel has at most one row of a broadcast, and a kill leaves each message either as it
        was or gone on.
        """
        written = await read_snapshot(self.driver.run, self.keyring, broadcast)
        if written is None or written.draft.audience.channel is not None:
            return 0
        rows, after, moved = FallbackRepository(self.driver, self.keyring, broadcast, now), 0, 0
        while found := await rows.find(after, limit):
            for ways in found:
                to = await self._first_with_room(rows, written, ways, now)
                moved += to is not None and await rows.go_on(to)
            after = found[-1][0].row
        return moved

    async def _first_with_room(
        self, rows: FallbackRepository, written: BroadcastSnapshot, ways: Sequence[FailedMessage], now: datetime
    ) -> FailedMessage | None:
        """Return the first way whose channel takes this message, with its file, and gives out one more."""
        try:
            values = rows.values(ways[0])
            if values is None:
                return None
            length = message_length(written, values, written.day(now), self.policy.reminders_per_week)
        except Exception:  # noqa: BLE001 - what cannot be written out has failed for that, and goes nowhere
            return None
        for one in ways:
            if self._takes(written, one.to_channel, length) and await self._has_room(rows, one.to_channel, now):
                return one
        return None

    def _takes(self, written: BroadcastSnapshot, channel: str, length: int) -> bool:
        """Tell whether a channel takes a message of this length, with its file: what the check asks of the first."""
        limits, has_document = self.policy.limits_for(channel_kind(channel)), written.draft.document is not None
        return length <= limits.caption if has_document else length <= limits.text

    async def _has_room(self, rows: FallbackRepository, channel: str, now: datetime) -> bool:
        """Tell whether a channel that gives out so many messages a month carries one more; others always do."""
        quota = self.policy.quotas.get(channel)
        if quota is None:
            return True
        people, waiting = await rows.count_over(channel)
        sent = await ChannelUseRepository(self.driver).sent(channel, f"{to_vietnam_time(now):%Y-%m}")
        return people < quota.people and sent + waiting < quota.messages


def _is_made_by_expiry(written: BroadcastSnapshot, now: datetime) -> bool:
    """Return whether ``ExpiryReminders`` makes these rows; after a kill, others are reminded another day."""
    return written.is_of_expiry and now - written.changed_at < _ABANDONED_AFTER


#: Where something may have been sent, and more may be.
_MAY_RESEND = frozenset({BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.FINISHED})


@dataclass(frozen=True, slots=True)
class BroadcastResults(BroadcastAccess):
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: results."""

    async def tally(self, rights: Rights, name: str) -> DeliveryCounts:
        """Count the messages by state; the tally is empty where the broadcast may not be seen."""
        if await self.find(rights, name) is None:
            return DeliveryCounts()
        return await ResultRepository(self.context).tally(name)

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str = "", state: str | None = None
    ) -> tuple[Recipient, ...]:
        """List recipients; names are masked where they may not be seen."""
        if await self.find(rights, name) is None:
            return ()
        page = await ResultRepository(self.context).page(name, limit, after, state)
        return tuple(_to_recipient(rights, row) for row in page)

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None = None) -> int:
        """Send again what failed, with the right to write broadcasts."""
        found = await self.find_for(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, ActionResult) or found.broadcast.state not in _MAY_RESEND:
            return 0
        results = ResultRepository(self.context)
        queued = await results.resend(name, codes)
        if queued:
            await results.run_again(name, rights.actor)
            await self.journal.record(rights, "broadcast_resend", name, unit=found.broadcast.unit, count=queued)
        return queued


def _to_recipient(rights: Rights, row: RecipientRow) -> Recipient:
    name = row.name
    if name is not None and not rights.may(Act.SEE_PERSONAL, row.unit):
        name = mask_name(name)
    return Recipient(
        code=format_person_code(row.chat),
        name=name,
        unit=row.unit,
        channel=row.channel.partition(":")[0],  # what follows names the person at a terminal
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        queued_at=row.queued_at,
        settled_at=row.settled_at,
        receipt=row.receipt,
    )
