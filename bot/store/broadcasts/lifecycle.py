"""Broadcasts moved from state to state: by hand, or by what goes on by itself."""

import json
from dataclasses import dataclass
from typing import NamedTuple

from bot.store.broadcasts.looking import count
from bot.store.broadcasts.shelf import Shelf
from bot.store.drivers import Call, Rows
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from bot.store.powers import warrant_of
from handlers.broadcasts.model import ENDED, LIFE, STANDING, Broadcast, Life, Outcome, Why
from handlers.office.rights import MACHINE, Act, Rights


class Wish(NamedTuple):
    """A move that somebody may make by hand: its right, its name in the journal, why it then stands there."""

    right: Act
    deed: str
    why: Why | None = None


APPROVE = Wish(Act.APPROVE_BROADCASTS, "broadcast_approve")
START = Wish(Act.WRITE_BROADCASTS, "broadcast_start")
RESUME = Wish(Act.WRITE_BROADCASTS, "broadcast_resume")
PAUSE = Wish(Act.WRITE_BROADCASTS, "broadcast_pause", Why.BY_HAND)
CANCEL = Wish(Act.WRITE_BROADCASTS, "broadcast_cancel", Why.BY_HAND)
#: What a campaign takes its steps along to, and from where; resumed are only those that were paused with it.
_STEPS_FROM = {
    Life.PAUSED: (Life.RUNNING,),
    Life.RUNNING: (Life.PAUSED,),
    Life.CANCELLED: tuple(state for state in Life if state not in ENDED),
}


