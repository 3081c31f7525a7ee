"""The people a broadcast is for, page by page in the order of their chats, with what a message to each depends on."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.store import places
from bot.store.broadcasts.audience import WEEK, meant_by
from bot.store.broadcasts.written import Written
from bot.store.drivers import Call, Rows
from bot.store.moments import stored
from bot.store.office.filtering import Meant
from bot.store.reading import readable_text
from bot.store.request_book import Ask
from bot.store.sealing import Keyring
from bot.store.spoken import Language, spoken
from handlers.office.rights import Reach
from rules.outcome import Procedure

#: People read at a time.
PAGE = 1000
_PROCEDURES = {procedure.value: procedure for procedure in Procedure}


@dataclass(slots=True)
class Known:
    """A certificate of a person."""

    standing: str
    not_after: int | None  #: as an ordinal
    owed: tuple[str, ...]
    subscriber: bytes | None  #: sealed; read where a text says names
    requested: set[str]

    @property
    def to_do(self) -> list[Procedure]:
        """What is owed and was not requested."""
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
    certificates: Sequence[Known]  #: the newest first


class Page(NamedTuple):
    """Some of them, and the chat behind which the next ones begin; ``None``: these are the last."""

    people: list[Person]
    end: str | None


@dataclass(frozen=True, slots=True)
class Roll:
    """All who are meant by one broadcast at one moment."""

    ask: Ask
    keyring: Keyring
    meant: Meant | None
    chats: tuple[str, ...] | None  #: no others than these, in order
    series: str
    named: bool  #: sealed names are read
    now: datetime

    @classmethod
    def of(cls, ask: Ask, keyring: Keyring, written: Written, now: datetime, reach: Reach | None = None) -> "Roll":
        """Those a broadcast is for, as far as it may go, or somebody who looks."""
        audience = written.draft.audience
        meant = meant_by(audience, written.reach if reach is None else reach, now)
        chats = None if audience.chats is None else tuple(sorted(set(audience.chats)))
        return cls(ask, keyring, meant, chats, written.series, written.named, now)

    async def pages(self, size: int = PAGE) -> AsyncIterator[list[Person]]:
        """All of them."""
        after: str | None = ""
        while after is not None:
            people, after = await self.page(after, size)
            yield people

    async def page(self, after: str, size: int = PAGE) -> Page:
        """The next ones behind a chat. A page of a list may be short and is not the last one for that."""
        if self.meant is None:
            return Page([], None)
        if self.chats is None:
            people = await self._read(self.meant, after, size)
            return Page(people, people[-1].chat if len(people) == size else None)
        part = [chat for chat in self.chats if chat > after][:size]
        people = await self.of_chats(part)
        return Page(people, part[-1] if len(part) == size else None)

    async def of_chats(self, chats: Sequence[str]) -> list[Person]:
        """Those of these chats who are meant."""
        if self.meant is None or not chats:
            return []
        return await self._read(self.meant.with_condition("listed", chats=json.dumps(chats)), "", len(chats))

    async def _read(self, meant: Meant, after: str, size: int) -> list[Person]:
        week = stored(self.now - WEEK)
        page = meant.to_query("audience_page", after=after, limit=size, series=self.series, week=week)
        (rows,) = await self.ask(replace(page, anew=True))
        if not rows:
            return []
        wanted = {"chats": json.dumps([row[0] for row in rows]), "named": int(self.named)}
        (known,) = await self.ask(Call("audience_certificates", wanted))
        certificates = _by_chat(known)
        languages = await self._languages([row[0] for row in rows if row[4] is None])
        return [_person(row, languages.get(row[0]), certificates[row[0]]) for row in rows]

    async def _languages(self, chats: Sequence[str]) -> dict[str, Language | None]:
        """Of those whose language does not stand beside their session: it was kept before there was a place for it."""
        if not chats:
            return {}
        (rows,) = await self.ask(Call("audience_sessions", {"chats": json.dumps(chats)}))
        return {chat: spoken(readable_text(self.keyring, sealed, places.session(chat)) or "") for chat, sealed in rows}


def _person(row: tuple[Any, ...], language: Language | None, certificates: dict[str, Known]) -> Person:
    chat, channel, stopped, blocked, known, unit, name, done, later, had = row
    return Person(
        chat=chat,
        channel=channel,
        stopped=stopped is not None,
        blocked=blocked is not None,
        language=known or language,
        unit=unit,
        unit_name=name,
        done=done is not None,
        later_on=None if later is None else date.fromordinal(later),
        had=had,
        certificates=tuple(certificates.values()),
    )


def _by_chat(rows: Rows) -> defaultdict[str, dict[str, Known]]:
    """Certificates by chat and standing."""
    found: defaultdict[str, dict[str, Known]] = defaultdict(dict)
    for chat, standing, not_after, owed, subscriber, requested in rows:
        known = found[chat].get(standing)
        if known is None:
            listed = tuple(owed.split(",")) if owed else ()
            known = found[chat][standing] = Known(standing, not_after, listed, subscriber, set())
        if requested is not None:
            known.requested.add(requested)
    return found
