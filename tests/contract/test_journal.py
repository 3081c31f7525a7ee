"""The journal shows the newest rows within reach, page by page."""

from datetime import date, timedelta

import pytest

from bot.store import Store
from handlers.model import JournalFilter, Rights
from rules.calendar import to_vietnam_day
from tests.support.backends import Backend
from tests.support.people import ADMIN, FOCAL, OFFICER, OPERATOR, OTHER, admin_transaction
from tests.support.store import NOW, open_admin_transaction

TODAY = to_vietnam_day(NOW)


async def numbers(store: Store, held: Rights, limit: int = 100, before: int | None = None) -> list[int]:
    async with admin_transaction(store) as at:
        return [entry.number for entry in await at.admin.journal.latest(held, limit, before)]


async def test_the_newest_come_first_and_only_those_within_reach(store: Store) -> None:
    async with admin_transaction(store) as at:
        for unit in ("DN.NT", "DN.DP", "DN.NT.VP", None):
            await at.admin.journal.record(OPERATOR, "export", f"of {unit}", unit=unit, count=7)
        entry, *_ = await at.admin.journal.latest(OPERATOR, 1)

    assert (entry.actor, entry.act, entry.subject, entry.unit, entry.count) == ("machine", "export", "of None", None, 7)
    assert (entry.at, entry.channel) == (NOW, "machine")
    assert await numbers(store, OPERATOR) == [4, 3, 2, 1]
    assert await numbers(store, OPERATOR, 2, before=4) == [3, 2]
    assert await numbers(store, ADMIN) == [3, 1]
    assert await numbers(store, OTHER) == [2]
    assert await numbers(store, FOCAL) == await numbers(store, OFFICER) == []


async def test_a_row_that_was_not_committed_leaves_no_gap(ground: Backend) -> None:
    async with open_admin_transaction(ground.store, NOW) as at:
        await at.admin.journal.record(OPERATOR, "test", "undone")
    async with admin_transaction(ground.store) as at:
        await at.admin.journal.record(OPERATOR, "test", "kept")
    assert [subject for _, _, subject, *_ in ground.journal()] == ["kept"]
    assert await numbers(ground.store, OPERATOR) == [1]


#: A filter, and the rows that it leaves to the operator and to an admin of Xã Nhơn Trạch.
FILTERS = (
    (JournalFilter(), [5, 4, 3, 2, 1], [4, 2, 1]),
    (JournalFilter(act="export"), [3, 2, 1], [2, 1]),
    (JournalFilter(actor="machine"), [5, 4, 3, 2, 1], [4, 2, 1]),
    (JournalFilter(actor="QT-000009"), [], []),
    (JournalFilter(unit="DN.NT"), [4, 2, 1], [4, 2, 1]),
    (JournalFilter(unit="DN.NT.VP"), [2], [2]),
    (JournalFilter(unit="DN.DP"), [3], []),
    (JournalFilter(about="yc-2026-0001"), [4, 1], [4, 1]),
    (JournalFilter(about="%"), [5, 4, 3, 2, 1], [4, 2, 1]),  # a sign that no code has asks for nothing
    (JournalFilter(about="YC_2026"), [], []),
    (JournalFilter(since=TODAY), [5, 4, 3, 2, 1], [4, 2, 1]),
    (JournalFilter(until=TODAY - timedelta(days=1)), [], []),
    (JournalFilter(since=TODAY, until=date.max, act="export", unit="DN", about="YC"), [3, 1], [1]),
)


@pytest.mark.parametrize(("wanted", "all_", "near"), FILTERS)
async def test_a_filter_leaves_what_fits_and_widens_nobodys_reach(
    store: Store, wanted: JournalFilter, all_: list[int], near: list[int]
) -> None:
    rows = (
        ("export", "YC-2026-000101", "DN.NT"),
        ("export", "nothing of the kind", "DN.NT.VP"),
        ("export", "YC-2026-000999", "DN.DP"),
        ("request.move", "accepted: YC-2026-000101 … YC-2026-000107", "DN.NT"),
        ("request.move", "QT-000001", None),
    )
    async with admin_transaction(store) as at:
        for act, subject, unit in rows:
            await at.admin.journal.record(OPERATOR, act, subject, unit=unit)
    for held, expected in ((OPERATOR, all_), (ADMIN, near), (FOCAL, [])):
        async with admin_transaction(store) as at:
            journal = at.admin.journal
            assert [row.number for row in await journal.latest(held, 100, wanted=wanted)] == expected
            assert await journal.count(held, wanted) == len(expected)
            if len(expected) > 1:
                assert [row.number for row in await journal.latest(held, 1, expected[0], wanted)] == expected[1:2]
