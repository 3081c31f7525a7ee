"""Broadcasts moved from state to state: by hand, or by what goes on by itself."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.store.broadcasts.preview import count_audience
from bot.store.broadcasts.repository import BroadcastQueries, seal_draft
from bot.store.context import StoreContext
from bot.store.drivers.base import Query, Rows
from bot.store.encoding import to_micros
from bot.store.journal import StoredJournal
from bot.store.power_seals import Warrant, content_digest, unseal_warrant
from bot.store.sealing import sealed_columns
from handlers.model import codes
from handlers.model.broadcast import (
    BROADCAST_TRANSITIONS,
    ENDED_STATES,
    EXPIRY_CAMPAIGN,
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    StateReason,
)
from handlers.model.rights import MACHINE, Act, Rights


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
    """What a move by hand is called; ``None``: it is not made so. What always is there can only be paused."""
    was = found.state
    if to not in BROADCAST_TRANSITIONS[was] or (found.id == EXPIRY_CAMPAIGN and to is BroadcastState.CANCELLED):
        return None
    if to is BroadcastState.RUNNING:
        return START if was is BroadcastState.SCHEDULED else RESUME
    return {BroadcastState.APPROVED: APPROVE, BroadcastState.PAUSED: PAUSE, BroadcastState.CANCELLED: CANCEL}.get(to)


@dataclass(frozen=True, slots=True)
class BroadcastTransitions:
    """Moves one within a transaction, with all that goes along with it."""

    acting: StoreContext
    actor: str

    async def move(
        self,
        broadcast: str,
        was: BroadcastState,
        to: BroadcastState,
        why: StateReason | None = None,
        revision: int | None = None,
    ) -> int:
        """How many went there: it, and what it made; 0 where no way led there from where it is."""
        if to not in BROADCAST_TRANSITIONS[was]:
            return 0
        row = {"id": broadcast, "was": was.value, "to": to.value, "why": why, "revision": revision}
        approved = to is BroadcastState.APPROVED
        if not await self._move_one({**row, "now": to_micros(self.acting.now)}, approved=approved):
            return 0
        await self._note([broadcast], to, why)
        if approved:
            await self._approve_parent(broadcast)
        return 1 + len(await self._move_steps(broadcast, was, to))

    async def _move_one(self, row: dict[str, object], *, approved: bool) -> bool:
        hold = Query("hold_life", row)
        if not approved:
            _, moved = await self.acting.ask(hold, Query("move_broadcast", {**row, "approver": None, "warrant": None}))
            return bool(moved)
        (held,) = await self.acting.ask(hold)
        proof = await self._approval(held)
        return proof is not None and bool((await self.acting.ask(Query("move_broadcast", {**row, **proof})))[0])

    async def _approval(self, held: Rows) -> dict[str, object] | None:
        """Whoever approves it stands in what proves it from now on; ``None`` where it is not proven who wrote it."""
        warrant = unseal_warrant(self.acting.keyring, held[0]) if held else None
        if warrant is None:
            return None
        decider = await self.acting.person(self.actor)
        sealed = warrant._replace(approver=self.actor, decider=decider).seal(self.acting.keyring)
        return {"approver": self.actor, "warrant": sealed}

    async def _approve_parent(self, step: str) -> None:
        """A second person who approves a step has approved its campaign: the steps that follow are decided by two."""
        (held,) = await self.acting.ask(Query("hold_parent_warrant", {"id": step}))
        if held and (proof := await self._approval(held)) is not None:
            await self.acting.ask(Query("approve_parent", {"id": held[0][0], **proof}))

    async def _move_steps(self, parent: str, was: BroadcastState, to: BroadcastState) -> list[str]:
        """What it made goes along; but not what runs on its own when it starts."""
        if to not in _STEPS_FROM or (to is BroadcastState.RUNNING and was is not BroadcastState.PAUSED):
            return []
        resumed = to is BroadcastState.RUNNING
        why = None if resumed else StateReason.PARENT
        row = {"parent": parent, "to": to.value, "why": why, "now": to_micros(self.acting.now)}
        states = json.dumps([state.value for state in _STEPS_FROM[to]])
        where = ("paused_with_parent",) if resumed else ()
        (moved,) = await self.acting.ask(Query("move_steps", {**row, "states": states}, where=where))
        steps = [name for (name,) in moved]
        await self._note(steps, to, why)
        return steps

    async def _note(self, broadcasts: list[str], to: BroadcastState, why: StateReason | None) -> None:
        row = {"now": to_micros(self.acting.now), "state": to.value, "actor": self.actor, "why": why}
        if broadcasts:
            await self.acting.ask(*(Query("note_move", {**row, "id": name}) for name in broadcasts))


@dataclass(frozen=True, slots=True)
class BroadcastActions:
    """Moves as people make them."""

    acting: StoreContext
    journal: StoredJournal
    shelf: BroadcastQueries

    async def move(self, rights: Rights, name: str, to: BroadcastState, revision: int | None) -> ActionResult:
        """Approve, start, pause, resume, cancel."""
        found = await self.shelf.get_visible(rights, name)
        if found is None:
            return ActionResult.UNKNOWN
        wish = find_action_rule(found, to)
        refused = await self._refusal(rights, found, to, wish, revision)
        if refused or wish is None:
            return refused or ActionResult.NOT_ALLOWED
        mover = BroadcastTransitions(self.acting, rights.actor)
        moved = await mover.move(name, found.state, to, wish.why, found.revision)
        if not moved:
            return await self._explain_failure(found)
        await self.journal.record(rights, wish.deed, name, unit=found.unit, count=moved)
        return ActionResult.DONE

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Whether somebody else has to approve it."""
        found = await self.shelf.get_visible(rights, name)
        return found is not None and not await self._is_approved_enough(rights, found)

    async def _refusal(
        self, rights: Rights, found: Broadcast, to: BroadcastState, wish: ActionRule | None, revision: int | None
    ) -> ActionResult | None:
        right = Act.APPROVE_BROADCASTS if to is BroadcastState.APPROVED else Act.WRITE_BROADCASTS
        if not rights.may(right, found.unit):
            return ActionResult.NOT_YOURS
        if revision is not None and revision != found.revision:
            return ActionResult.OVERTAKEN
        if to is BroadcastState.APPROVED and (found.state is BroadcastState.DRAFT or found.checking):
            return ActionResult.PROBLEMS
        if wish is APPROVE and not await self._is_approved_enough(rights, found):
            return ActionResult.SECOND_PERSON
        return None

    async def _explain_failure(self, seen: Broadcast) -> ActionResult:
        """Somebody was faster; else its campaign is paused."""
        (rows,) = await self.acting.ask(Query("broadcasts", {"id": seen.id}, where=("broadcast_named",)))
        return ActionResult.NOT_ALLOWED if rows and rows[0][5] == seen.revision else ActionResult.OVERTAKEN

    async def _is_approved_enough(self, rights: Rights, found: Broadcast) -> bool:
        """Whether whoever approves is another one than the author, or so few are meant that one person may decide."""
        if not await self._same(rights, found):
            return True
        if found.why == StateReason.SECOND_PERSON:  # counted with all whom its campaign has reached
            return False
        few = self.acting.policy.approval_above
        return found.recipients <= few and await self._count_audience(rights, found) <= few

    async def _same(self, rights: Rights, found: Broadcast) -> bool:
        """Whether the person of these rights wrote it, as it is proven; or, by an earlier version, as the rows say."""
        warrant = await self.shelf.warrant(rights, found.id)
        if warrant is not None and warrant.writer is not None:
            return warrant.writer == await self.acting.person(rights.actor)
        author = await self._person_of(found.author) or found.chat
        return author == await self._person_of(rights.actor)

    async def _count_audience(self, rights: Rights, found: Broadcast) -> int:
        """How many are meant by now: since the check there may be more."""
        counted = await count_audience(self.acting, rights, found.draft.audience, self.acting.policy)
        return sum(one.all for one in counted)

    async def _person_of(self, actor: str) -> str | None:
        """A person by their chat, whatever role they act by; whoever works at the machine is one person."""
        if actor == MACHINE:
            return MACHINE
        (rows,) = await self.acting.ask(Query("who_has", {"id": actor}))
        return rows[0][0] if rows else None


