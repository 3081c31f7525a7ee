"""What became of a broadcast for each: counted, listed, sent once more; and tried by its author before."""

import asyncio

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from bot.store.broadcasts import recipients
from handlers.model import BroadcastState, requests
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import create_with_rows, list_recipients
from tests.support.database import Database
from tests.support.people import OPERATOR, admin_transaction, insert_units
from tests.support.store import NOW


@pytest.fixture
async def name(database: Database, ground: DatabaseBackend) -> str:
    insert_units(database.sql)
    return await create_with_rows(ground)


async def test_people_who_share_a_code_are_on_one_page(
    store: Store, database: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (requests, recipients):
        monkeypatch.setattr(module, "PERSON_CODE_LENGTH", 1)
    monkeypatch.setattr(recipients, "_LAST_TAIL", "f" * 31)
    heads = sorted(chat[:1] for (chat,) in database.sql("SELECT chat FROM outbox"))
    first = await list_recipients(store, name, limit=1)
    assert len(first) == heads.count(heads[0])


async def test_what_is_queued_again_as_it_is_about_to_finish_is_not_left_behind(
    store: Store, ground: DatabaseBackend, database: Database, name: str
) -> None:
    database.sql("UPDATE outbox SET state = 'sent' WHERE state = 'queued'")
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.resend(OPERATOR, name) == 2
        finishing = asyncio.create_task(
            BroadcastOperations.over(store).move(name, BroadcastState.RUNNING, BroadcastState.FINISHED, NOW)
        )
        await asyncio.sleep(0.05)  # it has counted, and found nothing open
    assert not await finishing
    assert ground.state_of(name)[0] == BroadcastState.RUNNING
