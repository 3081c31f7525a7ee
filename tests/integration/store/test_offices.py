"""Receiving offices at rest: sealed, bound to their unit, and changed within a reach only."""

from datetime import date

import pytest

from bot.store import OfficeRepository, Store, StoreContext
from handlers.model import MACHINE, Act, OfficeDraft
from rules.outcome import Procedure
from tests.support.database import Database
from tests.support.people import ADMIN, OPERATOR, OTHER, admin_transaction, insert_units
from tests.support.store import NOW

NAME = "Phòng Chuyển đổi số 90210"
DRAFT = OfficeDraft(name=NAME, source="hỏi", procedures=(Procedure.REVOKE,), last_checked=date(2026, 11, 24))


@pytest.fixture
async def office(store: Store, database: Database) -> str:
    """Of Xã Nhơn Trạch."""
    insert_units(database.sql)
    async with admin_transaction(store) as at:
        made = (await at.admin.offices.add(OPERATOR, "DN.NT", DRAFT)).office
    assert made is not None
    return made.office.id


async def test_an_office_lies_nowhere_in_the_open(store: Store, database: Database, office: str) -> None:
    assert [one.id for one in await store.offices.read()] == [office]
    assert NAME.encode() not in database.bytes_at_rest()


@pytest.mark.parametrize("unit", ["DN", "DN.DP", None])
async def test_an_office_whose_row_is_moved_to_another_unit_counts_no_more(
    store: Store, database: Database, office: str, unit: str | None
) -> None:
    database.sql("UPDATE receiving_offices SET unit = ?", unit)
    assert office not in [one.id for one in await store.offices.read()]


async def test_a_repository_changes_what_lies_within_a_reach(store: Store, office: str) -> None:
    async with store.driver.transaction() as transaction:
        offices = OfficeRepository(StoreContext(transaction.run, store.keyring, NOW, MACHINE))
        within, outside = ADMIN.reach(Act.CHANGE_OFFICES), OTHER.reach(Act.CHANGE_OFFICES)
        (held,) = await offices.within(within)
        assert await offices.within(outside) == ()
        assert await offices.change(held, DRAFT, "QT-000001", outside) is None
        assert not await offices.withdraw(held, outside)
        assert await offices.change(held, DRAFT, "QT-000001", within) is not None
    assert held.office.id == office