@dataclass(frozen=True, slots=True)
class NewStep:
    """Which step of what, and when."""

    parent: str
    step: str
    starts_at: datetime | None = None
    audience: Audience | None = None  #: what is set in it takes the place of the same in the parent's
    left_out: StateReason | None = None  #: it is recorded, and not carried out
    why: StateReason | None = None

    @property
    def state(self) -> BroadcastState:
        """Where it begins."""
        return BroadcastState.CANCELLED if self.left_out else BroadcastState.APPROVED

    def draft(self, parent: BroadcastDraft) -> BroadcastDraft:
        """The parent's, for this once."""
        changes: dict[str, Any] = {"plan": None, "starts_at": self.starts_at}
        if parent.plan is not None:
            changes["deadline"] = parent.plan.deadline
        if self.audience is not None:
            asked = self.audience.model_dump(exclude_unset=True)
            changes["audience"] = parent.audience.model_copy(update=asked)
        return parent.model_copy(update=changes)


async def make_step(acting: StoreContext, wanted: NewStep) -> str | None:
    """Its id; ``None`` where the parent has had this step, is paused, or was cancelled: nothing is to be kept then."""
    (rows,) = await acting.ask(Query("hold_parent", {"parent": wanted.parent}))
    if not rows:
        return None
    name = await acting.next_id(codes.BROADCAST)
    row = _step_row(acting, wanted, name, rows[0])
    if row is None:
        return None
    (made,) = await acting.ask(Query("add_step", row))
    if not made:
        return None
    await acting.ask(Query("note_move", {**row, "actor": MACHINE}))
    return name


def _step_row(acting: StoreContext, wanted: NewStep, name: str, parent: tuple[Any, ...]) -> dict[str, Any] | None:
    """``None`` where nothing proves that the parent was approved as it stands."""
    content, document, unit, author, approver, chat, *proof = parent
    keyring, warrant = acting.keyring, unseal_warrant(acting.keyring, proof)
    plain = keyring.unseal(content, sealed_columns.broadcast_content(wanted.parent))
    file = (
        None if document is None else keyring.unseal_bytes(document, sealed_columns.broadcast_document(wanted.parent))
    )
    if warrant is None or not warrant.covers(plain, file):
        return None
    draft = wanted.draft(BroadcastDraft.model_validate_json(plain))
    said = content_digest(draft.model_dump_json())
    whose = warrant.writer, warrant.decider
    told = Warrant(name, wanted.parent, wanted.step, unit, author, approver, said, warrant.document, *whose)
    return {
        "id": name,
        "parent": wanted.parent,
        "step": wanted.step,
        "state": wanted.state.value,
        "unit": unit,
        "author": author,
        "approver": approver,
        "chat": chat,
        "content": seal_draft(keyring, name, draft),
        "warrant": told.seal(keyring),
        "document": None if file is None else keyring.seal(file, sealed_columns.broadcast_document(name)),
        "starts_at": None if wanted.starts_at is None else to_micros(wanted.starts_at),
        "why": wanted.left_out or wanted.why,
        "now": to_micros(acting.now),
    }
