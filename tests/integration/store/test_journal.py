"""The audit chain tells of every row that was changed, removed, moved or added behind the program's back."""

import asyncio

import pytest

from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store, journal
from bot.store.journal import ChainFault
from handlers.model import Grant, Rights, Role
from tests.support.database import Database, OpenStore
from tests.support.people import OPERATOR, UNITS, admin_transaction
from tests.support.store import NOW

ROWS = 7


async def written(store: Store, rows: int = ROWS, unit: str | None = None) -> None:
    async with admin_transaction(store) as at:
        for number in range(rows):
            await at.admin.journal.record(OPERATOR, "export", f"YC-{number}", unit=unit, count=number)


async def fault(store: Store) -> tuple[ChainFault | None, int]:
    verdict = await store.audit.verify_journal()
    return verdict.fault, verdict.number


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "VERIFY_BATCH", 3)


async def test_a_chain_that_nobody_touched_is_whole(store: Store) -> None:
    assert await fault(store) == (None, 0)
    await written(store)

    verdict = await store.audit.verify_journal()

    assert (verdict.rows, verdict.fault) == (ROWS, None)


COLUMNS = {
    "at": 5,
    "actor": "QT-000009",
    "act": "import",
    "subject": "YC-8",
    "unit": "DN",
    "count": 99,
    "channel": "telegram",
    "previous": "0" * 32,
    "hash": "0" * 32,
}


@pytest.mark.parametrize(("column", "value"), COLUMNS.items())
@pytest.mark.parametrize("number", [1, 4, ROWS])
async def test_a_changed_value_is_found(
    store: Store, database: Database, column: str, value: object, number: int
) -> None:
    await written(store)
    database.sql(f"UPDATE audit SET {column} = ? WHERE number = ?", value, number)

    assert await fault(store) == (ChainFault.CHANGED, number)


@pytest.mark.parametrize(("number", "value"), [(1, 2**62), (4, -(2**62))])
async def test_a_moment_beyond_all_times_is_a_change(store: Store, database: Database, number: int, value: int) -> None:
    await written(store)
    database.sql("UPDATE audit SET at = ? WHERE number = ?", value, number)

    assert await fault(store) == (ChainFault.CHANGED, number)


@pytest.mark.parametrize("number", [1, 4, ROWS])
async def test_a_removed_row_is_found(store: Store, database: Database, number: int) -> None:
    await written(store)
    database.sql("DELETE FROM audit WHERE number = ?", number)

    assert await fault(store) == (ChainFault.MISSING, number)


async def test_a_removed_row_whose_gap_was_closed_is_found(store: Store, database: Database) -> None:
    await written(store)
    database.sql("DELETE FROM audit WHERE number = 4")
    for number in range(5, ROWS + 1):
        database.sql("UPDATE audit SET number = ? WHERE number = ?", number - 1, number)

    assert await fault(store) == (ChainFault.CHANGED, 4)


async def test_two_rows_that_changed_places_are_found(store: Store, database: Database) -> None:
    await written(store)
    for old, new in ((3, 100), (5, 3), (100, 5)):
        database.sql("UPDATE audit SET number = ? WHERE number = ?", new, old)

    assert await fault(store) == (ChainFault.CHANGED, 3)


@pytest.mark.parametrize("number", [0, -1, ROWS + 1, ROWS + 5])
async def test_an_added_row_is_found(store: Store, database: Database, number: int) -> None:
    await written(store)
    columns = "at, actor, act, subject, unit, count, channel, previous, hash"
    database.sql(f"INSERT INTO audit (number, {columns}) SELECT ?, {columns} FROM audit WHERE number = 2", number)

    kind, at = await fault(store)

    assert kind is ChainFault.ADDED
    assert at == (number if number < 1 else ROWS + 1)


async def test_a_genuine_row_of_another_chain_is_found(store: Store, database: Database) -> None:
    """Written with the right keys, by a copy of the database that went its own way."""
    await written(store, 3)
    kept = database.sql("SELECT * FROM audit WHERE number = 3")[0]
    database.sql("DELETE FROM audit WHERE number >= 2")
    database.sql("UPDATE audit_head SET number = 1, hash = (SELECT hash FROM audit WHERE number = 1)")
    async with admin_transaction(store) as at:
        for _ in range(2):
            await at.admin.journal.record(Rights((Grant("QT-1", Role.OWNER),), UNITS, "QT-1"), "export", "x")
    database.sql("DELETE FROM audit WHERE number = 3")
    database.sql("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *kept)

    assert await fault(store) == (ChainFault.MOVED, 3)


async def test_a_missing_end_is_found(store: Store, database: Database) -> None:
    await written(store)
    database.sql("DELETE FROM audit WHERE number > 5")

    assert await fault(store) == (ChainFault.MISSING, 6)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM audit_head", "UPDATE audit_head SET hash = 'x'", "UPDATE audit_head SET number = 9"]
)
async def test_an_end_that_does_not_fit_is_found(store: Store, database: Database, statement: str) -> None:
    await written(store)
    database.sql(statement)

    assert (await fault(store))[0] in {ChainFault.NO_END, ChainFault.MISSING}


async def test_an_emptied_journal_is_found(store: Store, database: Database) -> None:
    await written(store)
    database.sql("DELETE FROM audit")

    assert await fault(store) == (ChainFault.MISSING, 1)


async def test_rows_of_two_processes_make_one_chain(another: OpenStore, store: Store) -> None:
    other = await another()

    await asyncio.gather(*(written(one, 2) for one in (store, other) * 5))

    verdict = await store.audit.verify_journal()
    assert (verdict.rows, verdict.fault) == (20, None)


async def test_a_chain_is_whole_while_it_grows(another: OpenStore, store: Store) -> None:
    await written(store)
    other = await another()

    async def looked() -> set[ChainFault | None]:
        return {(await other.audit.verify_journal()).fault for _ in range(10)}

    seen, *_ = await asyncio.gather(looked(), *(written(store, 1) for _ in range(20)))

    assert seen == {None}


async def test_a_row_that_was_not_committed_leaves_no_gap(store: Store) -> None:
    async with open_admin_transaction(store, NOW) as at:
        await at.admin.journal.record(OPERATOR, "export", "x")
    await written(store, 2)

    verdict = await store.audit.verify_journal()
    assert (verdict.rows, verdict.fault) == (2, None)


async def test_an_end_cut_off_with_its_record_shows_by_what_was_noted(store: Store, database: Database) -> None:
    await written(store)
    verdict = await store.audit.verify_journal()
    noted = (verdict.rows, verdict.end)
    await written(store, 2)
    assert (await store.audit.verify_journal(noted)).fault is None
    database.sql("DELETE FROM audit WHERE number > 5")
    database.sql("UPDATE audit_head SET number = 5, hash = (SELECT hash FROM audit WHERE number = 5)")
    assert await fault(store) == (None, 0)

    assert (await store.audit.verify_journal(noted)).fault is ChainFault.MISSING
    await written(store)
    assert (await store.audit.verify_journal(noted)).fault is ChainFault.REPLACED
    assert (await store.audit.verify_journal((99, "x"))).fault is ChainFault.MISSING
