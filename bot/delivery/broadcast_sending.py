"""Send a broadcast on its way from approval to its end, and tell its author about it."""

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from bot.clock import Clock
from bot.services.broadcasts import BroadcastOperations
from bot.settings import Settings
from handlers.broadcasts import notices
from handlers.broadcasts.notices import Speed
from handlers.core import MarkupTranslator, Reply
from handlers.model import (
    EXPIRY_CAMPAIGN,
    Broadcast,
    BroadcastState,
    DeliveryCounts,
    DeliveryReason,
    ProblemKind,
    SendingHours,
    StateReason,
)

#: Seconds between two states of the message that moves.
EDIT_INTERVAL = 3.0
#: Steps of which nothing is told unless something is wrong: it may be one person a day that asked for them.
_SILENT_STEP_PREFIX = "later:"


class AuthorNotifier:
    """Remembers what was said last, so that nothing is written twice; the store sees to the rest."""

    def __init__(self, book: BroadcastOperations, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._notified: dict[str, set[str]] = {}
        self._shown: dict[str, tuple[Reply, float]] = {}

    def has_notified(self, broadcast: Broadcast, mark: str) -> bool:
        """Return whether this process has told it."""
        return mark in self._notified.get(broadcast.id, ())

    async def notify_once(self, broadcast: Broadcast, mark: str, said: Reply, now: datetime) -> None:
        """Tell the author something once; ``mark`` names it among the notices about this broadcast."""
        if not self.has_notified(broadcast, mark):
            await self._book.notify_author(broadcast.id, said, mark, now)
            self._notified.setdefault(broadcast.id, set()).add(mark)

    async def notify_finished(self, broadcast: Broadcast, said: Reply, now: datetime) -> None:
        """Tell how it ended, once for each time that it ends."""
        if not _is_silent(broadcast):
            await self.notify_once(broadcast, f"finished:{broadcast.revision}", said, now)

    async def update_progress(self, broadcast: Broadcast, said: Reply, now: datetime) -> None:
        """Change the message of progress where it would read differently, every few seconds at most."""
        if _is_silent(broadcast):
            return
        last, since = self._shown.get(broadcast.id, (None, 0.0))
        if said == last or (last is not None and self._clock.monotonic() - since < EDIT_INTERVAL):
            return
        if await self._book.notify_author(broadcast.id, said, "shown", now):
            self._shown[broadcast.id] = said, self._clock.monotonic()

    async def finish_progress(self, broadcast: Broadcast, said: Reply, now: datetime) -> None:
        """Show the last state of progress, at once."""
        if not _is_silent(broadcast):
            await self._book.notify_author(broadcast.id, said, "last", now)

    def forget(self, broadcasts: set[str]) -> None:
        """Forget all but these broadcasts: the others have ended."""
        self._notified = {name: marks for name, marks in self._notified.items() if name in broadcasts}
        self._shown = {name: shown for name, shown in self._shown.items() if name in broadcasts}


def _is_silent(broadcast: Broadcast) -> bool:
    return (broadcast.step or "").startswith(_SILENT_STEP_PREFIX)


@dataclass(frozen=True, slots=True)
class SchedulerSettings:
    """The settings of the scheduler, out of ``bot.settings.Settings``."""

    hours: SendingHours = field(default_factory=SendingHours)
    error_share: float = 0.1  #: of what was tried; above it a broadcast pauses
    expiry_days: tuple[int, ...] = (60, 30, 7)  #: before the end of a certificate; none: nobody is reminded of it
    approval_above: int = 200  #: recipients from which on a second person has to approve
    daily_at: time = time(8, 30)  #: in Viet Nam: certificates that end, and who wanted to be reminded later

    @classmethod
    def of(cls, settings: Settings) -> "SchedulerSettings":
        """Build the settings of the scheduler from those of the process."""
        return cls(
            hours=SendingHours(settings.quiet_from, settings.quiet_until, frozenset(settings.reminder_days)),
            error_share=settings.pause_at_error_share,
            expiry_days=tuple(days for days in settings.expiry_reminder_days if days > 0),
            approval_above=settings.approval_above,
        )


#: Where it sends, or somebody may let it send at any moment.
_HOLDABLE = {BroadcastState.APPROVED, BroadcastState.SCHEDULED, BroadcastState.RUNNING, BroadcastState.PAUSED}


class QuietHours:
    """Holds broadcasts back outside the sending hours; whoever claims messages leaves alone what is held."""

    def __init__(self, book: BroadcastOperations, terms: SchedulerSettings) -> None:
        self._book = book
        self._terms = terms

    async def update_hold(self, broadcast: Broadcast, now: datetime) -> None:
        """Hold it, or let it go, where it is not so yet."""
        if broadcast.is_campaign or broadcast.state not in _HOLDABLE:
            return
        because = self._terms.hours.closed_reason(now)
        until = self._terms.hours.next_open(now) if because else None
        if broadcast.held_until != until:
            await self._book.hold(broadcast.id, until, because, now)


#: Seconds between two counts at least; counting takes at most a twentieth of the time.
_RECOUNT_SECONDS, _RECOUNT_FACTOR = 3.0, 20.0
#: Counts that the speed is taken from, and messages that have to be tried before their errors say anything.
_SAMPLES, _LEAST_TRIED = 10, 20
_ERROR_STATES = ("failed", "invalid", "unknown")
#: No errors of the text or the channel: the check foretold them.
_FORETOLD = (DeliveryReason.WINDOW, DeliveryReason.MONEY)


@dataclass
class ProgressMonitor:
    """Remembers the progress that this process saw of a broadcast. Nothing of it has to outlive the process."""

    revision: int | None = None  #: of the broadcast when it was counted last
    next_count: float = 0.0  #: of the monotonic clock
    forgiven: DeliveryCounts = field(default_factory=DeliveryCounts)  #: wrong before somebody let it go on
    samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def record_count(self, tally: DeliveryCounts, began: float, ended: float) -> None:
        """Note a count that was made between two moments of the monotonic clock."""
        self.next_count = ended + max(_RECOUNT_SECONDS, _RECOUNT_FACTOR * (ended - began))
        self.samples.append((ended, tally.total - tally.open))

    def has_resumed(self, revision: int) -> bool:
        """Return whether somebody has paused and resumed it since it was counted last."""
        before, self.revision = self.revision, revision
        return before not in {None, revision}

    def reset_errors(self, tally: DeliveryCounts) -> None:
        """Count errors from this tally on: whoever resumed it has accepted the earlier ones."""
        self.forgiven = tally
        self.samples.clear()

    def speed(self, tally: DeliveryCounts, now: datetime) -> Speed | None:
        """Return the speed by the last counts; ``None`` while nothing moves."""
        if not self.samples:
            return None
        (first, before), (last, after) = self.samples[0], self.samples[-1]
        if after <= before or last <= first:
            return None
        per_second = (after - before) / (last - first)
        return Speed(per_second, now + timedelta(seconds=tally.open / per_second))

    def error_share(self, tally: DeliveryCounts) -> float:
        """Return the share of those tried that could not be delivered, since somebody resumed it.

        People who blocked the assistant are left out, and people whom the check said would not be reached.
        """
        new = {state: tally.tried(state) - self.forgiven.tried(state) for state in ("sent", *_ERROR_STATES)}
        new["invalid"] -= sum(tally.reasons.get(word, 0) - self.forgiven.reasons.get(word, 0) for word in _FORETOLD)
        tried = sum(new.values())
        return sum(new[state] for state in _ERROR_STATES) / tried if tried >= _LEAST_TRIED else 0.0


class BroadcastDelivery:
    """Moves a broadcast from its start to its end. It is idempotent: every move names the state it begins from."""

    def __init__(
        self, book: BroadcastOperations, notifier: AuthorNotifier, terms: SchedulerSettings, clock: Clock
    ) -> None:
        self._book = book
        self._notifier = notifier
        self._terms = terms
        self._clock = clock
        self._holding = QuietHours(book, terms)
        self._watches: defaultdict[str, ProgressMonitor] = defaultdict(ProgressMonitor)

    def forget(self, broadcasts: set[str]) -> None:
        """Forget all but these broadcasts: the others have ended."""
        for name in self._watches.keys() - broadcasts:
            del self._watches[name]

    async def advance(self, broadcast: Broadcast, now: datetime) -> bool:
        """Do what its state asks for; True: there is more to do at once."""
        await self._holding.update_hold(broadcast, now)
        match broadcast.state:
            case BroadcastState.SCHEDULED:
                return await self._start_if_due(broadcast, now)
            case BroadcastState.RUNNING | BroadcastState.PAUSED:
                await self._count_and_follow_up(broadcast, now)
            case BroadcastState.CANCELLED:
                return await self._withdraw_queued(broadcast, now)
        return False

    async def _start_if_due(self, broadcast: Broadcast, now: datetime) -> bool:
        """Start what is due."""
        starts = broadcast.starts_at or broadcast.draft.starts_at
        if broadcast.parent is None:
            await self._tell_that_it_is_ready(broadcast, now)
        due = broadcast.parent is not None or (starts is not None and starts <= now)
        if not due or not self._terms.hours.is_open_at(now):
            return False
        return await self._book.move(broadcast.id, BroadcastState.SCHEDULED, BroadcastState.RUNNING, now)

    async def _tell_that_it_is_ready(self, broadcast: Broadcast, now: datetime) -> None:
        if not self._notifier.has_notified(broadcast, "ready"):
            tally = await self._book.tally(broadcast.id)
            await self._notifier.notify_once(
                broadcast, "ready", notices.format_ready(_author_translator(broadcast), broadcast, tally), now
            )

    async def _count_and_follow_up(self, broadcast: Broadcast, now: datetime) -> None:
        """Count it, where that is due again, and do what follows from it."""
        watch, began = self._watches[broadcast.id], self._clock.monotonic()
        if began < watch.next_count:
            return
        tally = await self._book.tally(broadcast.id)
        watch.record_count(tally, began, self._clock.monotonic())
        if watch.has_resumed(broadcast.revision) or broadcast.state is BroadcastState.PAUSED:
            watch.reset_errors(tally)
        running = broadcast.state is BroadcastState.RUNNING
        went_on = await self._book.fall_back(broadcast.id, now) if running else 0
        if running and not tally.open and not went_on:
            counted, tally = tally, await self._book.tally(broadcast.id)
            if tally == counted:  # else another process let something go on meanwhile: it has not ended
                await self._finish(broadcast, tally, now)
                return
        if (share := watch.error_share(tally)) > self._terms.error_share:  # nothing is wrong with one that rests
            await self._pause(broadcast, tally, share, now)
            return
        said = notices.format_progress(_author_translator(broadcast), broadcast, tally, watch.speed(tally, now))
        await self._notifier.update_progress(broadcast, said, now)

    async def _finish(self, broadcast: Broadcast, tally: DeliveryCounts, now: datetime) -> None:
        """End it; its author is told before, so that a kill in between repeats the notice instead of losing it."""
        ended, voice = replace(broadcast, state=BroadcastState.FINISHED, held_until=None), _author_translator(broadcast)
        await self._notifier.finish_progress(broadcast, notices.format_progress(voice, ended, tally), now)
        await self._notifier.notify_finished(broadcast, notices.format_finished(voice, ended, tally), now)
        await self._book.move(
            broadcast.id,
            BroadcastState.RUNNING,
            BroadcastState.FINISHED,
            now,
            None if tally.total else StateReason.NOBODY,
        )

    async def _pause(self, broadcast: Broadcast, tally: DeliveryCounts, share: float, now: datetime) -> None:
        said = notices.format_paused(_author_translator(broadcast), broadcast, tally, round(100 * share))
        await self._notifier.notify_once(broadcast, f"errors:{broadcast.revision}", said, now)
        await self._book.move(broadcast.id, BroadcastState.RUNNING, BroadcastState.PAUSED, now, StateReason.ERRORS)

    async def _withdraw_queued(self, broadcast: Broadcast, now: datetime) -> bool:
        """Withdraw what is queued, a batch a look."""
        if await self._book.withdraw(broadcast.id, now):
            return True
        tally = await self._book.tally(broadcast.id)
        await self._notifier.finish_progress(
            broadcast, notices.format_progress(_author_translator(broadcast), broadcast, tally), now
        )
        return False


def _author_translator(broadcast: Broadcast) -> MarkupTranslator:
    return MarkupTranslator(broadcast.draft.language)


#: What stands against a draft, but not against a step: who was on the list may be gone when its day comes.
_ALLOWED_IN_STEP = frozenset({ProblemKind.NOBODY, ProblemKind.PAST, ProblemKind.UNKNOWN})


class RecipientPreparation:
    """Has the rows of recipients made, and checks steps before that. It is idempotent over rows."""

    def __init__(self, book: BroadcastOperations, notifier: AuthorNotifier, terms: SchedulerSettings) -> None:
        self._book = book
        self._notifier = notifier
        self._terms = terms
        self._holding = QuietHours(book, terms)
        self._stands: set[str] = set()  #: steps whose check found nothing against them

    def forget(self, broadcasts: set[str]) -> None:
        """Forget all but these broadcasts: the others have ended."""
        self._stands &= broadcasts

    async def check_list(self, broadcast: Broadcast, now: datetime) -> bool:
        """Go through the whole list, and tell the author what was found."""
        found = await self._book.check(broadcast.id, now)
        second_person = found.recipients > self._terms.approval_above
        said = notices.format_check_result(_author_translator(broadcast), broadcast, found, second_person=second_person)
        await self._notifier.notify_once(broadcast, f"checked:{broadcast.changed_at.isoformat()}", said, now)
        if second_person and not found.problems:
            await self._book.request_approvals(broadcast, found.recipients, now)
        return False

    async def request_second_person(self, broadcast: Broadcast, now: datetime) -> bool:
        """Tell the author that a second person has to decide, and ask those who may."""
        mark = f"second_person:{broadcast.revision}"
        if not self._notifier.has_notified(broadcast, mark):
            await self._book.request_approvals(broadcast, broadcast.recipients, now)
            said = notices.format_second_person_needed(_author_translator(broadcast), broadcast)
            await self._notifier.notify_once(broadcast, mark, said, now)
        return False

    async def make_rows(self, broadcast: Broadcast, now: datetime) -> bool:
        """Make rows, a batch a look; True: there is more to do at once."""
        if not await self._passes_check(broadcast, now):
            return True
        await self._holding.update_hold(broadcast, now)
        if await self._book.freeze(broadcast.id, now):
            return True
        if not broadcast.is_campaign:
            await self._tell_where_nobody_is_left(broadcast, now)
        return broadcast.parent != EXPIRY_CAMPAIGN  # what is made there comes with its rows, and may wait for them

    async def _passes_check(self, broadcast: Broadcast, now: datetime) -> bool:
        """Check a step before it gets rows: its audience is not that of the day on which it was approved."""
        if broadcast.parent in {None, EXPIRY_CAMPAIGN} or broadcast.id in self._stands:
            return True
        found = await self._book.check(broadcast.id, now)
        against = tuple(one for one in found.problems if one.trouble not in _ALLOWED_IN_STEP)
        if not against:
            self._stands.add(broadcast.id)
            return True
        said = notices.format_step_not_sent(
            _author_translator(broadcast), broadcast, found.model_copy(update={"problems": against})
        )
        await self._notifier.notify_once(broadcast, "not_sent", said, now)
        await self._book.move(
            broadcast.id, BroadcastState.APPROVED, BroadcastState.CANCELLED, now, StateReason.PROBLEMS
        )
        return False

    async def _tell_where_nobody_is_left(self, broadcast: Broadcast, now: datetime) -> None:
        """Tell the author where there are no rows: it has ended already, unless it waits for a second person."""
        tally = await self._book.tally(broadcast.id)
        if not tally.total and broadcast.id not in {one.id for one in await self._book.list_open()}:
            await self._notifier.notify_finished(
                broadcast, notices.format_finished(_author_translator(broadcast), broadcast, tally), now
            )
