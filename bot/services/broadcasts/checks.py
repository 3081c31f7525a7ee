"""The check of a whole list: what stands against a broadcast, for everybody or for some of those who are meant."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot.services.broadcasts.recipients import RecipientValues, message_length, reach_of, says_name
from bot.store import (
    AudienceReader,
    BroadcastRepository,
    BroadcastSnapshot,
    ChannelUseRepository,
    Driver,
    Keyring,
    Person,
    ScheduleRepository,
    StoreError,
    ZaloRepository,
    find_known,
    kind_of_reminder,
    read_snapshot,
    to_channel_counts,
)
from handlers.broadcasts.template import (
    Template,
    find_problems,
    known_placeholders,
    missing_placeholders,
    parse,
    text_for,
)
from handlers.model import (
    ZALO,
    BroadcastPolicy,
    BroadcastProblem,
    BroadcastState,
    CampaignPlan,
    ChannelCosts,
    ChannelCounts,
    ChannelTariff,
    CheckReport,
    DeliveryReason,
    PaidTemplate,
    PlaceholderValues,
    ProblemKind,
    SendingWindow,
    choose_template,
    format_person_code,
)
from locales import LANGUAGES, N_
from rules.calendar import VIETNAM, to_vietnam_time

#: Rows that are named.
NAMED_ROWS = 20
#: UTF-16 code units that a slot takes at most: of a sign that is escaped, of the words for a procedure, of a day.
_SIGN_UNITS, _PROCEDURE_UNITS, _DAY_UNITS = 5, 80, 40
#: The field of ``ChannelCounts`` for people it is kept from; a count does not know what they answered in a series.
_COUNTED_AS = {
    DeliveryReason.STOPPED: "stopped",
    DeliveryReason.BLOCKED_BEFORE: "blocked",
    DeliveryReason.CAPPED: "capped",
}
#: These get nothing, whenever it starts.
_GET_NOTHING = frozenset({DeliveryReason.STOPPED, DeliveryReason.BLOCKED_BEFORE, DeliveryReason.DONE})


@dataclass(slots=True)
class ProblemRows:
    """The people a problem is about: the first, and how many."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, code: str) -> None:
        """Count one more."""
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
        """Return how many UTF-16 code units a message cannot exceed."""
        named = _SIGN_UNITS * max(len(values.name or ""), len(values.unit or ""))
        return self.fixed + self.slots * max(named, _PROCEDURE_UNITS * len(values.to_do), _DAY_UNITS)


@dataclass
class ProblemCollector:
    """Memory stays flat: people are counted, and only the first are named."""

    filling: RecipientValues
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: defaultdict[tuple[ProblemKind, str], ProblemRows] = field(default_factory=lambda: defaultdict(ProblemRows))

    def add_person(self, person: Person) -> None:
        """Look at somebody who is meant."""
        withheld = self.filling.reason_to_withhold(person)
        reason = withheld.reason if withheld else None
        self.counts[person.channel, _COUNTED_AS.get(reason, "reachable") if reason else "reachable"] += 1
        if reason in _GET_NOTHING:
            return
        for trouble, about in self._find_problems(person):
            self.found[trouble, about].add(format_person_code(person.chat))

    @property
    def counted(self) -> tuple[ChannelCounts, ...]:
        """Return all who were looked at, by channel."""
        return to_channel_counts((channel, obstacle, number) for (channel, obstacle), number in self.counts.items())

    @property
    def problems(self) -> tuple[BroadcastProblem, ...]:
        """Return the problems in the order in which they were met."""
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
        """Return whether the message is longer than the room; what fits by far is not rendered."""
        return measure.longest_message(values) > room and self._length(values) > room

    def _length(self, values: PlaceholderValues) -> int:
        filling = self.filling
        return message_length(filling.written, values, filling.today, filling.policy.reminders_per_week)

    @cached_property
    def _measures(self) -> dict[str, TextMeasure]:
        text = self.filling.written.draft.text
        ready = {language: parse(text_for(text, language)) for language in LANGUAGES}
        return {
            language: TextMeasure(
                template, self._length(PlaceholderValues.model_validate({"language": language})), _count_slots(template)
            )
            for language, template in ready.items()
            if isinstance(template, Template)
        }


