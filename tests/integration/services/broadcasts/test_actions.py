"""The life of a broadcast: who may take it where, from where, and what goes along."""

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from bot.store.broadcasts import seal_draft
from bot.store.sealing import Keyring
from handlers.model import EXPIRY_CAMPAIGN, ActionResult, BroadcastState, StateReason
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import GREETING_DRAFT, create_draft, move_broadcast
from tests.support.database import Database, OpenStore
from tests.support.people import OPERATOR, admin_transaction, insert_units
from tests.support.store import NOW

BY_HAND = {BroadcastState.APPROVED, BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.CANCELLED}


@pytest.fixture(autouse=True)
def units(store: Store, database: Database) -> None:
    insert_units(database.sql)


async def test_two_who_move_it_at_once_move_it_once(store: Store, ground: DatabaseBackend, another: OpenStore) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    other = await another()

    first = await move_broadcast(store, OPERATOR, name, BroadcastState.PAUSED, 0)
    second = await move_broadcast(other, OPERATOR, name, BroadcastState.CANCELLED, 0)

    assert (first, second) == (ActionResult.DONE, ActionResult.OVERTAKEN)
    assert not await BroadcastOperations.over(other).move(name, BroadcastState.RUNNING, BroadcastState.FINISHED, NOW)
    assert ground.state_of(name)[:2] == (BroadcastState.PAUSED, StateReason.BY_HAND)


async def test_the_document_stays_until_another_comes_or_its_name_goes(store: Store, database: Database) -> None:
    named, seen = GREETING_DRAFT.model_copy(update={"document": "cv.pdf"}), []
    async with admin_transaction(store) as at:
        made = await at.admin.broadcasts.new(OPERATOR, named, b"mot tep mat")
    assert made is not None
    for revision, (draft, file) in enumerate(((named, None), (named, b"tep khac"), (GREETING_DRAFT, None))):
        seen += database.sql("SELECT document FROM broadcasts")
        async with admin_transaction(store) as at:
            await at.admin.broadcasts.change(OPERATOR, made.id, revision, draft, file)
    (first,), (kept,), (other,) = seen
    assert first == kept != other is not None
    assert database.sql("SELECT document FROM broadcasts") == [(None,)]
    assert b"mot tep mat" not in database.bytes_at_rest()


async def test_the_campaign_of_certificates_ends_can_be_paused_but_not_ended(
    store: Store, database: Database, keyring: Keyring
) -> None:
    database.sql(
        "INSERT INTO broadcasts (id, state, author, content, created_at, changed_at) VALUES (?, 'running', ?, ?, 0, 0)",
        *(EXPIRY_CAMPAIGN, "machine", seal_draft(keyring, EXPIRY_CAMPAIGN, GREETING_DRAFT)),
    )

    assert await move_broadcast(store, OPERATOR, EXPIRY_CAMPAIGN, BroadcastState.CANCELLED) is ActionResult.NOT_ALLOWED
    assert await move_broadcast(store, OPERATOR, EXPIRY_CAMPAIGN, BroadcastState.PAUSED) is ActionResult.DONE


async def test_one_that_cannot_be_read_stands_in_nobodys_way(store: Store, database: Database) -> None:
    broken, sound = (await create_draft(store)).id, (await create_draft(store)).id
    database.sql("UPDATE broadcasts SET content = ? WHERE id = ?", b"garbage", broken)

    assert [one.id for one in await store.broadcasts.list_open()] == [sound]
    async with admin_transaction(store) as at:
        assert [one.id for one in await at.admin.broadcasts.latest(OPERATOR, 9)] == [sound]
