"""The audit chain: rows that can only be added, each carrying the hash of the one before."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from bot.store.conditions import QueryConditions, scope_conditions, start_of_day
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, from_micros, to_micros
from bot.store.power_seals import JournalHead, unseal_head
from bot.store.sealing import Keyring
from handlers.model import AuditAction, JournalEntry, JournalFilter, Reach

#: No code has such a sign; and no sign that means something to LIKE is left.
_NOT_OF_A_CODE = re.compile(r"[^A-Z0-9:.\-]")


def chain_hash(keyring: Keyring, previous: str, entry: JournalEntry) -> str:
    """Return the hash of a row: keyed, so that nobody without the key file can write a chain that fits."""
    return keyring.lookup("audit", previous, entry.model_dump_json())


class JournalEnd(NamedTuple):
    """A row of ``journal_next``."""

    number: int  #: of the row that comes next
    hash: str  #: of the one before
    seal: bytes | None
    powers: int  #: 1: there are roles or invitations


def head_to_continue(keyring: Keyring, end: JournalEnd) -> JournalHead:
    """Return the end that the next row goes on from; one that was changed stays known as such, whatever is added."""
    head = unseal_head(keyring, end.seal)
    if end.seal is None and end.number == 1 and not end.powers:
        return JournalHead()
    if head is None:
        return JournalHead(broken=end.number)
    fits = (head.number + 1, head.hash) == (end.number, end.hash)
    return head if fits or head.broken else replace(head, broken=end.number)


@dataclass(frozen=True, slots=True)
class JournalRepository:
    """The rows of the journal; ``bot.services`` decides who sees them."""

    context: StoreContext

    async def page(
        self, reach: Reach, limit: int, before: int | None = None, wanted: JournalFilter | None = None
    ) -> tuple[JournalEntry, ...]:
        """Read the newest ``limit`` rows within reach that match; with ``before``, only those with a smaller number."""
        if not reach:
            return ()
        matching = _matching(reach, wanted)
        if before is not None:
            matching = matching.with_condition("journal_before", before=before)
        (rows,) = await self.context.ask(matching.to_query("journal_page", limit=limit))
        return tuple(entry_for_display(row) for row in rows)

    async def count(self, reach: Reach, wanted: JournalFilter | None = None) -> int:
        """Count the rows within reach that match."""
        if not reach:
            return 0
        (((number,),),) = await self.context.ask(_matching(reach, wanted).to_query("journal_count"))
        return int(number)

    async def append(  # noqa: PLR0913 - each is a column
        self,
        actor: str,
        act: str,
        subject: str,
        *,
        unit: str | None = None,
        count: int = 1,
        spends: Sequence[str] = (),
    ) -> None:
        """Add a row to the end of the chain; others who add one wait until this transaction ends.

        Args:
            actor: the id of a role, or the machine.
            act: what was done.
            subject: codes, never a name.
            unit: the unit whose admins may read the row.
            count: how many things it was done to.
            spends: roles and invitations that are worthless from now on, whatever their rows say.
        """
        keyring, context = self.context.keyring, self.context
        (((number, previous, seal, powers),),) = await context.ask(Query("journal_next", {"made": subject}))
        head = head_to_continue(keyring, JournalEnd(number, previous, seal, powers))
        entry = JournalEntry(
            number=number,
            at=context.now,
            actor=actor,
            act=act,
            subject=subject,
            unit=unit,
            count=count,
            channel=context.channel,
        )
        linked = chain_hash(keyring, previous, entry)
        end = head.with_spent(spends).with_row(number, linked).seal(keyring)
        await context.ask(
            Query("journal_add", {**journal_columns(entry), "previous": previous, "hash": linked}),
            Query("journal_head", {"hash": linked, "seal": end}),
        )


def _matching(reach: Reach, wanted: JournalFilter | None) -> QueryConditions:
    found = QueryConditions(*scope_conditions(reach))
    for condition, values in _filter_conditions(wanted or JournalFilter()):
        found = found.with_condition(condition, **values)
    return found


def _filter_conditions(wanted: JournalFilter) -> Iterator[tuple[str, dict[str, Any]]]:
    if wanted.act:
        yield "journal_act", {"act": wanted.act}
    if wanted.actor:
        yield "journal_actor", {"actor": wanted.actor}
    if wanted.unit is not None:
        yield "below_unit", {"below": wanted.unit}
    if wanted.about:
        yield "journal_about", {"about": f"%{_NOT_OF_A_CODE.sub('', wanted.about.upper())}%"}
    if wanted.since is not None:
        yield "journal_since", {"since": start_of_day(wanted.since)}
    if wanted.until is not None and wanted.until < date.max:
        yield "journal_until", {"until": start_of_day(wanted.until + timedelta(days=1))}


def journal_columns(entry: JournalEntry) -> dict[str, object]:
    """Return a row as parameters of ``journal_add``, without what links it."""
    return {**entry.model_dump(), "at": to_micros(entry.at)}


def entry_for_display(row: tuple[Any, ...]) -> JournalEntry:
    """Read a row of ``journal_page``; one that was damaged is shown as such."""
    try:
        return to_entry(row)
    except (TypeError, ValueError, OverflowError):
        number, *_, unit, _, _ = row
        known = {"number": number if isinstance(number, int) else 0, "unit": unit if isinstance(unit, str) else None}
        nothing = {"at": from_micros(0), "actor": "", "subject": "", "count": 0, "channel": ""}
        return JournalEntry.model_validate({**known, **nothing, "act": AuditAction.UNREADABLE.value})


def to_entry(row: tuple[Any, ...]) -> JournalEntry:
    """Read a row of ``journal_page``."""
    number, at, actor, act, subject, unit, count, channel = row
    return JournalEntry(
        number=number,
        at=from_micros(at),
        actor=actor,
        act=act,
        subject=subject,
        unit=unit,
        count=count,
        channel=channel,
    )


#: Rows in memory at once.
VERIFY_BATCH = 500
#: Numbers that a database can hold lie between these.
_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class _ChainEnd:
    """The chain's end at one moment."""

    number: int | None
    hash: str | None
    count: int  #: of rows


