"""The journal shows the newest rows within reach, page by page."""

from bot.store.store import Store
from handlers.model import Rights
from tests.support.backends import Backend
from tests.support.people import ADMIN, FOCAL, OFFICER, OPERATOR, OTHER, admin_transaction
from tests.support.store import NOW, open_admin_transaction


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
