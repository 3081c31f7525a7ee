"""Broadcasts moved from state to state: by people, with the rule of four eyes, or by what goes on by itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from bot.services import JournalService
from bot.store import (
    BroadcastRepository,
    LifecycleRepository,
    ProvenBroadcast,
    StateChange,
    Step,
    StoreContext,
    count_audience,
)
from handlers.model import (
    BROADCAST_TRANSITIONS,
    ENDED_STATES,
    EXPIRY_CAMPAIGN,
    MACHINE,
    Act,
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    Rights,
    StateReason,
)


@dataclass(frozen=True, slots=True)
class BroadcastAccess:
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: reading."""

    context: StoreContext
    journal: JournalService
    broadcasts: BroadcastRepository

    @classmethod
    def of(cls, context: StoreContext, journal: JournalService) -> Self:
        """Build it over the repositories of a transaction."""
        return cls(context, journal, BroadcastRepository(context))

    async def get(self, rights: Rights, name: str) -> Broadcast | None:
        """Return a broadcast; ``None`` also for one that cannot be read, which is noted for the owners."""
        found = await self.find(rights, name)
        return found.broadcast if found else None

    async def latest(self, rights: Rights, limit: int, before: str | None = None) -> tuple[Broadcast, ...]:
        """List the latest ones, without any that cannot be read."""
        return await self.broadcasts.latest(rights.reach(Act.SEE_BROADCASTS), limit, before)

    async def count_all(self, rights: Rights) -> int:
        """Count what ``latest`` lists in all."""
        return await self.broadcasts.count(rights.reach(Act.SEE_BROADCASTS))

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """List the steps; each has a unit of its own, that of its parent when it was made."""
        return await self.broadcasts.steps(name, rights.reach(Act.SEE_BROADCASTS))

    async def find(self, rights: Rights, name: str) -> ProvenBroadcast | None:
        """Return one that may be seen, with what proves who wrote it."""
        return await self.broadcasts.get(name, rights.reach(Act.SEE_BROADCASTS))

    async def find_for(self, rights: Rights, act: Act, name: str) -> ProvenBroadcast | ActionResult:
        """Return one that an act may be done to, or why it may not."""
        found = await self.find(rights, name)
        if found is None:
            return ActionResult.UNKNOWN
        return found if rights.may(act, found.broadcast.unit) else ActionResult.NOT_YOURS


class ActionRule(NamedTuple):
    """A move that somebody may make by hand: its right, its name in the journal, why it then stands there."""

    right: Act
    deed: str
    why: StateReason | None = None


APPROVE = ActionRule(Act.APPROVE_BROADCASTS, "broadcast_approve")
START = ActionRule(Act.WRITE_BROADCASTS, "broadcast_start")
RESUME = ActionRule(Act.WRITE_BROADCASTS, "broadcast_resume")
PAUSE = ActionRule(Act.WRITE_BROADCASTS, "broadcast_pause", StateReason.BY_HAND)
CANCEL = ActionRule(Act.WRITE_BROADCASTS, "broadcast_cancel", StateReason.BY_HAND)
#: What a campaign takes its steps along to, and from where; resumed are only those that were paused with it.
_STEPS_FROM = {
    BroadcastState.PAUSED: (BroadcastState.RUNNING,),
    BroadcastState.RUNNING: (BroadcastState.PAUSED,),
    BroadcastState.CANCELLED: tuple(state for state in BroadcastState if state not in ENDED_STATES),
}


def find_action_rule(found: Broadcast, to: BroadcastState) -> ActionRule | None:
    """Return the rule of a move by hand; ``None``: it is not made so. What always is there can only be paused."""
    was = found.state
    if to not in BROADCAST_TRANSITIONS[was] or (found.id == EXPIRY_CAMPAIGN and to is BroadcastState.CANCELLED):
        return None
    if to is BroadcastState.RUNNING:
        return START if was is BroadcastState.SCHEDULED else RESUME
    return {BroadcastState.APPROVED: APPROVE, BroadcastState.PAUSED: PAUSE, BroadcastState.CANCELLED: CANCEL}.get(to)


async def move_broadcast(context: StoreContext, actor: str, change: StateChange) -> int:
    """Move one, with all that goes along with it: its steps, its history, and the approval of what it belongs to.

    Returns:
        How many went there, it and its steps; 0 where no way led there from where it is.
    """
    if change.to not in BROADCAST_TRANSITIONS[change.was]:
        return 0
    lifecycle = LifecycleRepository(context)
    approved = change.to is BroadcastState.APPROVED
    if not await (lifecycle.approve(change, actor) if approved else lifecycle.move(change)):
        return 0
    await lifecycle.record_moves([change.broadcast], change.to, actor, change.why)
    if approved:
        await lifecycle.approve_parent(change.broadcast, actor)
    return 1 + len(await _move_steps(lifecycle, actor, change))


async def _move_steps(lifecycle: LifecycleRepository, actor: str, change: StateChange) -> list[str]:
    """Take along what it made; a start takes nothing along, its steps run on their own."""
    resumed = change.to is BroadcastState.RUNNING
    if change.to not in _STEPS_FROM or (resumed and change.was is not BroadcastState.PAUSED):
        return []
    why = None if resumed else StateReason.PARENT
    steps = await lifecycle.move_steps(change.broadcast, _STEPS_FROM[change.to], change.to, why)
    await lifecycle.record_moves(steps, change.to, actor, why)
    return steps


