"""Move broadcasts on by themselves: checks, rows, starts, steps, pauses, ends, and telling their authors."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

import structlog

from bot.clock import Clock
from bot.concurrency import Backoff
from bot.delivery.broadcast_sending import AuthorNotifier, BroadcastDelivery, RecipientPreparation, SchedulerSettings
from bot.services.broadcasts import BroadcastOperations
from handlers.broadcasts import notices
from handlers.core import MarkupTranslator
from handlers.model import (
    EXPIRY_CAMPAIGN,
    Audience,
    Broadcast,
    BroadcastState,
    CampaignPlan,
    StateReason,
    StepDecision,
    Timetable,
)
from rules.calendar import to_vietnam_day, to_vietnam_time


class CampaignRunner:
    """Makes the steps of campaigns. It is idempotent over rows: a campaign has each step once, whoever makes it."""

    def __init__(self, book: BroadcastOperations, notifier: AuthorNotifier, terms: SchedulerSettings) -> None:
        self._book = book
        self._notifier = notifier
        self._terms = terms
        #: Steps that need not be asked for again, of a campaign as it was last moved: one that was paused meanwhile has
        #: refused them.
        self._made: defaultdict[tuple[str, int], set[str]] = defaultdict(set)

    def forget(self, campaigns: set[str]) -> None:
        """Forget all but these campaigns: the others have ended."""
        for gone in [key for key in self._made if key[0] not in campaigns]:
            del self._made[gone]

    async def run_due_steps(
        self, campaign: Broadcast, plan: CampaignPlan, now: datetime, steps: Sequence[Broadcast]
    ) -> bool:
        """Carry out what is due; True: look again at once. Nothing is decided while nothing may leave.

        ``steps`` are those that have not ended. One that still waits for a second person when the next one is due is
        left out: its day is over.
        """
        if not self._terms.hours.is_open_at(now):
            return False
        table, made = Timetable(plan, self._terms.hours), self._made[campaign.id, campaign.revision]
        decisions = table.decisions(made, _campaign_start(campaign), now)
        for step in steps if decisions else ():
            if step.why == StateReason.SECOND_PERSON:
                await self._book.move(
                    step.id, BroadcastState.CHECKED, BroadcastState.CANCELLED, now, StateReason.SECOND_PERSON
                )
        for decision in decisions:
            await self._carry_out(campaign, decision, now)
            made.add(decision.step.name)
        if table.is_over(made) and not decisions and not steps:
            await self._finish(campaign, now)
        return bool(decisions)

    async def _carry_out(self, campaign: Broadcast, decision: StepDecision, now: datetime) -> None:
        if decision.runs:
            await self._book.create_step(campaign.id, decision.step.name, now, starts_at=now, why=decision.why)
        elif await self._book.create_step(campaign.id, decision.step.name, now, left_out=StateReason.MISSED):
            said = notices.format_step_skipped(MarkupTranslator(campaign.draft.language), campaign, decision.step.name)
            await self._notifier.notify_once(campaign, f"left_out:{decision.step.name}", said, now)

    async def _finish(self, campaign: Broadcast, now: datetime) -> None:
        """End a campaign; its author is told before, so that a kill in between leaves nobody untold."""
        await self._notifier.notify_once(
            campaign, "over", notices.format_campaign_over(MarkupTranslator(campaign.draft.language), campaign), now
        )
        await self._book.move(campaign.id, BroadcastState.RUNNING, BroadcastState.FINISHED, now)


def _campaign_start(campaign: Broadcast) -> date:
    """Return the day from which its steps count; one put back from a copy may have made those of that day."""
    written, restored = to_vietnam_day(campaign.created_at), campaign.starts_at
    if restored is None or restored == campaign.draft.starts_at:
        return written
    return max(written, to_vietnam_day(restored) + timedelta(days=1))


class DailyReminders:
    """Reminds at its hour of the day, or as soon after it as reminders may leave. Repeating it changes nothing."""

    def __init__(self, book: BroadcastOperations, terms: SchedulerSettings) -> None:
        self._book = book
        self._terms = terms
        self._looked: dict[str, date] = {}

    async def remind_of_expiry(self, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        """Remind of certificates that end, unless that is paused; True: somebody is."""
        today = self._due_day("expiring", now)
        if today is None or _is_paused(broadcasts, EXPIRY_CAMPAIGN):
            return False
        days = self._terms.expiry_days
        began = bool(days) and await self._book.create_expiry_broadcast(today, days, now) is not None
        self._looked["expiring"] = today
        return began

    async def remind_postponed(self, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        """Remind again whose day has come, of a paused campaign when it goes on; True: somebody is."""
        today = self._due_day("later", now)
        if today is None:
            return False
        made = [
            await self._book.create_step(parent, f"later:{today}", now, starts_at=now, audience=Audience(chats=chats))
            for parent, chats in (await self._book.due_postponed(today)).items()
            if not _is_paused(broadcasts, parent)
        ]
        self._looked["later"] = today
        return any(made)

    def _due_day(self, what: str, now: datetime) -> date | None:
        """Return the day to look for; ``None``: it is too early, closed, or was looked for."""
        local = to_vietnam_time(now)
        if local.time() < self._terms.daily_at or not self._terms.hours.is_open_at(now):
            return None
        return None if self._looked.get(what) == local.date() else local.date()


def _is_paused(broadcasts: Mapping[str, Broadcast], name: str) -> bool:
    return name in broadcasts and broadcasts[name].state is BroadcastState.PAUSED


#: Seconds between looks at the store.
_POLL_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class PollingLoop:
    """One kind of look, repeated; whatever goes wrong with it, the turns of the process go on."""

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        """``look`` tells whether there is more to do at once."""
        self._look = look
        self._wake = asyncio.Event()
        self._failures = Backoff()

    def notify(self) -> None:
        """Wake the loop: there may be something to do."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop; a look that is under way then is finished."""
        stopping = asyncio.create_task(_call_when_set(stop, self.notify))
        while not stop.is_set():
            self._wake.clear()
            await self._rest(await self._poll_once())
        await stopping

    async def _poll_once(self) -> float:
        """Look once, and return the seconds until the next look."""
        try:
            again = await self._look()
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("scheduler_failed", kind=type(error).__name__)
            return self._failures.next()
        self._failures.reset()
        return 0.0 if again else _POLL_SECONDS

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()


