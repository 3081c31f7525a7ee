"""What people say to reminders: in memory and in a store the same, and in a store also what it does to what waits."""

from datetime import date

from bot.services.broadcasts import BroadcastOperations
from bot.services.unit_of_work import open_turn
from bot.store import Store
from handlers.model import BroadcastState, CampaignPlan, DeliveryReason
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import create_draft, start_campaign
from tests.support.database import Database
from tests.support.dialogue import read_own_data
from tests.support.people import insert_units
from tests.support.store import ADDRESS, NOW, claim_next_turn, make_reply, open_chat
from tests.support.stored_dialogue import StoredTurns

DAY = date(2026, 12, 1)


async def test_an_answer_is_about_the_whole_campaign_of_this_person_alone(
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    insert_units(database.sql)
    name = await start_campaign(ground, CampaignPlan(deadline=DAY))
    steps = [await BroadcastOperations.over(store).create_step(name, step, NOW) or "" for step in ("14", "7")]
    other = (await create_draft(store)).id
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
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    insert_units(database.sql)
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    ground.add_row(name, ADDRESS)

    async with open_turn(store, await claim_next_turn(store, await open_chat(store)), NOW) as unit:
        assert await unit.reminders.stop() == 1

    assert list(ground.rows_of(name).values()) == [("queued", None)]


async def test_what_i_was_reminded_of_is_shown_without_what_others_wrote(
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    insert_units(database.sql)
    name = (await create_draft(store)).id
    ground.add_row(name, ADDRESS, "skipped", DeliveryReason.CAPPED)
    ground.add_row(name, "khác")

    async with StoredTurns(store)() as unit:
        (told,) = (await read_own_data(unit.own_data))["outgoing"]
        await unit.own_data.erase()

    assert (told["broadcast"], told["state"], told["reason"], told["reply"]) == (name, "skipped", "capped", None)
    assert told["values"]["name"] == "Trần Thị B"
    assert list(ground.rows_of(name).values()) == [("queued", None)]


async def test_whoever_is_erased_is_not_told_how_far_their_broadcasts_are(store: Store, database: Database) -> None:
    insert_units(database.sql)
    async with StoredTurns(store)():
        pass
    chat = store.chats.at("telegram", ADDRESS)
    name = (await create_draft(store, chat=chat)).id
    async with StoredTurns(store)() as unit:
        await unit.own_data.erase()

    await BroadcastOperations.over(store).notify_author(name, make_reply("7 / 9"), "finished", NOW)

    assert database.sql("SELECT chat FROM broadcasts") == [(None,)]
    assert database.sql("SELECT 1 FROM outbox") == []
