"""The audience of a broadcast in memory: the people it means, what fills its text for each, and their check."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from handlers.broadcasts.rendering import render_broadcast
from handlers.broadcasts.template import (
    Placeholder,
    Template,
    find_problems,
    missing_placeholders,
    parse,
    placeholders_of,
    text_for,
)
from handlers.model import (
    EMAIL,
    NO_UNITS,
    UNCOUNTED_STATES,
    Act,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastProblem,
    ChannelAddress,
    ChannelCosts,
    ChannelCounts,
    CheckReport,
    DeliveryReason,
    PlaceholderValues,
    ProblemKind,
    Reach,
    RecipientName,
    RequestState,
    Rights,
    channel_kind,
    format_person_code,
)
from handlers.testing.tables import BroadcastRecord, ChatRecord, MarkRecord, MemoryContext, StatusRecord, chat_id
from locales import LANGUAGES
from rules.calendar import VIETNAM, to_vietnam_day
from rules.outcome import Procedure

_WEEK = timedelta(days=7)
#: Rows that count among the reminders that a person had.
_HAD_STATES = frozenset({"queued", "sending", "sent", "unknown"})
_NO_MARK = MarkRecord("", "")


@dataclass(frozen=True, slots=True)
class MemoryAudience:
    """People as an audience means them at this moment."""

    acting: MemoryContext

    def find(self, audience: Audience, reach: Reach) -> list[ChatRecord]:
        """Find the people who are meant within reach, in the order of their chats; of several the first stands."""
        tables = self.acting.tables
        near = (one for one in tables.chats.values() if reach and self._is_reached(one, reach))
        meant = {one.id: one for one in near if self._is_meant(one, audience)}
        first = {min(meant.keys() & set(tables.own_chats(chat))) for chat in meant}
        return [meant[chat] for chat in sorted(first)]

    def route(self, person: ChatRecord, audience: Audience) -> ChatRecord:
        """Return the first chat of a person that takes messages; where none does, the one by which they are meant."""
        return next(iter(self._routes(person, audience)), person)

    def _routes(self, person: ChatRecord, audience: Audience) -> list[ChatRecord]:
        own = self._own(person)
        if len(own) == 1:
            return [one for one in own if one.blocked_at is None]
        wanted = audience.channel
        asked = [one for one in own if wanted is None or wanted in {one.channel, channel_kind(one.channel)}]
        return [
            one
            for one in asked
            if one.erased_at is None
            and one.consented
            and one.blocked_at is None
            and not (one.channel == EMAIL and one.stopped_at)
        ]

    def _own(self, person: ChatRecord) -> list[ChatRecord]:
        tables = self.acting.tables
        return [tables.chats[one] for one in tables.own_chats(person.id) if one in tables.chats]

    def _certificates(self, person: ChatRecord) -> list[StatusRecord]:
        """List the certificates of all chats of a person, the newest first."""
        found = [one for chat in self._own(person) for one in self.acting.tables.statuses_of(chat.id)]
        return sorted(found, key=lambda one: (one.changed_at, one.status.interview), reverse=True)

    def count(self, audience: Audience, reach: Reach) -> tuple[ChannelCounts, ...]:
        """Count those who are meant by channel, and what keeps messages from them."""
        return to_channel_counts(
            (self.route(one, audience).channel, self._obstacle(one, audience)) for one in self.find(audience, reach)
        )

    def find_unknown(self, audience: Audience, reach: Reach) -> list[str]:
        """List the codes of people on a list who are unknown, have not consented, or are out of reach."""
        known = {one.id for one in self.acting.tables.chats.values() if self._is_reached(one, reach)}
        if not audience.is_by_role:
            known = {chat for chat in known if self.acting.tables.chats[chat].consented}
        return [format_person_code(chat) for chat in sorted(set(audience.chats or ())) if chat not in known]

    def values(self, person: ChatRecord, written: BroadcastRecord) -> PlaceholderValues:
        """Fill the placeholders of a broadcast for one person."""
        draft, certificates = written.broadcast.draft, self._certificates(person)
        named = (one.status.subscriber for one in certificates if one.status.subscriber)
        unit = self.acting.tables.units.get(person.unit)
        return PlaceholderValues(
            language=person.language or self.acting.policy.language,
            name=next(named, None) if _names(draft) else None,
            unit=unit.name if unit else None,
            day=deadline_of(draft) or self._end(person, written),
            to_do=tuple(
                dict.fromkeys(
                    one for known in certificates for one in self._to_do(known, finished=draft.audience.unfinished)
                )
            ),
        )

    def reason_to_withhold(self, person: ChatRecord, written: BroadcastRecord) -> DeliveryReason | None:
        """Return why a message is kept from a person."""
        mark = self.acting.tables.marks.get((written.series, person.id), _NO_MARK)
        later = mark.later_on is not None and mark.later_on > day_of(written, self.acting.now)
        reasons = {
            DeliveryReason.STOPPED: person.stopped_at is not None,
            DeliveryReason.BLOCKED_BEFORE: not self._routes(person, written.broadcast.draft.audience),
            DeliveryReason.DONE: mark.done_at is not None,
            DeliveryReason.LATER: later,
            DeliveryReason.CAPPED: self._had(person) >= self.acting.policy.reminders_per_week,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def resolve_names(self, rights: Rights, names: Iterable[RecipientName]) -> dict[RecipientName, tuple[str, ...]]:
        """Find chats by the names a list has for them, as far as the rights to write broadcasts reach."""
        found = {name: sorted(set(self._find_named(rights, name))) for name in names}
        return {name: tuple(chats) for name, chats in found.items() if chats}

    def _find_named(self, rights: Rights, name: RecipientName) -> Iterator[str]:
        known = self._at(name) if isinstance(name, ChannelAddress) else self._find_by_code(name.strip().upper())
        yield from (chat for chat, unit in known if rights.may(Act.WRITE_BROADCASTS, unit))

    def _at(self, address: ChannelAddress) -> list[tuple[str, str | None]]:
        chat = self.acting.tables.chats.get(chat_id(address.channel, address.address))
        return [(chat.id, chat.unit)] if chat else []

    def _find_by_code(self, code: str) -> list[tuple[str, str | None]]:
        tables = self.acting.tables
        if code in tables.requests:
            return [(tables.requests[code].chat, tables.requests[code].unit)]
        return [(one.id, one.unit) for one in tables.chats.values() if format_person_code(one.id) == code]

    def _is_reached(self, person: ChatRecord, reach: Reach) -> bool:
        present = person.erased_at is None and not person.in_group
        return present and self.acting.tables.is_within(reach, person.unit)

    def _is_meant(self, person: ChatRecord, audience: Audience) -> bool:
        return (
            self._is_listed(person, audience)
            and self._has_asked_standing(person, audience)
            and self._has_asked_certificate(person, audience)
            and (not audience.states or self._has_request(person, audience))
        )

    def _is_listed(self, person: ChatRecord, audience: Audience) -> bool:
        within = audience.unit is None or (
            person.unit is not None and self.acting.tables.units.is_within(person.unit, audience.unit)
        )
        channels = {person.channel, person.channel.partition(":")[0]}
        heard, since = to_vietnam_day(person.last_contact_at), audience.silent_before(to_vietnam_day(self.acting.now))
        return (
            within
            and (audience.channel is None or audience.channel in channels)
            and (since is None or heard < since)
            and (audience.chats is None or person.id in audience.chats)
        )

    def _has_asked_standing(self, person: ChatRecord, audience: Audience) -> bool:
        """Return whether messages are wanted, by a role or by consent; a mailbox of somebody who chats gets none."""
        if person.channel == EMAIL and person.id in self.acting.tables.places:
            return False
        if not audience.is_by_role:
            return person.consented
        return any(one.role is audience.role for one in self.acting.tables.grants_of(person.id))

    def _has_asked_certificate(self, person: ChatRecord, audience: Audience) -> bool:
        certificates = self.acting.tables.statuses_of(person.id)
        to_do = {one for known in certificates for one in self._to_do(known)}
        unfinished = any(self._to_do(known, finished=True) for known in certificates)
        window = audience.expiry_window(to_vietnam_day(self.acting.now))
        ends = [one.status.not_after for one in certificates if one.status.not_after]
        return (
            (not audience.to_do or bool(to_do))
            and (not audience.unfinished or unfinished)
            and (not audience.owed or bool(to_do & set(audience.owed)))
            and (window is None or any(window[0] <= end <= window[1] for end in ends))
        )

    def _has_request(self, person: ChatRecord, audience: Audience) -> bool:
        return any(one.state in audience.states for one in self.acting.tables.requests_of(person.id))

    def _to_do(self, known: StatusRecord, *, finished: bool = False) -> list[Procedure]:
        """List what is owed for a certificate and was not requested, or with ``finished`` was not done."""
        key, tables = known.status.certificate_key, self.acting.tables
        requests = [one for chat in tables.own_chats(known.chat) for one in tables.requests_of(chat)]
        asked = [one for one in requests if key is not None and one.content.certificate_key == key]
        ended = {RequestState.DONE} if finished else set(RequestState) - UNCOUNTED_STATES
        counted = {one.content.procedure for one in asked if one.state in ended}
        return [one for one in known.status.owed or () if one not in counted]

    def _obstacle(self, person: ChatRecord, audience: Audience) -> str:
        if person.stopped_at is not None:
            return "stopped"
        if not self._routes(person, audience):
            return "blocked"
        return "capped" if self._had(person) >= self.acting.policy.reminders_per_week else "reachable"

    def _had(self, person: ChatRecord) -> int:
        """Count the reminders of the last seven days."""
        messages, own = self.acting.tables.messages.values(), self.acting.tables.own_chats(person.id)
        mine = (one for one in messages if one.chat in own and one.broadcast and one.state in _HAD_STATES)
        return sum((one.settled_at or one.queued_at) >= self.acting.now - _WEEK for one in mine)

    def _end(self, person: ChatRecord, written: BroadcastRecord) -> date | None:
        """Return the first end of a certificate that is still to come, or lies in the window that was asked for."""
        today = day_of(written, self.acting.now)
        first, last = written.broadcast.draft.audience.expiry_window(today) or (today, date.max)
        ends = (one.status.not_after for one in self._certificates(person))
        return min((end for end in ends if end is not None and first <= end <= last), default=None)


def deadline_of(draft: BroadcastDraft) -> date | None:
    """Return the day that is the same for all recipients."""
    return draft.plan.deadline if draft.plan else draft.deadline


def day_of(written: BroadcastRecord, now: datetime) -> date:
    """Return the day in Viet Nam on which it starts, as far as that is known."""
    return to_vietnam_day(max(now, written.broadcast.starts_at or now))


def to_channel_counts(kept: Iterable[tuple[str, str]]) -> tuple[ChannelCounts, ...]:
    """Count people by channel, and by what keeps messages from them."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for channel, why in kept:
        found[channel.partition(":")[0]][why] += 1
    return tuple(ChannelCounts(channel=channel, **numbers) for channel, numbers in sorted(found.items()))


