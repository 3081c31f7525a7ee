"""The people whom an audience means: conditions of a query over chats, read page by page, or counted."""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from bot.store.broadcasts import BroadcastSnapshot
from bot.store.context import StoreContext
from bot.store.drivers import Query, Rows, RunQueries
from bot.store.encoding import Language, session_language, to_micros
from bot.store.request_filter import QueryConditions, scope_conditions
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.model import Audience, ChannelCounts, Reach
from rules.calendar import VIETNAM, to_vietnam_day
from rules.outcome import Procedure

#: One person may get so many reminders within this time.
WEEK = timedelta(days=7)


def audience_conditions(audience: Audience, reach: Reach, now: datetime) -> QueryConditions | None:
    """Return the conditions for those of an audience who are within a reach at this moment; ``None``: there is nobody.

    A list of chats is not among the conditions: it may be long, and ``AudienceReader`` goes through it page by page.
    """
    if not reach or audience.chats == ():
        return None
    found = (
        QueryConditions().with_condition("within_one", top=reach.units[0])
        if len(reach.units) == 1
        else QueryConditions(*scope_conditions(reach))
    )
    for condition, values in _filter_conditions(audience, to_vietnam_day(now)):
        found = found.with_condition(condition, **values)
    return found


def _filter_conditions(audience: Audience, today: date) -> Iterator[tuple[str, dict[str, Any]]]:
    if audience.unit is not None:
        yield "below_unit", {"below": audience.unit}
    if audience.is_by_role:
        yield "with_role", {"role": audience.role}
    else:
        yield "agreed", {}
    if audience.to_do:
        yield "has_to_do", {}
    if audience.unfinished:
        yield "has_unfinished", {}
    if audience.owed:
        yield "owes", {"owed": json.dumps(audience.owed)}
    if audience.states:
        yield "has_request", {"states": json.dumps(audience.states)}
    if (window := audience.expiry_window(today)) is not None:
        yield "has_certificate", {"ends_from": window[0].toordinal(), "ends_until": window[1].toordinal()}
    if audience.channel is not None:
        yield "over_channel", {"channel": audience.channel, "channels": f"{audience.channel}:"}
    if (since := audience.silent_before(today)) is not None:
        yield "silent_before", {"silent_before": to_micros(datetime.combine(since, time(), VIETNAM))}


async def count_audience(
    context: StoreContext, audience: Audience, reach: Reach, per_week: int, *, shown: bool = False
) -> tuple[ChannelCounts, ...]:
    """Count those of an audience who are within a reach, by channel and by what keeps a message from them.

    Args:
        context: the moment for which they are counted, and its transaction.
        audience: whom it means.
        reach: beyond it nobody is counted.
        per_week: reminders after which a person gets none for the rest of seven days.
        shown: the numbers decide nothing; within a turn they are counted once.
    """
    these = audience_conditions(audience, reach, context.now)
    if these is None:
        return ()
    if audience.chats is not None:
        these = these.with_condition("listed", chats=json.dumps(audience.chats))
    counting = these.to_query("audience_counts", after="", week=to_micros(context.now - WEEK), most=per_week)
    (rows,) = await context.ask(replace(counting, anew=True, shown=shown))
    return to_channel_counts(rows)


