"""The repository of notices about requests: whose scope a request is in, and how people want to be told."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from bot.messages import NOTICE
from bot.store.context import StoreContext
from bot.store.drivers import Query, Rows, from_micros, to_micros
from bot.store.messages import OutboxMessage, OutboxRecipient, message_query
from bot.store.power_seals import genuine_grants
from handlers.core import Reply
from handlers.model import ANSWERS_READ, UNFINISHED, Grant, NoticeTiming, RequestOffice, Role, Watcher


class RequestPlace(NamedTuple):
    """The unit of a request, and how often it was changed."""

    unit: str | None
    revision: int


class DigestPerson(NamedTuple):
    """A person who has had no overview today."""

    held: tuple[Watcher, ...]
    seen: int | None  #: number of the newest request that the last overview knew


@dataclass(frozen=True, slots=True)
class RequestNoticeRepository:
    """Reads and writes notices about requests within a transaction."""

    context: StoreContext

    async def watchers(self, unit: str | None) -> tuple[Watcher, ...]:
        """Return the roles in whose scope a unit lies, the nearest first; without a unit those without one."""
        (rows,) = await self.context.ask(Query("request_watchers", {"unit": unit or ""}))
        return self._to_watchers(rows)

    def _to_watchers(self, rows: Rows) -> tuple[Watcher, ...]:
        genuine = genuine_grants(self.context.keyring, rows)
        return tuple(_to_watcher(tuple(row), *row[12:15]) for row in genuine)

    async def own_chats(self) -> set[str]:
        """Return the chats of the person who acts."""
        (rows,) = await self.context.ask(Query("own_chats", {"chat": self.context.chat}))
        return {chat for (chat,) in rows}

    async def place(self, code: str) -> RequestPlace:
        """Return the unit and the revision of a request."""
        (rows,) = await self.context.ask(Query("request_unit", {"code": code}))
        return RequestPlace(*rows[0]) if rows else RequestPlace(None, 0)

    async def count_unfinished(self, codes: Collection[str]) -> Mapping[str, int]:
        """Count those of these requests that are not finished, by unit."""
        among = {"codes": json.dumps(sorted(codes)), "states": json.dumps(UNFINISHED)}
        (rows,) = await self.context.ask(Query("unfinished_by_unit", among))
        return dict(rows)

    async def count_unfinished_of(self, units: Collection[str]) -> Mapping[str, int]:
        """Count the unfinished requests of these units."""
        among = {"units": json.dumps(sorted(units)), "states": json.dumps(UNFINISHED)}
        (rows,) = await self.context.ask(Query("unfinished_of_units", among))
        return dict(rows)

    async def answer_times(self, unit: str) -> list[timedelta]:
        """Return how long the newest requests of a unit waited for the first move by an office."""
        (rows,) = await self.context.ask(Query("answer_times", {"unit": unit, "limit": ANSWERS_READ}))
        return [from_micros(answered) - from_micros(registered) for registered, answered in rows]

    async def offices(self, grants: Collection[str]) -> Mapping[str, RequestOffice]:
        """Return the offices behind roles, by the id of the role; one that is not kept any more is left out."""
        (rows,) = await self.context.ask(Query("offices_of", {"grants": json.dumps(sorted(grants))}))
        return {grant: RequestOffice(Role(role), unit) for grant, role, unit in rows}

    async def queue(self, to: Watcher, origin: str, said: Reply) -> None:
        """Queue a notice; the same origin again changes nothing."""
        message = OutboxMessage(OutboxRecipient(to.chat, to.channel), origin, said, NOTICE)
        await self.context.ask(message_query(self.context.keyring, message, self.context.now))

    async def timing(self) -> NoticeTiming | None:
        """Return what the person in this chat chose."""
        (rows,) = await self.context.ask(Query("my_notice_timing", {"chat": self.context.chat}))
        return NoticeTiming(rows[0][0]) if rows and rows[0][0] else None

    async def choose(self, timing: NoticeTiming) -> None:
        """Store what the person in this chat chose."""
        await self.context.ask(Query("choose_notice_timing", {"chat": self.context.chat, "timing": timing.value}))

    async def digest_people(self, today: date) -> list[DigestPerson]:
        """Return the people with a role who have had no overview today."""
        (rows,) = await self.context.ask(Query("digest_people", {"today": today.toordinal()}))
        genuine = [tuple(row) for row in genuine_grants(self.context.keyring, rows)]
        return [_to_digest_person(list(held)) for _, held in groupby(genuine, key=lambda row: row[4])]

    async def newest_number(self) -> int:
        """Return the number of the newest request; 0 where there is none."""
        (((number,),),) = await self.context.ask(Query("newest_request"))
        return int(number)

    async def take_digest(self, chat: str, today: date, newest: int) -> bool:
        """Reserve the overview of today; false where it was made already."""
        row = {"chat": chat, "today": today.toordinal(), "seen": newest}
        (taken,) = await self.context.ask(Query("take_digest", row))
        return bool(taken)


def _to_watcher(row: tuple[Any, ...], channel: str, language: str | None, timing: str | None) -> Watcher:
    grant = Grant(row[0], Role(row[1]), row[2])
    return Watcher(row[4], channel, language, NoticeTiming(timing) if timing else None, grant)


def _to_digest_person(rows: list[tuple[Any, ...]]) -> DigestPerson:
    return DigestPerson(tuple(_to_watcher(row, *row[12:15]) for row in rows), rows[0][15])


def request_origin(code: str, revision: int, chat: str) -> str:
    """Return the origin of the notice to one person about one state of a request."""
    return f"new:{code}:{revision}:{chat}"


def placing_origin(now: datetime, chat: str) -> str:
    """Return the origin of the notice to one person about requests that an import of units placed."""
    return f"placed:{to_micros(now)}:{chat}"


def digest_origin(day: date, chat: str) -> str:
    """Return the origin of the overview of a day."""
    return f"digest:{day.isoformat()}:{chat}"


def since_yesterday(now: datetime) -> datetime:
    """Return the moment from which a first overview tells."""
    return now - timedelta(days=1)
