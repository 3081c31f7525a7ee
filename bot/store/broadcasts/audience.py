"""The people whom an audience means, read page by page: their chats, their certificates, what keeps a message away."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from bot.store.broadcasts import BroadcastSnapshot
from bot.store.conditions import WEEK, QueryConditions, audience_conditions, scope_conditions
from bot.store.context import Language, StoreContext, session_language
from bot.store.drivers import Query, Rows, RunQueries, to_micros
from bot.store.person_channels import Member, read_members
from bot.store.sealing import Keyring, sealed_columns, unseal_or_none
from handlers.model import EMAIL, Audience, Reach, channel_kind
from rules.outcome import Procedure

_PROCEDURES = {procedure.value: procedure for procedure in Procedure}


class Route(NamedTuple):
    """A chat that a reminder can be sent to now."""

    chat: str
    channel: str


@dataclass(slots=True)
class KnownCertificate:
    """A certificate of a person, as the register has it."""

    standing: str
    key: str | None  #: the same of a certificate, whoever asks about it
    not_after: int | None  #: as an ordinal
    owed: tuple[str, ...]
    subscriber: bytes | None  #: sealed; read where a text says names
    requested: set[str]

    @property
    def to_do(self) -> list[Procedure]:
        """List the procedures that are owed and were not requested."""
        return [_PROCEDURES[one] for one in self.owed if one in _PROCEDURES and one not in self.requested]


@dataclass(frozen=True, slots=True)
class Person:
    """A person whom a broadcast is for."""

    chat: str  #: by which they are meant; of several the first by id
    channel: str  #: that a reminder would take
    stopped: bool
    blocked: bool  #: there is no way to them
    language: Language | None  #: ``None``: not known
    unit: str | None
    unit_name: str | None
    done: bool  #: said so in this series
    later_on: date | None  #: wants to be reminded in this series on that day
    had: int  #: reminders within a week
    name: str | None  #: on the newest certificate that has one; ``None`` also where names are not read
    certificates: Sequence[KnownCertificate]  #: the newest first
    routes: tuple[Route, ...] = ()  #: the chats that take messages, in the person's order; empty: the chat itself
    others: tuple[str, ...] = ()  #: further chats of the same person

    @property
    def route(self) -> Route:
        """Return the chat that a reminder goes to."""
        return self.routes[0] if self.routes else Route(self.chat, self.channel)

    def obstacle(self, per_week: int) -> str:
        """Return what keeps a message from this person, by the fields of ``ChannelCounts``."""
        if self.stopped:
            return "stopped"
        if self.blocked:
            return "blocked"
        return "capped" if self.had >= per_week else "reachable"


def certificates_by_chat(rows: Rows) -> defaultdict[str, dict[str, KnownCertificate]]:
    """Group certificates by chat and standing."""
    found: defaultdict[str, dict[str, KnownCertificate]] = defaultdict(dict)
    for chat, standing, not_after, owed, subscriber, key, requested in rows:
        known = found[chat].get(standing)
        if known is None:
            listed = tuple(owed.split(",")) if owed else ()
            known = found[chat][standing] = KnownCertificate(standing, key, not_after, listed, subscriber, set())
        if requested is not None:
            known.requested.add(requested)
    return found


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


class AudiencePage(NamedTuple):
    """Some people of an audience, and the chat behind which the next ones begin; ``None``: these are the last."""

    people: list[Person]
    end: str | None


@dataclass(frozen=True, slots=True)
class AudienceReader:
    """Reads the people of one broadcast at one moment."""

    ask: RunQueries
    keyring: Keyring
    selection: QueryConditions | None
    chats: tuple[str, ...] | None  #: no others than these, in order
    series: str
    named: bool  #: sealed names are read
    now: datetime
    audience: Audience = field(default_factory=Audience)  #: what was asked for

    @property
    def unfinished(self) -> bool:
        """Return whether what is requested and not done counts as still to do."""
        return self.audience.unfinished

    @classmethod
    def of(  # noqa: PLR0913 - each says something else of the people
        cls, ask: RunQueries, keyring: Keyring, written: BroadcastSnapshot, now: datetime, reach: Reach, *, named: bool
    ) -> "AudienceReader":
        """Read those a broadcast is for, within a reach; their names where its text says them."""
        audience = written.draft.audience
        selection = audience_conditions(audience, reach, now)
        chats = None if audience.chats is None else tuple(sorted(set(audience.chats)))
        return cls(ask, keyring, selection, chats, written.series, named, now, audience)

    async def pages(self, size: int = PAGE_SIZE) -> AsyncIterator[list[Person]]:
        """Yield everybody, a page at a time."""
        after: str | None = ""
        while after is not None:
            people, after = await self.page(after, size)
            yield people

    async def page(self, after: str, size: int = PAGE_SIZE) -> AudiencePage:
        """Read the next people behind a chat. A page of a list may be short without being the last one."""
        if self.selection is None:
            return AudiencePage([], None)
        if self.chats is None:
            people, met = await self._read(self.selection, after, size)
            return AudiencePage(people, met[-1] if len(met) == size else None)
        part = [chat for chat in self.chats if chat > after][:size]
        people = await self.of_chats(part, among=self.chats)
        return AudiencePage(people, part[-1] if len(part) == size else None)

    async def of_chats(self, chats: Sequence[str], *, among: Sequence[str] | None = None) -> list[Person]:
        """Return people of these chats who are meant.

        Args:
            chats: the chats.
            among: of a person with several chats in this list, the first by id stands for them; unless it is given,
                the list is ``chats``.
        """
        if self.selection is None or not chats:
            return []
        listed = self.selection.with_condition("listed", chats=json.dumps(chats))
        return (await self._read(listed, "", len(chats), among=frozenset(among or chats)))[0]

    async def _read(
        self, selection: QueryConditions, after: str, size: int, among: frozenset[str] | None = None
    ) -> tuple[list[Person], list[str]]:
        """Return the people of a page, each once, and all chats that were met."""
        week = to_micros(self.now - WEEK)
        page = selection.to_query("audience_page", after=after, limit=size, series=self.series, week=week)
        (rows,) = await self.ask(replace(page, anew=True))
        if not rows:
            return [], []
        met = [row[0] for row in rows]
        members = await read_members(self.ask, {row[10] for row in rows if row[10] is not None}, self.now - WEEK)
        rows = await self._once(rows, members, among)
        others = {row[0]: tuple(one.chat for one in members.get(row[10], ()) if one.chat != row[0]) for row in rows}
        certificates = await self._certificates(others)
        languages = await self._languages([row[0] for row in rows if row[4] is None])
        people = [
            self._person(row, languages.get(row[0]), certificates[row[0]], members.get(row[10], ())) for row in rows
        ]
        return [one for one in people if not one.others or self._is_still_meant(one)], met

    async def _once(self, rows: Rows, members: Mapping[str, Sequence[Member]], among: frozenset[str] | None) -> Rows:
        """Leave out chats of people for whom an earlier chat stands, which may have been on an earlier page."""
        if not members or self.selection is None:
            return rows
        chats = sorted({one.chat for known in members.values() for one in known})
        listed = self.selection.with_condition("listed", chats=json.dumps(chats))
        (meant,) = await self.ask(listed.to_query("audience_known", after=""))
        matching = {chat for (chat,) in meant} & (among if among is not None else set(chats))
        first = {person: min({one.chat for one in known} & matching, default="") for person, known in members.items()}
        return [row for row in rows if row[10] not in members or row[0] == first[row[10]]]

    async def _certificates(self, others: Mapping[str, Sequence[str]]) -> defaultdict[str, dict[str, KnownCertificate]]:
        """Read the certificates of people, each with all that was requested for it in any of their chats."""
        several = {chat: (chat, *more) for chat, more in others.items() if more}
        chats = [*others, *(one for more in others.values() for one in more)]
        wanted = {"chats": json.dumps(chats), "named": int(self.named), "finished": int(self.unfinished)}
        (known,) = await self.ask(Query("audience_certificates", wanted))
        certificates = certificates_by_chat(known)
        if not several:
            return certificates
        asked = {"chats": json.dumps(sorted({one for group in several.values() for one in group}))}
        (requested,) = await self.ask(Query("person_requests", {**asked, "finished": int(self.unfinished)}))
        for chat, group in several.items():
            merged = {name: one for each in group for name, one in certificates[each].items()}
            for one in merged.values():
                one.requested |= {what for at, key, what in requested if at in group and key == one.key}
            certificates[chat] = merged
        return certificates

    def _is_still_meant(self, person: Person) -> bool:
        """Look once more at what a person has to do: another chat of theirs may have asked for it."""
        wanted = self.audience
        to_do = {one for known in person.certificates for one in known.to_do}
        return bool(to_do if wanted.to_do or wanted.unfinished else True) and (
            not wanted.owed or bool(to_do & set(wanted.owed))
        )

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
        self,
        row: tuple[Any, ...],
        language: Language | None,
        certificates: Mapping[str, KnownCertificate],
        members: Sequence[Member],
    ) -> Person:
        chat, channel, stopped, blocked, known, unit, unit_name, done, later, had, _ = row
        alone = () if blocked is not None else (Route(chat, channel),)
        routes = tuple(self._routes(members)) if members else alone
        return Person(
            chat=chat,
            channel=routes[0].channel if routes else channel,
            stopped=stopped is not None,
            blocked=not routes,
            language=known or language,
            unit=unit,
            unit_name=unit_name,
            done=done is not None,
            later_on=None if later is None else date.fromordinal(later),
            had=sum(one.had for one in members) if members else had,
            name=self._name(certificates.values()),
            certificates=tuple(certificates.values()),
            routes=routes,
            others=tuple(one.chat for one in members if one.chat != chat and one.channel != EMAIL),
        )

    def _routes(self, members: Sequence[Member]) -> Iterator[Route]:
        """Yield the chats that take messages; where a channel was asked for, those of that channel."""
        wanted = self.audience.channel
        for one in members:
            asked = wanted is None or wanted in {one.channel, channel_kind(one.channel)}
            if asked and one.agreed and not one.blocked and not (one.channel == EMAIL and one.stopped):
                yield Route(one.chat, one.channel)

    def _name(self, certificates: Iterable[KnownCertificate]) -> str | None:
        for known in certificates:
            place = sealed_columns.subscriber(known.standing)
            if (name := unseal_or_none(self.keyring, known.subscriber, place)) is not None:
                return name
        return None


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