def to_channel_counts(rows: Iterable[tuple[str, str, int]]) -> tuple[ChannelCounts, ...]:
    """Sum rows of channel, what keeps messages back, and number; all of ``terminal:NAME`` are one channel."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for channel, obstacle, number in rows:
        found[channel.partition(":")[0]][obstacle] += number
    return tuple(ChannelCounts(channel=channel, **counts) for channel, counts in sorted(found.items()))


async def find_known(ask: RunQueries, audience: Audience, reach: Reach) -> set[str]:
    """Return the chats of a list that are known, within a reach, and have agreed to be known where that is needed."""
    if not reach:
        return set()
    conditions = QueryConditions(*scope_conditions(reach))
    conditions = conditions if audience.is_by_role else conditions.with_condition("agreed")
    listed, known = sorted(set(audience.chats or ())), set()
    for start in range(0, len(listed), PAGE_SIZE):
        part = json.dumps(listed[start : start + PAGE_SIZE])
        (rows,) = await ask(conditions.with_condition("listed", chats=part).to_query("audience_known"))
        known |= {chat for (chat,) in rows}
    return known


#: People read at a time.
PAGE_SIZE = 1000
_PROCEDURES = {procedure.value: procedure for procedure in Procedure}


@dataclass(slots=True)
class KnownCertificate:
    """A certificate of a person, as the register has it."""

    standing: str
    not_after: int | None  #: as an ordinal
    owed: tuple[str, ...]
    subscriber: bytes | None  #: sealed; read where a text says names
    requested: set[str]

    @property
    def to_do(self) -> list[Procedure]:
        """Procedures that are owed and were not requested."""
        return [_PROCEDURES[one] for one in self.owed if one in _PROCEDURES and one not in self.requested]


@dataclass(frozen=True, slots=True)
class Person:
    """One who is meant."""

    chat: str
    channel: str
    stopped: bool
    blocked: bool
    language: Language | None  #: ``None``: not known
    unit: str | None
    unit_name: str | None
    done: bool  #: said so in this series
    later_on: date | None  #: wants to be reminded in this series on that day
    had: int  #: reminders within a week
    name: str | None  #: on the newest certificate that has one; ``None`` also where names are not read
    certificates: Sequence[KnownCertificate]  #: the newest first
    mail: str | None = None  #: chat of a confirmed address that takes messages
    mail_first: bool = False  #: reminders go there rather than to the chat


class AudiencePage(NamedTuple):
    """Some of them, and the chat behind which the next ones begin; ``None``: these are the last."""

    people: list[Person]
    end: str | None


@dataclass(frozen=True, slots=True)
class AudienceReader:
    """All who are meant by one broadcast at one moment."""

    ask: RunQueries
    keyring: Keyring
    selection: QueryConditions | None
    chats: tuple[str, ...] | None  #: no others than these, in order
    series: str
    named: bool  #: sealed names are read
    now: datetime
    unfinished: bool = False  #: what is requested and not done counts as still to do

    @classmethod
    def of(  # noqa: PLR0913 - each says something else of the people
        cls, ask: RunQueries, keyring: Keyring, written: BroadcastSnapshot, now: datetime, reach: Reach, *, named: bool
    ) -> "AudienceReader":
        """Read those a broadcast is for, within a reach; their names where its text says them."""
        audience = written.draft.audience
        selection = audience_conditions(audience, reach, now)
        chats = None if audience.chats is None else tuple(sorted(set(audience.chats)))
        return cls(ask, keyring, selection, chats, written.series, named, now, audience.unfinished)

    async def pages(self, size: int = PAGE_SIZE) -> AsyncIterator[list[Person]]:
        """All of them."""
        after: str | None = ""
        while after is not None:
            people, after = await self.page(after, size)
            yield people

    async def page(self, after: str, size: int = PAGE_SIZE) -> AudiencePage:
        """The next ones behind a chat. A page of a list may be short and is not the last one for that."""
        if self.selection is None:
            return AudiencePage([], None)
        if self.chats is None:
            people = await self._read(self.selection, after, size)
            return AudiencePage(people, people[-1].chat if len(people) == size else None)
        part = [chat for chat in self.chats if chat > after][:size]
        people = await self.of_chats(part)
        return AudiencePage(people, part[-1] if len(part) == size else None)

    async def of_chats(self, chats: Sequence[str]) -> list[Person]:
        """Return people of these chats who are meant."""
        if self.selection is None or not chats:
            return []
        return await self._read(self.selection.with_condition("listed", chats=json.dumps(chats)), "", len(chats))

    async def _read(self, selection: QueryConditions, after: str, size: int) -> list[Person]:
        week = to_micros(self.now - WEEK)
        page = selection.to_query("audience_page", after=after, limit=size, series=self.series, week=week)
        (rows,) = await self.ask(replace(page, anew=True))
        if not rows:
            return []
        chats = json.dumps([row[0] for row in rows])
        wanted = {"chats": chats, "named": int(self.named), "finished": int(self.unfinished)}
        (known,) = await self.ask(Query("audience_certificates", wanted))
        certificates = _certificates_by_chat(known)
        languages = await self._languages([row[0] for row in rows if row[4] is None])
        return [self._person(row, languages.get(row[0]), certificates[row[0]]) for row in rows]

    async def _languages(self, chats: Sequence[str]) -> dict[str, Language | None]:
        """Read languages out of sessions that were kept before a language had a place beside them."""
        if not chats:
            return {}
        (rows,) = await self.ask(Query("audience_sessions", {"chats": json.dumps(chats)}))
        return {
            chat: session_language(unseal_or_none(self.keyring, sealed, sealed_columns.session(chat)) or "")
            for chat, sealed in rows
        }

    def _person(
        self, row: tuple[Any, ...], language: Language | None, certificates: Mapping[str, KnownCertificate]
    ) -> Person:
        chat, channel, stopped, blocked, known, unit, unit_name, done, later, had, mail, first = row
        return Person(
            chat=chat,
            channel=channel,
            stopped=stopped is not None,
            blocked=blocked is not None,
            language=known or language,
            unit=unit,
            unit_name=unit_name,
            done=done is not None,
            later_on=None if later is None else date.fromordinal(later),
            had=had,
            name=self._name(certificates.values()),
            certificates=tuple(certificates.values()),
            mail=mail,
            mail_first=bool(first),
        )

    def _name(self, certificates: Iterable[KnownCertificate]) -> str | None:
        for known in certificates:
            place = sealed_columns.subscriber(known.standing)
            if (name := unseal_or_none(self.keyring, known.subscriber, place)) is not None:
                return name
        return None


def _certificates_by_chat(rows: Rows) -> defaultdict[str, dict[str, KnownCertificate]]:
    """Certificates by chat and standing."""
    found: defaultdict[str, dict[str, KnownCertificate]] = defaultdict(dict)
    for chat, standing, not_after, owed, subscriber, requested in rows:
        known = found[chat].get(standing)
        if known is None:
            listed = tuple(owed.split(",")) if owed else ()
            known = found[chat][standing] = KnownCertificate(standing, not_after, listed, subscriber, set())
        if requested is not None:
            known.requested.add(requested)
    return found


class ChatName(NamedTuple):
    """A name that a list has for somebody."""

    kind: Literal["request", "person", "chat"]
    key: str  #: a request's code, the part of a chat's id in a person's code, or an address
    channel: str = ""  #: of an address


class FoundChat(NamedTuple):
    """A chat that a name means, and the unit by which it may be reached."""

    chat: str
    unit: str | None


#: Queries that find the chats of names of one kind.
_LOOKUP_QUERIES: dict[str, Callable[[str], Query]] = {
    "request": lambda keys: Query("chats_of_requests", {"codes": keys}),
    "person": lambda keys: Query("chats_by_code", {"heads": keys}),
    "chat": lambda keys: Query("chats_by_id", {"ids": keys}),
}


async def find_chats(context: StoreContext, names: Iterable[ChatName]) -> dict[ChatName, list[FoundChat]]:
    """Return the chats that names mean, wherever they belong; a name that means nobody is left out."""
    wanted = {name: _lookup_key(context.keyring, name) for name in names}
    found: defaultdict[tuple[str, str], list[FoundChat]] = defaultdict(list)
    for kind, query in _LOOKUP_QUERIES.items():
        keys = sorted({key for name, key in wanted.items() if name.kind == kind})
        for key, chat, unit in (await context.ask(query(json.dumps(keys))))[0] if keys else []:
            found[kind, key].append(FoundChat(chat, unit))
    return {name: found[name.kind, key] for name, key in wanted.items() if (name.kind, key) in found}


def _lookup_key(keyring: Keyring, name: ChatName) -> str:
    return sealed_columns.chat_id(keyring, name.channel, name.key) if name.kind == "chat" else name.key