def wished(found: Broadcast, to: Life) -> Wish | None:
    """What a move by hand is called; ``None``: it is not made so. What always is there can only be paused."""
    was = found.state
    if to not in LIFE[was] or (found.id == STANDING and to is Life.CANCELLED):
        return None
    if to is Life.RUNNING:
        return START if was is Life.SCHEDULED else RESUME
    return {Life.APPROVED: APPROVE, Life.PAUSED: PAUSE, Life.CANCELLED: CANCEL}.get(to)


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves one within a transaction, with all that goes along with it."""

    acting: Acting
    actor: str

    async def move(
        self, broadcast: str, was: Life, to: Life, why: Why | None = None, revision: int | None = None
    ) -> int:
        """How many went there: it, and what it made; 0 where no way led there from where it is."""
        if to not in LIFE[was]:
            return 0
        row = {"id": broadcast, "was": was.value, "to": to.value, "why": why, "revision": revision}
        approved = to is Life.APPROVED
        if not await self._move_one({**row, "now": stored(self.acting.now)}, approved=approved):
            return 0
        await self._note([broadcast], to, why)
        if approved:
            await self._approve_parent(broadcast)
        return 1 + len(await self._move_steps(broadcast, was, to))

    async def _move_one(self, row: dict[str, object], *, approved: bool) -> bool:
        hold = Call("hold_life", row)
        if not approved:
            _, moved = await self.acting.ask(hold, Call("move_broadcast", {**row, "approver": None, "warrant": None}))
            return bool(moved)
        (held,) = await self.acting.ask(hold)
        proof = await self._approval(held)
        return proof is not None and bool((await self.acting.ask(Call("move_broadcast", {**row, **proof})))[0])

    async def _approval(self, held: Rows) -> dict[str, object] | None:
        """Whoever approves it stands in what proves it from now on; ``None`` where it is not proven who wrote it."""
        warrant = warrant_of(self.acting.keyring, held[0]) if held else None
        if warrant is None:
            return None
        decider = await self.acting.person(self.actor)
        sealed = warrant._replace(approver=self.actor, decider=decider).seal(self.acting.keyring)
        return {"approver": self.actor, "warrant": sealed}

    async def _approve_parent(self, step: str) -> None:
        """A second person who approves a step has approved its campaign: the steps that follow are decided by two."""
        (held,) = await self.acting.ask(Call("hold_parent_warrant", {"id": step}))
        if held and (proof := await self._approval(held)) is not None:
            await self.acting.ask(Call("approve_parent", {"id": held[0][0], **proof}))

    async def _move_steps(self, parent: str, was: Life, to: Life) -> list[str]:
        """What it made goes along; but not what runs on its own when it starts."""
        if to not in _STEPS_FROM or (to is Life.RUNNING and was is not Life.PAUSED):
            return []
        resumed = to is Life.RUNNING
        why = None if resumed else Why.PARENT
        row = {"parent": parent, "to": to.value, "why": why, "now": stored(self.acting.now)}
        states = json.dumps([state.value for state in _STEPS_FROM[to]])
        where = ("paused_with_parent",) if resumed else ()
        (moved,) = await self.acting.ask(Call("move_steps", {**row, "states": states}, where=where))
        steps = [name for (name,) in moved]
        await self._note(steps, to, why)
        return steps

    async def _note(self, broadcasts: list[str], to: Life, why: Why | None) -> None:
        row = {"now": stored(self.acting.now), "state": to.value, "actor": self.actor, "why": why}
        if broadcasts:
            await self.acting.ask(*(Call("note_move", {**row, "id": name}) for name in broadcasts))


@dataclass(frozen=True, slots=True)
class Hand:
    """Moves as people make them."""

    acting: Acting
    journal: StoredJournal
    shelf: Shelf

    async def move(self, rights: Rights, name: str, to: Life, revision: int | None) -> Outcome:
        """Approve, start, pause, resume, cancel."""
        found = await self.shelf.get_visible(rights, name)
        if found is None:
            return Outcome.UNKNOWN
        wish = wished(found, to)
        refused = await self._refusal(rights, found, to, wish, revision)
        if refused or wish is None:
            return refused or Outcome.NOT_ALLOWED
        mover = Mover(self.acting, rights.actor)
        moved = await mover.move(name, found.state, to, wish.why, found.revision)
        if not moved:
            return await self._explain_failure(found)
        await self.journal.record(rights, wish.deed, name, unit=found.unit, count=moved)
        return Outcome.DONE

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Whether somebody else has to approve it."""
        found = await self.shelf.get_visible(rights, name)
        return found is not None and not await self._is_approved_enough(rights, found)

    async def _refusal(
        self, rights: Rights, found: Broadcast, to: Life, wish: Wish | None, revision: int | None
    ) -> Outcome | None:
        right = Act.APPROVE_BROADCASTS if to is Life.APPROVED else Act.WRITE_BROADCASTS
        if not rights.may(right, found.unit):
            return Outcome.NOT_YOURS
        if revision is not None and revision != found.revision:
            return Outcome.OVERTAKEN
        if to is Life.APPROVED and (found.state is Life.DRAFT or found.checking):
            return Outcome.PROBLEMS
        if wish is APPROVE and not await self._is_approved_enough(rights, found):
            return Outcome.SECOND_PERSON
        return None

    async def _explain_failure(self, seen: Broadcast) -> Outcome:
        """Somebody was faster; else its campaign is paused."""
        (rows,) = await self.acting.ask(Call("broadcasts", {"id": seen.id}, where=("broadcast_named",)))
        return Outcome.NOT_ALLOWED if rows and rows[0][5] == seen.revision else Outcome.OVERTAKEN

    async def _is_approved_enough(self, rights: Rights, found: Broadcast) -> bool:
        """Whether whoever approves is another one than the author, or so few are meant that one person may decide."""
        if not await self._same(rights, found):
            return True
        if found.why == Why.SECOND_PERSON:  # counted with all whom its campaign has reached
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
        counted = await count(self.acting, rights, found.draft.audience, self.acting.policy)
        return sum(one.all for one in counted)

    async def _person_of(self, actor: str) -> str | None:
        """A person by their chat, whatever role they act by; whoever works at the machine is one person."""
        if actor == MACHINE:
            return MACHINE
        (rows,) = await self.acting.ask(Call("who_has", {"id": actor}))
        return rows[0][0] if rows else None
