"""The states of broadcasts in memory: moves by hand or by themselves, and the results for each person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from handlers.model import (
    BROADCAST_TRANSITIONS,
    ENDED_STATES,
    Act,
    Broadcast,
    BroadcastState,
    DeliveryCounts,
    DeliveryReason,
    Recipient,
    Rights,
    StateReason,
    format_person_code,
    mask_name,
)
from handlers.testing.tables import BroadcastRecord, MemoryContext, MessageRecord

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
        """Move it with what it made, and return how many moved; 0 where no way leads there from where it is."""
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
        """Return whether it is as it was seen; a paused campaign runs nothing, and a waiting message keeps it open."""
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
        """Approve it; a second person who approves a step has approved its campaign too."""
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
    """Return the reason where a step was ever late, which stays said."""
    return StateReason.LATE if any(why == StateReason.LATE for _, _, why in known.moves) else None


_RESENDABLE = frozenset({BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.FINISHED})
#: States of messages whose reasons are counted.
_REASONED = frozenset({"blocked", "invalid", "failed", "skipped", "unknown"})


@dataclass(frozen=True, slots=True)
class MemoryResults:
    """The messages of broadcasts, for somebody who may see them."""

    acting: MemoryContext

    def messages(self, name: str) -> list[MessageRecord]:
        """List the messages of a broadcast."""
        return [one for one in self.acting.tables.messages.values() if one.broadcast == name]

    def recipients(self, rights: Rights, name: str, limit: int, after: str, state: str | None) -> tuple[Recipient, ...]:
        """List them by the code; people who share one are never parted."""
        found = [one for one in self.messages(name) if one.reason != DeliveryReason.NEXT_CHANNEL]
        wanted = sorted((one for one in found if state in {None, one.state}), key=_person_of)
        behind = [one for one in wanted if not after or _head(_person_of(one)) > _head_of_code(after)]
        page = behind[:limit]
        page += [one for one in behind[limit:] if page and _head(_person_of(one)) == _head(_person_of(page[-1]))]
        return tuple(self._recipient(rights, one) for one in page)

    def _recipient(self, rights: Rights, message: MessageRecord) -> Recipient:
        person = _person_of(message)
        certificates = self.acting.tables.statuses_of(person)
        unit = self.acting.tables.chats[person].unit
        name = next((one.status.subscriber for one in certificates if one.status.subscriber), None)
        if name is not None and not rights.may(Act.SEE_PERSONAL, unit):
            name = mask_name(name)
        return Recipient(
            format_person_code(person),
            name,
            unit,
            message.channel.partition(":")[0],
            message.state,
            message.reason,
            message.attempts,
            message.queued_at,
            message.settled_at,
        )

    def resend(self, rights: Rights, known: BroadcastRecord, codes: Sequence[str] | None) -> int:
        """Queue what is unknown again; how many."""
        if known.broadcast.state not in _RESENDABLE:
            return 0
        heads = None if codes is None else {_head_of_code(code) for code in codes}
        chosen = [one for one in self.messages(known.broadcast.id) if heads is None or _head(_person_of(one)) in heads]
        queued = [one for one in chosen if self._may_be_sent_again(known, one)]
        for one in queued:
            again = replace(one, state="queued", reason=None, attempts=0, settled_at=None)
            self.acting.tables.messages[one.origin] = again
        if queued:
            self._run_again(rights, known)
        return len(queued)

    def _may_be_sent_again(self, known: BroadcastRecord, message: MessageRecord) -> bool:
        tables = self.acting.tables
        mark, person = tables.marks.get((known.series, message.chat)), tables.chats[message.chat]
        is_done = mark is not None and mark.done_at is not None and mark.done_at >= message.queued_at
        return message.state == "unknown" and message.values is not None and not person.stopped_at and not is_done

    def _run_again(self, rights: Rights, known: BroadcastRecord) -> None:
        one = known.broadcast
        if one.state is BroadcastState.FINISHED:
            state, revision = BroadcastState.RUNNING, one.revision + 1
            again = replace(one, state=state, why=None, finished_at=None, revision=revision, changed_at=self.acting.now)
            BroadcastMoves(self.acting, rights.actor).save(replace(known, broadcast=again), state, StateReason.BY_HAND)


def count_messages(messages: Iterable[MessageRecord]) -> DeliveryCounts:
    """Count the messages by state and by reason."""
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    went_on: dict[str, int] = {}
    for one in messages:
        if one.reason == DeliveryReason.NEXT_CHANNEL:
            went_on[one.state] = went_on.get(one.state, 0) + 1
            continue
        states[one.state] = states.get(one.state, 0) + 1
        if one.reason is not None and one.state in _REASONED:
            reasons[one.reason] = reasons.get(one.reason, 0) + 1
    return DeliveryCounts(states, reasons, went_on)


def _person_of(message: MessageRecord) -> str:
    """Return the chat by which the person of a message is meant."""
    return message.meant or message.chat


def _head(chat: str) -> str:
    return format_person_code(chat)


def _head_of_code(code: str) -> str:
    return f"N-{code.strip().upper().removeprefix('N-')[:8]}"