def _count_slots(template: Template) -> int:
    return sum(not isinstance(part, str) for part in template.parts)


@dataclass
class CostCounter:
    """Counts people page by page, by how each can be written to now; nobody is asked for it."""

    zalo: ZaloRepository
    filling: RecipientValues
    tariff: ChannelTariff
    now: datetime
    windows: Counter[SendingWindow] = field(default_factory=Counter)
    template_dong: int = 0
    _templates: Sequence[PaidTemplate] | None = None

    @classmethod
    def of(cls, driver: Driver, keyring: Keyring, filling: RecipientValues, now: datetime) -> "CostCounter | None":
        """Return one for the channel that charges; ``None`` where there is none."""
        tariff = filling.policy.tariffs.get(ZALO)
        return cls(ZaloRepository(driver, keyring), filling, tariff, now) if tariff else None

    async def add(self, people: Sequence[Person]) -> None:
        """Count some more people, those aside who get nothing, or get it elsewhere. Raises StoreError."""
        meant = [one for one in people if one.channel == ZALO and self._is_sent_there(one)]
        if not meant:
            return
        if self._templates is None:
            self._templates, _ = await self.zalo.templates(self.tariff.account)
        windows = await self.zalo.windows([one.chat for one in meant], self.now)
        for person in meant:
            window = windows[person.chat]
            self.windows[window if window is not SendingWindow.TEMPLATE_ONLY else self._by_template(person)] += 1

    def _is_sent_there(self, person: Person) -> bool:
        return not self.filling.reason_to_withhold(person) and self.filling.to_recipient(person).channel == ZALO

    def _by_template(self, person: Person) -> SendingWindow:
        written = self.filling.written
        known = {one.value for one in known_placeholders(self.filling.values(person))}
        chosen = choose_template(self._templates or (), kind_of_reminder(written.draft, written.parent), known)
        self.template_dong += (chosen.price or 0) if chosen else 0
        return SendingWindow.TEMPLATE_ONLY if chosen else SendingWindow.BLOCKED

    async def costs(self) -> tuple[ChannelCosts, ...]:
        """Return what it costs; nothing where it is for nobody there. Raises StoreError."""
        if not self.windows:
            return ()
        plan, month = self.filling.written.draft.plan, f"{to_vietnam_time(self.now):%Y-%m}"
        spent = await self.zalo.spent(self.tariff.account, month)
        return (
            ChannelCosts(
                channel=ZALO,
                free=self.windows[SendingWindow.FREE],
                paid=self.windows[SendingWindow.PAID],
                template=self.windows[SendingWindow.TEMPLATE_ONLY],
                unreached=self.windows[SendingWindow.BLOCKED],
                message_dong=self.tariff.message,
                template_dong=self.template_dong,
                dearest=max([self.tariff.message, *(one.price or 0 for one in self._templates or () if one.is_usable)]),
                steps=max(1, len(plan.steps)) if plan else 1,
                left=max(0, self.tariff.month - spent),
            ),
        )


#: Where a check decides.
_DRAFTS = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


