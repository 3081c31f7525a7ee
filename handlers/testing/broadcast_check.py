"""The check of a broadcast in memory: the whole list is gone through before anything is sent."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from handlers.broadcasts.rendering import render_broadcast
from handlers.broadcasts.template import Template, find_problems, missing_placeholders, parse, text_for
from handlers.model.broadcast import (
    Broadcast,
    BroadcastProblem,
    CheckReport,
    DeliveryReason,
    PlaceholderValues,
    ProblemKind,
)
from handlers.model.codes import format_person_code
from handlers.model.rights import Act, Reach, Rights
from handlers.model.unit_directory import NO_UNITS
from handlers.testing.audience import MemoryAudience, day_of, to_channel_counts
from handlers.testing.tables import BroadcastRecord, ChatRecord, MemoryContext
from locales import LANGUAGES
from rules.calendar import VIETNAM

#: Rows that a problem names.
_NAMED_ROWS = 20
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
        parsed = {language: parse(text_for(text, language)) for language in LANGUAGES}
        return {language: one if isinstance(one, Template) else None for language, one in parsed.items()}


def reach_of(one: Broadcast) -> Reach:
    """How far a broadcast may go: its unit with all below it."""
    return Rights.operator(NO_UNITS).reach(Act.WRITE_BROADCASTS, one.unit)


def _to_problem(trouble: ProblemKind, about: str, rows: list[str]) -> BroadcastProblem:
    return BroadcastProblem(trouble=trouble, about=about, rows=tuple(rows[:_NAMED_ROWS]), count=len(rows))
