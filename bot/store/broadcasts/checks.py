"""What stands against a broadcast, gathered person by person while the list is gone through."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot.store.broadcasts.audience import PAGE_SIZE, AudienceReader, Person, is_by_role
from bot.store.broadcasts.messages import RecipientValues
from bot.store.broadcasts.preview import to_channel_counts
from bot.store.broadcasts.snapshot import BroadcastSnapshot, read_snapshot
from bot.store.drivers.base import Driver, Query
from bot.store.encoding import to_micros
from bot.store.errors import StoreError, TurnTakenOver
from bot.store.request_filter import QueryConditions, scope_conditions
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from handlers.broadcasts.rendering import render_broadcast
from handlers.broadcasts.template import Template, find_problems, missing_placeholders, parse
from handlers.model.broadcast import (
    BroadcastPolicy,
    BroadcastProblem,
    BroadcastState,
    CampaignPlan,
    ChannelCounts,
    CheckReport,
    DeliveryReason,
    PlaceholderValues,
    ProblemKind,
)
from handlers.model.codes import format_person_code
from locales import LANGUAGES, N_
from rules.calendar import VIETNAM

#: Rows that are named.
NAMED_ROWS = 20
#: UTF-16 code units that a slot takes at most: of a sign that is escaped, of the words for a procedure, of a day.
_SIGN_UNITS, _PROCEDURE_UNITS, _DAY_UNITS = 5, 80, 40
#: Under which word of ``Counted`` those come whom it is kept from; what is said in a series is not known to it.
_COUNTED_AS = {
    DeliveryReason.STOPPED: "stopped",
    DeliveryReason.BLOCKED_BEFORE: "blocked",
    DeliveryReason.CAPPED: "capped",
}
#: These get nothing, whenever it starts.
_GET_NOTHING = frozenset({DeliveryReason.STOPPED, DeliveryReason.BLOCKED_BEFORE, DeliveryReason.DONE})


@dataclass(slots=True)
class ProblemRows:
    """Whom a problem is about: the first, and how many."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, code: str) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < NAMED_ROWS:
            self.first.append(code)


@dataclass(slots=True)
class TextMeasure:
    """A text made ready, with the most that it takes beside what fills it."""

    template: Template
    fixed: int
    slots: int

    def longest_message(self, values: PlaceholderValues) -> int:
        """UTF-16 code units that a message cannot exceed."""
        named = _SIGN_UNITS * max(len(values.name or ""), len(values.unit or ""))
        return self.fixed + self.slots * max(named, _PROCEDURE_UNITS * len(values.to_do), _DAY_UNITS)


@dataclass
class ProblemCollector:
    """Memory stays flat: people are counted, and only the first are named."""

    filling: RecipientValues
    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: defaultdict[tuple[ProblemKind, str], ProblemRows] = field(default_factory=lambda: defaultdict(ProblemRows))

    def add_person(self, person: Person) -> None:
        """One who is meant."""
        kept = self.filling.reason_to_withhold(person)
        reason = kept[1] if kept else None
        self.kept[person.channel, _COUNTED_AS.get(reason, "reachable") if reason else "reachable"] += 1
        if reason in _GET_NOTHING:
            return
        for trouble, about in self._find_problems(person):
            self.found[trouble, about].add(format_person_code(person.chat))

    @property
    def counted(self) -> tuple[ChannelCounts, ...]:
        """All who were looked at."""
        return to_channel_counts((channel, kept, number) for (channel, kept), number in self.kept.items())

    @property
    def problems(self) -> tuple[BroadcastProblem, ...]:
        """In the order in which they were met."""
        return tuple(
            BroadcastProblem(trouble=trouble, about=about, rows=tuple(rows.first), count=rows.count)
            for (trouble, about), rows in self.found.items()
        )

    def _find_problems(self, person: Person) -> Iterator[tuple[ProblemKind, str]]:
        values = self.filling.values(person)
        measure = self._measures.get(values.language)
        if measure is None:  # this text cannot be read at all, which is found once for everybody
            return
        for placeholder in missing_placeholders(measure.template, values):
            yield ProblemKind.MISSING, f"{{{placeholder.value}}}"
        channel, has_document = person.channel.partition(":")[0], self.filling.written.draft.document is not None
        room = self.filling.policy.limits_for(channel)
        if has_document and room.caption == 0:
            yield ProblemKind.DOCUMENT, channel
        elif self._is_longer(measure, values, room.caption if has_document else room.text):
            yield ProblemKind.TOO_LONG, channel

    def _is_longer(self, measure: TextMeasure, values: PlaceholderValues, room: int) -> bool:
        """Nothing is rendered that fits by far."""
        return measure.longest_message(values) > room and self._length(values) > room

    def _length(self, values: PlaceholderValues) -> int:
        """Of the message with all that may be added, as channels count: in UTF-16 code units."""
        filling = self.filling
        first = filling.policy.reminders_per_week
        reply = render_broadcast(filling.written.id, filling.written.draft, values, filling.today, first=first)
        return len("\n\n".join(reply.paragraphs).encode("utf-16-le")) // 2

    @cached_property
    def _measures(self) -> dict[str, TextMeasure]:
        text = self.filling.written.draft.text
        ready = {language: parse(getattr(text, language)) for language in LANGUAGES}
        return {
            language: TextMeasure(
                template, self._length(PlaceholderValues.model_validate({"language": language})), _count_slots(template)
            )
            for language, template in ready.items()
            if isinstance(template, Template)
        }