class ChainFault(StrEnum):
    """The kind of the first fault in the audit chain."""

    CHANGED = "changed"  #: the row is not as it was written
    MISSING = "missing"  #: a row that stood between others, or at the end, is gone
    MOVED = "moved"  #: the row is genuine but does not follow the one before it
    ADDED = "added"  #: a row stands behind the end of the chain
    NO_END = "no_end"  #: the record of the chain's end is gone or was changed
    REPLACED = "replaced"  #: the row is not the one that was noted: the chain was written anew


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a walk along the audit chain."""

    rows: int  #: in order, up to the fault or to the end
    end: str = ""  #: hash of the last of them
    fault: ChainFault | None = None
    number: int = 0  #: of the row at fault


async def verify_chain(driver: Driver, keyring: Keyring, noted: tuple[int, str] | None = None) -> Verdict:
    """Find the first fault. Rows that are written while this walks are left for the next time."""
    end = await _read_end(driver)
    walked = Verdict(0)
    async for row in _read_rows(driver, _MOST if end.number is None else end.number):
        fault = _find_fault(keyring, walked, row)
        if fault:
            return Verdict(walked.rows, walked.end, *fault)
        walked = Verdict(walked.rows + 1, str(row[-1]))
        if noted and walked.rows == noted[0] and walked.end != noted[1]:
            return Verdict(walked.rows, walked.end, ChainFault.REPLACED, walked.rows)
    return _conclude(walked, end, noted[0] if noted else 0)


async def _read_end(driver: Driver) -> _ChainEnd:
    (((number, hashed, count, _),),) = await driver.run(Query("journal_end"))
    return _ChainEnd(number if isinstance(number, int) else None, hashed, count)


async def _read_rows(driver: Driver, until: int) -> AsyncIterator[tuple[Any, ...]]:
    after = _LEAST
    while True:
        (rows,) = await driver.run(Query("journal_walk", {"after": after, "until": until, "limit": VERIFY_BATCH}))
        if not rows:
            return
        for row in rows:
            yield row
        after = rows[-1][0]


def _find_fault(keyring: Keyring, walked: Verdict, row: tuple[Any, ...]) -> tuple[ChainFault, int] | None:
    """Return what is wrong with the row that comes after those walked."""
    *columns, previous, hashed = row
    number, expected = row[0], walked.rows + 1
    if number != expected:
        return (ChainFault.MISSING, expected) if number > expected else (ChainFault.ADDED, number)
    if not _is_genuine(keyring, tuple(columns), previous, hashed):
        return ChainFault.CHANGED, number
    return (ChainFault.MOVED, number) if previous != walked.end else None


def _is_genuine(keyring: Keyring, columns: tuple[Any, ...], previous: str, hashed: str) -> bool:
    try:
        return chain_hash(keyring, previous, to_entry(columns)) == hashed
    except (TypeError, ValueError, OverflowError):  # a value of another kind, or beyond all times
        return False


def _conclude(walked: Verdict, end: _ChainEnd, least: int) -> Verdict:
    """Check, where all rows are in order, that none is missing and none was added."""
    rows = walked.rows
    if rows < max(least, end.number or 0):
        return Verdict(rows, walked.end, ChainFault.MISSING, rows + 1)
    if end.number is None:
        return Verdict(rows, walked.end, ChainFault.NO_END, rows) if rows else walked
    if walked.end != end.hash:
        return Verdict(rows, walked.end, ChainFault.NO_END, rows)
    return Verdict(rows, walked.end, ChainFault.ADDED, rows + 1) if end.count > rows else walked
