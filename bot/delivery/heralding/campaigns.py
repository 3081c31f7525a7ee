"""A campaign that is carried out: its steps, and its end."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.delivery.heralding.telling import Teller
from bot.delivery.heralding.terms import Terms
from bot.store.broadcast_api import BroadcastBook
from handlers.broadcasts import notice_words
from handlers.broadcasts.model import Broadcast, Life, Plan, Why
from handlers.broadcasts.planning import Decision, Timetable
from handlers.voice import Voice
from rules.calendar import vietnamese_day


class Campaigns:
    """Idempotent over rows: a campaign has each step once, whoever makes it."""

    def __init__(self, book: BroadcastBook, teller: Teller, terms: Terms) -> None:
        self._book = book
        self._teller = teller
        self._terms = terms
        #: Steps that need not be asked for again, of a campaign as it was last moved: one that was paused meanwhile has
        #: refused them.
        self._made: defaultdict[tuple[str, int], set[str]] = defaultdict(set)

    def forget(self, campaigns: set[str]) -> None:
        """All but these have ended."""
        for gone in [key for key in self._made if key[0] not in campaigns]:
            del self._made[gone]

    async def run_due_steps(self, campaign: Broadcast, plan: Plan, now: datetime, steps: Sequence[Broadcast]) -> bool:
        """Carry out what is due; True: look again at once. Nothing is decided while nothing may leave.

        ``steps`` are those that have not ended. One that still waits for a second person when the next one is due is
        left out: its day is over.
        """
        if not self._terms.hours.is_open_at(now):
            return False
        table, made = Timetable(plan, self._terms.hours), self._made[campaign.id, campaign.revision]
        decisions = table.decisions(made, _since(campaign), now)
        for step in steps if decisions else ():
            if step.why == Why.SECOND_PERSON:
                await self._book.move(step.id, Life.CHECKED, Life.CANCELLED, now, Why.SECOND_PERSON)
        for decision in decisions:
            await self._carry_out(campaign, decision, now)
            made.add(decision.step.name)
        if table.is_over(made) and not decisions and not steps:
            await self._finish(campaign, now)
        return bool(decisions)

    async def _carry_out(self, campaign: Broadcast, decision: Decision, now: datetime) -> None:
        if decision.runs:
            await self._book.create_step(campaign.id, decision.step.name, now, starts_at=now, why=decision.why)
        elif await self._book.create_step(campaign.id, decision.step.name, now, left_out=Why.MISSED):
            said = notice_words.left_out(Voice(campaign.draft.language), campaign, decision.step.name)
            await self._teller.notify_once(campaign, f"left_out:{decision.step.name}", said, now)

    async def _finish(self, campaign: Broadcast, now: datetime) -> None:
        """Told before it is done, as every end."""
        await self._teller.notify_once(
            campaign, "over", notice_words.over(Voice(campaign.draft.language), campaign), now
        )
        await self._book.move(campaign.id, Life.RUNNING, Life.FINISHED, now)


def _since(campaign: Broadcast) -> date:
    """The day from which its steps count; one that was put back from a copy has perhaps made those of that day."""
    written, restored = vietnamese_day(campaign.created_at), campaign.starts_at
    if restored is None or restored == campaign.draft.starts_at:
        return written
    return max(written, vietnamese_day(restored) + timedelta(days=1))
