"""What goes on with broadcasts by itself, in memory, and called by hand: checks, rows, steps, deliveries."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from handlers.broadcasts.rendering import render_broadcast
from handlers.broadcasts.template import Template, find_problems, missing_placeholders, parse
from handlers.model.broadcast import (
    ENDED_STATES,
    EXPIRY_CAMPAIGN,
    Audience,
    Broadcast,
    BroadcastPolicy,
    BroadcastProblem,
    BroadcastState,
    CheckReport,
    DeliveryCounts,
    DeliveryReason,
    PlaceholderValues,
    ProblemKind,
    StateReason,
    format_person_code,
)
from handlers.model.rights import MACHINE, Act, Reach, Rights
from handlers.model.unit_directory import NO_UNITS
from handlers.testing.audience import MemoryAudience, day_of, to_channel_counts
from handlers.testing.broadcast_moves import BroadcastMoves, late_reason
from handlers.testing.broadcasts import BROADCAST_ID, count_messages
from handlers.testing.tables import (
    BROADCAST,
    BroadcastRecord,
    ChatRecord,
    MemoryContext,
    MemoryTables,
    MessageRecord,
)
from rules.calendar import VIETNAM

#: Rows that a problem names.
_NAMED_ROWS = 20
_LATER_STEP = "later:"
_DRAFTS = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})
_GET_NOTHING = frozenset({DeliveryReason.STOPPED, DeliveryReason.BLOCKED_BEFORE, DeliveryReason.DONE})
#: How people are counted whom a message is kept from; what is said in a series is not counted.
_COUNTED_AS = {
    DeliveryReason.STOPPED: "stopped",
    DeliveryReason.BLOCKED_BEFORE: "blocked",
    DeliveryReason.CAPPED: "capped",
}


@dataclass(frozen=True)
class BroadcastCheck:
    """One check of a broadcast."""

    acting: MemoryContext
    known: BroadcastRecord

    def run(self) -> CheckReport:
        """Go through everybody who is meant."""
        people = MemoryAudience(self.acting)
        found, kept = defaultdict[tuple[ProblemKind, str], list[str]](list), list[tuple[str, str]]()
        for person in people.find(self.known.broadcast.draft.audience, reach_of(self.known.broadcast)):
            reason = people.reason_to_withhold(person, self.known)
            kept.append((person.channel, _COUNTED_AS.get(reason, "reachable") if reason else "reachable"))
            for problem in self._problems_of(person) if reason not in _GET_NOTHING else ():
                found[problem].append(format_person_code(person.id))
        counted = to_channel_counts(kept)
        problems = [*self._common_problems(), *(_to_problem(*key, rows) for key, rows in found.items())]
        if unknown := people.find_unknown(self.known.broadcast.draft.audience, reach_of(self.known.broadcast)):
            problems.append(_to_problem(ProblemKind.UNKNOWN, "", unknown))
        if not any(one.reachable for one in counted):
            problems.append(BroadcastProblem(trouble=ProblemKind.NOBODY))
        return CheckReport(at=self.acting.now, counted=counted, problems=tuple(problems))

    def _common_problems(self) -> Iterator[BroadcastProblem]:
        one, document = self.known.broadcast, self.known.document or b""
        yield from find_problems(one.draft.text)
        if one.draft.document is not None and not 0 < len(document) <= self.acting.policy.document:
            yield BroadcastProblem(trouble=ProblemKind.DOCUMENT, about=one.draft.document)
        if one.parent is None and self._is_past():
            yield BroadcastProblem(trouble=ProblemKind.PAST)

    def _is_past(self) -> bool:
        """The time of the start, or the last step of the plan, is over."""
        plan, starts = self.known.broadcast.draft.plan, self.known.broadcast.starts_at
        if plan is not None:
            last = plan.deadline - timedelta(days=min(plan.steps, default=0))
            return datetime.combine(last, plan.at, VIETNAM) < self.acting.now
        return starts is not None and starts < self.acting.now

    def _problems_of(self, person: ChatRecord) -> Iterator[tuple[ProblemKind, str]]:
        values = MemoryAudience(self.acting).values(person, self.known)
        template, channel = self._templates[values.language], person.channel.partition(":")[0]
        if template is None:  # found once for everybody
            return
        for placeholder in missing_placeholders(template, values):
            yield ProblemKind.MISSING, f"{{{placeholder.value}}}"
        limits, has_document = self.acting.policy.limits_for(channel), self.known.broadcast.draft.document is not None
        if has_document and limits.caption == 0:
            yield ProblemKind.DOCUMENT, channel
        elif self._length(values) > (limits.caption if has_document else limits.text):
            yield ProblemKind.TOO_LONG, channel

    def _length(self, values: PlaceholderValues) -> int:
        """UTF-16 code units of the message with all that may be added."""
        one, first = self.known.broadcast, self.acting.policy.reminders_per_week
        reply = render_broadcast(one.id, one.draft, values, day_of(self.known, self.acting.now), first=first)
        return len("\n\n".join(reply.paragraphs).encode("utf-16-le")) // 2

    @cached_property
    def _templates(self) -> dict[str, Template | None]:
        text = self.known.broadcast.draft.text
        parsed = {"vi": parse(text.vi), "en": parse(text.en)}
        return {language: one if isinstance(one, Template) else None for language, one in parsed.items()}


@dataclass(frozen=True, slots=True)
class MemoryBroadcastOperations:
    """Does what the loops of the program do, whenever it is called; ``deliver`` stands for the channels."""

    tables: MemoryTables
    policy: BroadcastPolicy

    async def list_open(self) -> tuple[Broadcast, ...]:
        """Those that something may still have to be done for."""
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
        """How far it is."""
        return count_messages(self._messages(broadcast))

    async def deliver(
        self, broadcast: str, now: datetime, state: str = "sent", reason: str | None = None, chats: tuple[str, ...] = ()
    ) -> None:
        """Give what is queued its final state, for these chats or for all; what is ``unknown`` can be sent again."""
        for one in self._messages(broadcast, "queued"):
            if not chats or one.chat in chats:
                values = one.values if state == "unknown" else None
                settled = replace(one, state=state, reason=reason, attempts=1, settled_at=now, values=values)
                self.tables.messages[one.origin] = settled

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
        one, acting = known.broadcast, self._acting(now)
        name, state = acting.next_id(BROADCAST_ID), BroadcastState.CANCELLED if left_out else BroadcastState.APPROVED
        changes: dict[str, object] = {"plan": None, "starts_at": starts_at}
        if one.draft.plan is not None:
            changes["deadline"] = one.draft.plan.deadline
        if audience is not None:
            asked = audience.model_dump(exclude_unset=True)
            changes["audience"] = one.draft.audience.model_copy(update=asked)
        child = Broadcast(
            name,
            state,
            one.draft.model_copy(update=changes),
            one.unit,
            one.author,
            0,
            now,
            now,
            parent=parent,
            step=step,
            chat=one.chat,
            approver=one.approver,
            starts_at=starts_at,
            why=left_out or why,
            finished_at=now if left_out else None,
        )
        record = BroadcastRecord(child, known.writer, known.decider, known.document)
        BroadcastMoves(acting, MACHINE).save(record, state, left_out or why)
        return name

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        """People who wanted to be reminded again on this day or before, by campaign or broadcast."""
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
        """Of those who wanted to be reminded again, nobody who has been by another step since."""
        mark = self.tables.marks.get((known.series, person.id))
        is_later = (known.broadcast.step or "").startswith(_LATER_STEP)
        return not is_later or (mark is not None and (mark.later_on is not None or mark.done_at is not None))

    def _needs_second_person(self, known: BroadcastRecord, meant: list[ChatRecord]) -> bool:
        """Whether more would be reached than one person may decide about, the whole campaign together."""
        one = known.broadcast
        if EXPIRY_CAMPAIGN in {one.id, one.parent} or known.decider != known.writer:
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
        origin = f"broadcast:{name}:{person.id}"
        row = MessageRecord(origin, person.id, person.channel, BROADCAST, acting.now, broadcast=name)
        if reason is None:
            mark, today = self.tables.marks.get((known.series, person.id)), day_of(known, acting.now)
            if mark is not None and mark.later_on is not None and mark.later_on <= today:
                self.tables.marks[known.series, person.id] = replace(mark, later_on=None)
            row = replace(row, values=people.values(person, known))
        else:
            state = "blocked" if reason is DeliveryReason.BLOCKED_BEFORE else "skipped"
            row = replace(row, state=state, reason=reason.value, settled_at=acting.now)
        self.tables.messages.setdefault(origin, row)

    def _finish_rows(self, acting: MemoryContext, known: BroadcastRecord) -> None:
        """Everybody has a row; where there is none, there was nobody."""
        one = known.broadcast
        count = len(self._messages(one.id))
        ended = {"state": BroadcastState.FINISHED, "why": StateReason.NOBODY, "finished_at": acting.now}
        stands = {"state": BroadcastState.SCHEDULED} if count else ended
        made = replace(one, recipients=count, changed_at=acting.now, **stands)
        self._save(acting, replace(known, broadcast=made), BroadcastState.APPROVED)
        if (one.step or "").startswith(_LATER_STEP):
            self._close_postponed(known, date.fromisoformat((one.step or "").removeprefix(_LATER_STEP)))

    def _close_postponed(self, known: BroadcastRecord, day: date) -> None:
        """Those whose day had come have been asked about; whoever had enough reminders that week waits on."""
        capped = {one.chat for one in self._messages(known.broadcast.id) if one.reason == DeliveryReason.CAPPED}
        for (series, chat), mark in self.tables.marks.items():
            if series == known.series and mark.later_on and mark.later_on <= day and chat not in capped:
                self.tables.marks[series, chat] = replace(mark, later_on=None)


def reach_of(one: Broadcast) -> Reach:
    """How far a broadcast may go: its unit with all below it."""
    return Rights.operator(NO_UNITS).reach(Act.WRITE_BROADCASTS, one.unit)


def _to_problem(trouble: ProblemKind, about: str, rows: list[str]) -> BroadcastProblem:
    return BroadcastProblem(trouble=trouble, about=about, rows=tuple(rows[:_NAMED_ROWS]), count=len(rows))