@dataclass(frozen=True, slots=True)
class ListChecks(ScheduleRepository):
    """A part of ``BroadcastOperations``. It reads page by page: nobody who writes waits, and memory stays flat."""

    async def check(self, broadcast: str, now: datetime) -> CheckReport:
        """Go through the whole list; nothing against a draft makes it ``checked``.

        The report is kept, unless the broadcast was changed meanwhile.

        Raises:
            StoreError: there is no such broadcast.
        """
        written = await read_snapshot(self.driver.run, self.keyring, broadcast)
        if written is None:
            raise StoreError(N_("There is no such broadcast within reach."))
        filling = RecipientValues(self.policy, written, written.day(now))
        spending = CostCounter.of(self.driver, self.keyring, filling, now)
        found = await _collect_problems(self, filling, now, spending)
        problems = [*_common_problems(self.policy, written, now), *found.problems]
        problems += [one async for one in _quota_problems(self, written, found.counted, now)]
        if (unknown := await _find_unknown(self, written)).count:
            problems.append(
                BroadcastProblem(trouble=ProblemKind.UNKNOWN, rows=tuple(unknown.first), count=unknown.count)
            )
        if not any(one.reachable for one in found.counted):
            problems.append(BroadcastProblem(trouble=ProblemKind.NOBODY))
        costs = await spending.costs() if spending else ()
        report = CheckReport(at=now, counted=found.counted, problems=tuple(problems), costs=costs)
        decided = BroadcastState.DRAFT if report.problems else BroadcastState.CHECKED
        state = decided if written.state in _DRAFTS else written.state
        await BroadcastRepository(self.machine_context(now)).save_check(written, state, report)
        return report


async def _collect_problems(
    base: ScheduleRepository, filling: RecipientValues, now: datetime, spending: CostCounter | None
) -> ProblemCollector:
    found, written = ProblemCollector(filling), filling.written
    reach, named = reach_of(written), says_name(written)
    reader = AudienceReader.of(base.driver.look, base.keyring, written, now, reach, named=named)
    async for people in reader.pages():
        for person in people:
            found.add_person(person)
        if spending:
            await spending.add(people)
    return found


def _common_problems(policy: BroadcastPolicy, written: BroadcastSnapshot, now: datetime) -> Iterator[BroadcastProblem]:
    """Yield what is the same for every recipient."""
    draft = written.draft
    yield from find_problems(draft.text)
    if draft.document is not None and not 0 < (written.document_size or 0) <= policy.document:
        yield BroadcastProblem(trouble=ProblemKind.DOCUMENT, about=draft.document)
    if written.parent is None and _is_past(written, now):
        yield BroadcastProblem(trouble=ProblemKind.PAST)


async def _quota_problems(
    base: ScheduleRepository, written: BroadcastSnapshot, counted: Sequence[ChannelCounts], now: datetime
) -> AsyncIterator[BroadcastProblem]:
    """Yield the channels that would have to carry more than they give out; a plan counts with all of its steps."""
    plan, month = written.draft.plan, f"{to_vietnam_time(now):%Y-%m}"
    each = max(1, len(plan.steps)) if plan else 1
    for one in counted:
        quota = base.policy.quotas.get(one.channel)
        if quota is None or not one.reachable:
            continue
        sent = await ChannelUseRepository(base.driver).sent(one.channel, month)
        if one.reachable > quota.people or sent + one.reachable * each > quota.messages:
            yield BroadcastProblem(trouble=ProblemKind.QUOTA, about=one.channel, count=one.reachable)


async def _find_unknown(base: ScheduleRepository, written: BroadcastSnapshot) -> ProblemRows:
    """Find people of a list who are unknown, have not agreed to be known, or are out of reach."""
    audience, unknown = written.draft.audience, ProblemRows()
    known = await find_known(base.driver.look, audience, reach_of(written))
    for chat in sorted(set(audience.chats or ()) - known):
        unknown.add(format_person_code(chat))
    return unknown


def _is_past(written: BroadcastSnapshot, now: datetime) -> bool:
    """Return whether the time of the start, or the last step of the plan, is over."""
    plan, starts = written.draft.plan, written.draft.starts_at
    if plan is not None:
        return _last_start(plan) < now
    return starts is not None and starts < now


def _last_start(plan: CampaignPlan) -> datetime:
    return datetime.combine(plan.deadline - timedelta(days=min(plan.steps, default=0)), plan.at, VIETNAM)
