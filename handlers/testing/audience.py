"""The audience of a broadcast in memory: the people it means, what fills its text for each, why it is withheld."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers.broadcasts.template import placeholders_of
from handlers.model.broadcast import (
    Audience,
    BroadcastDraft,
    ChannelCounts,
    DeliveryReason,
    PlaceholderValues,
    RecipientName,
)
from handlers.model.channels import ChannelAddress
from handlers.model.codes import format_person_code
from handlers.model.placeholders import Placeholder
from handlers.model.request import RequestState
from handlers.model.rights import Act, Reach, Rights, Role
from handlers.model.statistics import UNCOUNTED_STATES
from handlers.testing.tables import BroadcastRecord, ChatRecord, MarkRecord, MemoryContext, StatusRecord, chat_id
from rules.calendar import to_vietnam_day
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
        """Find the people who are meant within reach, in the order of their chats."""
        near = (one for one in self.acting.tables.chats.values() if reach and self._is_reached(one, reach))
        return sorted((one for one in near if self._is_meant(one, audience)), key=lambda one: one.id)

    def count(self, audience: Audience, reach: Reach) -> tuple[ChannelCounts, ...]:
        """How many are meant by channel, and what keeps messages from them."""
        return to_channel_counts((one.channel, self._kept(one)) for one in self.find(audience, reach))

    def find_unknown(self, audience: Audience, reach: Reach) -> list[str]:
        """The codes of those of a list whom nobody knows, who have not agreed to be known, or who are out of reach."""
        known = {one.id for one in self.acting.tables.chats.values() if self._is_reached(one, reach)}
        if not is_by_role(audience):
            known = {chat for chat in known if self.acting.tables.chats[chat].consented}
        return [format_person_code(chat) for chat in sorted(set(audience.chats or ())) if chat not in known]

    def values(self, person: ChatRecord, written: BroadcastRecord) -> PlaceholderValues:
        """Fill the placeholders of a broadcast for one person."""
        draft, certificates = written.broadcast.draft, self.acting.tables.statuses_of(person.id)
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
        """Why a message is kept from a person."""
        mark = self.acting.tables.marks.get((written.series, person.id), _NO_MARK)
        later = mark.later_on is not None and mark.later_on > day_of(written, self.acting.now)
        reasons = {
            DeliveryReason.STOPPED: person.stopped_at is not None,
            DeliveryReason.BLOCKED_BEFORE: person.blocked_at is not None,
            DeliveryReason.DONE: mark.done_at is not None,
            DeliveryReason.LATER: later,
            DeliveryReason.CAPPED: self._had(person) >= self.acting.policy.reminders_per_week,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def resolve_names(self, rights: Rights, names: Iterable[RecipientName]) -> dict[RecipientName, tuple[str, ...]]:
        """Chats by the names a list has for them, as far as the rights to write broadcasts reach."""
        found = {name: sorted(set(self._named(rights, name))) for name in names}
        return {name: tuple(chats) for name, chats in found.items() if chats}

    def _named(self, rights: Rights, name: RecipientName) -> Iterator[str]:
        known = self._at(name) if isinstance(name, ChannelAddress) else self._coded(name.strip().upper())
        yield from (chat for chat, unit in known if rights.may(Act.WRITE_BROADCASTS, unit))

    def _at(self, address: ChannelAddress) -> list[tuple[str, str | None]]:
        chat = self.acting.tables.chats.get(chat_id(address.channel, address.address))
        return [(chat.id, chat.unit)] if chat else []

    def _coded(self, code: str) -> list[tuple[str, str | None]]:
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
        heard, since = to_vietnam_day(person.last_contact_at), self._silent_since(audience)
        return (
            within
            and (audience.channel is None or audience.channel in channels)
            and (since is None or heard < since)
            and (audience.chats is None or person.id in audience.chats)
        )

    def _has_asked_standing(self, person: ChatRecord, audience: Audience) -> bool:
        """People with a role hear of their work; anybody else hears what they agreed to."""
        if not is_by_role(audience):
            return person.consented
        return any(one.role is audience.role for one in self.acting.tables.grants_of(person.id))

    def _has_asked_certificate(self, person: ChatRecord, audience: Audience) -> bool:
        certificates = self.acting.tables.statuses_of(person.id)
        to_do = {one for known in certificates for one in self._to_do(known)}
        unfinished = any(self._to_do(known, finished=True) for known in certificates)
        window = expiry_window(audience, to_vietnam_day(self.acting.now))
        ends = [one.status.not_after for one in certificates if one.status.not_after]
        return (
            (not audience.to_do or bool(to_do))
            and (not audience.unfinished or unfinished)
            and (not audience.owed or bool(to_do & set(audience.owed)))
            and (window is None or any(window[0] <= end <= window[1] for end in ends))
        )

    def _has_request(self, person: ChatRecord, audience: Audience) -> bool:
        return any(one.state in audience.states for one in self.acting.tables.requests_of(person.id))

    def _silent_since(self, audience: Audience) -> date | None:
        days = [audience.silent_since] if audience.silent_since else []
        if audience.silent_days is not None:
            today = to_vietnam_day(self.acting.now).toordinal()
            days.append(date.fromordinal(max(today - audience.silent_days, date.min.toordinal())))
        return min(days, default=None)

    def _to_do(self, known: StatusRecord, *, finished: bool = False) -> list[Procedure]:
        """List what is owed for a certificate and was not requested, or with ``finished`` was not done."""
        key, requests = known.status.certificate_key, self.acting.tables.requests_of(known.chat)
        asked = [one for one in requests if key is not None and one.content.certificate_key == key]
        ended = {RequestState.DONE} if finished else set(RequestState) - UNCOUNTED_STATES
        counted = {one.content.procedure for one in asked if one.state in ended}
        return [one for one in known.status.owed or () if one not in counted]

    def _kept(self, person: ChatRecord) -> str:
        if person.stopped_at is not None:
            return "stopped"
        if person.blocked_at is not None:
            return "blocked"
        return "capped" if self._had(person) >= self.acting.policy.reminders_per_week else "reachable"

    def _had(self, person: ChatRecord) -> int:
        """Reminders of the last seven days."""
        messages = self.acting.tables.messages.values()
        mine = (one for one in messages if one.chat == person.id and one.broadcast and one.state in _HAD_STATES)
        return sum((one.settled_at or one.queued_at) >= self.acting.now - _WEEK for one in mine)

    def _end(self, person: ChatRecord, written: BroadcastRecord) -> date | None:
        """The first end of a certificate that is still to come, or lies in the window that was asked for."""
        today = day_of(written, self.acting.now)
        first, last = expiry_window(written.broadcast.draft.audience, today) or (today, date.max)
        ends = (one.status.not_after for one in self.acting.tables.statuses_of(person.id))
        return min((end for end in ends if end is not None and first <= end <= last), default=None)


def is_by_role(audience: Audience) -> bool:
    """Whether it is for people with a role."""
    return audience.role not in {None, Role.OFFICER}


def expiry_window(audience: Audience, today: date) -> tuple[date, date] | None:
    """The first and the last day on which a certificate may end; ``None`` where that is not asked."""
    first, last, within = audience.expires_from, audience.expires_until, audience.expires_within
    if first is None and last is None and within is None:
        return None
    end = None if within is None else today + timedelta(days=within)
    firsts = [day for day in (first, None if within is None else today) if day]
    lasts = [day for day in (last, end) if day]
    return max(firsts, default=date.min), min(lasts, default=date.max)


def deadline_of(draft: BroadcastDraft) -> date | None:
    """The day that is the same for all recipients."""
    return draft.plan.deadline if draft.plan else draft.deadline


def day_of(written: BroadcastRecord, now: datetime) -> date:
    """The day in Viet Nam on which it starts, as far as that is known."""
    return to_vietnam_day(max(now, written.broadcast.starts_at or now))


def to_channel_counts(kept: Iterable[tuple[str, str]]) -> tuple[ChannelCounts, ...]:
    """Channels, and how many people each has, by what keeps messages from them."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for channel, why in kept:
        found[channel.partition(":")[0]][why] += 1
    return tuple(ChannelCounts(channel=channel, **numbers) for channel, numbers in sorted(found.items()))


def _names(draft: BroadcastDraft) -> bool:
    """Whether a text says names: they are looked up only then."""
    return any(Placeholder.NAME in placeholders_of(text) for text in (draft.text.vi, draft.text.en))
