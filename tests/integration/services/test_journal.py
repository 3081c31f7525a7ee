"""The journal as people see it: rows within reach, the newest first."""

from bot.store import Store
from handlers.model import Grant, Rights, Role
from tests.support.database import Database
from tests.support.people import OPERATOR, UNITS, admin_transaction, insert_units


async def written(store: Store, number: int, unit: str | None = None) -> None:
    for _ in range(number):
        async with admin_transaction(store) as at:
            await at.admin.journal.record(OPERATOR, "export", "YC", unit=unit)


async def test_the_latest_rows_within_reach(store: Store, database: Database) -> None:
    insert_units(database.sql)
    await written(store, 2)
    await written(store, 2, "DN.DP")
    await written(store, 2, "DN.NT.VP")
    admin = Rights((Grant("QT-1", Role.ADMIN, "DN.NT"),), UNITS, "QT-1")
    focal = Rights((Grant("QT-2", Role.FOCAL, "DN.NT"),), UNITS, "QT-2")

    async with admin_transaction(store) as at:
        seen = [[row.number for row in await at.admin.journal.latest(who, 9)] for who in (OPERATOR, admin, focal)]
        older = await at.admin.journal.latest(OPERATOR, 2, before=5)

    assert seen == [[6, 5, 4, 3, 2, 1], [6, 5], []]
    assert [row.number for row in older] == [4, 3]
