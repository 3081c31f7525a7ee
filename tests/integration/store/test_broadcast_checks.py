"""Before anything is sent the whole list is gone through, and what stands against it names the people."""

import pytest

from bot.services.broadcasts.service import BroadcastOperations
from bot.store.store import Store
from tests.integration.store.conftest import Database
from tests.support.audiences import Officer, officers_of_communes
from tests.support.ground import DatabaseGround
from tests.support.office import settle_units
from tests.support.reminding import draft, drafted
from tests.support.storing import NOW


@pytest.fixture
def people(database: Database, ground: DatabaseGround) -> list[Officer]:
    settle_units(database.sql)
    officers = officers_of_communes()
    ground.write_people(officers)
    return officers


async def test_a_draft_that_was_changed_meanwhile_is_not_checked(
    store: Store, ground: DatabaseGround, database: Database, people: list[Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await drafted(store, draft())
    database.sql("UPDATE broadcasts SET revision = 1, checking = 1 WHERE id = ?", name)
    run = type(store.driver).run

    async def run_after_a_change(self: object, *calls: object, **more: object) -> object:
        if calls[0].query == "note_check":
            database.sql("UPDATE broadcasts SET revision = 2 WHERE id = ?", name)
        return await run(self, *calls, **more)

    monkeypatch.setattr(type(store.driver), "run", run_after_a_change)
    assert (await BroadcastOperations.over(store).check(name, NOW)).problems == ()

    assert ground.state_of(name) == ("draft", None, 0)
    assert database.sql("SELECT checking FROM broadcasts") == [(1,)]
