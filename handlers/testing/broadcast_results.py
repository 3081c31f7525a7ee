"""The results of a broadcast in memory: the state of its message to each person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from handlers.access.masking import mask_name
from handlers.model.broadcast import BroadcastState, DeliveryCounts, Recipient, StateReason
from handlers.model.codes import format_person_code
from handlers.model.rights import Act, Rights
from handlers.testing.broadcast_moves import BroadcastMoves
from handlers.testing.tables import BroadcastRecord, MemoryContext, MessageRecord

_RESENDABLE = frozenset({BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.FINISHED})
#: States of messages whose reasons are counted.
_REASONED = frozenset({"blocked", "invalid", "failed", "skipped", "unknown"})


@dataclass(frozen=True, slots=True)
class MemoryResults:
    """The messages of broadcasts, for somebody who may see them."""

    acting: MemoryContext

    def messages(self, name: str) -> list[MessageRecord]:
        """The messages of a broadcast."""
        return [one for one in self.acting.tables.messages.values() if one.broadcast == name]

    def recipients(self, rights: Rights, name: str, limit: int, after: str, state: str | None) -> tuple[Recipient, ...]:
        """List them by the code; people who share one are never parted."""
        found = self.messages(name)
        wanted = sorted((one for one in found if state in {None, one.state}), key=lambda one: one.chat)
        behind = [one for one in wanted if not after or _head(one.chat) > _head_of_code(after)]
        page = behind[:limit]
        page += [one for one in behind[limit:] if page and _head(one.chat) == _head(page[-1].chat)]
        return tuple(self._recipient(rights, one) for one in page)

    def _recipient(self, rights: Rights, message: MessageRecord) -> Recipient:
        certificates = self.acting.tables.statuses_of(message.chat)
        unit = self.acting.tables.chats[message.chat].unit
        name = next((one.status.subscriber for one in certificates if one.status.subscriber), None)
        if name is not None and not rights.may(Act.SEE_PERSONAL, unit):
            name = mask_name(name)
        return Recipient(
            format_person_code(message.chat),
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
        chosen = [one for one in self.messages(known.broadcast.id) if heads is None or _head(one.chat) in heads]
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
    """How many are in which state, and why."""
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for one in messages:
        states[one.state] = states.get(one.state, 0) + 1
        if one.reason is not None and one.state in _REASONED:
            reasons[one.reason] = reasons.get(one.reason, 0) + 1
    return DeliveryCounts(states, reasons)


def _head(chat: str) -> str:
    return format_person_code(chat)


def _head_of_code(code: str) -> str:
    return f"N-{code.strip().upper().removeprefix('N-')[:8]}"
