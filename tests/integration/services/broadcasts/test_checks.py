"""Before anything is sent the whole list is gone through, and what stands against it names the people."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.channels.zalo.bot_platform.channel import month_of
from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from bot.store.zalo import ZaloTokens
from handlers.model import (
    ZALO,
    ZALO_BOT,
    CampaignPlan,
    ChannelQuota,
    ChannelTariff,
    PaidTemplate,
    ProblemKind,
    ReminderKind,
)
from tests.support.audience import Officer, officers_of_communes
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import create_reminder, make_reminder
from tests.support.database import Database
from tests.support.people import OPERATOR, admin_transaction, insert_units
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


ZALO_TARIFF = ChannelTariff("360846524940903967", message=55, month=1000)
TEXTS = (PaidTemplate(id="1", kind=ReminderKind.DEADLINE, needs=("han",), price=200), PaidTemplate(id="2", price=150))
#: Officers and the hours since each last interacted; nothing is known of the last one.
HEARD = {"e": 1.0, "f": 60.0, "9": 8 * 24.0, "8": 30 * 24.0, "7": None}


@pytest.mark.parametrize(
    ("texts", "draft", "expected"),
    [
        (TEXTS, {}, {"free": 1, "paid": 2, "template": 2, "unreached": 0, "template_dong": 300, "steps": 1}),
        (TEXTS, {"deadline": date(2026, 12, 30)}, {"template": 2, "template_dong": 400}),
        (TEXTS[:1], {}, {"paid": 2, "template": 0, "unreached": 2, "template_dong": 0}),
        ((), {}, {"free": 1, "unreached": 2}),
        (
            TEXTS,
            {"plan": CampaignPlan(deadline=date(2027, 1, 30), steps=(30, 7, 0)), "starts_at": None},
            {"steps": 3, "template_dong": 400, "now": 2 * 55 + 400, "most": 3 * 5 * 200},
        ),
    ],
)
async def test_a_check_tells_the_most_that_a_broadcast_costs(
    store: Store,
    ground: DatabaseBackend,
    texts: tuple[PaidTemplate, ...],
    draft: dict[str, object],
    expected: dict[str, int],
) -> None:
    kept = [Officer("1" * 32, "zalo", blocked=True), Officer("2" * 32, "zalo", stopped=True), Officer("3" * 32)]
    ground.write_people([*kept, *(Officer(letter * 32, "zalo") for letter in HEARD)])
    for letter, hours in HEARD.items():
        if hours is not None:
            await store.zalo.touch(letter * 32, NOW - timedelta(hours=hours))
    pair = ZaloTokens("a", "r", NOW, NOW)
    await store.zalo.connect(ZALO_TARIFF.account, pair)
    await store.zalo.keep_templates(ZALO_TARIFF.account, texts, NOW)
    await store.zalo.reserve(ZALO_TARIFF.account, month_of(NOW), 345, 1000)
    charged = replace(store, policy=replace(store.policy, tariffs={ZALO: ZALO_TARIFF}))
    name = await create_reminder(store, make_reminder(**draft))
    report = await BroadcastOperations.over(charged).check(name, NOW)
    [costs] = report.costs
    assert {word: getattr(costs, word) for word in expected} == expected
    assert (costs.channel, costs.left, costs.message_dong) == (ZALO, 655, 55)
    assert costs.is_enough == (costs.now <= 655)
    async with admin_transaction(store) as at:
        kept_report = await at.admin.broadcasts.last_check(OPERATOR, name)
    assert kept_report is not None
    assert kept_report.costs == report.costs


@pytest.mark.usefixtures("people")
async def test_without_anybody_there_nothing_is_said_of_costs(store: Store) -> None:
    charged = replace(store, policy=replace(store.policy, tariffs={ZALO: ZALO_TARIFF}))
    name = await create_reminder(store, make_reminder())
    assert (await BroadcastOperations.over(charged).check(name, NOW)).costs == ()
    assert (await BroadcastOperations.over(store).check(name, NOW)).costs == ()