@dataclass(frozen=True, slots=True)
class BroadcastActions(BroadcastAccess):
    """A part of ``handlers.core.broadcast_ports.Broadcasts``: moves as people make them."""

    async def move(self, rights: Rights, name: str, to: BroadcastState, revision: int | None = None) -> ActionResult:
        """Move it from the state in which it was read here; whoever was faster wins."""
        found = await self.find(rights, name)
        if found is None:
            return ActionResult.UNKNOWN
        seen = found.broadcast
        rule = find_action_rule(seen, to)
        refused = await self._refusal(rights, found, to, rule, revision)
        if refused or rule is None:
            return refused or ActionResult.NOT_ALLOWED
        change = StateChange(name, seen.state, to, rule.why, seen.revision)
        moved = await move_broadcast(self.context, rights.actor, change)
        if not moved:
            return await self._explain_failure(seen)
        await self.journal.record(rights, rule.deed, name, unit=seen.unit, count=moved)
        return ActionResult.DONE

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Return whether a second person must approve; False also for one that may not be seen."""
        found = await self.find(rights, name)
        return found is not None and not await self._is_approved_enough(rights, found)

    async def _refusal(
        self,
        rights: Rights,
        found: ProvenBroadcast,
        to: BroadcastState,
        rule: ActionRule | None,
        revision: int | None,
    ) -> ActionResult | None:
        seen = found.broadcast
        right = Act.APPROVE_BROADCASTS if to is BroadcastState.APPROVED else Act.WRITE_BROADCASTS
        if not rights.may(right, seen.unit):
            return ActionResult.NOT_YOURS
        if revision is not None and revision != seen.revision:
            return ActionResult.OVERTAKEN
        if to is BroadcastState.APPROVED and (seen.state is BroadcastState.DRAFT or seen.checking):
            return ActionResult.PROBLEMS
        if rule is APPROVE and not await self._is_approved_enough(rights, found):
            return ActionResult.SECOND_PERSON
        return None

    async def _explain_failure(self, seen: Broadcast) -> ActionResult:
        """Explain why it did not move: somebody was faster, or its campaign is paused."""
        stands = await self.broadcasts.revision(seen.id) == seen.revision
        return ActionResult.NOT_ALLOWED if stands else ActionResult.OVERTAKEN

    async def _is_approved_enough(self, rights: Rights, found: ProvenBroadcast) -> bool:
        """Return whether four eyes saw it: another person than its author approves, or few enough are meant."""
        if not await self._is_author(rights, found):
            return True
        seen, most = found.broadcast, self.context.policy.approval_above
        if seen.why == StateReason.SECOND_PERSON:  # counted with all whom its campaign has reached
            return False
        return seen.recipients <= most and await self._count_recipients(rights, seen) <= most

    async def _is_author(self, rights: Rights, found: ProvenBroadcast) -> bool:
        """Return whether the person of these rights wrote it, by its proof, or by the rows of an earlier version."""
        seen, warrant = found
        if warrant is not None and warrant.writer is not None:
            return await self.context.is_person(warrant.writer, rights.actor)
        author = await self.broadcasts.holder_chat(seen.author) or seen.chat
        return author == await self.broadcasts.holder_chat(rights.actor)

    async def _count_recipients(self, rights: Rights, found: Broadcast) -> int:
        """Count how many are meant by now: since the check there may be more."""
        reach, per_week = rights.reach(Act.WRITE_BROADCASTS), self.context.policy.reminders_per_week
        counted = await count_audience(self.context, found.draft.audience, reach, per_week)
        return sum(one.all for one in counted)


@dataclass(frozen=True, slots=True)
class NewStep:
    """Which step of what, and when."""

    parent: str
    step: str
    starts_at: datetime | None = None
    audience: Audience | None = None  #: what is set in it takes the place of the same in the parent's
    left_out: StateReason | None = None  #: it is recorded, and not carried out
    why: StateReason | None = None

    def with_draft(self, parent: BroadcastDraft) -> Step:
        """Return it with the parent's draft, changed for this once."""
        changes: dict[str, Any] = {"plan": None, "starts_at": self.starts_at}
        if parent.plan is not None:
            changes["deadline"] = parent.plan.deadline
        if self.audience is not None:
            asked = self.audience.model_dump(exclude_unset=True)
            changes["audience"] = parent.audience.model_copy(update=asked)
        state = BroadcastState.CANCELLED if self.left_out else BroadcastState.APPROVED
        draft = parent.model_copy(update=changes)
        return Step(self.step, draft, state, self.starts_at, self.left_out or self.why)


async def make_step(context: StoreContext, wanted: NewStep) -> str | None:
    """Make a step of a broadcast and return its id.

    ``None`` where the parent has had this step, is paused or cancelled, or is not proven to be approved as it stands:
    nothing is to be kept then.
    """
    lifecycle = LifecycleRepository(context)
    parent = await lifecycle.hold_parent(wanted.parent)
    return None if parent is None else await lifecycle.add_step(parent, wanted.with_draft(parent.draft), MACHINE)
