"""Do in memory, when called, what the loops of the program do with broadcasts: checks, rows, steps, deliveries."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime

from handlers.model import (
    ENDED_STATES,
    EXPIRY_CAMPAIGN,
    MACHINE,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastPolicy,
    BroadcastState,
    CheckReport,
    DeliveryCounts,
    DeliveryReason,
    PlaceholderValues,
    StateReason,
)
from handlers.testing.broadcast_audience import BroadcastCheck, MemoryAudience, day_of, reach_of
from handlers.testing.broadcast_state import BroadcastMoves, count_messages, late_reason
from handlers.testing.broadcasts import BROADCAST_ID
from handlers.testing.tables import BROADCAST, BroadcastRecord, ChatRecord, MemoryContext, MemoryTables, MessageRecord

_LATER_STEP = "later:"
#: What arrived, may have arrived, or may still.
_LIVE = frozenset({"queued", "sending", "sent", "unknown"})
_DRAFTS = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


@dataclass(frozen=True, slots=True)
class MemoryBroadcastOperations:
    """Does what the loops of the program do, whenever it is called; ``deliver`` stands for the channels."""

    tables: MemoryTables
    policy: BroadcastPolicy

    async def list_open(self) -> tuple[Broadcast, ...]:
        """List the broadcasts that something may still have to be done for."""
        known = sorted(self.tables.broadcasts.values(), key=lambda one: one.broadcast.id)
        return tuple(one.broadcast for one in known if self._is_open(one.broadcast))

    def _is_open(self, one: Broadcast) -> bool:
        waits = one.state is BroadcastState.CANCELLED and self._messages(one.id, "queued")
        return one.state not in ENDED_STATES or bool(waits)

    async def check(self, broadcast: str, now: datetime) -> CheckReport:
        """Go through the whole list; nothing against a draft makes it ``checked``.

        Raises:
            KeyError: there is no such broadcast.
        """
        known, acting = self.tables.broadcasts[broadcast], self._acting(now)
        report = BroadcastCheck(acting, known).run()
        one = known.broadcast
        is_draft = one.state in _DRAFTS
        state = (BroadcastState.DRAFT if report.problems else BroadcastState.CHECKED) if is_draft else one.state
        recipients = report.recipients if is_draft else one.recipients
        checked = replace(one, state=state, checking=False, recipients=recipients, changed_at=now)
        self._save(acting, replace(known, broadcast=checked, report=report), one.state)
        return report

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Make rows for the next recipients; False where all have theirs, or may have none."""
        known, acting = self.tables.broadcasts.get(broadcast), self._acting(now)
        if known is None or known.broadcast.state is not BroadcastState.APPROVED or known.broadcast.approver is None:
            return False
        if known.broadcast.is_campaign:
            running = replace(known.broadcast, state=BroadcastState.RUNNING, changed_at=now)
            self._save(acting, replace(known, broadcast=running), BroadcastState.APPROVED)
            return False
        people = MemoryAudience(acting).find(known.broadcast.draft.audience, reach_of(known.broadcast))
        page = [one for one in people if one.id > known.rows_until][:limit]
        meant = [one for one in page if self._still_waits(known, one)]
        if self._needs_second_person(known, meant):
            self._return_for_approval(acting, known, sum(self._still_waits(known, one) for one in people))
            return False
        for person in meant:
            self._add_row(acting, known, person)
        if len(page) == limit:
            self.tables.broadcasts[broadcast] = replace(known, rows_until=page[-1].id)
            return True
        self._finish_rows(acting, known)
        return False

    async def move(
        self, broadcast: str, was: BroadcastState, to: BroadcastState, now: datetime, why: StateReason | None = None
    ) -> bool:
        """Move it, with what it made."""
        return bool(BroadcastMoves(self._acting(now), MACHINE).move(broadcast, was, to, why))

    async def hold(self, broadcast: str, until: datetime | None, why: StateReason | None, now: datetime) -> bool:
        """Hold it back, or let it go; False where it was so already, or has ended."""
        known = self.tables.broadcasts[broadcast]
        one = known.broadcast
        if one.held_until == until or one.state in ENDED_STATES:
            return False
        said = one.why if one.state is BroadcastState.PAUSED else why or late_reason(known)
        held = replace(known, broadcast=replace(one, held_until=until, why=said, changed_at=now))
        self.tables.broadcasts[broadcast] = held
        if until is not None:
            BroadcastMoves(self._acting(now), MACHINE).save(held, one.state, why)
        return True

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        """Give messages of a cancelled one their end; True where there may be more."""
        is_cancelled = self.tables.broadcasts[broadcast].broadcast.state is BroadcastState.CANCELLED
        waiting = self._messages(broadcast, "queued")[:limit] if is_cancelled else []
        for one in waiting:
            self._acting(now).settle(one.origin, "skipped", DeliveryReason.CANCELLED.value)
        return len(waiting) == limit

    async def tally(self, broadcast: str) -> DeliveryCounts:
        """Count the messages by state."""
        return count_messages(self._messages(broadcast))

    async def deliver(
        self, broadcast: str, now: datetime, state: str = "sent", reason: str | None = None, chats: tuple[str, ...] = ()
    ) -> None:
        """Give what is queued its final state, for these chats or for all; what is ``unknown`` can be sent again."""
        for one in self._messages(broadcast, "queued"):
            if not chats or one.chat in chats:
                values = one.values if state != "sent" else None
                settled = replace(one, state=state, reason=reason, attempts=1, settled_at=now, values=values)
                self.tables.messages[one.origin] = settled

    async def fall_back(self, broadcast: str, now: datetime) -> int:
        """Queue what surely did not arrive for the next channel of its person; return how many that were."""
        states, moved = {"blocked", "invalid", "failed"}, 0
        record = self.tables.broadcasts[broadcast]
        known, check = record.broadcast, BroadcastCheck(self._acting(now), record)
        if known.state is not BroadcastState.RUNNING or known.draft.audience.channel is not None:
            return 0
        for one in [one for one in self._messages(broadcast) if one.state in states and one.values]:
            had = {other.chat for other in self._messages(broadcast)}
            own = (self.tables.chats[chat] for chat in self.tables.own_chats(one.chat) if chat in self.tables.chats)
            open_now = (to for to in own if to.consented and not (to.erased_at or to.stopped_at or to.blocked_at))
            others, filled = (to for to in open_now if to.id not in had), one.values or PlaceholderValues()
            to = next((to for to in others if check.find_trouble_of(to.channel, filled) is None), None)
            live = {other.chat for other in self._messages(broadcast) if other.state in _LIVE}
            if (
                to is None
                or one.reason == DeliveryReason.NEXT_CHANNEL
                or live.intersection(self.tables.own_chats(one.chat))
            ):
                continue
            self.tables.messages[one.origin] = replace(one, reason=DeliveryReason.NEXT_CHANNEL.value, values=None)
            origin, meant = f"broadcast:{broadcast}:{to.id}", one.meant or one.chat
            row = MessageRecord(origin, to.id, to.channel, BROADCAST, one.queued_at, broadcast=broadcast)
            self.tables.messages[origin] = replace(row, meant=meant if meant != to.id else None, values=one.values)
            moved += 1
        return moved

    async def create_step(  # noqa: PLR0913 - each is a part of a step
        self,
        parent: str,
        step: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        audience: Audience | None = None,
        left_out: StateReason | None = None,
        why: StateReason | None = None,
    ) -> str | None:
        """Make a step; ``None`` where its campaign has had it, is paused, or was cancelled."""
        known = self.tables.broadcasts.get(parent)
        made = {one.broadcast.step for one in self.tables.broadcasts.values() if one.broadcast.parent == parent}
        may_make = {BroadcastState.RUNNING, BroadcastState.FINISHED}
        if known is None or known.broadcast.state not in may_make or step in made:
            return None
        acting, state = self._acting(now), BroadcastState.CANCELLED if left_out else BroadcastState.APPROVED
        child = replace(
            known.broadcast,
            id=acting.next_id(BROADCAST_ID),
            state=state,
            draft=_step_draft(known.broadcast.draft, starts_at, audience),
            revision=0,
            created_at=now,
            changed_at=now,
            parent=parent,
            step=step,
            checking=False,
            recipients=0,
            starts_at=starts_at,
            held_until=None,
            why=left_out or why,
            finished_at=now if left_out else None,
        )
        record = BroadcastRecord(child, known.writer, known.decider, known.document)
        BroadcastMoves(acting, MACHINE).save(record, state, left_out or why)
        return child.id

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """Find people who wanted to be reminded again by this day, by campaign or broadcast."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for series, chat in sorted(self.tables.marks):
            mark, known = self.tables.marks[series, chat], self.tables.broadcasts[series].broadcast
            is_due = mark.later_on is not None and mark.later_on <= day and mark.done_at is None
            if is_due and known.state is not BroadcastState.CANCELLED and not self._has_later_step(series):
                found[series].append(chat)
        return {series: tuple(chats) for series, chats in found.items()}

    def _has_later_step(self, series: str) -> bool:
        steps = (one.broadcast for one in self.tables.broadcasts.values() if one.broadcast.parent == series)
        approved = (one for one in steps if one.state is BroadcastState.APPROVED)
        return any((one.step or "").startswith(_LATER_STEP) for one in approved)

    def _acting(self, now: datetime) -> MemoryContext:
        return MemoryContext(self.tables, now, policy=self.policy)

    def _messages(self, broadcast: str, state: str | None = None) -> list[MessageRecord]:
        mine = (one for one in self.tables.messages.values() if one.broadcast == broadcast)
        return [one for one in mine if state in {None, one.state}]

    def _save(self, acting: MemoryContext, known: BroadcastRecord, was: BroadcastState) -> None:
        """Keep it; a note tells where it went by itself."""
        one = known.broadcast
        if one.state is was:
            self.tables.broadcasts[one.id] = known
        else:
            BroadcastMoves(acting, MACHINE).save(known, one.state, one.why)

    def _still_waits(self, known: BroadcastRecord, person: ChatRecord) -> bool:
        """Tell whether a person still waits: a reminder asked for again may have come by another step since."""
        mark = self.tables.marks.get((known.series, person.id))
        is_later = (known.broadcast.step or "").startswith(_LATER_STEP)
        return not is_later or (mark is not None and (mark.later_on is not None or mark.done_at is not None))

    def _needs_second_person(self, known: BroadcastRecord, meant: list[ChatRecord]) -> bool:
        """Return whether more would be reached than one person may decide about, the whole campaign together."""
        one = known.broadcast
        if EXPIRY_CAMPAIGN in {one.id, one.parent} or not self.tables.is_one_person(known.decider, known.writer):
            return False
        series = {name for name, other in self.tables.broadcasts.items() if other.series == known.series}
        reached = {message.chat for message in self.tables.messages.values() if message.broadcast in series}
        return len(reached | {person.id for person in meant}) > self.policy.approval_above

    def _return_for_approval(self, acting: MemoryContext, known: BroadcastRecord, recipients: int) -> None:
        """Send it back to wait for a second person, without a row."""
        for message in self._messages(known.broadcast.id):
            if message.state in {"queued", "skipped", "blocked"}:
                del self.tables.messages[message.origin]
        waiting = replace(
            known.broadcast,
            state=BroadcastState.CHECKED,
            approver=None,
            why=StateReason.SECOND_PERSON,
            recipients=recipients,
            revision=known.broadcast.revision + 1,
            changed_at=acting.now,
        )
        self._save(acting, replace(known, broadcast=waiting, decider=None, rows_until=""), BroadcastState.APPROVED)

    def _add_row(self, acting: MemoryContext, known: BroadcastRecord, person: ChatRecord) -> None:
        name, people = known.broadcast.id, MemoryAudience(acting)
        reason = people.reason_to_withhold(person, known)
        to = person if reason else people.route(person, known.broadcast.draft.audience)
        origin = f"broadcast:{name}:{to.id}"
        meant = person.id if to.id != person.id else None
        row = MessageRecord(origin, to.id, to.channel, BROADCAST, acting.now, broadcast=name, meant=meant)
        if reason is None:
            today = day_of(known, acting.now)
            for chat in self.tables.own_chats(person.id):
                mark = self.tables.marks.get((known.series, chat))
                if mark is not None and mark.later_on is not None and mark.later_on <= today:
                    self.tables.marks[known.series, chat] = replace(mark, later_on=None)
            row = replace(row, values=people.values(person, known))
        else:
            state = "blocked" if reason is DeliveryReason.BLOCKED_BEFORE else "skipped"
            row = replace(row, state=state, reason=reason.value, settled_at=acting.now)
        self.tables.messages.setdefault(origin, row)

    def _finish_rows(self, acting: MemoryContext, known: BroadcastRecord) -> None:
        """End the making of rows: everybody has one, or there was nobody."""
        one = known.broadcast
        count = len(self._messages(one.id))
        ended = {"state": BroadcastState.FINISHED, "why": StateReason.NOBODY, "finished_at": acting.now}
        stands = {"state": BroadcastState.SCHEDULED} if count else ended
        made = replace(one, recipients=count, changed_at=acting.now, **stands)
        self._save(acting, replace(known, broadcast=made), BroadcastState.APPROVED)
        if (one.step or "").startswith(_LATER_STEP):
            self._close_postponed(known, date.fromisoformat((one.step or "").removeprefix(_LATER_STEP)))

    def _close_postponed(self, known: BroadcastRecord, day: date) -> None:
        """End the wait of people whose day had come, but for those who had enough reminders that week."""
        capped = {one.chat for one in self._messages(known.broadcast.id) if one.reason == DeliveryReason.CAPPED}
        for (series, chat), mark in self.tables.marks.items():
            if series == known.series and mark.later_on and mark.later_on <= day and chat not in capped:
                self.tables.marks[series, chat] = replace(mark, later_on=None)


def _step_draft(parent: BroadcastDraft, starts_at: datetime | None, audience: Audience | None) -> BroadcastDraft:
    """Return the draft of a step: its parent's, with what is set in ``audience`` in place of the same."""
    changes: dict[str, object] = {"plan": None, "starts_at": starts_at}
    if parent.plan is not None:
        changes["deadline"] = parent.plan.deadline
    if audience is not None:
        asked = audience.model_dump(exclude_unset=True)
        changes["audience"] = parent.audience.model_copy(update=asked)
    return parent.model_copy(update=changes)