def _names(draft: BroadcastDraft) -> bool:
    """Return whether a text says names: they are looked up only then."""
    return any(Placeholder.NAME in placeholders_of(text) for text in (draft.text.vi, draft.text.en))


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
        charged = Counter[str]()
        for person in people.find(self.known.broadcast.draft.audience, reach_of(self.known.broadcast)):
            reason = people.reason_to_withhold(person, self.known)
            route = people.route(person, self.known.broadcast.draft.audience)
            kept.append((route.channel, _COUNTED_AS.get(reason, "reachable") if reason else "reachable"))
            charged[route.channel] += reason is None
            for problem in self._problems_of(person) if reason not in _GET_NOTHING else ():
                found[problem].append(format_person_code(person.id))
        counted = to_channel_counts(kept)
        problems = [*self._common_problems(), *(_to_problem(*key, rows) for key, rows in found.items())]
        if unknown := people.find_unknown(self.known.broadcast.draft.audience, reach_of(self.known.broadcast)):
            problems.append(_to_problem(ProblemKind.UNKNOWN, "", unknown))
        if not any(one.reachable for one in counted):
            problems.append(BroadcastProblem(trouble=ProblemKind.NOBODY))
        return CheckReport(
            at=self.acting.now, counted=counted, problems=tuple(problems), costs=tuple(self._costs(charged))
        )

    def _costs(self, charged: Mapping[str, int]) -> Iterator[ChannelCosts]:
        """Yield the costs of channels that charge: in memory nothing is known of windows, and nothing was spent."""
        plan = self.known.broadcast.draft.plan
        for channel, tariff in self.acting.policy.tariffs.items():
            if charged[channel]:
                yield ChannelCosts(
                    channel=channel,
                    paid=charged[channel],
                    message_dong=tariff.message,
                    dearest=tariff.message,
                    steps=max(1, len(plan.steps)) if plan else 1,
                    left=tariff.month,
                )

    def _common_problems(self) -> Iterator[BroadcastProblem]:
        one, document = self.known.broadcast, self.known.document or b""
        yield from find_problems(one.draft.text)
        if one.draft.document is not None and not 0 < len(document) <= self.acting.policy.document:
            yield BroadcastProblem(trouble=ProblemKind.DOCUMENT, about=one.draft.document)
        if one.parent is None and self._is_past():
            yield BroadcastProblem(trouble=ProblemKind.PAST)

    def _is_past(self) -> bool:
        """Return whether the time of the start, or the last step of the plan, is over."""
        plan, starts = self.known.broadcast.draft.plan, self.known.broadcast.starts_at
        if plan is not None:
            last = plan.deadline - timedelta(days=min(plan.steps, default=0))
            return datetime.combine(last, plan.at, VIETNAM) < self.acting.now
        return starts is not None and starts < self.acting.now

    def _problems_of(self, person: ChatRecord) -> Iterator[tuple[ProblemKind, str]]:
        values = MemoryAudience(self.acting).values(person, self.known)
        route = MemoryAudience(self.acting).route(person, self.known.broadcast.draft.audience)
        template, channel = self._templates[values.language], channel_kind(route.channel)
        if template is None:  # found once for everybody
            return
        for placeholder in missing_placeholders(template, values):
            yield ProblemKind.MISSING, f"{{{placeholder.value}}}"
        if (trouble := self.find_trouble_of(channel, values)) is not None:
            yield trouble, channel

    def find_trouble_of(self, channel: str, values: PlaceholderValues) -> ProblemKind | None:
        """Return why a channel does not take the message with these values; ``None``: it does."""
        limits, has_document = self.acting.policy.limits_for(channel), self.known.broadcast.draft.document is not None
        if has_document and limits.caption == 0:
            return ProblemKind.DOCUMENT
        is_longer = self._length(values) > (limits.caption if has_document else limits.text)
        return ProblemKind.TOO_LONG if is_longer else None

    def _length(self, values: PlaceholderValues) -> int:
        """Return the length of the message with all that may be added, in UTF-16 code units."""
        one, first = self.known.broadcast, self.acting.policy.reminders_per_week
        reply = render_broadcast(one.id, one.draft, values, day_of(self.known, self.acting.now), first=first)
        return len("\n\n".join(reply.paragraphs).encode("utf-16-le")) // 2

    @cached_property
    def _templates(self) -> dict[str, Template | None]:
        text = self.known.broadcast.draft.text
        parsed = {language: parse(text_for(text, language)) for language in LANGUAGES}
        return {language: one if isinstance(one, Template) else None for language, one in parsed.items()}


def reach_of(one: Broadcast) -> Reach:
    """Return how far a broadcast may go: its unit with all below it."""
    return Rights.operator(NO_UNITS).reach(Act.WRITE_BROADCASTS, one.unit)


def _to_problem(trouble: ProblemKind, about: str, rows: list[str]) -> BroadcastProblem:
    return BroadcastProblem(trouble=trouble, about=about, rows=tuple(rows[:_NAMED_ROWS]), count=len(rows))
