"""The audit chain: rows that can only be added, each carrying the hash of the one before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from bot.store.drivers import Call
from bot.store.moments import moment, stored
from bot.store.office.acting import Acting
from bot.store.office.reaching import reaching
from bot.store.powers import Head, opened_head
from bot.store.sealing import Keyring
from handlers.office.journal_words import Deed
from handlers.office.model import JournalEntry
from handlers.office.rights import Act, Rights

#: Codes that a subject names one by one.
_NAMED = 10


def chained(keyring: Keyring, previous: str, entry: JournalEntry) -> str:
    """The hash of a row: keyed, so that nobody without the key file can write a chain that fits."""
    return keyring.lookup("audit", previous, entry.model_dump_json())


class End(NamedTuple):
    """A row of ``journal_next``."""

    number: int  #: of the row that comes next
    hash: str  #: of the one before
    seal: bytes | None
    powers: int  #: 1: there are roles or invitations


def continued(keyring: Keyring, end: End) -> Head:
    """The end that the next row goes on from. One that was changed stays known as such, whatever is added to it."""
    head = opened_head(keyring, end.seal)
    if end.seal is None and end.number == 1 and not end.powers:
        return Head()
    if head is None:
        return Head(broken=end.number)
    fits = (head.number + 1, head.hash) == (end.number, end.hash)
    return head if fits or head.broken else replace(head, broken=end.number)


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
        return tuple(shown_entry(row) for row in rows)

    async def record(  # noqa: PLR0913 - each is a column
        self,
        rights: Rights,
        act: str,
        subject: str,
        *,
        unit: str | None = None,
        count: int = 1,
        spends: Sequence[str] = (),
    ) -> None:
        """Add a row; who else adds one waits until this transaction ends.

        Roles and invitations that it ``spends`` are worthless from then on, whatever their rows say.
        """
        (((number, previous, seal, powers),),) = await self.acting.ask(Call("journal_next", {"made": subject}))
        head = continued(self.acting.keyring, End(number, previous, seal, powers))
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
        keyring = self.acting.keyring
        linked = chained(keyring, previous, entry)
        await self.acting.ask(
            Call("journal_add", {**columns(entry), "previous": previous, "hash": linked}),
            Call(
                "journal_head", {"hash": linked, "seal": head.with_spent(spends).with_row(number, linked).seal(keyring)}
            ),
        )


def span(codes: Sequence[str]) -> str:
    """Codes as a subject; of many, the first and the last."""
    return ", ".join(codes) if len(codes) <= _NAMED else f"{codes[0]} … {codes[-1]}"


def columns(entry: JournalEntry) -> dict[str, object]:
    """A row as parameters of ``journal_add``, without what links it."""
    return {**entry.model_dump(), "at": stored(entry.at)}


def shown_entry(row: tuple[Any, ...]) -> JournalEntry:
    """A row of ``journal_page``; one that was damaged is shown as such."""
    try:
        return entry_of(row)
    except (TypeError, ValueError, OverflowError):
        number, *_, unit, _, _ = row
        known = {"number": number if isinstance(number, int) else 0, "unit": unit if isinstance(unit, str) else None}
        nothing = {"at": moment(0), "actor": "", "subject": "", "count": 0, "channel": ""}
        return JournalEntry.model_validate({**known, **nothing, "act": Deed.UNREADABLE.value})


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
