"""The audit chain: rows that can only be added, each carrying the hash of the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.drivers import Call
from bot.store.moments import moment, stored
from bot.store.office.acting import Acting
from bot.store.office.reaching import reaching
from bot.store.sealing import Keyring
from handlers.office.model import JournalEntry
from handlers.office.rights import Act, Rights

#: Codes that a subject names one by one.
_NAMED = 10


def chained(keyring: Keyring, previous: str, entry: JournalEntry) -> str:
    """The hash of a row: keyed, so that nobody without the key file can write a chain that fits."""
    return keyring.lookup("audit", previous, entry.model_dump_json())


@dataclass(frozen=True, slots=True)
class StoredJournal:
    """Implements ``handlers.ports.Journal``."""

    acting: Acting

    async def latest(self, rights: Rights, limit: int, before: int | None = None) -> tuple[JournalEntry, ...]:
        """The newest rows within reach."""
        reach = rights.reach(Act.SEE_JOURNAL)
        if not reach:
            return ()
        where, parameters = reaching(reach)
        where += ("journal_before",) if before is not None else ()
        (rows,) = await self.acting.ask(
            Call("journal_page", {**parameters, "before": before, "limit": limit}, where=where)
        )
        return tuple(entry_of(row) for row in rows)

    async def record(self, rights: Rights, act: str, subject: str, *, unit: str | None = None, count: int = 1) -> None:
        """Add a row; who else adds one waits until this transaction ends."""
        (((number, previous),),) = await self.acting.ask(Call("journal_next"))
        entry = JournalEntry(
            number=number,
            at=self.acting.now,
            actor=rights.actor,
            act=act,
            subject=subject,
            unit=unit,
            count=count,
            channel=self.acting.channel,
        )
        linked = chained(self.acting.keyring, previous, entry)
        await self.acting.ask(
            Call("journal_add", {**columns(entry), "previous": previous, "hash": linked}),
            Call("journal_head", {"hash": linked}),
        )


def span(codes: Sequence[str]) -> str:
    """Codes as a subject; of many, the first and the last."""
    return ", ".join(codes) if len(codes) <= _NAMED else f"{codes[0]} … {codes[-1]}"


def columns(entry: JournalEntry) -> dict[str, object]:
    """A row as parameters of ``journal_add``, without what links it."""
    return {**entry.model_dump(), "at": stored(entry.at)}


def entry_of(row: tuple[Any, ...]) -> JournalEntry:
    """A row of ``journal_page``."""
    number, at, actor, act, subject, unit, count, channel = row
    return JournalEntry(
        number=number,
        at=moment(at),
        actor=actor,
        act=act,
        subject=subject,
        unit=unit,
        count=count,
        channel=channel,
    )
