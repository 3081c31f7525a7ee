"""What people say to reminders: in memory and in a store the same, and in a store also what it does to what waits."""

from datetime import date

from bot.services.broadcasts.service import BroadcastOperations
from bot.services.unit_of_work import open_turn
from bot.store.store import Store
from handlers.model.broadcast import BroadcastState, CampaignPlan, DeliveryReason
from tests.integration.store.conftest import Database
from tests.support.broadcast_life import campaign, drafted
from tests.support.ground import DatabaseGround
from tests.support.office import settle_units
from tests.support.own_data import everything
from tests.support.ports import StoredTurns
from tests.support.storing import ADDRESS, NOW, next_turn, one_chat, says

DAY = date(2026, 12, 1)


async def test_an_answer_is_about_the_whole_campaign_of_this_person_alone(
    store: Store, ground: DatabaseGround, database: Database
) -> None:
    settle_units(database.sql)
    name = await campaign(ground, CampaignPlan(deadline=DAY))
    steps = [await BroadcastOperations.over(store).create_step(name, step, NOW) or "" for step in ("14", "7")]
    other = (await drafted(store)).id
    for broadcast, state in ((steps[0], "sent"), (steps[1], "queued"), (other, "queued")):
        ground.add_row(broadcast, ADDRESS, state)
        ground.add_row(broadcast, "khác", state)

    async with StoredTurns(store)() as unit:
        assert await unit.reminders.postpone(steps[0], DAY)

    waits = ("queued", None)
    assert list(ground.rows_of(steps[1]).values()) == [("skipped", DeliveryReason.LATER), waits]
    assert list(ground.rows_of(other).values()) == [waits, waits]
    assert database.sql("SELECT broadcast, later_on FROM reminder_marks") == [(name, DAY.toordinal())]


async def test_a_stop_of_a_turn_that_came_to_nothing_holds_nothing_back(
    store: Store, ground: DatabaseGround, database: Database
) -> None:
    settle_units(database.sql)
    name = (await drafted(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    ground.add_row(name, ADDRESS)

    async with open_turn(store, await next_turn(store, await one_chat(store)), NOW) as unit:
        assert await unit.reminders.stop() == 1

    assert list(ground.rows_of(name).values()) == [("queued", None)]


async def test_what_i_was_reminded_of_is_shown_without_what_others_wrote(
    store: Store, ground: DatabaseGround, database: Database
) -> None:
    settle_units(database.sql)
    name = (await drafted(store)).id
    ground.add_row(name, ADDRESS, "skipped", DeliveryReason.CAPPED)
    ground.add_row(name, "khác")

    async with StoredTurns(store)() as unit:
        (told,) = (await everything(unit.own_data))["outgoing"]
        await unit.own_data.erase()

    assert (told["broadcast"], told["state"], told["reason"], told["reply"]) == (name, "skipped", "capped", None)
    assert told["values"]["name"] == "Trần Thị B"
    assert list(ground.rows_of(name).values()) == [("queued", None)]


async def test_whoever_is_erased_is_not_told_how_far_their_broadcasts_are(store: Store, database: Database) -> None:
    settle_units(database.sql)
    async with StoredTurns(store)():
        pass
    chat = store.chats.at("telegram", ADDRESS)
    name = (await drafted(store, chat=chat)).id
    async with StoredTurns(store)() as unit:
        await unit.own_data.erase()

    await BroadcastOperations.over(store).notify_author(name, says("7 / 9"), "finished", NOW)

    assert database.sql("SELECT chat FROM broadcasts") == [(None,)]
    assert database.sql("SELECT 1 FROM outbox") == []