async def _call_when_set(event: asyncio.Event, call: Callable[[], None]) -> None:
    await event.wait()
    call()


#: Before it sends.
_NOT_YET_SENDING = frozenset({BroadcastState.APPROVED, BroadcastState.SCHEDULED})

_Job = Callable[[], Awaitable[bool]]


class BroadcastScheduler:
    """Moves broadcasts on. ``work()`` is idempotent over their rows, so several processes may do it at once.

    Lists are gone through beside everything else: however long one is, what runs is held and paused in time.
    """

    def __init__(
        self,
        book: BroadcastOperations,
        terms: SchedulerSettings,
        clock: Clock,
        queued: Callable[[], None],
        rests: Callable[[], bool] = lambda: False,
    ) -> None:
        """``queued`` is called whenever there may be something to send; nothing is done while it ``rests``.

        It rests while the clock cannot be trusted: by a wrong day people would be reminded of what is not due.
        """
        self._rests = rests
        self._book = book
        self._clock = clock
        self._queued = queued
        notifier = AuthorNotifier(book, clock)
        self._preparing = RecipientPreparation(book, notifier, terms)
        self._sending = BroadcastDelivery(book, notifier, terms, clock)
        self._campaigns = CampaignRunner(book, notifier, terms)
        self._daily = DailyReminders(book, terms)
        self._remembering = (notifier, self._preparing, self._sending, self._campaigns)
        self._failing: set[str] = set()
        self._prepares, self._conducts = PollingLoop(self.prepare), PollingLoop(self.conduct)

    def notify(self) -> None:
        """Wake both loops: there may be something to do."""
        self._prepares.notify()
        self._conducts.notify()

    async def run(self, stop: asyncio.Event) -> None:
        """Run both loops until told to stop; the next start goes on with what is under way then."""
        await asyncio.gather(self._prepares.run(stop), self._conducts.run(stop))

    async def work(self) -> bool:
        """Look at everything once, and tell whether there is more to do at once."""
        prepared = await self.prepare()
        return await self.conduct() or prepared

    async def prepare(self) -> bool:
        """Go through lists, and certificates that end; True: there is more to do at once."""
        if self._rests():
            return False
        broadcasts, now = await self._open_broadcasts(), self._clock.now()
        looks: dict[str, _Job] = {"expiring": partial(self._daily.remind_of_expiry, broadcasts, now)}
        looks |= {name: partial(self._prepare, one, broadcasts, now) for name, one in broadcasts.items()}
        return self._wake_other(self._conducts, again=await self._run_all(looks))

    async def conduct(self) -> bool:
        """Start, hold, pause and end, and make steps; True: there is more to do at once."""
        if self._rests():
            return False
        broadcasts, now = await self._open_broadcasts(), self._clock.now()
        for part in self._remembering:
            part.forget(set(broadcasts))
        looks: dict[str, _Job] = {one: partial(self._conduct, broadcasts[one], broadcasts, now) for one in broadcasts}
        looks["later"] = partial(self._daily.remind_postponed, broadcasts, now)
        again = await self._run_all(looks)
        if broadcasts or again:
            self._queued()
        return self._wake_other(self._prepares, again=again)

    @staticmethod
    def _wake_other(other: PollingLoop, *, again: bool) -> bool:
        """Wake the other loop where something was done: it may have to go on with that."""
        if again:
            other.notify()
        return again

    async def _open_broadcasts(self) -> dict[str, Broadcast]:
        return {one.id: one for one in await self._book.list_open()}

    async def _run_all(self, looks: Mapping[str, _Job]) -> bool:
        return any([await self._run_isolated(what, look) for what, look in looks.items()])

    async def _run_isolated(self, what: str, look: _Job) -> bool:
        """Run one look so that its failure does not stop the others; it is logged once, until it goes well again."""
        try:
            again = await look()
        except Exception as error:  # noqa: BLE001 - as above
            if what not in self._failing:
                _log.error("look_failed", about=what, kind=type(error).__name__)
            self._failing.add(what)
            return False
        self._failing.discard(what)
        return again

    async def _prepare(self, one: Broadcast, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        if one.checking:
            return await self._preparing.check_list(one, now)
        if one.state is BroadcastState.CHECKED and one.why == StateReason.SECOND_PERSON:
            return await self._preparing.request_second_person(one, now)
        if one.state is not BroadcastState.APPROVED or _waits_for_campaign(one, broadcasts):
            return False
        return await self._preparing.make_rows(one, now)

    async def _conduct(self, one: Broadcast, broadcasts: Mapping[str, Broadcast], now: datetime) -> bool:
        if one.id == EXPIRY_CAMPAIGN or _waits_for_campaign(one, broadcasts):
            return False
        if one.draft.plan is None:
            return await self._sending.advance(one, now)
        if one.state is BroadcastState.RUNNING:
            steps = [other for other in broadcasts.values() if other.parent == one.id]
            return await self._campaigns.run_due_steps(one, one.draft.plan, now, steps)
        return False


def _waits_for_campaign(one: Broadcast, broadcasts: Mapping[str, Broadcast]) -> bool:
    """Return whether a step that has not begun to send waits because its campaign is paused."""
    parent = broadcasts.get(one.parent or "")
    return parent is not None and parent.state is BroadcastState.PAUSED and one.state in _NOT_YET_SENDING
