"""What stands against a broadcast, gathered person by person while the list is gone through."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.looking import counted
from bot.store.broadcasts.people import Person
from handlers.broadcasts.model import Counted, Problem, Reason, Trouble, Values, person_code
from handlers.broadcasts.rendering import rendered
from handlers.broadcasts.template import Template, missing, parse
from locales import LANGUAGES

#: Rows that are named.
NAMED = 20
#: UTF-16 code units that a slot takes at most: of a sign that is escaped, of the words for a procedure, of a day.
_SIGN, _PROCEDURE, _DAY = 5, 80, 40
#: Under which word of ``Counted`` those come whom it is kept from; what is said in a series is not known to it.
_KEPT = {Reason.STOPPED: "stopped", Reason.BLOCKED_BEFORE: "blocked", Reason.CAPPED: "capped"}
#: These get nothing, whenever it starts.
_NOTHING = frozenset({Reason.STOPPED, Reason.BLOCKED_BEFORE, Reason.DONE})


@dataclass(slots=True)
class Rows:
    """Whom a problem is about: the first, and how many."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, code: str) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < NAMED:
            self.first.append(code)


@dataclass(slots=True)
class Measure:
    """A text made ready, with the most that it takes beside what fills it."""

    template: Template
    fixed: int
    slots: int

    def longest_message(self, values: Values) -> int:
        """UTF-16 code units that a message cannot exceed."""
        named = _SIGN * max(len(values.name or ""), len(values.unit or ""))
        return self.fixed + self.slots * max(named, _PROCEDURE * len(values.to_do), _DAY)


@dataclass
class Findings:
    """Memory stays flat: people are counted, and only the first are named."""

    filling: Filling
    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: defaultdict[tuple[Trouble, str], Rows] = field(default_factory=lambda: defaultdict(Rows))

    def add_person(self, person: Person) -> None:
        """One who is meant."""
        kept = self.filling.reason_to_withhold(person)
        reason = kept[1] if kept else None
        self.kept[person.channel, _KEPT.get(reason, "reachable") if reason else "reachable"] += 1
        if reason in _NOTHING:
            return
        for trouble, about in self._find_problems(person):
            self.found[trouble, about].add(person_code(person.chat))

    @property
    def counted(self) -> tuple[Counted, ...]:
        """All who were looked at."""
        return counted((channel, kept, number) for (channel, kept), number in self.kept.items())

    @property
    def problems(self) -> tuple[Problem, ...]:
        """In the order in which they were met."""
        return tuple(
            Problem(trouble=trouble, about=about, rows=tuple(rows.first), count=rows.count)
            for (trouble, about), rows in self.found.items()
        )

    def _find_problems(self, person: Person) -> Iterator[tuple[Trouble, str]]:
        values = self.filling.values(person)
        measure = self._measures.get(values.language)
        if measure is None:  # this text cannot be read at all, which is found once for everybody
            return
        for placeholder in missing(measure.template, values):
            yield Trouble.MISSING, f"{{{placeholder.value}}}"
        channel, has_document = person.channel.partition(":")[0], self.filling.written.draft.document is not None
        room = self.filling.policy.limits_for(channel)
        if has_document and room.caption == 0:
            yield Trouble.DOCUMENT, channel
        elif self._is_longer(measure, values, room.caption if has_document else room.text):
            yield Trouble.TOO_LONG, channel

    def _is_longer(self, measure: Measure, values: Values, room: int) -> bool:
        """Nothing is rendered that fits by far."""
        return measure.longest_message(values) > room and self._length(values) > room

    def _length(self, values: Values) -> int:
        """Of the message with all that may be added, as channels count: in UTF-16 code units."""
        filling = self.filling
        first = filling.policy.reminders_per_week
        reply = rendered(filling.written.id, filling.written.draft, values, filling.today, first=first)
        return len("\n\n".join(reply.paragraphs).encode("utf-16-le")) // 2

    @cached_property
    def _measures(self) -> dict[str, Measure]:
        text = self.filling.written.draft.text
        ready = {language: parse(getattr(text, language)) for language in LANGUAGES}
        return {
            language: Measure(template, self._length(Values.model_validate({"language": language})), _slots(template))
            for language, template in ready.items()
            if isinstance(template, Template)
        }


def _slots(template: Template) -> int:
    return sum(not isinstance(part, str) for part in template.parts)