def _count_slots(template: Template) -> int:
    return sum(not isinstance(part, str) for part in template.parts)


#: Where a check decides.
_DRAFTS = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


@dataclass(frozen=True, slots=True)
class BroadcastChecker:
    """Reads page by page: whoever writes is not kept waiting, and memory stays flat."""

    driver: Driver
    keyring: Keyring
    policy: BroadcastPolicy

    async def check(self, broadcast: str, now: datetime) -> CheckReport:
        """What stands against a broadcast; kept, unless it was changed meanwhile.

        Raises:
            StoreError: there is no such broadcast.
        """
        written = await read_snapshot(self.driver.run, self.keyring, broadcast)
        if written is None:
            raise StoreError(N_("There is no such broadcast within reach."))
        findings = ProblemCollector(RecipientValues(self.keyring, self.policy, written, written.day(now)))
        async for people in AudienceReader.of(self.driver.run, self.keyring, written, now).pages():
            for person in people:
                findings.add_person(person)
        found = [*self._common_problems(written, now), *findings.problems]
        if (unknown := await self._find_unknown(written)).count:
            found.append(BroadcastProblem(trouble=ProblemKind.UNKNOWN, rows=tuple(unknown.first), count=unknown.count))
        if not any(one.reachable for one in findings.counted):
            found.append(BroadcastProblem(trouble=ProblemKind.NOBODY))
        checked = CheckReport(at=now, counted=findings.counted, problems=tuple(found))
        await self._save_findings(written, checked)
        return checked

    def _common_problems(self, written: BroadcastSnapshot, now: datetime) -> Iterator[BroadcastProblem]:
        """What is the same for every recipient."""
        draft = written.draft
        yield from find_problems(draft.text)
        if draft.document is not None and not 0 < (written.document_size or 0) <= self.policy.document:
            yield BroadcastProblem(trouble=ProblemKind.DOCUMENT, about=draft.document)
        if written.parent is None and _is_past(written, now):
            yield BroadcastProblem(trouble=ProblemKind.PAST)

    async def _find_unknown(self, written: BroadcastSnapshot) -> ProblemRows:
        """Those of a list whom nobody knows, who have not agreed to be known, or who are out of reach."""
        listed, unknown = sorted(set(written.draft.audience.chats or ())), ProblemRows()
        known = QueryConditions(*scope_conditions(written.reach))
        known = known if is_by_role(written.draft.audience) else known.with_condition("agreed")
        for start in range(0, len(listed), PAGE_SIZE):
            part = listed[start : start + PAGE_SIZE]
            (rows,) = await self.driver.run(
                known.with_condition("listed", chats=json.dumps(part)).to_query("audience_known")
            )
            there = {chat for (chat,) in rows}
            for chat in part:
                if chat not in there:
                    unknown.add(format_person_code(chat))
        return unknown

    async def _save_findings(self, written: BroadcastSnapshot, checked: CheckReport) -> None:
        """Kept with the text that was checked: it says nothing of one that was changed, or moved, meanwhile."""
        state = BroadcastState.DRAFT if checked.problems else BroadcastState.CHECKED
        row = {"id": written.id, "was": written.state.value, "now": to_micros(checked.at)}
        noted = {
            **row,
            "revision": written.revision,
            "state": state.value if written.state in _DRAFTS else written.state.value,
            "recipients": checked.recipients,
            "findings": self.keyring.seal(checked.model_dump_json(), sealed_columns.broadcast_findings(written.id)),
        }
        try:
            await self.driver.run(Query("note_check", noted, must=True), Query("note_life", row))
        except TurnTakenOver:
            return


def _is_past(written: BroadcastSnapshot, now: datetime) -> bool:
    """The time of the start, or the last step of the plan, is over."""
    plan, starts = written.draft.plan, written.draft.starts_at
    if plan is not None:
        return _last_start(plan) < now
    return starts is not None and starts < now


def _last_start(plan: CampaignPlan) -> datetime:
    return datetime.combine(plan.deadline - timedelta(days=min(plan.steps, default=0)), plan.at, VIETNAM)
