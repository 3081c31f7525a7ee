"""Whether the audit chain is as it was written: walked in order, a batch at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bot.store.api import Fault, Verdict
from bot.store.drivers import Call, Driver
from bot.store.office.journal import chained, entry_of
from bot.store.sealing import Keyring

#: Rows in memory at once.
BATCH = 500
#: Numbers that a database can hold lie between these.
_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class _End:
    """The chain's end at one moment."""

    number: int | None
    hash: str | None
    count: int  #: of rows


async def verify(driver: Driver, keyring: Keyring, noted: tuple[int, str] | None = None) -> Verdict:
    """The first fault there is. What is written while this walks is left for the next time."""
    end = await _end(driver)
    walked = Verdict(0)
    async for row in _rows(driver, _MOST if end.number is None else end.number):
        fault = _fault(keyring, walked, row)
        if fault:
            return Verdict(walked.rows, walked.end, *fault)
        walked = Verdict(walked.rows + 1, str(row[-1]))
        if noted and walked.rows == noted[0] and walked.end != noted[1]:
            return Verdict(walked.rows, walked.end, Fault.REPLACED, walked.rows)
    return _closed(walked, end, noted[0] if noted else 0)


async def _end(driver: Driver) -> _End:
    (((number, hashed, count, _),),) = await driver.run(Call("journal_end"))
    return _End(number if isinstance(number, int) else None, hashed, count)


async def _rows(driver: Driver, until: int) -> AsyncIterator[tuple[Any, ...]]:
    after = _LEAST
    while True:
        (rows,) = await driver.run(Call("journal_walk", {"after": after, "until": until, "limit": BATCH}))
        if not rows:
            return
        for row in rows:
            yield row
        after = rows[-1][0]


def _fault(keyring: Keyring, walked: Verdict, row: tuple[Any, ...]) -> tuple[Fault, int] | None:
    """What is wrong with the row that comes after those walked."""
    *columns, previous, hashed = row
    number, expected = row[0], walked.rows + 1
    if number != expected:
        return (Fault.MISSING, expected) if number > expected else (Fault.ADDED, number)
    if not _genuine(keyring, tuple(columns), previous, hashed):
        return Fault.CHANGED, number
    return (Fault.MOVED, number) if previous != walked.end else None


def _genuine(keyring: Keyring, columns: tuple[Any, ...], previous: str, hashed: str) -> bool:
    try:
        return chained(keyring, previous, entry_of(columns)) == hashed
    except (TypeError, ValueError, OverflowError):  # a value of another kind, or beyond all times
        return False


def _closed(walked: Verdict, end: _End, least: int) -> Verdict:
    """All rows are in order: whether they are all, and no more than there were."""
    rows = walked.rows
    if rows < max(least, end.number or 0):
        return Verdict(rows, walked.end, Fault.MISSING, rows + 1)
    if end.number is None:
        return Verdict(rows, walked.end, Fault.NO_END, rows) if rows else walked
    if walked.end != end.hash:
        return Verdict(rows, walked.end, Fault.NO_END, rows)
    return Verdict(rows, walked.end, Fault.ADDED, rows + 1) if end.count > rows else walked
