"""What became of a broadcast for each: counted, listed, sent once more; and tried by its author before."""

import asyncio

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store.broadcasts import recipients
from bot.store.sealing import Keyring
from bot.store.store import Store
from handlers.model import BroadcastState, DeliveryReason, Recipient, Rights, requests
from tests.integration.conftest import Database
from tests.support.broadcasts import RecipientRows, create_draft, read_state, set_state
from tests.support.people import OPERATOR, admin_transaction, insert_units
from tests.support.store import NOW

STATES = (
    *(
        ("queued", None),
        ("sent", None),
        ("sent", None),
        ("blocked", DeliveryReason.BLOCKED_BEFORE),
        ("failed", DeliveryReason.GAVE_UP),
    ),
    *(
        ("skipped", DeliveryReason.STOPPED),
        ("unknown", DeliveryReason.CRASH),
        ("unknown", DeliveryReason.NO_ANSWER),
        ("invalid", None),
    ),
)


@pytest.fixture
async def name(store: Store, database: Database, keyring: Keyring) -> str:
    """A broadcast with rows in every state."""
    insert_units(database.sql)
    name = (await create_draft(store)).id
    set_state(database.sql, name, BroadcastState.RUNNING)
    recipients = RecipientRows(store, database.sql, keyring)
    for number, (state, reason) in enumerate(STATES):
        await recipients.add(name, f"người {number}", state, reason)
    return name


async def listed(
    store: Store, name: str, by: Rights = OPERATOR, *, limit: int = 100, after: str = "", state: str | None = None
) -> tuple[Recipient, ...]:
    async with admin_transaction(store) as at:
        return await at.admin.broadcasts.recipients(by, name, limit, after, state)


async def test_people_who_share_a_code_are_on_one_page(
    store: Store, database: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (requests, recipients):
        monkeypatch.setattr(module, "PERSON_CODE_LENGTH", 1)
    monkeypatch.setattr(recipients, "_LAST_TAIL", "f" * 31)
    heads = sorted(chat[:1] for (chat,) in database.sql("SELECT chat FROM outbox"))
    first = await listed(store, name, limit=1)
    assert len(first) == heads.count(heads[0])


async def test_what_is_queued_again_as_it_is_about_to_finish_is_not_left_behind(
    store: Store, database: Database, name: str
) -> None:
    database.sql("UPDATE outbox SET state = 'sent' WHERE state = 'queued'")
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.resend(OPERATOR, name) == 2
        finishing = asyncio.create_task(
            BroadcastOperations.over(store).move(name, BroadcastState.RUNNING, BroadcastState.FINISHED, NOW)
        )
        await asyncio.sleep(0.05)  # it has counted, and found nothing open
    assert not await finishing
    assert read_state(database.sql, name)[0] == BroadcastState.RUNNING
