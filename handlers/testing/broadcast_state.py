"""Broadcasts moved from state to state, in memory: by hand, or by what goes on by itself."""

from dataclasses import dataclass, replace

from handlers.model.broadcast import (
    BROADCAST_TRANSITIONS,
    ENDED_STATES,
    Broadcast,
    BroadcastState,
    StateReason,
)
from handlers.testing.tables import BroadcastRecord, MemoryContext

#: What a campaign takes its steps along to, and from where; resumed are only those that were paused with it.
_STEPS_FROM = {
    BroadcastState.PAUSED: frozenset({BroadcastState.RUNNING}),
    BroadcastState.RUNNING: frozenset({BroadcastState.PAUSED}),
    BroadcastState.CANCELLED: frozenset(BroadcastState) - ENDED_STATES,
}


@dataclass(frozen=True, slots=True)
class BroadcastMoves:
    """Moves one with all that goes along with it."""

    acting: MemoryContext
    actor: str

    def move(
        self, name: str, was: BroadcastState, to: BroadcastState, why: str | None = None, revision: int | None = None
    ) -> int:
        """How many went there: it, and what it made; 0 where no way led there from where it is."""
        known = self.acting.tables.broadcasts.get(name)
        if known is None or not self._can_move(known, was, to, revision):
            return 0
        self._move_one(known, to, why)
        if to is BroadcastState.APPROVED:
            self._approve(name)
            if known.broadcast.parent:
                self._approve(known.broadcast.parent)
        return 1 + self._move_steps(name, was, to)

    def _can_move(self, known: BroadcastRecord, was: BroadcastState, to: BroadcastState, revision: int | None) -> bool:
        """Only as it was seen; nothing of a paused campaign runs, and nothing ends of which a message waits."""
        one, tables = known.broadcast, self.acting.tables
        parent = tables.broadcasts.get(one.parent or "")
        is_parent_paused = parent is not None and parent.broadcast.state is BroadcastState.PAUSED
        has_open = any(message.broadcast == one.id and message.waits for message in tables.messages.values())
        return (
            to in BROADCAST_TRANSITIONS[was]
            and one.state is was
            and revision in {None, one.revision}
            and not (to is BroadcastState.RUNNING and is_parent_paused)
            and not (to is BroadcastState.FINISHED and has_open)
        )

    def _move_one(self, known: BroadcastRecord, to: BroadcastState, why: str | None) -> None:
        one, now = known.broadcast, self.acting.now
        starts = one.state is BroadcastState.SCHEDULED and to is BroadcastState.RUNNING
        moved = replace(
            one,
            state=to,
            why=why or late_reason(known),
            starts_at=now if starts else one.starts_at,
            finished_at=now if to in ENDED_STATES else None,
            revision=one.revision + 1,
            changed_at=now,
        )
        self.save(replace(known, broadcast=moved), to, why)

    def _approve(self, name: str) -> None:
        """A second person who approves a step has approved its campaign too."""
        known, decider = self.acting.tables.broadcasts[name], self.acting.person(self.actor)
        approved = replace(known.broadcast, approver=self.actor)
        self.acting.tables.broadcasts[name] = replace(known, broadcast=approved, decider=decider)

    def _move_steps(self, parent: str, was: BroadcastState, to: BroadcastState) -> int:
        """Take its steps along; but not when it starts: they run on their own then."""
        if to not in _STEPS_FROM or (to is BroadcastState.RUNNING and was is not BroadcastState.PAUSED):
            return 0
        made = [one for one in self.acting.tables.broadcasts.values() if one.broadcast.parent == parent]
        going = [one for one in made if one.broadcast.state in _STEPS_FROM[to]]
        if to is BroadcastState.RUNNING:
            going = [one for one in going if one.broadcast.why == StateReason.PARENT]
        for one in going:
            self._take_along(one, to)
        return len(going)

    def _take_along(self, known: BroadcastRecord, to: BroadcastState) -> None:
        why = None if to is BroadcastState.RUNNING else StateReason.PARENT
        moved: Broadcast = replace(
            known.broadcast,
            state=to,
            why=why,
            finished_at=self.acting.now if to in ENDED_STATES else None,
            revision=known.broadcast.revision + 1,
            changed_at=self.acting.now,
        )
        self.save(replace(known, broadcast=moved), to, why)

    def save(self, known: BroadcastRecord, state: BroadcastState, why: str | None) -> None:
        """Keep it, with a note of where it went."""
        noted = (*known.moves, (state, self.actor, why))
        self.acting.tables.broadcasts[known.broadcast.id] = replace(known, moves=noted)


def late_reason(known: BroadcastRecord) -> str | None:
    """That a step is late stays said."""
    return StateReason.LATE if any(why == StateReason.LATE for _, _, why in known.moves) else None
