"""Before anything is sent the whole list is gone through, and what stands against it names the people."""

from dataclasses import replace

import pytest

from bot.channels.zalo.bot_platform.channel import month_of
from bot.services.broadcasts import BroadcastOperations
from bot.store.store import Store
from handlers.model import ZALO_BOT, ChannelQuota, ProblemKind
from tests.support.audience import Officer, officers_of_communes
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import create_reminder, make_reminder
from tests.support.database import Database
from tests.support.people import insert_units
from tests.support.store import NOW


@pytest.fixture
def people(database: Database, ground: DatabaseBackend) -> list[Officer]:
    insert_units(database.sql)
    officers = officers_of_communes()
    ground.write_people(officers)
    return officers


async def test_a_draft_that_was_changed_meanwhile_is_not_checked(
    store: Store, ground: DatabaseBackend, database: Database, people: list[Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await create_reminder(store, make_reminder())
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


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("quota", "sent", "found"),
    [
        (ChannelQuota(50, 3000), 0, False),
        (ChannelQuota(1, 3000), 0, True),
        (ChannelQuota(50, 1), 0, True),
        (ChannelQuota(50, 3000), 2999, True),
    ],
)
async def test_a_broadcast_that_a_channel_cannot_carry_is_refused(
    store: Store, database: Database, quota: ChannelQuota, sent: int, *, found: bool
) -> None:
    database.sql("UPDATE chats SET channel = 'zalobot'")
    database.sql("INSERT INTO channel_use (channel, month, sent) VALUES ('zalobot', ?, ?)", month_of(NOW), sent)
    name = await create_reminder(store, make_reminder())
    bounded = replace(store, policy=replace(store.policy, quotas={ZALO_BOT: quota}))
    report = await BroadcastOperations.over(bounded).check(name, NOW)
    assert [(one.trouble, one.about) for one in report.problems] == [(ProblemKind.QUOTA, "zalobot")] * found
